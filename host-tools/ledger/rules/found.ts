// The state of height 0, from the genesis alone (SPEC 1.3): the whole supply in the treasury, founders with a line.
import { PoolId, StateKind } from '../constants.ts';
import type { Context } from './context.ts';
import { newOwner } from './join.ts';

export function foundState(context: Context): void {
  const { state, params, money } = context;
  const none = { balance: 0, line: 0, escrow: 0, guaranteed: 0 };
  state.edit(state.meta);
  const treasury = state.add({ ...none, kind: StateKind.POOL, id: PoolId.TREASURY, balance: money.supply });
  state.add({ ...none, kind: StateKind.POOL, id: PoolId.GLOBAL });
  params.communities.forEach((_share, i) => {
    state.add({ ...none, kind: StateKind.POOL, id: PoolId.FIRST_COMMUNITY + i });
  });
  for (const { key, line } of params.owners) {
    // A line, not a balance: demurrage does not eat what is kept for nodes that have yet to join.
    state.add({ ...newOwner(key), line });
    treasury.guaranteed += line;
  }
  for (const gateway of params.gateways) {
    const { address, blockKey, teslaAnchor } = gateway;
    state.add({
      kind: StateKind.GATEWAY, address, owner: params.owners[gateway.owner]!.key, blockKey, teslaAnchor,
      registered: 0, admitted: 1, strikes: 0,
    });
  }
}
