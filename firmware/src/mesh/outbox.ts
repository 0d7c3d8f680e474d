// Frames waiting for the air (SPEC 8.8): a small queue of intents, made into bytes only when the radio is
// free, so that counters rise in the order of transmission and trailers ride along. One frame at a time; when
// the channel is busy the same bytes wait a random, growing time, and when the region's duty cycle is used up
// until it is not.
import { getU32, putU32 } from '#protocol';
import { ActionKind } from './actions.ts';
import { AirBudget } from './budgets.ts';
import { Size } from './config.ts';
import type { Core } from './core.ts';

/** Layout of a queue record (SPEC 8.1). */
export const enum Q {
  KIND = 0,
  NEIGHBOUR = 1,
  ARG = 2,
  AT = 3,
  DATA = 7,
  SIZE = 16,
}

/** What is to be sent; smaller goes first when several are due. */
export const enum Intent {
  SYNCACK = 1,
  SYNC = 2,
  NACK = 3,
  RECEIPT = 4,
  DATA = 5,
  PAY = 6,
  RESYNC = 7,
  OPEN = 8,
  HELLO = 9,
  ROUTE_REPLY = 10,
  FLOOD = 11,
}

/** Makes the frame of an intent when its time has come, or undefined when it is no longer wanted. */
export interface Composer {
  compose(intent: number, nb: number, arg: number, data: Uint8Array): Uint8Array | undefined;
  sent(intent: number, nb: number, arg: number, airtimeMs: number): void;
}

/** The next lease would pass 2^32 - 1. */
const COUNTER_LAST = 0xfffffdff;
const BUSY_TRIES_MAX = 10;
const STUCK_MS = 15000;
const DUTY_WAIT_MS = 500;
/** A HELLO overdue for so long goes before anything else: without it there are soon no routes to send on. */
const HELLO_PATIENCE_MS = 20000;

export class Outbox {
  table: Uint8Array;
  core: Core;
  composer: Composer;
  /** The frame under way, and what it was for. */
  frame: Uint8Array | undefined;
  intent: number;
  neighbour: number;
  arg: number;
  /** True while the radio works on it; false while it waits for a free channel. */
  onAir: boolean;
  since: number;
  tries: number;
  /** False until the duty cycle had room for the frame. */
  paid: boolean;
  dropped: number;
  duty: AirBudget;
  /** Bytes of the table from here on are free; the first free record is taken, so that few are looked at. */
  top: number;
  /** Nothing queued is due before; whole milliseconds. */
  dueMs: number;

  constructor(core: Core, composer: Composer) {
    this.table = new Uint8Array(Size.QUEUE * Q.SIZE);
    this.core = core;
    this.composer = composer;
    this.frame = undefined;
    this.intent = 0;
    this.neighbour = 0;
    this.arg = 0;
    this.onAir = false;
    this.since = 0;
    this.tries = 0;
    this.paid = false;
    this.dropped = 0;
    this.top = 0;
    this.dueMs = 0;
    // A quarter of an hour's allowance at most at once, two thirds of it as it flows, a twelfth at boot:
    // never more than the whole in any hour, an hour with a reboot included.
    this.duty = new AirBudget((core.config.dutyPerMille * 2) / 3, 1350, 450);
  }

  /** Queues once: the same intent for the same neighbour and argument is not queued twice. */
  push(intent: number, nb: number, arg: number, ms: number, data: Uint8Array | undefined): boolean {
    const t = this.table;
    let free = this.top;
    for (let at = this.top - Q.SIZE; at >= 0; at -= Q.SIZE) {
      if (t[at] === 0) free = at;
      else if (t[at] === intent && t[at + Q.NEIGHBOUR] === nb && t[at + Q.ARG] === arg) return true;
    }
    if (free === t.length) {
      this.dropped++;
      return false;
    }
    if (free === this.top) this.top += Q.SIZE;
    const dueMs = Math.floor(this.core.nowMs + ms);
    if (dueMs < this.dueMs) this.dueMs = dueMs;
    t[free] = intent;
    t[free + Q.NEIGHBOUR] = nb;
    t[free + Q.ARG] = arg;
    putU32(t, free + Q.AT, dueMs);
    if (data !== undefined) t.set(data, free + Q.DATA);
    return true;
  }

