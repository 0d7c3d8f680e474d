// Structure of frames: is this byte string a frame at all, and its MIC (SPEC 3). Fields are read in place at
// the offsets of constants.ts; nothing is decoded into objects, because a board has no room for them.
import {
  Broadcast, Class, Data, Flag, FrameType, Header, Hello, Link, Nack, NackReason, Open, Pay, Purpose, Receipt,
  Resync, RouteReply, RouteRequest, Sync, Window, Wire,
} from './constants.ts';
import { ErrorCode } from './errors.ts';
import type { Crypto } from './crypto.ts';
import { getU32, putU16, putU32 } from './bytes.ts';

/** Bytes of trailers in front of a DATA frame's MIC, or -1 when the frame contradicts itself (SPEC 4.1). */
export function trailerBytes(frame: Uint8Array): number {
  const flags = frame[Link.TYPE];
  let end = frame.length - Wire.MIC;
  if (flags & Flag.PAY) end -= Pay.SIZE;
  if (flags & Flag.RECEIPTS) {
    if (end - 1 < Data.BODY) return -1;
    const count = frame[end - 1];
    if (count === 0 || count > Receipt.BATCH_MAX) return -1;
    end -= 1 + count * Receipt.SIZE;
  }
  return end < Data.BODY ? -1 : frame.length - Wire.MIC - end;
}

/** `most`: the largest that is allowed here; both bits of the urgency are reserved (SPEC 4.1). */
function checkClass(packetClass: number, most: number): boolean {
  const fixed = packetClass & Class.FIXED;
  return fixed <= most && fixed !== Class.URGENCY;
}

function checkData(frame: Uint8Array): ErrorCode {
  if (frame.length < Data.OVERHEAD) return ErrorCode.TOO_SHORT;
  // Only a link with a key of its own can be backed.
  const most = frame[Link.TYPE] & Flag.PAIRWISE ? Class.BACKED | Class.EMERGENCY : Class.SERVICE;
  if (!checkClass(frame[Data.CLASS], most)) return ErrorCode.BAD_CLASS;
  return trailerBytes(frame) < 0 ? ErrorCode.BAD_COUNT : ErrorCode.OK;
}

function checkReceipt(frame: Uint8Array): ErrorCode {
  const count = frame[Link.BODY];
  if (count === 0 || count > Receipt.BATCH_MAX) return ErrorCode.BAD_COUNT;
  return exactly(frame, Link.BODY + 1 + count * Receipt.SIZE + Wire.MIC);
}

function checkHello(frame: Uint8Array): ErrorCode {
  if (frame.length < Hello.BODY + Wire.MIC) return ErrorCode.TOO_SHORT;
  if (frame[Hello.VERSION] !== Wire.VERSION) return ErrorCode.BAD_VERSION;
  const counts = frame[Hello.COUNTS];
  const body = (counts >> 4) * Hello.NEIGHBOUR_SIZE + (counts & 15) * Hello.ROUTE_SIZE;
  return exactly(frame, Hello.BODY + body + Wire.MIC);
}

function checkNack(frame: Uint8Array): ErrorCode {
  if (frame.length !== Nack.SIZE) return ErrorCode.BAD_LENGTH;
  const reason = frame[Nack.REASON];
  return reason < NackReason.CREDIT || reason > NackReason.ACCEPTED ? ErrorCode.BAD_REASON : ErrorCode.OK;
}

function checkResync(frame: Uint8Array): ErrorCode {
  return frame.length === Resync.SIZE_ASK ? ErrorCode.OK : exactly(frame, Resync.SIZE_ANSWER);
}

function checkOpen(frame: Uint8Array): ErrorCode {
  if (frame.length !== Open.SIZE) return ErrorCode.BAD_LENGTH;
  return frame[Open.WINDOW] > Window.CODE_MAX ? ErrorCode.BAD_PARAMS : ErrorCode.OK;
}

function checkBroadcast(frame: Uint8Array): ErrorCode {
  const body = frame.length - Broadcast.BODY - Wire.MIC;
  if (body < 1) return ErrorCode.TOO_SHORT;
  if (body > Broadcast.BODY_MAX) return ErrorCode.TOO_LONG;
  return checkClass(frame[Broadcast.CLASS], Class.EMERGENCY) ? ErrorCode.OK : ErrorCode.BAD_CLASS;
}

