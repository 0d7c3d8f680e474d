// Packets under way (SPEC 8.1): one flat record each, from acceptance to expiry. The lock names a packet; its
// upstream and downstream say who owes whom once the preimage appears. A record is the only claim on a
// payment that is not a link yet, so a full table refuses new packets; only records that are settled both
// ways make room.
import { Data, Pay, Wire, copyBytes, equalBytes, getU16, getU32, putU16, putU32 } from '#protocol';
import { Index, Size } from './config.ts';

/** Layout of a pending record. Times are deciseconds since boot. */
export const enum Pn {
  STATE = 0,
  UP = 1,
  DOWN = 2,
  CLASS = 3,
  LOCK = 4,
  SRC = 10,
  DST = 14,
  SEQ = 18,
  IN = 20,
  OUT = 22,
  EXPIRY = 24,
  NEXT = 28,
  TRIES = 32,
  BODY = 33,
  PREIMAGE = 34,
  FLAGS = 40,
  RECEIPT_TRIES = 41,
  LENGTH = 42,
  SIZE = 43,
}

export const enum PnState {
  FREE = 0,
  /** In the outbox, not on the air yet. */
  QUEUED = 1,
  /** Sent; waiting to hear the next hop forward it. */
  SENT = 2,
  /** The next hop has it; waiting for the receipt. */
  ACKED = 3,
  /** The preimage is known: upstream owes. */
  SETTLED = 4,
}

export const enum PnFlag {
  /** The receipt still has to go, or go again, to the upstream. */
  RECEIPT_DUE = 0x01,
  /** The downstream's own frame brought the preimage: it is owed. */
  DOWN_SETTLED = 0x02,
  /** The budget out was added to the downstream's pending sum. */
  OUT_BOOKED = 0x04,
  REROUTED = 0x08,
}

/** Room for a payment beside the longest ciphertext that is sent or carried (SPEC 8.4). */
export const BODY_MAX = Wire.FRAME_MAX - Data.OVERHEAD - Pay.SIZE;

export class Pending {
  table: Uint8Array;
  /** Ciphertexts kept for repetition, BODIES at most; only while they are, since all of them are seldom. */
  bodies: (Uint8Array | undefined)[];
  /** Records from here on are free, and few are under way: a search of all takes a board a hundred milliseconds. */
  top: number;
  /** Before this decisecond no record expires or wants anything. */
  nextDs: number;

  constructor() {
    this.table = new Uint8Array(Size.PENDING * Pn.SIZE);
    this.bodies = [];
    this.top = 0;
    this.nextDs = 0;
  }

  get8(rec: number, col: number): number {
    return this.table[rec * Pn.SIZE + col];
  }

  set8(rec: number, col: number, val: number): void {
    this.table[rec * Pn.SIZE + col] = val;
  }

  get16(rec: number, col: number): number {
    return getU16(this.table, rec * Pn.SIZE + col);
  }

  get32(rec: number, col: number): number {
    return getU32(this.table, rec * Pn.SIZE + col);
  }

  set32(rec: number, col: number, val: number): void {
    putU32(this.table, rec * Pn.SIZE + col, val);
    // Both are times; a smaller one may be next.
    if (val < this.nextDs) this.nextDs = val;
  }

  /** When the next record expires or wants something; a settled one wants nothing. */
  soonestDs(): number {
    const t = this.table;
    let soonest = 0xffffffff;
    for (let at = (this.top - 1) * Pn.SIZE; at >= 0; at -= Pn.SIZE) {
      if (t[at] === PnState.FREE) continue;
      const expiry = getU32(t, at + Pn.EXPIRY);
      const next = t[at] === PnState.SETTLED ? expiry : getU32(t, at + Pn.NEXT);
      if (expiry < soonest) soonest = expiry;
      if (next < soonest) soonest = next;
    }
    return soonest;
  }

  flag(rec: number, flag: number): boolean {
    return (this.table[rec * Pn.SIZE + Pn.FLAGS] & flag) !== 0;
  }

  setFlag(rec: number, flag: number, on: boolean): void {
    const at = rec * Pn.SIZE + Pn.FLAGS;
    this.table[at] = on ? this.table[at] | flag : this.table[at] & ~flag;
  }

  /** The record of a lock that came from `up`, or NONE. */
  findFrom(lock: Uint8Array, lockAt: number, up: number): number {
    for (let i = this.findLock(lock, lockAt, Wire.LOCK, -1); i !== Index.NONE; ) {
      if (this.get8(i, Pn.UP) === up) return i;
      i = this.findLock(lock, lockAt, Wire.LOCK, i);
    }
    return Index.NONE;
  }

