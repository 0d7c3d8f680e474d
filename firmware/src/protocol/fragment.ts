// Payloads that one frame cannot hold, cut into FRAGMENTs and put together again (SPEC 5.9). Memory is
// bounded: two messages of at most 1024 bytes at a time, the older one gives way. Position and length of
// every piece follow from total and count, so a piece that lies about itself is refused before a byte is
// stored.
import { FragmentPayload, Payload } from './payload-constants.ts';
import { ErrorCode } from './errors.ts';
import { getU16, putU16 } from './bytes.ts';

const SLOTS = 2;
/** A message that is not complete by then is forgotten. */
const LIFETIME_MS = 120000;

/** Length of all pieces but the last. */
function pieceBytes(total: number, count: number): number {
  return Math.floor((total + count - 1) / count);
}

/** Structure of a FRAGMENT payload: its length follows from total, count and index. */
export function checkFragment(payload: Uint8Array): ErrorCode {
  if (payload.length <= FragmentPayload.BODY) return ErrorCode.TOO_SHORT;
  const total = getU16(payload, FragmentPayload.TOTAL);
  const index = payload[FragmentPayload.PART] >> 4;
  const count = (payload[FragmentPayload.PART] & 15) + 1;
  if (total > FragmentPayload.TOTAL_MAX || count < 2 || index >= count) return ErrorCode.BAD_FRAGMENT;
  const piece = pieceBytes(total, count);
  const left = total - index * piece;
  const body = payload.length - FragmentPayload.BODY;
  // The last piece may not be empty, or two counts would mean one message.
  if (total <= (count - 1) * piece) return ErrorCode.BAD_FRAGMENT;
  if (body !== (left < piece ? left : piece)) return ErrorCode.BAD_LENGTH;
  // A message starts with its own kind; fragments of fragments would never end.
  const nested = index === 0 && payload[FragmentPayload.BODY] === Payload.FRAGMENT;
  return nested ? ErrorCode.BAD_FRAGMENT : ErrorCode.OK;
}

/**
 * The FRAGMENT payloads of a message; `bodyMax` bytes of it fit one frame. Undefined when it is too long for
 * 16 of them or for the receiver's memory, or short enough to need none.
 */
export function fragmentsOf(message: Uint8Array, id: number, bodyMax: number): Uint8Array[] | undefined {
  const count = Math.ceil(message.length / bodyMax);
  if (count < 2 || count > FragmentPayload.COUNT_MAX) return undefined;
  if (message.length > FragmentPayload.TOTAL_MAX) return undefined;
  const piece = pieceBytes(message.length, count);
  const fragments: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const body = message.subarray(index * piece, Math.min(message.length, (index + 1) * piece));
    const fragment = new Uint8Array(FragmentPayload.BODY + body.length);
    fragment[0] = Payload.FRAGMENT;
    fragment[FragmentPayload.MESSAGE] = id;
    fragment[FragmentPayload.PART] = (index << 4) | (count - 1);
    putU16(fragment, FragmentPayload.TOTAL, message.length);
    fragment.set(body, FragmentPayload.BODY);
    fragments.push(fragment);
  }
  return fragments;
}

/** A message under way. `missing` has one bit for each piece not yet here. */
interface Slot {
  source: number;
  id: number;
  total: number;
  count: number;
  missing: number;
  startedMs: number;
  bytes: Uint8Array;
}

export class Reassembly {
  private slots: Slot[];

  constructor() {
    this.slots = [];
    for (let i = 0; i < SLOTS; i++) {
      const none = new Uint8Array(0);
      this.slots.push({ source: 0, id: 0, total: 0, count: 0, missing: 0, startedMs: 0, bytes: none });
    }
  }

  /** Takes a FRAGMENT that passed checkFragment; the whole message once its last missing piece is here. */
  add(source: number, payload: Uint8Array, nowMs: number): Uint8Array | undefined {
    const count = (payload[FragmentPayload.PART] & 15) + 1;
    const total = getU16(payload, FragmentPayload.TOTAL);
    const slot = this.slotFor(source, payload[FragmentPayload.MESSAGE], total, count, nowMs);
    const index = payload[FragmentPayload.PART] >> 4;
    if ((slot.missing & (1 << index)) === 0) return undefined;
    slot.bytes.set(payload.subarray(FragmentPayload.BODY), index * pieceBytes(total, count));
    slot.missing &= ~(1 << index);
    if (slot.missing !== 0) return undefined;
    // Kept until another message takes the place, so that a piece heard again begins none; its bytes are not.
    const whole = slot.bytes;
    slot.bytes = new Uint8Array(0);
    return whole;
  }

  private slotFor(source: number, id: number, total: number, count: number, nowMs: number): Slot {
    let oldest = this.slots[0];
    for (let i = 0; i < SLOTS; i++) {
      const slot = this.slots[i];
      const fresh = slot.count > 0 && nowMs - slot.startedMs <= LIFETIME_MS;
      const same = slot.source === source && slot.id === id && slot.total === total && slot.count === count;
      if (fresh && same) return slot;
      // A complete or overdue message is nobody's loss.
      if (!fresh || slot.missing === 0) slot.startedMs = nowMs - LIFETIME_MS - 1;
      if (slot.startedMs < oldest.startedMs) oldest = slot;
    }
    oldest.source = source;
    oldest.id = id;
    oldest.total = total;
    oldest.count = count;
    oldest.missing = (1 << count) - 1;
    oldest.startedMs = nowMs;
    oldest.bytes = new Uint8Array(total);
    return oldest;
  }
}
