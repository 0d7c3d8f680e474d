// Destination-sequenced distance vector (Perkins, Bhagwat 1994) over HELLO (SPEC 8.3): per destination the
// best next hop by expected airtime times price, with hysteresis. Loops cannot form: another next hop is
// taken only under a newer sequence number, or when its own metric is smaller than ours ever was under this
// one.
import { HelloRoute, getU16, getU32, putU16, putU32 } from '#protocol';
import { Index, Size } from './config.ts';
import type { Keys } from './keys.ts';

/** Layout of a route record (SPEC 8.1). */
export const enum Rt {
  DST = 0,
  SEQ = 4,
  HOPS = 6,
  NEXT = 7,
  /** Expected airtime x price from here, 16 = one clean hop at price 1.0. */
  METRIC = 8,
  /**
   * What the next hop asks for carrying to the destination, 1/64 credit per ms; 0 when it is the destination.
   */
  COST = 10,
  AT_S = 12,
  FLAGS = 16,
  /** Until then packets to it go unbacked: a relay on the way could not pay on. */
  UNBACKED_S = 17,
  /** Our smallest metric under this sequence number: only who is nearer than that cannot be behind us. */
  BEST = 21,
  /** Who could take over at once: nearer than BEST when it last said so; with its metric and cost. */
  SPARE = 23,
  SPARE_METRIC = 24,
  SPARE_COST = 26,
  SIZE = 28,
}

const USED = 1;
/** This node holds keys of the destination: strangers' destinations give way to it. */
const KNOWN = 2;
const HOPS_MAX = 15;
/** An unreachable destination is older than any that can be reached. */
const LONG_S = 100000000;

export class Routes {
  table: Uint8Array;
  /** Something a neighbour should hear soon: a route won, lost or repaired. */
  changed: boolean;
  /** Where the next HELLO's excerpt of the table begins. */
  cursor: number;
  keys: Keys;

  constructor(keys: Keys) {
    this.keys = keys;
    this.table = new Uint8Array(Size.ROUTES * Rt.SIZE);
    this.changed = false;
    this.cursor = 0;
  }

  inUse(row: number): boolean {
    return this.table[row * Rt.SIZE + Rt.FLAGS] !== 0;
  }

  find(dst: number): number {
    const low = dst & 255;
    for (let i = 0; i < Size.ROUTES; i++) {
      // The last byte first: it differs almost always, and this runs for every route of every HELLO.
      if (this.table[i * Rt.SIZE + 3] !== low) continue;
      if (getU32(this.table, i * Rt.SIZE) === dst && this.inUse(i)) return i;
    }
    return Index.NONE;
  }

  /** Neighbour index of the next hop, or NONE when there is no usable route. */
  next(dst: number): number {
    const i = this.find(dst);
    if (i === Index.NONE || this.metric(i) === HelloRoute.METRIC_MAX) return Index.NONE;
    return this.table[i * Rt.SIZE + Rt.NEXT];
  }

  metric(row: number): number {
    return getU16(this.table, row * Rt.SIZE + Rt.METRIC);
  }

  /** What the next hop asks, 1/64 credit per ms of the frame's airtime. */
  cost(row: number): number {
    return getU16(this.table, row * Rt.SIZE + Rt.COST);
  }

  unbackedUntilS(row: number): number {
    return getU32(this.table, row * Rt.SIZE + Rt.UNBACKED_S);
  }

  unbackUntil(dst: number, timeS: number): void {
    const i = this.find(dst);
    if (i !== Index.NONE) putU32(this.table, i * Rt.SIZE + Rt.UNBACKED_S, timeS);
  }

  hops(row: number): number {
    return this.table[row * Rt.SIZE + Rt.HOPS];
  }

