// HELLO, the only frame everybody may read: who I am, whom I hear, where I can carry to and at what price
// (SPEC 4.8, 8.2, 8.3). Its interval grows by half while nothing changes (after the
// idea of trickle, RFC 6206) and restarts on news.
import {
  ErrorCode, FrameType, Hello, HelloFlag, HelloRoute, Link, Wire, copyBytes, getU16, getU32, putU16, putU32,
} from '#protocol';
import { Note } from './actions.ts';
import { Index, Size } from './config.ts';
import type { Core } from './core.ts';
import { Nb, NbFlag } from './neighbours.ts';
import { Rt } from './routes.ts';

/** Shortest intervals between two HELLOs that only tell of a changed route. */
const QUIET = 8;

/** What `price` per ms and the next hop's demand make, with the levy each payee loses (SPEC 8.3). */
export function costThrough(price: number, nextCost: number, levyPerMille: number): number {
  return Math.ceil(((price * 4 + nextCost) * 1000) / (1000 - levyPerMille));
}

export class Greeter {
  core: Core;
  seq: number;
  intervalMs: number;
  nextMs: number;
  toldMs: number;
  /**
   * Not before: ten times the last HELLO's time on air, so that they take a tenth of it at most (SPEC 8.5).
   */
  restMs: number;
  /** Set when a neighbour needs a pairwise counter: the node queues SYNC. */
  met: (index: number) => void;
  lost: (index: number) => void;

  constructor(core: Core, met: (index: number) => void, lost: (index: number) => void) {
    this.core = core;
    // Even, and above anything said before a reboot: the leased counter is.
    this.seq = (core.counter * 2) & 0xfffe;
    this.intervalMs = core.config.helloMinMs;
    this.nextMs = 0;
    this.toldMs = -QUIET * core.config.helloMinMs;
    this.restMs = 0;
    this.met = met;
    this.lost = lost;
  }

  /** A new neighbour: restarts the trickle timer. */
  hurry(): void {
    this.intervalMs = this.core.config.helloMinMs;
    this.soon();
  }

  /**
   * News of a route: one HELLO soon, and not again for a while, so that a flapping route cannot fill the air.
   */
  private tell(): void {
    if (this.core.nowMs - this.toldMs < QUIET * this.core.config.helloMinMs) return;
    this.toldMs = this.core.nowMs;
    this.soon();
  }

  private soon(): void {
    const shortest = this.core.config.helloMinMs;
    const soon = this.core.nowMs + (shortest >> 2) + this.core.jitter.below(shortest);
    if (this.nextMs > soon) this.nextMs = soon;
  }

  /** True when a HELLO is due; moves the timer on. */
  due(): boolean {
    const core = this.core;
    if (core.routes.changed) {
      core.routes.changed = false;
      this.tell();
    }
    if (this.nextMs < this.restMs) this.nextMs = this.restMs;
    if (core.nowMs < this.nextMs) return false;
    this.nextMs = core.nowMs + (this.intervalMs >> 1) + core.jitter.below(this.intervalMs);
    this.intervalMs = Math.min(this.intervalMs + (this.intervalMs >> 1), core.config.helloMaxMs);
    return true;
  }

  compose(): Uint8Array {
    const core = this.core;
    const neighbours = core.neighbours.count();
    const routes = this.pickRoutes();
    const size = Hello.BODY + neighbours * Hello.NEIGHBOUR_SIZE + routes.length * Hello.ROUTE_SIZE + Wire.MIC;
    const frame = new Uint8Array(size);
    this.seq = (this.seq + 2) & 0xffff;
    // Takes a counter as well: so the number that a reboot begins with is above all that were said.
    core.nextCounter();
    this.restMs = core.nowMs + 10 * core.airtimeMs(size);
    frame[Link.TYPE] = FrameType.HELLO;
    frame[Link.SENDER] = core.alias;
    frame[Hello.VERSION] = Wire.VERSION;
    putU32(frame, Hello.ADDRESS, core.config.address);
    putU16(frame, Hello.SEQ, this.seq);
    frame[Hello.FLAGS] = core.config.endOnHost ? HelloFlag.GATEWAY : 0;
    frame[Hello.PRICE] = core.config.price;
    frame[Hello.COUNTS] = (neighbours << 4) | routes.length;
    let at = Hello.BODY;
    for (let i = 0; i < core.neighbours.top; i++) {
      if (!core.neighbours.used(i)) continue;
      frame[at] = core.neighbours.aliasOf(i);
      frame[at + 1] = core.neighbours.table[i * Nb.SIZE + Nb.QUALITY_IN];
      at += Hello.NEIGHBOUR_SIZE;
    }
    for (let i = 0; i < routes.length; i++) {
      this.writeRoute(frame, at, routes[i]);
      at += Hello.ROUTE_SIZE;
    }
    core.putMic(frame, core.config.networkKey, 0, Wire.MIC);
    return frame;
  }

  /** One route as this node offers it; row NONE is the way to itself. */
  writeRoute(frame: Uint8Array, at: number, row: number): void {
    const core = this.core;
    if (row === Index.NONE) {
      putU32(frame, at, core.config.address);
      putU16(frame, at + HelloRoute.SEQ, this.seq);
      return;
    }
    const route = core.routes.table;
    const from = row * Rt.SIZE;
    // Destination, number and hops stand in the record as on the air.
    copyBytes(frame, at, route, from, HelloRoute.METRIC);
    copyBytes(frame, at + HelloRoute.METRIC, route, from + Rt.METRIC, 2);
    const cost = costThrough(core.config.price, getU16(route, from + Rt.COST), core.config.levyPerMille);
    putU16(frame, at + HelloRoute.COST, cost > 0xffff ? 0xffff : cost);
  }