/** HEADER and ROUTE_REQUEST: fixed size, and nothing but the hops left in the byte after the sender. */
function checkFlood(frame: Uint8Array, size: number): ErrorCode {
  if (frame.length !== size) return ErrorCode.BAD_LENGTH;
  return frame[Header.TTL] > Class.TTL ? ErrorCode.BAD_CLASS : ErrorCode.OK;
}

function exactly(frame: Uint8Array, size: number): ErrorCode {
  return frame.length === size ? ErrorCode.OK : ErrorCode.BAD_LENGTH;
}

/** Frames that pass from node to node under the network key and name their origin (SPEC 3.3). */
export function isFlooded(type: number): boolean {
  return type === FrameType.BROADCAST || type === FrameType.HEADER || type === FrameType.ROUTE_REQUEST;
}

/** Trailer flags belong to DATA alone, and some types exist under a pairwise key only (SPEC 3.1). */
function checkFlags(type: number, flags: number): boolean {
  const trailers = flags & (Flag.PAY | Flag.RECEIPTS);
  if (type === FrameType.DATA) return trailers === 0 || (flags & Flag.PAIRWISE) !== 0;
  const trust = flags & ~Flag.TYPE;
  if (type === FrameType.ROUTE_REPLY) return trust === 0 || trust === Flag.PAIRWISE;
  return trust === (isFlooded(type) || type === FrameType.HELLO ? 0 : Flag.PAIRWISE);
}

/** Everything that can be said of a frame without a key. OK means: every field lies inside it. */
export function checkFrame(frame: Uint8Array): ErrorCode {
  if (frame.length < Link.BODY + Wire.MIC) return ErrorCode.TOO_SHORT;
  if (frame.length > Wire.FRAME_MAX) return ErrorCode.TOO_LONG;
  const type = frame[Link.TYPE] & Flag.TYPE;
  if (type === 0 || type > FrameType.ROUTE_REPLY) return ErrorCode.UNKNOWN_TYPE;
  if (!checkFlags(type, frame[Link.TYPE])) return ErrorCode.BAD_FLAGS;
  switch (type) {
    case FrameType.DATA: return checkData(frame);
    case FrameType.RECEIPT: return checkReceipt(frame);
    case FrameType.PAY: return exactly(frame, Link.BODY + Pay.SIZE + Wire.MIC);
    case FrameType.OPEN: return checkOpen(frame);
    case FrameType.RESYNC: return checkResync(frame);
    case FrameType.NACK: return checkNack(frame);
    case FrameType.SYNC: return exactly(frame, Sync.SIZE_SYNC);
    case FrameType.SYNCACK: return exactly(frame, Sync.SIZE_ACK);
    case FrameType.HELLO: return checkHello(frame);
    case FrameType.BROADCAST: return checkBroadcast(frame);
    case FrameType.HEADER: return checkFlood(frame, Header.SIZE);
    case FrameType.ROUTE_REQUEST: return checkFlood(frame, RouteRequest.SIZE);
    case FrameType.ROUTE_REPLY: return exactly(frame, RouteReply.SIZE);
    default: return ErrorCode.UNKNOWN_TYPE;
  }
}

/**
 * The address that the MIC of a frame without counter binds: of HELLO its sender, of a flooded frame its
 * origin, so that whoever holds the network key can check it, known neighbour or not (SPEC 3.3). The frame
 * has passed checkFrame.
 */
export function namedSender(frame: Uint8Array): number {
  // BROADCAST, HEADER and ROUTE_REQUEST name the origin at the same offset, as HELLO does its sender.
  return getU32(frame, Hello.ADDRESS);
}

/**
 * The MIC's hash, of which a frame carries the first 4 bytes (6 in SYNC and SYNCACK): SHA-256(key, version,
 * sender, high half of the counter, frame without MIC). The cut removes length extension (SPEC 3.3).
 */
export function micOf(
  crypto: Crypto,
  key: Uint8Array,
  sender: number,
  counterHigh: number,
  frame: Uint8Array,
  micSize: number,
): Uint8Array {
  const head = new Uint8Array(8);
  head[0] = Purpose.MIC;
  head[1] = Wire.VERSION;
  putU32(head, 2, sender);
  putU16(head, 6, counterHigh);
  return crypto.sha256([key, head, new Uint8Array(frame.buffer, frame.byteOffset, frame.length - micSize)]);
}
