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
  OUT_ASKED_S = 76,
  CLAIM_S = 80,
  CLAIM_LINKS = 84,
  /** When this node last carried an OPEN of this neighbour to the gateway. */
  IN_OPEN_S = 86,
  /** Generation and chain of that OPEN: what to ask home about when a payment fits no proven channel. */
  IN_OFFER = 90,
  /** Times this node asked (OPEN, RESYNC) without seeing the effect; each doubles the wait. */
  OUT_ASKS = 92,
  IN_ASKS = 93,
  SIZE = 94,
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

function getI32(bytes: Uint8Array, at: number): number {
  return getU32(bytes, at) | 0;
}

function putI32(bytes: Uint8Array, at: number, value: number): void {
  putU32(bytes, at, value < 0 ? value + 4294967296 : value);
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
    } else putU32(this.table, at, address);
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
    putI32(this.table, at, value);
    return value;
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
    return this.u16(index, Acc.IN_LINKS) * Money.UNITS_PER_LINK - this.i32(index, Acc.IN_USED) - this.i32(index, Acc.IN_PENDING);
  }

  /** The same seen from the paying side. Negative: owed. */
  outFree(index: number): number {
    return this.u16(index, Acc.OUT_LINKS) * Money.UNITS_PER_LINK - this.i32(index, Acc.OUT_USED) - this.i32(index, Acc.OUT_PENDING);
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

  /** True when this claimable number was reported to the ledger lately. */
  claimedLately(index: number, nowS: number, repeatS: number): boolean {
    return (
      this.u16(index, Acc.CLAIM_LINKS) === this.u16(index, Acc.IN_LINKS) && nowS - this.u32(index, Acc.CLAIM_S) < repeatS
    );
  }
}