  /** Takes one offer: through neighbour `next`, `linkMetric` away. True when the table changed its mind. */
  offer(
    dst: number,
    seq: number,
    hops: number,
    metric: number,
    cost: number,
    next: number,
    linkMetric: number,
    nowS: number,
  ): boolean {
    const t = this.table;
    let total = metric + linkMetric;
    if (metric === HelloRoute.METRIC_MAX || total > HelloRoute.METRIC_MAX || hops >= HOPS_MAX) {
      total = HelloRoute.METRIC_MAX;
    }
    let i = this.find(dst);
    if (i === Index.NONE) {
      if (total === HelloRoute.METRIC_MAX) return false;
      const known = this.keys.find(dst) >= 0;
      i = this.free(nowS, known);
      if (i === Index.NONE) return false;
      this.table.fill(0, i * Rt.SIZE, (i + 1) * Rt.SIZE);
      putU32(this.table, i * Rt.SIZE, dst);
      putU16(this.table, i * Rt.SIZE + Rt.BEST, HelloRoute.METRIC_MAX);
      this.table[i * Rt.SIZE + Rt.FLAGS] = known ? USED | KNOWN : USED;
    } else {
      const at = i * Rt.SIZE;
      const newer = (seq - getU16(t, at + Rt.SEQ)) & 0xffff;
      if (newer >= 0x8000) return false;
      const current = this.metric(i);
      const nearer = metric < getU16(t, at + Rt.BEST) && total < HelloRoute.METRIC_MAX;
      let better = total < HelloRoute.METRIC_MAX;
      // The next hop itself is believed, and an unreachable destination needs a newer number. Else a newer
      // number wins, with hysteresis, unless the next hop fell three of them behind; under the same one only
      // who is surely nearer.
      if (next === t[at + Rt.NEXT]) better = newer > 0 || total !== current;
      else if (newer > 0) better = better && (newer > 6 || total <= current + (current >> 2));
      else better = nearer && current < HelloRoute.METRIC_MAX && total + (total >> 2) < current;
      if (!better) {
        if (next === t[at + Rt.NEXT]) return false;
        // Who else leads there without a loop is remembered, in case the next hop fails.
        if (!nearer && t[at + Rt.SPARE] === next) t[at + Rt.SPARE] = Index.NONE;
        if (nearer && (t[at + Rt.SPARE] === Index.NONE || total <= getU16(t, at + Rt.SPARE_METRIC))) {
          t[at + Rt.SPARE] = next;
          putU16(t, at + Rt.SPARE_METRIC, total);
          putU16(t, at + Rt.SPARE_COST, cost);
        }
        return false;
      }
    }
    const at = i * Rt.SIZE;
    const moved = this.table[at + Rt.NEXT] !== next || this.metric(i) === HelloRoute.METRIC_MAX;
    if (seq !== getU16(this.table, at + Rt.SEQ) || total < getU16(this.table, at + Rt.BEST)) {
      putU16(this.table, at + Rt.BEST, total);
      this.table[at + Rt.SPARE] = Index.NONE;
    } else if (this.table[at + Rt.SPARE] === next) this.table[at + Rt.SPARE] = Index.NONE;
    putU16(this.table, at + Rt.SEQ, seq);
    this.table[at + Rt.HOPS] = hops + 1;
    putU32(this.table, at + Rt.AT_S, nowS);
    this.set(i, next, total, cost);
    if (moved || total === HelloRoute.METRIC_MAX) this.changed = true;
    return moved;
  }

  private set(i: number, next: number, metric: number, cost: number): void {
    this.table[i * Rt.SIZE + Rt.NEXT] = next;
    putU16(this.table, i * Rt.SIZE + Rt.METRIC, metric);
    putU16(this.table, i * Rt.SIZE + Rt.COST, cost);
  }

  /** A free record, else the oldest unreachable one, else for a known destination the oldest unknown one. */
  private free(nowS: number, known: boolean): number {
    let victim = Index.NONE;
    let most = 0;
    for (let i = 0; i < Size.ROUTES; i++) {
      if (!this.inUse(i)) return i;
      let age = nowS - getU32(this.table, i * Rt.SIZE + Rt.AT_S) + 1;
      if (this.metric(i) === HelloRoute.METRIC_MAX) age += LONG_S;
      else if (!known || this.table[i * Rt.SIZE + Rt.FLAGS] & KNOWN) continue;
      if (age > most) {
        victim = i;
        most = age;
      }
    }
    return victim;
  }

  /**
   * One destination can no longer be reached through `next`: the spare takes over, else a newer offer may.
   */
  breakTo(dst: number, next: number): void {
    const i = this.find(dst);
    if (i !== Index.NONE && this.table[i * Rt.SIZE + Rt.NEXT] === next) this.breakAt(i);
  }

  private breakAt(i: number): void {
    const at = i * Rt.SIZE;
    const t = this.table;
    if (this.metric(i) === HelloRoute.METRIC_MAX) return;
    this.changed = true;
    if (t[at + Rt.SPARE] !== Index.NONE) {
      this.set(i, t[at + Rt.SPARE], getU16(t, at + Rt.SPARE_METRIC), getU16(t, at + Rt.SPARE_COST));
      t[at + Rt.SPARE] = Index.NONE;
      return;
    }
    putU16(t, at + Rt.METRIC, HelloRoute.METRIC_MAX);
    putU16(t, at + Rt.SEQ, (getU16(t, at + Rt.SEQ) + 1) & 0xffff);
  }

  /** Every route through a neighbour that is gone: unreachable, with an odd sequence number of our making. */
  breakVia(next: number): void {
    for (let i = 0; i < Size.ROUTES; i++) {
      if (!this.inUse(i)) continue;
      if (this.table[i * Rt.SIZE + Rt.SPARE] === next) this.table[i * Rt.SIZE + Rt.SPARE] = Index.NONE;
      if (this.table[i * Rt.SIZE + Rt.NEXT] === next) this.breakAt(i);
    }
  }
}
