// How receipts went back: entries on the virtual air matched with the packets that they prove, by the lock (SPEC 4.2).
// Like air-trace.ts, which feeds and asks it, it needs an air that can be listened to as a whole; of a real one the
// gateway knows that it gave the receipt and no more. Knows no clock: whoever feeds it says when.
import {
  Data,
  Flag,
  FrameType,
  Link,
  Pay,
  Receipt,
  Wire,
  getU16,
  getU32,
  lockOf,
  trailerBytes,
  type Crypto,
} from '#protocol';
import { addressText } from '../provision/identity.ts';
import type { ReceiptView } from './insight/insight-view.ts';

/** As many packets as AirTrace remembers. */
const PACKETS_MAX = 512;
/** Repeats of one receipt on all hops; the rest would not make it any earlier. */
const SENDINGS_MAX = 64;

interface Sent {
  src: number;
  dst: number;
  seq16: number;
  lock: Uint8Array;
  /** When the gateway heard it; undefined before. */
  arrivedMs: number | undefined;
  back: { from: number; heardBy: number[]; atMs: number }[];
}

export class ReceiptTrace {
  private readonly packets = new Map<string, Sent>();

  constructor(
    private readonly crypto: Crypto,
    private readonly ledgerId: Uint8Array,
    private readonly gateway: number,
  ) {}

  frame(from: number, frame: Uint8Array, heardBy: number[], atMs: number): void {
    const flags = frame[Link.TYPE]!;
    const type = flags & Flag.TYPE;
    const sending = { from, heardBy, atMs };
    if (type === FrameType.RECEIPT) this.entries(frame, Link.BODY + 1, frame[Link.BODY]!, sending);
    if (type !== FrameType.DATA || frame.length < Data.OVERHEAD) return;
    this.sent(frame, heardBy, atMs);
    const trailers = trailerBytes(frame);
    if ((flags & Flag.RECEIPTS) === 0 || trailers < 0) return;
    const count = (trailers - ((flags & Flag.PAY) === 0 ? 0 : Pay.SIZE) - 1) / Receipt.SIZE;
    this.entries(frame, frame.length - Wire.MIC - trailers, count, sending);
  }

  /** The hint finds candidates, the preimage decides, as on a relay (SPEC 4.2). */
  private entries(frame: Uint8Array, start: number, count: number, sending: Sent['back'][number]): void {
    for (let i = 0; i < Math.min(count, Receipt.BATCH_MAX); i++) {
      const at = start + i * Receipt.SIZE;
      if (at + Receipt.SIZE > frame.length - Wire.MIC) return;
      const x = frame.slice(at + Receipt.PREIMAGE, at + Receipt.SIZE);
      for (const packet of this.packets.values()) {
        const { src, dst, seq16, lock, back } = packet;
        if (lock[0] !== frame[at] || lock[1] !== frame[at + 1] || back.length >= SENDINGS_MAX) continue;
        if (Buffer.compare(lockOf(this.crypto, this.ledgerId, src, dst, seq16, x), lock) === 0) back.push(sending);
      }
    }
  }

  /**
   * The way back over `path`, the source first; as far as it was seen. Undefined when the packet never came over an air
   * that was listened to.
   */
  way(src: number, seq16: number, path: readonly number[]): ReceiptView | undefined {
    const packet = this.packets.get(`${src} ${seq16}`);
    if (packet?.arrivedMs === undefined || path.length === 0) return undefined;
    const steps: ReceiptView['steps'] = [];
    let holder = this.gateway;
    let sinceMs = packet.arrivedMs;
    for (const next of [...path].reverse()) {
      const from = holder;
      const sending = packet.back.find(
        (one) => one.from === from && one.atMs >= sinceMs && one.heardBy.includes(next),
      );
      if (sending === undefined) break;
      sinceMs = sending.atMs;
      steps.push({
        from: addressText(from),
        to: addressText(next),
        afterMs: Math.round(sinceMs - packet.arrivedMs),
      });
      holder = next;
    }
    return { steps, complete: holder === src };
  }

  private sent(frame: Uint8Array, heardBy: number[], atMs: number): void {
    const src = getU32(frame, Data.SRC);
    const seq16 = getU16(frame, Data.SEQ);
    const key = `${src} ${seq16}`;
    const lock = frame.slice(Data.LOCK, Data.LOCK + Wire.LOCK);
    let packet = this.packets.get(key);
    // The low half comes round again: another lock is another packet.
    if (packet === undefined || Buffer.compare(packet.lock, lock) !== 0) {
      packet = { src, dst: getU32(frame, Data.DST), seq16, lock, arrivedMs: undefined, back: [] };
      this.packets.delete(key);
      this.packets.set(key, packet);
      if (this.packets.size > PACKETS_MAX) this.packets.delete(this.packets.keys().next().value!);
    }
    if (heardBy.includes(this.gateway)) packet.arrivedMs ??= atMs;
  }
}
