// Destination-sequenced distance vector (Perkins, Bhagwat 1994) over HELLO (SPEC 8.3): per destination the best
// next hop by expected airtime times price, with hysteresis. Loops cannot form: a route is replaced only by a newer
// sequence number, or by a better metric under the same one.
import { HelloRoute, getU16, getU32, putU16, putU32 } from '#protocol';
import { Index, Size } from './config.ts';

/** Layout of a route record (SPEC 8.1). */
export const enum Rt {
  DST = 0,
  SEQ = 4,
  HOPS = 6,
  NEXT = 7,
  /** Expected airtime x price from here, 16 = one clean hop at price 1.0. */
  METRIC = 8,
  /** What the next hop asks for carrying to the destination, 1/64 credit per ms; 0 when it is the destination. */
  COST = 10,
  AT_S = 12,
  FLAGS = 16,
  /** Until then packets to it go unbacked: a relay on the way could not pay on. */
  UNBACKED_S = 17,
  SIZE = 21,
}

const USED = 1;
const HOPS_MAX = 15;

export class Routes {
  table: Uint8Array;
  /** Something a neighbour should hear soon: a route won, lost or repaired. */
  changed: boolean;
  /** Where the next HELLO's excerpt of the table begins. */
  cursor: number;

  constructor() {
    this.table = new Uint8Array(Size.ROUTES * Rt.SIZE);
    this.changed = false;
    this.cursor = 0;
  }

  used(index: number): boolean {
    return this.table[index * Rt.SIZE + Rt.FLAGS] === USED;
  }

  find(dst: number): number {
    for (let i = 0; i < Size.ROUTES; i++) {
      if (this.used(i) && getU32(this.table, i * Rt.SIZE) === dst) return i;
    }
    return Index.NONE;
  }

  /** Neighbour index of the next hop, or NONE when there is no usable route. */
  next(dst: number): number {
    const i = this.find(dst);
    if (i === Index.NONE || this.metric(i) === HelloRoute.METRIC_MAX) return Index.NONE;
    return this.table[i * Rt.SIZE + Rt.NEXT];
  }

  metric(index: number): number {
    return getU16(this.table, index * Rt.SIZE + Rt.METRIC);
  }

  /** What the next hop asks, 1/64 credit per ms of the frame's airtime. */
  cost(index: number): number {
    return getU16(this.table, index * Rt.SIZE + Rt.COST);
  }

  unbackedUntilS(index: number): number {
    return getU32(this.table, index * Rt.SIZE + Rt.UNBACKED_S);
  }

  unbackUntil(dst: number, timeS: number): void {
    const i = this.find(dst);
    if (i !== Index.NONE) putU32(this.table, i * Rt.SIZE + Rt.UNBACKED_S, timeS);
  }

  hops(index: number): number {
    return this.table[index * Rt.SIZE + Rt.HOPS];
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
    let total = metric + linkMetric;
    if (metric === HelloRoute.METRIC_MAX || total > HelloRoute.METRIC_MAX || hops >= HOPS_MAX) {
      total = HelloRoute.METRIC_MAX;
    }
    let i = this.find(dst);
    if (i === Index.NONE) {
      if (total === HelloRoute.METRIC_MAX) return false;
      i = this.free(nowS);
      if (i === Index.NONE) return false;
      putU32(this.table, i * Rt.SIZE, dst);
      putU32(this.table, i * Rt.SIZE + Rt.UNBACKED_S, 0);
    } else if (!this.better(i, seq, total, next)) return false;
    const at = i * Rt.SIZE;
    const moved = this.table[at + Rt.NEXT] !== next || this.metric(i) === HelloRoute.METRIC_MAX;
    putU16(this.table, at + Rt.SEQ, seq);
    this.table[at + Rt.HOPS] = hops + 1;
    this.table[at + Rt.NEXT] = next;
    putU16(this.table, at + Rt.METRIC, total);
    putU16(this.table, at + Rt.COST, cost);
    putU32(this.table, at + Rt.AT_S, nowS);
    this.table[at + Rt.FLAGS] = USED;
    if (moved || total === HelloRoute.METRIC_MAX) this.changed = true;
    return moved;
  }

  /** Newer sequence number wins; under the same one a metric better by a quarter (hysteresis), or the same next hop. */
  private better(i: number, seq: number, total: number, next: number): boolean {
    const at = i * Rt.SIZE;
    const newer = (seq - getU16(this.table, at + Rt.SEQ)) & 0xffff;
    if (newer >= 0x8000) return false;
    const current = this.metric(i);
    if (next === this.table[at + Rt.NEXT]) return newer > 0 || total !== current;
    if (total === HelloRoute.METRIC_MAX) return false;
    if (current === HelloRoute.METRIC_MAX) return newer > 0;
    const improved = total + (total >> 2) < current;
    // A next hop that fell three of the destination's announcements behind no longer defends its place.
    return newer > 6 || (newer > 0 ? total <= current + (current >> 2) : improved);
  }

  private free(nowS: number): number {
    let oldest = Index.NONE;
    let oldestAge = 0;
    for (let i = 0; i < Size.ROUTES; i++) {
      if (!this.used(i)) return i;
      const age = nowS - getU32(this.table, i * Rt.SIZE + Rt.AT_S);
      if (this.metric(i) === HelloRoute.METRIC_MAX && age > oldestAge) {
        oldest = i;
        oldestAge = age;
      }
    }
    return oldest;
  }

  /** One destination can no longer be reached through `next`; another neighbour's newer offer may replace it. */
  breakTo(dst: number, next: number): void {
    const i = this.find(dst);
    if (i !== Index.NONE && this.table[i * Rt.SIZE + Rt.NEXT] === next) this.breakAt(i);
  }

  private breakAt(i: number): void {
    const at = i * Rt.SIZE;
    if (this.metric(i) === HelloRoute.METRIC_MAX) return;
    putU16(this.table, at + Rt.METRIC, HelloRoute.METRIC_MAX);
    putU16(this.table, at + Rt.SEQ, (getU16(this.table, at + Rt.SEQ) + 1) & 0xffff);
    this.changed = true;
  }

  /** Every route through a neighbour that is gone: unreachable, with an odd sequence number of our making. */
  breakVia(next: number): void {
    for (let i = 0; i < Size.ROUTES; i++) {
      if (this.used(i) && this.table[i * Rt.SIZE + Rt.NEXT] === next) this.breakAt(i);
    }
  }
}
