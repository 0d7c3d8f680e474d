// Where packets begin and end (SPEC 4.2, 7.3): numbering, encryption, preimage and lock of own packets;
// checking, decrypting and de-duplicating of what arrives. On a gateway's board the host does this instead.
import {
  Class, Data, ErrorCode, KeySubject, Payload, StatePayload, Wire, copyBytes, cut, getU32,
  isService, lockOf, packetNonce, preimage, putU16, putU32,
} from '#protocol';
import { ActionKind, Note } from './actions.ts';
import { Index, Size } from './config.ts';
import type { Core } from './core.ts';
import type { Channels } from './channels.ts';
import type { Floods } from './floods.ts';
import { EVERYBODY } from './floods.ts';
import type { LedgerView } from './ledger-view.ts';
import { Pn } from './pending.ts';
import type { Relay } from './relay.ts';

const LEASE = 256;
/** The next lease would pass 2^32 - 1. */
const SEQ_LAST = 0xfffffdff;
const NUMBERS_TRIED = 16;

/** Layout of a source record: the highest number seen and which of the 32 below it were (SPEC 8.1). */
export const enum Src {
  ADDRESS = 0,
  LAST = 4,
  SEEN = 8,
  AT_S = 12,
  SIZE = 16,
}

export class Endpoint {
  core: Core;
  relay: Relay;
  channels: Channels;
  sources: Uint8Array;
  seq: number;
  seqLease: number;
  /** Optional parts. */
  view: LedgerView | undefined;
  floods: Floods | undefined;

  constructor(core: Core, relay: Relay, channels: Channels) {
    this.core = core;
    this.relay = relay;
    this.channels = channels;
    this.sources = new Uint8Array(Size.SOURCES * Src.SIZE);
    const lease = core.store.read('fh.s');
    this.seq = lease !== undefined && lease.length === 4 ? getU32(lease, 0) : 1;
    this.seqLease = this.seq;
    this.view = undefined;
    this.floods = undefined;
  }

  /**
   * Sends a plaintext (first byte a Payload kind). Backed when a channel is funded, else from free budgets.
   */
  send(dst: number, urgency: number, plaintext: Uint8Array): boolean {
    const core = this.core;
    const floods = this.floods;
    if (dst === EVERYBODY && floods !== undefined) return floods.broadcast(urgency, plaintext);
    const key = core.keys.find(dst);
    if (key < 0) {
      core.note(Note.UNSENDABLE, dst, 3);
      if (this.view !== undefined) this.view.askKey(KeySubject.PAIR, dst);
      return false;
    }
    const lost = core.routes.next(dst) === Index.NONE;
    if (lost && floods !== undefined && floods.seek(dst, urgency, plaintext)) return true;
    const src = core.config.address;
    // An emergency must not fail for want of credit on the way: it lives on what relays reserve for it.
    const backed = urgency !== Class.EMERGENCY && this.relay.backable(dst, plaintext.length);
    // What only keeps channels alive has an allowance of its own where nobody pays.
    const free = urgency === Class.NORMAL && isService(plaintext[0]) ? Class.SERVICE : urgency;
    const packetClass = backed ? urgency | Class.BACKED : free;
    if (this.seq > SEQ_LAST) return false;
    // Packet numbers never repeat: they are the cipher's nonce. Leased on flash 256 at a time.
    if (this.seq >= this.seqLease) {
      const bytes = new Uint8Array(4);
      putU32(bytes, 0, this.seq + LEASE);
      core.store.write('fh.s', bytes);
      this.seqLease = this.seq + LEASE;
    }
    const seq = this.seq++;
    const body = core.crypto.aesCtr(core.keys.endCipher(key), packetNonce(src, dst, seq), plaintext);
    const x = preimage(core.crypto, core.keys.endMac(key), packetClass, src, dst, seq, body);
    const lock = lockOf(core.crypto, core.config.ledger, src, dst, seq % 65536, x);
    return this.relay.originate(this.header(dst, seq % 65536, packetClass, lock), body);
  }

  /** The fields that name a packet, laid out as in a DATA frame. */
  private header(dst: number, seq16: number, packetClass: number, lock: Uint8Array): Uint8Array {
    const frame = new Uint8Array(Data.BODY);
    putU32(frame, Data.SRC, this.core.config.address);
    putU32(frame, Data.DST, dst);
    putU16(frame, Data.SEQ, seq16);
    frame[Data.CLASS] = packetClass;
    frame.set(lock, Data.LOCK);
    return frame;
  }

  /**
   * A packet of this gateway's host: two locks, since the class is under the preimage and only the board
   * knows whether the packet will be backed: class if unbacked, lock if unbacked, lock if backed, ciphertext.
   */
  sendForHost(bytes: Uint8Array, dst: number, seq16: number): boolean {
    const body = bytes.subarray(1 + 2 * Wire.LOCK, bytes.length);
    const backed = this.relay.backable(dst, body.length);
    const lock = cut(bytes, backed ? 1 + Wire.LOCK : 1, Wire.LOCK);
    return this.relay.originate(this.header(dst, seq16, backed ? Class.BACKED : bytes[0], lock), body);
  }

  /** A payload for the home gateway: over the air, or straight to the host when this is its board. */
  sendHome(payload: Uint8Array): void {
    const config = this.core.config;
    if (config.home === config.address) this.core.act(ActionKind.DELIVER, payload, config.address, 0, 0);
    else this.send(config.home, Class.NORMAL, payload);
  }

