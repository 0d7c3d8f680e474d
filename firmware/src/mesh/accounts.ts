// Who owes whom, per neighbour (SPEC 8.4). `In`: the neighbour's chain that pays this node. `Out`: this node's chain
// that pays the neighbour. Everything counts budget units (1/64 link); `used` may be negative, when links paid on an
// old chain are still unused. Pure bookkeeping: no frames, no routes, no keys.
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
  /** Of the units lost without a receipt at most so many more may be conceded: an eighth of what was settled. */
  OUT_GRACE = 76,
  /** When this node last asked about its own chain (OPEN, RESYNC, STATE_REQUEST), claimed, or asked about theirs. */
  OUT_ASKED_S = 80,
  CLAIM_S = 84,
  IN_ASKED_S = 88,
  /** Generation and chain of their newest OPEN or RESYNC: what a payment that fits no proven channel may be of. */
  IN_OFFER = 92,
  /** How often, without seeing the effect; each doubles the wait. */
  OUT_ASKS = 94,
  CLAIM_ASKS = 95,
  IN_ASKS = 96,
  /** Packets of this upstream that may be under way at once; doubled by a receipt, halved by an expiry. */
  IN_ALLOW = 97,
  SIZE = 98,
}

export const enum InFlag {
  /** STATE showed the channel on the ledger. */
  PROVEN = 0x01,
  CLOSING = 0x02,
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
/** Eight links, the most that is ever prepaid for one packet. */
const REBOOT_GRACE = 512;

function getI32(bytes: Uint8Array, at: number): number {
  return getU32(bytes, at) | 0;
}

export class Accounts {
  table: Uint8Array;
  store: StorePort;

  constructor(store: StorePort) {
    this.table = new Uint8Array(Size.NEIGHBOURS * Acc.SIZE);
    this.store = store;
  }

  private name(address: number): string {
    const bytes = new Uint8Array(4);
    putU32(bytes, 0, address);
    return 'fh.a' + toHex(bytes, 0, 4);
  }

  /** The account of a neighbour that was just met: from the store, or empty. */
  open(index: number, address: number): void {
    const at = index * Acc.SIZE;
    this.table.fill(0, at, at + Acc.SIZE);
    const kept = this.store.read(this.name(address));
    if (kept !== undefined && kept.length === Acc.STORED && getU32(kept, 0) === address) {
      this.table.set(kept, at);
      if (this.table[at + Acc.OUT_FLAGS] & OutFlag.PROVEN) this.table[at + Acc.OUT_FLAGS] |= OutFlag.RESYNC;
      // What was prepaid may have been used up in packets that this node no longer remembers.
      const credit = this.outFree(index);
      if (credit > 0) this.add(index, Acc.OUT_LOST, Math.min(credit, REBOOT_GRACE));
    } else putU32(this.table, at, address);
    this.table[at + Acc.IN_ALLOW] = ALLOW_START;
  }

  save(index: number): void {
    const at = index * Acc.SIZE;
    const record = this.table.subarray(at, at + Acc.STORED);
    this.store.write(this.name(getU32(this.table, at)), new Uint8Array(record));
  }

  u8(index: number, field: number): number {
    return this.table[index * Acc.SIZE + field];
  }

  setU8(index: number, field: number, value: number): void {
    this.table[index * Acc.SIZE + field] = value;
  }

  u16(index: number, field: number): number {
    return getU16(this.table, index * Acc.SIZE + field);
  }

  setU16(index: number, field: number, value: number): void {
    putU16(this.table, index * Acc.SIZE + field, value);
  }

  u32(index: number, field: number): number {
    return getU32(this.table, index * Acc.SIZE + field);
  }

  setU32(index: number, field: number, value: number): void {
    putU32(this.table, index * Acc.SIZE + field, value);
  }

  i32(index: number, field: number): number {
    return getI32(this.table, index * Acc.SIZE + field);
  }

  add(index: number, field: number, delta: number): number {
    const at = index * Acc.SIZE + field;
    const value = getI32(this.table, at) + delta;
    putU32(this.table, at, value);
    return value;
  }

  /** Books units as used up, and on flash whenever a link is full: a reboot forgets less than one link. */
  use(index: number, field: number, units: number): void {
    const used = this.add(index, field, units);
    if (used >> LINK_SHIFT !== (used - units) >> LINK_SHIFT) this.save(index);
  }

  /** Slow start (SPEC 8.4): packets of this upstream that may be under way from now on. */
  allow(index: number, paid: boolean): void {
    const now = this.u8(index, Acc.IN_ALLOW);
    this.setU8(index, Acc.IN_ALLOW, paid ? Math.min(2 * now, Size.UPSTREAM_PENDING) : Math.max(now >> 1, 1));
  }

  inLink(index: number): Uint8Array {
    const at = index * Acc.SIZE + Acc.IN_LINK;
    return this.table.subarray(at, at + Book.LINK);
  }

  setInLink(index: number, link: Uint8Array, start: number): void {
    copyBytes(this.table, index * Acc.SIZE + Acc.IN_LINK, link, start, Book.LINK);
  }

  /** Units received and neither used nor promised to packets under way. */
  inFree(index: number): number {
    const used = this.i32(index, Acc.IN_USED) + this.i32(index, Acc.IN_PENDING);
    return this.u16(index, Acc.IN_LINKS) * Money.UNITS_PER_LINK - used;
  }

  /** The same seen from the paying side. Negative: owed. */
  outFree(index: number): number {
    const used = this.i32(index, Acc.OUT_USED) + this.i32(index, Acc.OUT_PENDING);
    return this.u16(index, Acc.OUT_LINKS) * Money.UNITS_PER_LINK - used;
  }

  /** Trust in units: what settled packets of this neighbour have really earned here, at most `maxLinks` links. */
  trust(index: number, maxLinks: number): number {
    const margin = this.i32(index, Acc.MARGIN);
    const most = maxLinks * Money.UNITS_PER_LINK;
    return margin > most ? most : margin < 0 ? 0 : margin;
  }

  /** True when no payment, debt or claim would be lost with this record in memory (the store keeps the rest). */
  idle(index: number): boolean {
    return this.i32(index, Acc.IN_PENDING) === 0 && this.i32(index, Acc.OUT_PENDING) === 0 && this.unclaimed(index) === 0;
  }

  /** Links received that the ledger does not know to be settled. */
  unclaimed(index: number): number {
    return this.u16(index, Acc.IN_LINKS) - this.u16(index, Acc.IN_SETTLED);
  }
}
