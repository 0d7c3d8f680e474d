// Who owes whom, per neighbour (SPEC 8.4). `In`: the neighbour's chain that pays this node. `Out`: this
// node's chain that pays the neighbour. Everything counts budget units (1/64 link); `used` may be negative,
// when links paid on an old chain are still unused. Pure bookkeeping: no frames, no routes, no keys.
import { Book, Money, copyBytes, getU16, getU32, putU16, putU32, toHex } from '#protocol';
import type { StorePort } from './ports.ts';
import { Size } from './config.ts';

/** Layout of an account record, in memory and in the store (SPEC 8.1). Its neighbour has the same index. */
export const enum Acc {
  ADDRESS = 0,
  IN_FLAGS = 4,
  IN_GENERATION = 5,
  IN_CHAIN = 6,
  IN_LINKS = 7,
  IN_LINK = 9,
  IN_SETTLED = 25,
  IN_LIMIT = 27,
  IN_EXPIRY = 29,
  IN_USED = 33,
  MARGIN = 37,
  OUT_FLAGS = 41,
  OUT_GENERATION = 42,
  OUT_CHAIN = 43,
  OUT_LINKS = 44,
  OUT_LEASE = 46,
  OUT_LIMIT = 48,
  OUT_SETTLED = 50,
  OUT_EXPIRY = 52,
  OUT_USED = 56,
  /** Up to here the record is kept in the store; what follows is rebuilt after a reboot. */
  STORED = 60,
  IN_PENDING = 60,
  OUT_PENDING = 64,
  OUT_TRUST = 68,
  OUT_LOST = 72,
  /** Of the units lost without a receipt so many may still be conceded: an eighth of what was settled. */
  OUT_GRACE = 76,
  /**
   * When this node last asked about its own chain (OPEN, RESYNC, STATE_REQUEST), claimed, or asked about
   * theirs.
   */
  OUT_ASKED_S = 80,
  CLAIM_S = 84,
  IN_ASKED_S = 88,
  /**
   * Generation and chain of their newest OPEN or RESYNC: what a payment that fits no proven channel may be
   * of.
   */
  IN_OFFER = 92,
  /** How often, without seeing the effect; each doubles the wait. */
  OUT_ASKS = 94,
  CLAIM_ASKS = 95,
  IN_ASKS = 96,
  /** Packets of this upstream that may be under way at once; doubled by a receipt, halved by an expiry. */
  IN_ALLOW = 97,
  /** Height of the STATE that told of the chain they pay on. */
  IN_STATE = 98,
  SIZE = 102,
}

export const enum InFlag {
  /** STATE showed the channel on the ledger. */
  PROVEN = 0x01,
  CLOSING = 0x02,
  /** A proof against a header's root agreed with STATE. */
  CHECKED = 0x04,
  /** A proof showed that STATE was a lie: this chain is never believed again. */
  REFUTED = 0x08,
}

export const enum OutFlag {
  /** A chain is leased to this neighbour. */
  LEASED = 0x01,
  PROVEN = 0x02,
  /** After a boot: ask the payee how far the chain is before paying on. */
  RESYNC = 0x04,
  /** The newest link may not have arrived: send it again with the next packet. */
  REPEAT = 0x08,
}

/** 64 units a link, as a shift. */
const LINK_SHIFT = 6;
const ALLOW_START = 4;

/** What one frame may bring. */
export const enum Prepay {
  LINKS = 8,
}

/** The most that is ever prepaid for one packet; more is not conceded at a time. */
const GRACE_MAX = 512;

export class Accounts {
  table: Uint8Array;
  store: StorePort;

  constructor(store: StorePort) {
    this.table = new Uint8Array(Size.NEIGHBOURS * Acc.SIZE);
    this.store = store;
  }

  private name(addr: number): string {
    const bytes = new Uint8Array(4);
    putU32(bytes, 0, addr);
    return 'fh.a' + toHex(bytes, 0, 4);
  }

  /** The account of a neighbour that was just met: from the store, or empty. */
  open(nb: number, addr: number): void {
    const at = nb * Acc.SIZE;
    this.table.fill(0, at, at + Acc.SIZE);
    const kept = this.store.read(this.name(addr));
    if (kept !== undefined && kept.length === Acc.STORED && getU32(kept, 0) === addr) {
      this.table.set(kept, at);
      if (this.table[at + Acc.OUT_FLAGS] & OutFlag.PROVEN) this.table[at + Acc.OUT_FLAGS] |= OutFlag.RESYNC;
      // What was prepaid may have been used up in packets that this node no longer remembers.
      const credit = this.outFree(nb);
      if (credit > 0) {
        this.add(nb, Acc.OUT_LOST, credit);
        this.indulge(nb, credit);
      }
    } else putU32(this.table, at, addr);
    this.table[at + Acc.IN_ALLOW] = ALLOW_START;
  }