  /** A packet for this node, with the record that the relay made of it. */
  receive(rec: number, ciphertext: Uint8Array, hops: number): void {
    const core = this.core;
    if (core.config.endOnHost) return this.toHost(rec, ciphertext, hops);
    const pending = this.relay.pending;
    const src = pending.get32(rec, Pn.SRC);
    const key = core.keys.find(src);
    const seq16 = pending.get16(rec, Pn.SEQ);
    const source = key < 0 ? 0 : this.source(src);
    // The 32-bit number nearest to the highest seen, from its low half.
    const last = getU32(this.sources, source + Src.LAST);
    const ahead = (seq16 - last) & 0xffff;
    let seq = last + ahead;
    if (ahead >= 0x8000 && seq >= 0x10000) seq -= 0x10000;
    const packetClass = pending.get8(rec, Pn.CLASS) & Class.FIXED;
    const lock = cut(pending.table, rec * Pn.SIZE + Pn.LOCK, Wire.LOCK);
    let genuine = false;
    // A source that was silent for long, or heard for the first time, may be further on than the low half
    // tells.
    for (let tries = key < 0 ? 0 : NUMBERS_TRIED; tries > 0 && !genuine; tries--) {
      const mac = core.keys.endMac(key);
      const x = preimage(core.crypto, mac, packetClass, src, core.config.address, seq, ciphertext);
      genuine = this.relay.settlement.hostReceipt(lock, x);
      if (!genuine) seq += 65536;
    }
    if (!genuine) {
      core.refuse(key < 0 ? ErrorCode.NO_KEY : ErrorCode.BAD_PREIMAGE, src);
      return pending.free(rec);
    }
    if (this.seenBefore(source, seq)) return core.refuse(ErrorCode.DUPLICATE, src);
    const nonce = packetNonce(src, core.config.address, seq);
    const plaintext = core.crypto.aesCtr(core.keys.endCipher(key), nonce, ciphertext);
    let payload: Uint8Array | undefined = plaintext;
    if (plaintext[0] === Payload.FRAGMENT && packetClass !== Class.SERVICE) {
      payload = this.view === undefined ? undefined : this.view.assembled(src, plaintext);
    }
    if (payload !== undefined) this.take(src, payload, packetClass, hops);
  }

  /** An opened payload: the node's own business, or the application's. */
  private take(src: number, payload: Uint8Array, packetClass: number, hops: number): void {
    const core = this.core;
    const kind = payload[0];
    if (!isService(kind)) {
      if (packetClass === Class.SERVICE) core.refuse(ErrorCode.BAD_CLASS, src);
      else core.act(ActionKind.DELIVER, payload, src, packetClass, hops);
    } else if (src !== core.config.home) core.refuse(ErrorCode.NOT_NEIGHBOUR, src);
    else if (kind === Payload.STATE && payload.length === StatePayload.SIZE) this.channels.receiveState(payload);
    else if (kind === Payload.STATE) core.refuse(ErrorCode.BAD_LENGTH, src);
    else if (this.view === undefined || !this.view.receive(payload)) core.refuse(ErrorCode.UNKNOWN_PAYLOAD, src);
  }

  /** Offset of a source's record; the one unheard for longest gives way, which can only repeat a delivery. */
  private source(src: number): number {
    const t = this.sources;
    let oldest = 0;
    for (let at = 0; at < t.length; at += Src.SIZE) {
      if (getU32(t, at) === src) return at;
      if (getU32(t, at + Src.AT_S) < getU32(t, oldest + Src.AT_S)) oldest = at;
    }
    t.fill(0, oldest, oldest + Src.SIZE);
    putU32(t, oldest, src);
    return oldest;
  }

  private seenBefore(source: number, seq: number): boolean {
    const t = this.sources;
    const last = getU32(t, source + Src.LAST);
    let seen = getU32(t, source + Src.SEEN) | 0;
    putU32(t, source + Src.AT_S, this.core.nowS);
    if (seq > last) {
      const shift = seq - last;
      seen = shift > 31 ? 0 : seen << shift;
      putU32(t, source + Src.LAST, seq);
      putU32(t, source + Src.SEEN, (seen | 1) >>> 0);
      return false;
    }
    const age = last - seq;
    if (age > 31) return true;
    const bit = 1 << age;
    putU32(t, source + Src.SEEN, (seen | bit) >>> 0);
    return (seen & bit) !== 0;
  }

  /** Hands a packet for this node to the host, with what names it. */
  private toHost(rec: number, ciphertext: Uint8Array, hops: number): void {
    const bytes = new Uint8Array(Wire.LOCK + ciphertext.length);
    copyBytes(bytes, 0, this.relay.pending.table, rec * Pn.SIZE + Pn.LOCK, Wire.LOCK);
    bytes.set(ciphertext, Wire.LOCK);
    const packetClass = this.relay.pending.get8(rec, Pn.CLASS) & Class.FIXED;
    const src = this.relay.pending.get32(rec, Pn.SRC);
    const seq16 = this.relay.pending.get16(rec, Pn.SEQ);
    this.core.act(ActionKind.HOST_DELIVER, bytes, src, packetClass * 256 + hops, seq16);
  }
}