  /**
   * The next record after `from` with this lock, whoever it came from; `length` 2 compares a receipt's hint.
   */
  findLock(lock: Uint8Array, lockAt: number, length: number, from: number): number {
    const t = this.table;
    const first = lock[lockAt];
    let at = from * Pn.SIZE;
    for (let i = from + 1; i < this.top; i++) {
      at += Pn.SIZE;
      if (t[at + Pn.LOCK] !== first || t[at] === PnState.FREE) continue;
      if (equalBytes(t, at + Pn.LOCK, lock, lockAt, length)) return i;
    }
    return Index.NONE;
  }

  /** A new record from the fields of a DATA frame (SPEC 4.1), or NONE when the table is full. */
  add(frame: Uint8Array, up: number, expiryDs: number): number {
    const i = this.room();
    if (i === Index.NONE) return i;
    if (i >= this.top) this.top = i + 1;
    const at = i * Pn.SIZE;
    const t = this.table;
    t.fill(0, at, at + Pn.SIZE);
    t[at] = PnState.QUEUED;
    t[at + Pn.UP] = up;
    t[at + Pn.DOWN] = Index.NONE;
    t[at + Pn.CLASS] = frame[Data.CLASS];
    t[at + Pn.BODY] = Index.NONE;
    copyBytes(t, at + Pn.LOCK, frame, Data.LOCK, Wire.LOCK);
    copyBytes(t, at + Pn.SRC, frame, Data.SRC, 10);
    putU16(t, at + Pn.IN, getU16(frame, Data.BUDGET));
    this.set32(i, Pn.EXPIRY, expiryDs);
    return i;
  }

  /** A free record, else the one settled both ways that ends first: it only answers repetitions. */
  private room(): number {
    const t = this.table;
    for (let i = 0; i < this.top; i++) if (t[i * Pn.SIZE] === PnState.FREE) return i;
    if (this.top < Size.PENDING) return this.top;
    let first = Index.NONE;
    for (let i = 0; i < Size.PENDING; i++) {
      const state = this.get8(i, Pn.STATE);
      const open = this.get8(i, Pn.FLAGS) & (PnFlag.RECEIPT_DUE | PnFlag.OUT_BOOKED);
      if (state !== PnState.SETTLED || open) continue;
      if (first === Index.NONE || this.get32(i, Pn.EXPIRY) < this.get32(first, Pn.EXPIRY)) first = i;
    }
    return first;
  }

  /** Keeps a ciphertext for forwarding; false when all slots are taken. */
  keepBody(rec: number, body: Uint8Array): boolean {
    for (let slot = 0; slot < Size.BODIES; slot++) {
      if (this.bodies[slot] !== undefined) continue;
      this.bodies[slot] = new Uint8Array(body);
      this.set8(rec, Pn.BODY, slot);
      this.set8(rec, Pn.LENGTH, body.length);
      return true;
    }
    return false;
  }

  body(rec: number): Uint8Array | undefined {
    const slot = this.get8(rec, Pn.BODY);
    return slot === Index.NONE ? undefined : this.bodies[slot];
  }

  /** The ciphertext is no longer needed: it was acknowledged for good. */
  dropBody(rec: number): void {
    const slot = this.get8(rec, Pn.BODY);
    if (slot !== Index.NONE) this.bodies[slot] = undefined;
    this.set8(rec, Pn.BODY, Index.NONE);
  }

  free(rec: number): void {
    this.dropBody(rec);
    this.set8(rec, Pn.STATE, PnState.FREE);
    while (this.top > 0 && this.get8(this.top - 1, Pn.STATE) === PnState.FREE) this.top--;
  }

  /** Packets of an upstream that are under way. */
  countFrom(up: number): number {
    const t = this.table;
    let count = 0;
    for (let at = (this.top - 1) * Pn.SIZE; at >= 0; at -= Pn.SIZE) {
      if (t[at + Pn.UP] === up && t[at] !== PnState.FREE && t[at] !== PnState.SETTLED) count++;
    }
    return count;
  }

  /** Packets of a source that are under way. */
  countSource(src: number): number {
    const t = this.table;
    let count = 0;
    for (let at = (this.top - 1) * Pn.SIZE; at >= 0; at -= Pn.SIZE) {
      if (t[at] === PnState.FREE || t[at] === PnState.SETTLED) continue;
      if (getU32(t, at + Pn.SRC) === src) count++;
    }
    return count;
  }
}
