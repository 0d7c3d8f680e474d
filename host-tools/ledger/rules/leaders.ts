// Whose turn it is to write a block (SPEC L8.4): gateways drawn per slot and rank by the global levies that their
// owners' nodes paid. A leader can delay and nothing else, so a small bias of the draw buys nothing.
import type { Crypto } from '#protocol';
import { getU16, getU32, putU32 } from '#protocol';
import { Bound, LedgerPurpose, PoolId } from '../constants.ts';
import { concat } from '../layout.ts';
import type { Gateway, Node } from '../records.ts';
import { keyText } from '../records.ts';
import type { State } from '../state.ts';
import { epochOf, figuresAt, mulDiv } from './activity.ts';
import type { Context } from './context.ts';
import { admittedGateways } from './gateway.ts';

/** With fewer owners than this there is nothing to draw: plain rotation. */
const OWNERS_TO_DRAW = 3;
/** Epochs between registration and first weight: nobody picks a key after seeing the seed. */
const EPOCHS_TO_COUNT = 2;

function ownerCount(gateways: Gateway[]): number {
  return new Set(gateways.map((gateway) => keyText(gateway.owner))).size;
}

/** The gateway that may write the block of `slot` at `rank` (0 leads, others stand in); undefined beyond the last. */
export function leaderAt(
  crypto: Pick<Crypto, 'sha256'>,
  state: State,
  slot: number,
  rank: number,
): Gateway | undefined {
  const admitted = admittedGateways({ state });
  if (rank >= Math.min(admitted.length, Bound.RANKS)) return undefined;
  const weighty = admitted.filter((gateway) => gateway.weight > 0);
  if (ownerCount(admitted) < OWNERS_TO_DRAW || weighty.length === 0) {
    return admitted[(slot + rank) % admitted.length];
  }
  let drawn: Gateway | undefined;
  for (let i = 0; i <= rank && weighty.length > 0; i++) {
    drawn = weighty.splice(drawOne(crypto, state.meta.seed, slot, i, weighty), 1)[0];
    if (i === rank) return drawn;
  }
  return undefined;
}

function drawOne(
  crypto: Pick<Crypto, 'sha256'>,
  seed: Uint8Array,
  slot: number,
  rank: number,
  gateways: Gateway[],
): number {
  const place = new Uint8Array(5);
  putU32(place, 0, slot);
  place[4] = rank;
  const hash = crypto.sha256([new Uint8Array([LedgerPurpose.DRAW]), seed, place]);
  const total = gateways.reduce((sum, gateway) => sum + gateway.weight, 0);
  let point = (getU16(hash, 0) * 4294967296 + getU32(hash, 2)) % total;
  return gateways.findIndex((gateway) => {
    point -= gateway.weight;
    return point < 0;
  });
}

/** Credits of global levy that count for each owner: less what the levy's sharing returns to its own community. */
export function countedLevies(context: Context, nodes: Node[]): Map<string, number> {
  const { state } = context;
  const epoch = epochOf(context, context.height);
  let shares = 0;
  for (const pool of state.pools.values()) shares += pool.share;
  const levies = new Map<string, number>();
  for (const node of nodes) {
    const paid = figuresAt(node, epoch).globalLevy;
    if (paid === 0) continue;
    const returned = state.pools.get(node.community)!.share;
    const counted = mulDiv(paid, shares - returned, shares);
    const owner = keyText(node.owner);
    levies.set(owner, (levies.get(owner) ?? 0) + counted);
  }
  return levies;
}

/** At the end of an epoch: the next one's seed and weights. */
export function drawEpoch(context: Context, nodes: Node[]): void {
  const { state, deps } = context;
  const epoch = epochOf(context, context.height);
  const admitted = admittedGateways(context);
  const keys = admitted.map((gateway) =>
    gateway.revealed === epoch + 1 ? gateway.teslaAnchor : new Uint8Array(16));
  const meta = state.edit(state.meta);
  meta.seed = deps.crypto.sha256([concat([new Uint8Array([LedgerPurpose.SEED]), meta.seed, ...keys])]);
  const levies = countedLevies(context, nodes);
  const cap = Math.floor([...levies.values()].reduce((sum, levy) => sum + levy, 0) / 3);
  for (const gateway of state.gateways.values()) {
    const owned = admitted.filter((other) => keyText(other.owner) === keyText(gateway.owner)).length;
    const levy = Math.min(cap, levies.get(keyText(gateway.owner)) ?? 0);
    const earned = owned === 0 ? 0 : Math.floor(levy / owned);
    const weight = counts(context, gateway, epoch) ? earned + gateway.genesis * context.money.pathPrice : 0;
    if (weight !== gateway.weight) state.edit(gateway).weight = weight;
  }
}

/** Admitted, its TESLA chain old enough, and its key for this epoch's seed revealed. */
function counts(context: Context, gateway: Gateway, epoch: number): boolean {
  const old = gateway.registered === 0 || epochOf(context, gateway.registered) + EPOCHS_TO_COUNT <= epoch;
  return gateway.admitted !== 0 && old && gateway.revealed === epoch + 1;
}

/** Sum of the share keys of all communities, at least 1 by the genesis. */
export function communityPools(state: State): { id: number; share: number }[] {
  return [...state.pools.values()].filter((pool) => pool.id >= PoolId.FIRST_COMMUNITY).sort((a, b) => a.id - b.id);
}
