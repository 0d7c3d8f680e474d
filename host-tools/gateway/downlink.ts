// Messages from the gateway to its nodes: one at a time a node, a few in all, repeated when they get lost, a newer
// STATE of a channel instead of an older one. Pure: the caller sends, and tells what became of each.
import { Payload, StatePayload, toHex } from '#protocol';
import type { PreparedPacket } from './end-station.ts';

interface Waiting {
  dst: number;
  /** What it is about: a newer message about the same thing takes its place. */
  subject: string;
  plaintext: Uint8Array;
  tries: number;
  notBeforeMs: number;
}

interface Flying extends Waiting {
  seq16: number;
  untilMs: number;
}

const IN_FLIGHT_MAX = 4;
const TRIES_MAX = 5;
/** Longer than any packet lives in the mesh (SPEC 8.4). */
const LIFETIME_MS = 90_000;
const WAITING_MAX = 1000;

export class Downlink {
  private waiting: Waiting[] = [];
  private flying: Flying[] = [];
  dropped = 0;

  constructor(private readonly prepare: (dst: number, plaintext: Uint8Array) => PreparedPacket | undefined) {}

  get size(): number {
    return this.waiting.length + this.flying.length;
  }

  push(dst: number, plaintext: Uint8Array, nowMs: number): void {
    const subject = `${dst} ${subjectOf(plaintext)}`;
    this.waiting = this.waiting.filter((other) => other.subject !== subject);
    if (this.waiting.length >= WAITING_MAX) this.dropped++;
    else this.waiting.push({ dst, subject, plaintext, tries: 0, notBeforeMs: nowMs });
  }

  /** The packets that may go now; each has a fresh number, so a repetition is a new packet. */
  due(nowMs: number): PreparedPacket[] {
    for (const lost of this.flying.filter((one) => one.untilMs <= nowMs)) this.lost(lost.dst, lost.seq16, nowMs);
    const packets: PreparedPacket[] = [];
    for (const message of [...this.waiting]) {
      if (this.flying.length >= IN_FLIGHT_MAX) break;
      if (message.notBeforeMs > nowMs || this.flying.some((one) => one.dst === message.dst)) continue;
      this.waiting.splice(this.waiting.indexOf(message), 1);
      const packet = this.prepare(message.dst, message.plaintext);
      if (packet === undefined) continue;
      this.flying.push({
        ...message,
        tries: message.tries + 1,
        seq16: packet.seq16,
        untilMs: nowMs + LIFETIME_MS,
      });
      packets.push(packet);
    }
    return packets;
  }

  delivered(dst: number, seq16: number): void {
    this.flying = this.flying.filter((one) => one.dst !== dst || one.seq16 !== seq16);
  }

  /** No receipt came: again after a while that doubles, unless something newer waits already. */
  lost(dst: number, seq16: number, nowMs: number): void {
    const index = this.flying.findIndex((one) => one.dst === dst && one.seq16 === seq16);
    if (index < 0) return;
    const [{ subject, plaintext, tries }] = this.flying.splice(index, 1) as [Flying];
    if (this.waiting.some((other) => other.subject === subject)) return;
    if (tries >= TRIES_MAX) this.dropped++;
    else this.waiting.push({ dst, subject, plaintext, tries, notBeforeMs: nowMs + 1000 * 2 ** tries });
  }

  /** The board could not even begin (no route yet, its table full): not the packet's fault. */
  unsent(dst: number, nowMs: number): void {
    for (const { seq16 } of this.flying.filter((one) => one.dst === dst)) this.lost(dst, seq16, nowMs);
  }
}

/** STATE is about one channel (payer, generation, chain); anything else is its own subject. */
function subjectOf(plaintext: Uint8Array): string {
  if (plaintext[0] !== Payload.STATE) return toHex(plaintext, 0, plaintext.length);
  return toHex(plaintext, StatePayload.PAYER, StatePayload.PAYEE - StatePayload.PAYER);
}
