// What happens at the end of every block, after its transactions (SPEC L8): deadlines and rounds, all counted in
// heights, so that an outage of the gateways expires nothing.
import type { Node } from '../records.ts';
import { applyNotices } from './notices.ts';
import { assertSolvent } from './apply.ts';
import { releaseChannels } from './channel.ts';
import type { Context } from './context.ts';
import { closeVotes } from './dao.ts';
import { drawEpoch } from './leaders.ts';
import { moneyRound } from './money-round.ts';

export function closeBlock(context: Context, slot: number): void {
  const { state, params, height } = context;
  const endsRound = (height + 1) % params.moneyRound === 0;
  const endsEpoch = (height + 1) % params.epoch === 0;
  state.touched.length = 0;
  const meta = state.edit(state.meta);
  if (endsRound || endsEpoch) {
    // One order for everybody: a Map remembers insertions, which differ after a restart.
    const nodes = [...state.nodes.values()].sort((a, b) => a.address - b.address);
    if (endsRound) moneyRound(context, nodes);
    if (endsEpoch) closeEpoch(context, nodes);
  }
  assertSolvent(state.touched);
  meta.height = height;
  meta.slot = slot;
  if (endsEpoch) meta.epochSlot = slot;
}

function closeEpoch(context: Context, nodes: Node[]): void {
  releaseChannels(context);
  applyNotices(context, nodes);
  closeVotes(context, nodes);
  drawEpoch(context, nodes);
  context.state.edit(context.state.meta).released = 0;
}
