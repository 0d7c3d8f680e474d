// Every application packet of a run, as only the simulator can know it: who sent it when, who carried it, whether it
// arrived. The frames themselves carry no packet id; source and packet number name it while it is under way.
import { Class, Data, Flag, FrameType, Link, Payload, getU16, getU32, putU32 } from '#protocol';

/** Longer than any packet lives in the mesh (SPEC 8.4), in milliseconds. */
const FORGET_MS = 200_000;
const TAG = 5;

export interface Packet {
  id: number;
  src: number;
  dst: number;
  sentMs: number;
  delivered: boolean;
  backed: boolean;
  /** Sent for an audit: nobody's traffic. */
  isProbe: boolean;
  /** Its source has transmitted it. */
  isOnAir: boolean;
  /** Stations other than the source that put it on the air, once each, and the time on air of one transmission. */
  relays: number[];
  airtimeMs: number;
}

export class Packets {
  sent = 0;
  delivered = 0;
  private readonly live = new Map<number, Packet>();
  /** Live packets by source address and low half of the number: (address mod 2^21) x 2^16 + number. */
  private readonly byName = new Map<number, Packet>();
  private readonly names: [name: number, packet: Packet][] = [];
  private oldest = 0;

  /** A plaintext that names its packet: a reading whose first bytes are the id. */
  plaintext(id: number, bytes: number): Uint8Array {
    const plain = new Uint8Array(bytes);
    plain[0] = Payload.READING;
    putU32(plain, 1, id);
    return plain;
  }

  create(src: number, dst: number, nowMs: number): Packet {
    const packet: Packet = {
      id: this.sent++, src, dst, sentMs: nowMs, delivered: false, backed: false, isProbe: false, isOnAir: false,
      relays: [], airtimeMs: 0,
    };
    this.live.set(packet.id, packet);
    return packet;
  }

  /** The node gave it a number: its frames can be recognised from now on. */
  named(packet: Packet, address: number, seq: number): void {
    const name = nameOf(address, seq & 0xffff);
    this.byName.set(name, packet);
    this.names.push([name, packet]);
  }

  /** The packet of a DATA frame, or undefined for the protocol's own payloads. */
  ofFrame(frame: Uint8Array): Packet | undefined {
    if ((frame[Link.TYPE]! & Flag.TYPE) !== FrameType.DATA) return undefined;
    return this.byName.get(nameOf(getU32(frame, Data.SRC), getU16(frame, Data.SEQ)));
  }

  /** A transmission of it by a station. */
  carried(packet: Packet, frame: Uint8Array, by: number, airtimeMs: number): void {
    packet.isOnAir = true;
    packet.backed = (frame[Data.CLASS]! & Class.BACKED) !== 0;
    if (packet.delivered || by === packet.src || packet.relays.includes(by)) return;
    packet.relays.push(by);
    packet.airtimeMs = airtimeMs;
  }

  /** The packet that a delivered plaintext names, the first time; undefined for anything else. */
  arrived(plaintext: Uint8Array, at: number): Packet | undefined {
    if (plaintext[0] !== Payload.READING || plaintext.length < TAG) return undefined;
    const packet = this.live.get(getU32(plaintext, 1));
    if (packet === undefined || packet.delivered || packet.dst !== at) return undefined;
    packet.delivered = true;
    this.delivered++;
    return packet;
  }

  /** Forgets packets that can no longer arrive. */
  purge(nowMs: number): void {
    while (this.oldest < this.names.length && this.names[this.oldest]![1].sentMs < nowMs - FORGET_MS) {
      const [name, packet] = this.names[this.oldest++]!;
      if (this.byName.get(name) === packet) this.byName.delete(name);
    }
    if (this.oldest > 10_000) {
      this.names.splice(0, this.oldest);
      this.oldest = 0;
    }
    for (const [id, packet] of this.live) {
      if (packet.sentMs >= nowMs - FORGET_MS) break;
      this.live.delete(id);
    }
  }
}

function nameOf(address: number, seq16: number): number {
  return (address % 2 ** 32) * 65536 + seq16;
}