  /** Up to 15 routes, going round the table from HELLO to HELLO. */
  private pickRoutes(): number[] {
    const routes = this.core.routes;
    const picked: number[] = [];
    for (let n = 0; n < Size.ROUTES && picked.length < Hello.ROUTES_MAX; n++) {
      const i = routes.cursor;
      routes.cursor = (routes.cursor + 1) % Size.ROUTES;
      if (routes.inUse(i)) picked.push(i);
    }
    return picked;
  }

  /** A HELLO whose structure was checked. Everything in it is a claim: it moves routes, never money. */
  receive(frame: Uint8Array, rssiDbm: number, snrDb: number): void {
    const core = this.core;
    const address = getU32(frame, Hello.ADDRESS);
    if (address === core.config.address) return;
    if (!core.micHolds(frame, core.config.networkKey, address, 0, Wire.MIC)) {
      core.refuse(ErrorCode.BAD_MIC, address);
      return;
    }
    let index = core.neighbours.find(address);
    if (index === Index.NONE) index = this.meet(address, frame[Link.SENDER]);
    if (index === Index.NONE) return core.refuse(ErrorCode.TABLE_FULL, address);
    if (core.neighbours.stale(index, frame)) return core.refuse(ErrorCode.REPLAYED, address);
    const namesakes = core.neighbours.heard(index, frame, core.alias, rssiDbm, snrDb, core.nowS);
    // Two nodes with one alias: of two that hear each other the larger address yields, of others both.
    if (namesakes > 1 || (frame[Link.SENDER] === core.alias && address < core.config.address)) {
      do core.alias = core.jitter.below(256);
      while (core.neighbours.findAlias(core.alias, -1) !== Index.NONE);
      this.hurry();
    }
    this.takeRoutes(index, frame);
    const keyed = core.neighbours.has(index, NbFlag.KEYED);
    if (keyed && !core.neighbours.has(index, NbFlag.SYNCED)) this.met(index);
  }

  private meet(address: number, alias: number): number {
    const core = this.core;
    const key = core.keys.find(address);
    let index = core.neighbours.free();
    // A full table gives up somebody who never proved to hold a key, for somebody whose key we hold.
    for (let i = 0; i < Size.NEIGHBOURS && index === Index.NONE && key >= 0; i++) {
      if (core.neighbours.has(i, NbFlag.SYNCED) || !core.accounts.idle(i)) continue;
      this.forget(i);
      index = i;
    }
    if (index === Index.NONE) return index;
    core.neighbours.add(index, address, alias);
    core.accounts.open(index, address);
    if (key >= 0) core.neighbours.keyed(index, key);
    core.note(Note.NEIGHBOUR_NEW, address, key >= 0 ? 1 : 0);
    this.hurry();
    return index;
  }

  private forget(index: number): void {
    const core = this.core;
    core.routes.breakVia(index);
    core.note(Note.NEIGHBOUR_LOST, core.neighbours.addressOf(index), 0);
    this.lost(index);
    core.neighbours.drop(index);
  }

  private takeRoutes(index: number, frame: Uint8Array): void {
    const counts = frame[Hello.COUNTS];
    // Its own address and number stand in the frame like a route's.
    this.takeRoute(index, frame, Hello.ADDRESS);
    let at = Hello.BODY + (counts >> 4) * Hello.NEIGHBOUR_SIZE;
    for (let n = counts & 15; n > 0; n--) {
      this.takeRoute(index, frame, at);
      at += Hello.ROUTE_SIZE;
    }
  }

  /** What a neighbour says of one destination, which may be itself. */
  takeRoute(index: number, frame: Uint8Array, at: number): void {
    const core = this.core;
    const nb = core.neighbours;
    const link = nb.etx16(index);
    const dst = getU32(frame, at);
    const seq = getU16(frame, at + HelloRoute.SEQ);
    const direct = dst === nb.addressOf(index);
    // A link that is heard one way only carries nothing, and a stranger takes no pairwise frame.
    if (nb.table[index * Nb.SIZE + Nb.QUALITY_OUT] === 0 || !nb.has(index, NbFlag.KEYED)) return;
    if (direct) core.routes.offer(dst, seq, 0, 0, 0, index, link, core.nowS);
    else if (nb.has(index, NbFlag.NO_RELAY)) return;
    else if (dst !== core.config.address) {
      const weighted = Math.floor((link * nb.table[index * Nb.SIZE + Nb.PRICE]) / 16);
      core.routes.offer(
        dst, seq, frame[at + HelloRoute.HOPS], getU16(frame, at + HelloRoute.METRIC),
        getU16(frame, at + HelloRoute.COST), index, weighted < 1 ? 1 : weighted, core.nowS,
      );
    } else {
      // Somebody knows a number of ours that we forgot, or lost the way to us: announce a newer one.
      const ahead = ((seq - this.seq - 1) & 0xffff) < 0x7fff;
      if (ahead) this.seq = (seq + 1) & 0xfffe;
      if (ahead || getU16(frame, at + HelloRoute.METRIC) === HelloRoute.METRIC_MAX) this.tell();
    }
  }

  /** Forgets neighbours that fell silent, but never one with money under way. */
  sweep(): void {
    const core = this.core;
    const maxS = Math.ceil(core.config.helloMaxMs / 1000);
    for (let i = 0; i < core.neighbours.top; i++) {
      if (!core.neighbours.used(i) || !core.neighbours.silent(i, core.nowS, maxS)) continue;
      core.routes.breakVia(i);
      if (core.accounts.idle(i)) this.forget(i);
    }
  }
}
