// Messages from the gateway to its nodes: two at a time a node, a few in all, repeated when they get lost, a newer
// STATE of a channel instead of an older one. Remembers who missed something, because a payer that never hears of a
// raised limit would stay mute. Pure: the caller sends, and tells what became of each.
import { Payload, StatePayload, toHex } from '#protocol';
import type { PreparedPacket } from './end-station.ts';

/** For a node. */
export interface Message {
  dst: number;
  /** Bytes, or what makes them at the moment they are sent. */
  plaintext: Plaintext;
  /** What it is about: a newer message about the same thing takes its place. Follows from the bytes when missing. */
  subject?: string;
  /** An answer to a question that is asked again is not worth many. Without it: a message that must arrive. */
  tries?: number;
}

type Plaintext = Uint8Array | ((nowMs: number) => Uint8Array);

interface Waiting extends Required<Omit<Message, 'tries'>> {
  tries: number;
  triesMax: number;
  notBeforeMs: number;
}

interface Flying extends Waiting {
  seq16: number;
  sinceMs: number;
}

/** The board carries six packets of its own at a time (SPEC 8.1): one place is left for its host's other needs. */
const IN_FLIGHT_MAX = 5;
const IN_FLIGHT_NODE = 2;
/** A receipt that was not lost is here by then, so that news need not wait for the lifetime's end. */
const OVERDUE_MS = 6000;
/** With pauses that double up to a quarter of an hour: about an hour and a half. */
const TRIES_MAX = 12;
const PAUSE_DOUBLINGS_MAX = 10;
/** Longer than any packet lives in the mesh (SPEC 8.4). */
const LIFETIME_MS = 90_000;
const WAITING_MAX = 1000;

export class Downlink {
  private waiting: Waiting[] = [];
  private flying: Flying[] = [];
  /** Nodes to which everything was told that they should know. */
  private readonly informed = new Set<number>();
  dropped = 0;

  /** `prepare` answers undefined for a node that is not, or no longer, on the ledger. */
  constructor(private readonly prepare: (dst: number, plaintext: Uint8Array) => PreparedPacket | undefined) {}

  get size(): number {
    return this.waiting.length + this.flying.length;
  }

  push(dst: number, plaintext: Plaintext, nowMs: number, about: Pick<Message, 'subject' | 'tries'> = {}): void {
    const subject = `${dst} ${about.subject ?? subjectOf(plaintext)}`;
    const triesMax = about.tries ?? TRIES_MAX;
    this.flying = this.flying.filter((one) => one.subject !== subject || nowMs - one.sinceMs < OVERDUE_MS);
    this.waiting = this.waiting.filter((other) => other.subject !== subject);
    const message = { dst, subject, plaintext, tries: 0, triesMax, notBeforeMs: nowMs };
    if (this.waiting.length >= WAITING_MAX) this.drop(message);
    else this.waiting.push(message);
  }

  /**
   * A packet of this node came in: what waits for it may go now. True when it missed something, now or before this
   * process began: the caller then pushes all that it should know.
   */
  heard(dst: number, nowMs: number): boolean {
    for (const message of this.waiting) {
      if (message.dst === dst && message.tries > 1) message.notBeforeMs = Math.min(message.notBeforeMs, nowMs);
    }
    const missed = !this.informed.has(dst);
    this.informed.add(dst);
    return missed;
  }

  /** The packets that may go now; each has a fresh number, so a repetition is a new packet. */
  due(nowMs: number): PreparedPacket[] {
    const gone = this.flying.filter(({ sinceMs }) => nowMs - sinceMs >= LIFETIME_MS);
    for (const { dst, seq16 } of gone) this.lost(dst, seq16, nowMs);
    const packets: PreparedPacket[] = [];
    for (const message of [...this.waiting]) {
      if (this.flying.length >= IN_FLIGHT_MAX) break;
      if (message.notBeforeMs > nowMs || this.mustWait(message)) continue;
      this.waiting.splice(this.waiting.indexOf(message), 1);
      const { plaintext } = message;
      const bytes = typeof plaintext === 'function' ? plaintext(nowMs) : plaintext;
      const packet = this.prepare(message.dst, bytes);
      if (packet === undefined) this.drop(message);
      else {
        const { seq16 } = packet;
        this.flying.push({ ...message, tries: message.tries + 1, seq16, sinceMs: nowMs });
        packets.push(packet);
      }
    }
    return packets;
  }

  private mustWait({ dst, subject }: Waiting): boolean {
    const beside = this.flying.filter((one) => one.dst === dst);
    return beside.length >= IN_FLIGHT_NODE || beside.some((one) => one.subject === subject);
  }

  /** The message that has arrived; undefined when it is none of those under way. */
  delivered(dst: number, seq16: number): Message | undefined {
    const message = this.flying.find((one) => one.dst === dst && one.seq16 === seq16);
    this.flying = this.flying.filter((one) => one !== message);
    return message;
  }

  /** No receipt came: again after a while that doubles, unless something newer waits already. */
  lost(dst: number, seq16: number, nowMs: number): void {
    const index = this.flying.findIndex((one) => one.dst === dst && one.seq16 === seq16);
    if (index < 0) return;
    const [{ subject, plaintext, tries, triesMax }] = this.flying.splice(index, 1) as [Flying];
    if (this.waiting.some((other) => other.subject === subject)) return;
    const pauseMs = 1000 * 2 ** Math.min(tries, PAUSE_DOUBLINGS_MAX);
    const message = { dst, subject, plaintext, tries, triesMax, notBeforeMs: nowMs + pauseMs };
    if (tries >= triesMax || this.waiting.length >= WAITING_MAX) this.drop(message);
    else this.waiting.push(message);
  }

  /** The board could not even begin (no route yet, its table full): not the packet's fault. */
  unsent(dst: number, nowMs: number): void {
    for (const { seq16 } of this.flying.filter((one) => one.dst === dst)) this.lost(dst, seq16, nowMs);
  }

  /** The board started anew and knows nothing of what was under way. */
  interrupted(nowMs: number): void {
    for (const { dst, seq16 } of [...this.flying]) this.lost(dst, seq16, nowMs);
  }

  /** Who asked asks again; who should have been told is told all of it when it is heard. */
  private drop({ dst, triesMax }: Waiting): void {
    this.dropped++;
    if (triesMax === TRIES_MAX) this.informed.delete(dst);
  }
}

/** STATE is about one channel (payer, generation, chain), PARAMS about the ledger; anything else is its own subject. */
export function subjectOf(plaintext: Plaintext): string {
  if (typeof plaintext === 'function') return '';
  if (plaintext[0] === Payload.PARAMS) return 'params';
  if (plaintext[0] !== Payload.STATE) return toHex(plaintext, 0, plaintext.length);
  return toHex(plaintext, StatePayload.PAYER, StatePayload.PAYEE - StatePayload.PAYER);
}
