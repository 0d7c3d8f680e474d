// A board's own tables (SPEC 8.1), as its status line carries them, in figures for people: neighbours with what the two
// owe each other, and routes. Pure; bytes from a board are never trusted to be whole.
import { Acc, InFlag, Nb, NbFlag, OutFlag, Rt } from '#mesh';
import { Money, getU16, getU32 } from '#protocol';
import { addressText } from '../../provision/identity.ts';
import type { BoardStatus } from '../board-lines.ts';
import type { NeighbourView, RouteView } from './insight-view.ts';

export function neighboursOf(status: BoardStatus, linkValue: number): NeighbourView[] {
  const { neighbours, accounts } = status;
  const views: NeighbourView[] = [];
  for (let i = 0; (i + 1) * Nb.SIZE <= neighbours.length && (i + 1) * Acc.SIZE <= accounts.length; i++) {
    const nb = neighbours.subarray(i * Nb.SIZE, (i + 1) * Nb.SIZE);
    if ((nb[Nb.FLAGS]! & NbFlag.USED) === 0) continue;
    views.push({
      address: addressText(getU32(nb, Nb.ADDRESS)),
      rssiDbm: -nb[Nb.RSSI]!,
      // One signed byte.
      snrDb: (nb[Nb.SNR]! << 24) >> 24,
      qualityIn: share(nb[Nb.QUALITY_IN]!),
      qualityOut: share(nb[Nb.QUALITY_OUT]!),
      price: nb[Nb.PRICE]! / Money.PRICE_ONE,
      heardS: Math.max(0, Math.floor(status.uptimeMs / 1000) - getU32(nb, Nb.HEARD_S)),
      gateway: (nb[Nb.FLAGS]! & NbFlag.GATEWAY) !== 0,
      ...moneyOf(accounts.subarray(i * Acc.SIZE, (i + 1) * Acc.SIZE), linkValue),
    });
  }
  return views.sort((a, b) => b.rssiDbm - a.rssiDbm);
}

type Debts = Pick<
  NeighbourView,
  'owedToUs' | 'owedByUs' | 'pendingToUs' | 'pendingByUs' | 'unclaimed' | 'channelIn' | 'channelOut'
>;

function moneyOf(account: Uint8Array, linkValue: number): Debts {
  const signed = (at: number): number => getU32(account, at) | 0;
  const credits = (units: number): number => Math.round((Math.max(0, units) * linkValue * 100) / UNITS) / 100;
  const [inLinks, outLinks] = [getU16(account, Acc.IN_LINKS), getU16(account, Acc.OUT_LINKS)];
  const channelIn = (account[Acc.IN_FLAGS]! & InFlag.PROVEN) !== 0;
  return {
    owedToUs: credits(signed(Acc.IN_USED) - inLinks * UNITS),
    owedByUs: credits(signed(Acc.OUT_USED) - outLinks * UNITS),
    pendingToUs: credits(signed(Acc.IN_PENDING)),
    pendingByUs: credits(signed(Acc.OUT_PENDING)),
    unclaimed: channelIn ? Math.max(0, inLinks - getU16(account, Acc.IN_SETTLED)) * linkValue : 0,
    channelIn,
    channelOut: (account[Acc.OUT_FLAGS]! & OutFlag.PROVEN) !== 0,
  };
}

const UNITS = Money.UNITS_PER_LINK;

function share(byte: number): number {
  return Math.round((byte / 255) * 1000) / 1000;
}

export function routesOf({ routes, neighbours }: BoardStatus): RouteView[] {
  const views: RouteView[] = [];
  for (let at = 0; at + Rt.SIZE <= routes.length; at += Rt.SIZE) {
    if (routes[at + Rt.FLAGS] === 0) continue;
    const next = nextAddress(routes[at + Rt.NEXT]!, neighbours);
    if (next === undefined) continue;
    views.push({
      to: addressText(getU32(routes, at + Rt.DST)),
      next: addressText(next),
      hops: routes[at + Rt.HOPS]!,
      metric: getU16(routes, at + Rt.METRIC),
    });
  }
  return views;
}

/** Address of a neighbour by its row; undefined where no neighbour stands there. */
export function nextAddress(row: number, neighbours: Uint8Array): number | undefined {
  const at = row * Nb.SIZE;
  if (at + Nb.SIZE > neighbours.length || (neighbours[at + Nb.FLAGS]! & NbFlag.USED) === 0) return undefined;
  return getU32(neighbours, at);
}
