// Who is in radio range: address, alias, link counter, how well each side hears the other (SPEC 8.2). One
// flat record a neighbour. Knows nothing of money or routes.
import { Hello, HelloFlag, getU16, getU32, putU16, putU32 } from '#protocol';
import { Index, Size } from './config.ts';

/** Layout of a neighbour record (SPEC 8.1). */
export const enum Nb {
  ADDRESS = 0,
  ALIAS = 4,
  FLAGS = 5,
  FLOOR = 6,
  HEARD_S = 10,
  RSSI = 14,
  SNR = 15,
  HELLO_SEQ = 16,
  /** How many of its HELLOs arrive, 0..255. */
  QUALITY_IN = 18,
  /** The same for ours, as it reports; 0 until it does. */
  QUALITY_OUT = 19,
  PRICE = 20,
  MIC_FAILS = 21,
  KEY_AT = 22,
  NONCE = 24,
  SYNC_S = 28,
  /** Airtime given away to it, in ms, since the last count began. */
  GIVEN = 32,
  /** How many of the packets it took came back with a receipt, 0..255. */
  PROVEN = 34,
  /** As GIVEN, for service packets. */
  SERVED = 35,
  SIZE = 37,
}

export const enum NbFlag {
  USED = 0x01,
  /** We know its send counter. */
  SYNCED = 0x02,
  /** A pairwise key exists; frames under the network key are refused for anything but HELLO. */
  KEYED = 0x04,
  GATEWAY = 0x08,
  NO_RELAY = 0x10,
}

const QUALITY_FIRST = 160;
const MISSED_MAX = 16;
const PROVEN_MIN = 16;
const LOST_AFTER_S = 3;

export class Neighbours {
  table: Uint8Array;
  /** Records from here on are not used. */
  top: number;

  constructor() {
    this.table = new Uint8Array(Size.NEIGHBOURS * Nb.SIZE);
    this.top = 0;
  }

  used(nb: number): boolean {
    return (this.table[nb * Nb.SIZE + Nb.FLAGS] & NbFlag.USED) !== 0;
  }

  has(nb: number, flag: number): boolean {
    return (this.table[nb * Nb.SIZE + Nb.FLAGS] & flag) !== 0;
  }

  setFlag(nb: number, flag: number, on: boolean): void {
    const at = nb * Nb.SIZE + Nb.FLAGS;
    this.table[at] = on ? this.table[at] | flag : this.table[at] & ~flag;
  }

  addressOf(nb: number): number {
    return getU32(this.table, nb * Nb.SIZE);
  }

  aliasOf(nb: number): number {
    return this.table[nb * Nb.SIZE + Nb.ALIAS];
  }

  find(addr: number): number {
    for (let i = 0; i < this.top; i++) {
      if (this.used(i) && getU32(this.table, i * Nb.SIZE) === addr) return i;
    }
    return Index.NONE;
  }

  /** The first neighbour with this alias after `from` (-1 for the first of all): two may share one. */
  findAlias(alias: number, from: number): number {
    for (let i = from + 1; i < this.top; i++) {
      if (this.table[i * Nb.SIZE + Nb.ALIAS] === alias && this.used(i)) return i;
    }
    return Index.NONE;
  }

  count(): number {
    let count = 0;
    for (let i = 0; i < this.top; i++) if (this.used(i)) count++;
    return count;
  }

  /** The first free record, or NONE. */
  free(): number {
    for (let i = 0; i < this.top; i++) if (!this.used(i)) return i;
    return this.top < Size.NEIGHBOURS ? this.top : Index.NONE;
  }

  add(nb: number, addr: number, alias: number): void {
    const at = nb * Nb.SIZE;
    if (nb >= this.top) this.top = nb + 1;
    this.table.fill(0, at, at + Nb.SIZE);
    putU32(this.table, at, addr);
    this.table[at + Nb.ALIAS] = alias;
    this.table[at + Nb.FLAGS] = NbFlag.USED;
    this.table[at + Nb.QUALITY_IN] = QUALITY_FIRST;
    this.table[at + Nb.PROVEN] = 255;
  }

  /** Its keys are in the table now, at `keyAt`; its counter is asked anew. */
  keyed(nb: number, keyAt: number): void {
    if (nb === Index.NONE) return;
    putU16(this.table, nb * Nb.SIZE + Nb.KEY_AT, keyAt);
    this.setFlag(nb, NbFlag.KEYED, true);
    this.setFlag(nb, NbFlag.SYNCED, false);
  }

