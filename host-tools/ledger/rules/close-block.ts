// What happens at the end of every block, after its transactions (SPEC 8): deadlines and rounds, all counted in
// heights, so that an outage of the gateways expires nothing.
import { releaseChannels } from './channel.ts';
import type { Context } from './context.ts';
import { assertSolvent } from './apply.ts';

export function closeBlock(context: Context, slot: number): void {
  const { state, params, height } = context;
  state.touched.length = 0;
  if (height % params.epoch === 0) releaseChannels(context);
  assertSolvent(state.touched);
  const meta = state.edit(state.meta);
  meta.height = height;
  meta.slot = slot;
}
