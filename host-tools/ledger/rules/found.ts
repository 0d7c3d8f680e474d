// The state of height 0, from the genesis alone (SPEC L1.3): the whole supply in the treasury, founders with a line.
import { PoolId, StateKind } from '../constants.ts';
import type { Context } from './context.ts';
import { newOwner } from './join.ts';

export function foundState(context: Context): void {
  const { state, params, money } = context;
  const none = { balance: 0, line: 0, escrow: 0, guaranteed: 0 };
  state.edit(state.meta);
  Object.assign(state.edit(state.rates), {
    creditLineP: params.creditLineP, payBatchP: params.payBatchP, trustMaxP: params.trustMaxP,
    claimFirst: params.claimFirst, levyLocalPerMille: params.levyLocalPerMille,
    levyGlobalPerMille: params.levyGlobalPerMille, demurragePerMille: params.demurragePerMille,
  });
  const treasury = state.add({ ...none, kind: StateKind.POOL, id: PoolId.TREASURY, balance: money.supply, share: 0 });
  state.add({ ...none, kind: StateKind.POOL, id: PoolId.GLOBAL, share: 0 });
  params.communities.forEach((share, i) => {
    state.add({ ...none, kind: StateKind.POOL, id: PoolId.FIRST_COMMUNITY + i, share });
  });
  for (const { key, line } of params.owners) {
    // A line, not a balance: demurrage does not eat what is kept for nodes that have yet to join.
    state.add({ ...newOwner(key), line, member: 1 });
    treasury.guaranteed += line;
  }
  for (const gateway of params.gateways) {
    const { address, blockKey, teslaAnchor } = gateway;
    state.add({
      kind: StateKind.GATEWAY, address, owner: params.owners[gateway.owner]!.key, blockKey, teslaAnchor,
      anchorSlot: Math.floor(params.createdS / params.blockIntervalS), registered: 0, admitted: 1, strikes: 0,
      genesis: 1, revealed: 0, weight: 0,
    });
  }
}