  /**
   * Milliseconds until a record is due; the difference holds when the 32 bits of its time wrap after 49 days.
   */
  private waitMs(at: number): number {
    return (getU32(this.table, at + Q.AT) - this.core.nowMs) | 0;
  }

  private due(): number {
    const t = this.table;
    let best = -1;
    let next = STUCK_MS;
    for (let at = this.top - Q.SIZE; at >= 0; at -= Q.SIZE) {
      if (t[at] === 0) continue;
      const wait = this.waitMs(at);
      if (wait > 0) {
        if (wait < next) next = wait;
        continue;
      }
      if (t[at] === Intent.HELLO && wait + HELLO_PATIENCE_MS < 0) return at;
      if (best < 0 || t[at] < t[best]) best = at;
    }
    if (best < 0) this.dueMs = Math.ceil(this.core.nowMs + next);
    return best;
  }

  /** When the next queued or waiting frame is due. */
  wakeMs(): number {
    if (this.frame !== undefined) return this.onAir ? this.since + STUCK_MS : this.since;
    return this.core.nowMs + ((this.dueMs - this.core.nowMs) | 0);
  }

  /** Gives the radio its next frame if it is idle. Called at the end of every step. */
  poll(): void {
    // Out of counters (SPEC 3.4): whatever were sent now could be a number's second use.
    if (this.core.counter > COUNTER_LAST) return;
    if (this.frame !== undefined) {
      if (!this.onAir) {
        if (this.core.nowMs >= this.since) this.transmit(this.frame);
        return;
      }
      // A driver that never answers must not silence the node; it recovers the chip by itself.
      if (this.core.nowMs - this.since <= STUCK_MS) return;
      this.frame = undefined;
    }
    if (this.dueMs - this.core.nowMs >= 1) return;
    for (let at = this.due(); at >= 0; at = this.due()) {
      const t = this.table;
      const intent = t[at];
      t[at] = 0;
      while (this.top > 0 && t[this.top - Q.SIZE] === 0) this.top -= Q.SIZE;
      this.neighbour = t[at + Q.NEIGHBOUR];
      this.arg = t[at + Q.ARG];
      const data = t.subarray(at + Q.DATA, at + Q.SIZE);
      const frame = this.composer.compose(intent, this.neighbour, this.arg, data);
      if (frame === undefined) continue;
      this.intent = intent;
      this.tries = 0;
      this.paid = this.core.config.dutyPerMille >= 1000;
      this.transmit(frame);
      return;
    }
  }

  private transmit(frame: Uint8Array): void {
    this.frame = frame;
    this.since = this.core.nowMs;
    if (!this.paid) this.paid = this.duty.take(this.core.airtimeMs(frame.length), this.since, 0);
    this.onAir = this.paid;
    if (!this.paid) this.since += DUTY_WAIT_MS;
    else this.core.act(ActionKind.TRANSMIT, frame, 0, 0, 0);
  }

  /** The radio's answer. A busy channel doubles the window of the random wait, up to four frames' length. */
  ended(sent: boolean): void {
    const frame = this.frame;
    if (frame === undefined || !this.onAir) return;
    this.onAir = false;
    const airtimeMs = this.core.airtimeMs(frame.length);
    if (sent) {
      this.frame = undefined;
      this.core.counters.sent++;
      this.core.counters.airtimeMs += airtimeMs;
      this.composer.sent(this.intent, this.neighbour, this.arg, airtimeMs);
    } else if (++this.tries >= BUSY_TRIES_MAX) {
      this.frame = undefined;
      this.dropped++;
      this.composer.sent(this.intent, this.neighbour, this.arg, 0);
    } else {
      const window = this.tries < 4 ? 1 << this.tries : 16;
      this.since = this.core.nowMs + 5 + this.core.jitter.below((window * airtimeMs) >> 2);
    }
  }
}
