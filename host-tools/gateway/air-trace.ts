// Who carried which packet: DATA frames of the virtual air put together again by their source and number. Only a
// virtual mesh can be listened to as a whole; of a real one the gateway knows the number of hops and no more. run.ts
// feeds it, gateway.ts asks it when a packet has arrived.
import { Class, Data, Flag, FrameType, Link, getU16, getU32 } from '#protocol';
import { addressText } from '../provision/identity.ts';
import type { ReceiptView } from './insight/insight-view.ts';
import type { ReceiptTrace } from './receipt-trace.ts';
import type { PacketView } from './view.ts';

/** Packets remembered: more than can be under way in a desk-top mesh. */
const TRACED_MAX = 512;
/** Repeats and spare routes of one packet; the rest would not change its path. */
const SENDINGS_MAX = 64;
/** Budget units of a link (SPEC 8.4). */
const UNITS_PER_LINK = 64;

interface Sending {
  from: number;
  hopsLeft: number;
  budget: number;
  heardBy: number[];
}

export class AirTrace {
  private readonly sendings = new Map<string, Sending[]>();

  /** `linkCredits()`: value of a link now. */
  constructor(
    private readonly gateway: number,
    private readonly linkCredits: () => number,
    private readonly receipts: ReceiptTrace,
  ) {}

  /** `atMs`: on any clock that only goes forward. */
  frame(from: number, frame: Uint8Array, heardBy: number[], atMs: number): void {
    this.receipts.frame(from, frame, heardBy, atMs);
    if ((frame[Link.TYPE]! & Flag.TYPE) !== FrameType.DATA || frame.length < Data.OVERHEAD) return;
    const key = `${getU32(frame, Data.SRC)} ${getU16(frame, Data.SEQ)}`;
    const known = this.sendings.get(key) ?? [];
    if (known.length >= SENDINGS_MAX) return;
    known.push({ from, heardBy, hopsLeft: frame[Data.CLASS]! & Class.TTL, budget: getU16(frame, Data.BUDGET) });
    this.sendings.delete(key);
    this.sendings.set(key, known);
    if (this.sendings.size > TRACED_MAX) this.sendings.delete(this.sendings.keys().next().value!);
  }

  /** How its receipt came back; undefined when nobody listened. */
  receipt(src: number, seq16: number): ReceiptView | undefined {
    const path = this.path(src, seq16).map(({ address }) => parseInt(address, 16));
    return this.receipts.way(src, seq16, path);
  }

  /** From the source to the last relay, by whom each was heard; empty when the way cannot be put together. */
  path(src: number, seq16: number): PacketView['path'] {
    const sendings = this.sendings.get(`${src} ${seq16}`) ?? [];
    const path: PacketView['path'] = [];
    let towards = this.gateway;
    let left = -1;
    // Hops left grow by one on the way back (SPEC 4.1), so this ends.
    for (;;) {
      const before = sendings.findLast(
        (one) => one.heardBy.includes(towards) && (left < 0 || one.hopsLeft === left + 1),
      );
      if (before === undefined) return [];
      const credits = (before.budget * this.linkCredits()) / UNITS_PER_LINK;
      path.unshift({ address: addressText(before.from), credits });
      if (before.from === src) return path;
      towards = before.from;
      left = before.hopsLeft;
    }
  }
}