  drop(nb: number): void {
    this.table[nb * Nb.SIZE + Nb.FLAGS] = 0;
    while (this.top > 0 && !this.used(this.top - 1)) this.top--;
  }

  /** True for a HELLO that is not newer than the last one: a recording, played again. */
  stale(nb: number, hello: Uint8Array): boolean {
    const last = getU16(this.table, nb * Nb.SIZE + Nb.HELLO_SEQ);
    return last !== 0 && ((getU16(hello, Hello.SEQ) - last - 1) & 0xffff) >= 0x8000;
  }

  /**
   * What a HELLO says of its sender; `ownAlias` is looked up among the neighbours it hears. Returns how often
   * it is there: two nodes that do not hear each other may have chosen the same.
   */
  heard(
    nb: number,
    hello: Uint8Array,
    ownAlias: number,
    rssiDbm: number,
    snrDb: number,
    nowS: number,
  ): number {
    const t = this.table;
    const at = nb * Nb.SIZE;
    const seq = getU16(hello, Hello.SEQ);
    const last = getU16(t, at + Nb.HELLO_SEQ);
    // The number grows by two a HELLO; a large jump is a reboot and says nothing of the link.
    const missed = last === 0 ? 0 : (((seq - last) & 0xffff) >> 1) - 1;
    let quality = t[at + Nb.QUALITY_IN];
    for (let i = 0; i < missed && missed < MISSED_MAX; i++) quality -= quality >> 2;
    t[at + Nb.QUALITY_IN] = quality + ((255 - quality) >> 2);
    // Who was shunned for packets that never arrived gets another try, later.
    t[at + Nb.PROVEN] += (255 - t[at + Nb.PROVEN]) >> 5;
    putU16(t, at + Nb.HELLO_SEQ, seq);
    putU32(t, at + Nb.HEARD_S, nowS);
    t[at + Nb.ALIAS] = hello[1];
    t[at + Nb.PRICE] = hello[Hello.PRICE];
    t[at + Nb.RSSI] = -rssiDbm;
    t[at + Nb.SNR] = snrDb;
    this.setFlag(nb, NbFlag.GATEWAY, (hello[Hello.FLAGS] & HelloFlag.GATEWAY) !== 0);
    this.setFlag(nb, NbFlag.NO_RELAY, (hello[Hello.FLAGS] & HelloFlag.NO_RELAY) !== 0);
    let found = 0;
    for (let i = hello[Hello.COUNTS] >> 4; i > 0; i--) {
      const entry = Hello.BODY + (i - 1) * Hello.NEIGHBOUR_SIZE;
      if (hello[entry] !== ownAlias) continue;
      t[at + Nb.QUALITY_OUT] = hello[entry + 1];
      found++;
    }
    return found;
  }

  /** A packet that this neighbour took was proven delivered, or was not in time. */
  learn(nb: number, delivered: boolean): void {
    const at = nb * Nb.SIZE + Nb.PROVEN;
    const now = this.table[at];
    this.table[at] = delivered ? now + ((262 - now) >> 3) : Math.max(now - (now >> 3), PROVEN_MIN);
  }

  /**
   * Expected transmissions in sixteenths, 16..4095: 1 / (heard there x heard back x packets proven
   * delivered).
   */
  etx16(nb: number): number {
    const at = nb * Nb.SIZE;
    const t = this.table;
    const product = t[at + Nb.QUALITY_IN] * t[at + Nb.QUALITY_OUT];
    const etx = product > 0 ? Math.min(Math.floor((16 * 255 * 255) / product), 255) : 255;
    return Math.floor((Math.max(etx, 16) * 255) / t[at + Nb.PROVEN]);
  }

  /** True after three missed HELLOs of the longest interval. */
  silent(nb: number, nowS: number, helloMaxS: number): boolean {
    return nowS - getU32(this.table, nb * Nb.SIZE + Nb.HEARD_S) > LOST_AFTER_S * helloMaxS;
  }

  /** The full counter of a frame from its low half: the smallest that is above the last one accepted. */
  counterOf(nb: number, low: number): number {
    const floor = getU32(this.table, nb * Nb.SIZE + Nb.FLOOR);
    const ahead = (low - floor) & 0xffff;
    return floor + (ahead === 0 ? 0x10000 : ahead);
  }

  setFloor(nb: number, counter: number): void {
    putU32(this.table, nb * Nb.SIZE + Nb.FLOOR, counter);
    this.table[nb * Nb.SIZE + Nb.MIC_FAILS] = 0;
  }
}