  save(nb: number): void {
    const at = nb * Acc.SIZE;
    const record = this.table.subarray(at, at + Acc.STORED);
    this.store.write(this.name(getU32(this.table, at)), new Uint8Array(record));
  }

  u8(nb: number, col: number): number {
    return this.table[nb * Acc.SIZE + col];
  }

  setU8(nb: number, col: number, val: number): void {
    this.table[nb * Acc.SIZE + col] = val;
  }

  u16(nb: number, col: number): number {
    return getU16(this.table, nb * Acc.SIZE + col);
  }

  setU16(nb: number, col: number, val: number): void {
    putU16(this.table, nb * Acc.SIZE + col, val);
  }

  u32(nb: number, col: number): number {
    return getU32(this.table, nb * Acc.SIZE + col);
  }

  setU32(nb: number, col: number, val: number): void {
    putU32(this.table, nb * Acc.SIZE + col, val);
  }

  i32(nb: number, col: number): number {
    return getU32(this.table, nb * Acc.SIZE + col) | 0;
  }

  add(nb: number, col: number, delta: number): number {
    const at = nb * Acc.SIZE + col;
    const value = (getU32(this.table, at) | 0) + delta;
    putU32(this.table, at, value);
    return value;
  }

  /** Books units as used up, and on flash whenever a link is full: a reboot forgets less than one link. */
  use(nb: number, col: number, units: number): void {
    const used = this.add(nb, col, units);
    if (used >> LINK_SHIFT !== (used - units) >> LINK_SHIFT) this.save(nb);
  }

  /** So many more units lost without a receipt may be conceded. */
  indulge(nb: number, units: number): void {
    this.setU32(nb, Acc.OUT_GRACE, Math.min(this.i32(nb, Acc.OUT_GRACE) + units, GRACE_MAX));
  }

  /** Slow start (SPEC 8.4): packets of this upstream that may be under way from now on. */
  allow(nb: number, paid: boolean): void {
    const now = this.u8(nb, Acc.IN_ALLOW);
    this.setU8(nb, Acc.IN_ALLOW, paid ? Math.min(2 * now, Size.UPSTREAM_PENDING) : Math.max(now >> 1, 1));
  }

  inLink(nb: number): Uint8Array {
    const at = nb * Acc.SIZE + Acc.IN_LINK;
    return this.table.subarray(at, at + Book.LINK);
  }

  setInLink(nb: number, link: Uint8Array, start: number): void {
    copyBytes(this.table, nb * Acc.SIZE + Acc.IN_LINK, link, start, Book.LINK);
  }

  /** Units received and neither used nor promised to packets under way. */
  inFree(nb: number): number {
    const used = this.i32(nb, Acc.IN_USED) + this.i32(nb, Acc.IN_PENDING);
    return this.u16(nb, Acc.IN_LINKS) * Money.UNITS_PER_LINK - used;
  }

  /** The same seen from the paying side. Negative: owed. */
  outFree(nb: number): number {
    const used = this.i32(nb, Acc.OUT_USED) + this.i32(nb, Acc.OUT_PENDING);
    return this.u16(nb, Acc.OUT_LINKS) * Money.UNITS_PER_LINK - used;
  }

  /**
   * Trust in units: what settled packets of this neighbour have really earned here, at most `maxLinks` links.
   */
  trust(nb: number, maxLinks: number): number {
    const margin = this.i32(nb, Acc.MARGIN);
    const most = maxLinks * Money.UNITS_PER_LINK;
    return margin > most ? most : margin < 0 ? 0 : margin;
  }

  /**
   * True when no payment, debt or claim would be lost with this record in memory (the store keeps the rest).
   */
  idle(nb: number): boolean {
    const promised = this.i32(nb, Acc.IN_PENDING) !== 0 || this.i32(nb, Acc.OUT_PENDING) !== 0;
    return !promised && this.unclaimed(nb) === 0;
  }

  /** Links received that the ledger does not know to be settled. */
  unclaimed(nb: number): number {
    return this.u16(nb, Acc.IN_LINKS) - this.u16(nb, Acc.IN_SETTLED);
  }
}
