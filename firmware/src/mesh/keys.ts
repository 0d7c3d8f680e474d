// The pairwise keys provisioning installed: per peer a link key, an end-to-end MAC key and an end-to-end
// cipher key (SPEC 7.2). One flat record a peer; the padded MAC key is made once and kept for the last peer
// used.
import type { MacKey } from '#protocol';
import { Wire, copyBytes, getU32, macKey, putU32 } from '#protocol';
import { Size } from './config.ts';

/** Layout of a record in the store's `keys` (SPEC 8.1). */
export const enum KeyRecord {
  ADDRESS = 0,
  LINK = 4,
  END_MAC = 20,
  END_CIPHER = 36,
  SIZE = 52,
}

export class Keys {
  table: Uint8Array;
  lastAt: number;
  lastMac: MacKey | undefined;

  constructor(table: Uint8Array) {
    this.table = table;
    this.lastAt = -1;
    this.lastMac = undefined;
  }

  /** Offset of a peer's record, or -1. */
  find(address: number): number {
    const table = this.table;
    const low = address & 255;
    for (let at = 0; at + KeyRecord.SIZE <= table.length; at += KeyRecord.SIZE) {
      if (table[at + 3] === low && getU32(table, at) === address) return at;
    }
    return -1;
  }

  /** Home told the three keys of a pair: 48 bytes at `from`. False when the table is full. */
  put(address: number, bytes: Uint8Array, from: number): boolean {
    let at = this.find(address);
    if (at < 0) {
      at = this.table.length;
      if (at >= Size.KEYS * KeyRecord.SIZE) return false;
      const table = new Uint8Array(at + KeyRecord.SIZE);
      table.set(this.table, 0);
      putU32(table, at, address);
      this.table = table;
    }
    copyBytes(this.table, at + KeyRecord.LINK, bytes, from, KeyRecord.SIZE - KeyRecord.LINK);
    this.lastAt = -1;
    return true;
  }

  link(at: number): Uint8Array {
    return this.table.subarray(at + KeyRecord.LINK, at + KeyRecord.LINK + Wire.KEY);
  }

  endMac(at: number): MacKey {
    let mac = this.lastMac;
    if (mac === undefined || this.lastAt !== at) {
      mac = macKey(this.table.subarray(at + KeyRecord.END_MAC, at + KeyRecord.END_MAC + Wire.KEY));
      this.lastMac = mac;
      this.lastAt = at;
    }
    return mac;
  }

  endCipher(at: number): Uint8Array {
    return this.table.subarray(at + KeyRecord.END_CIPHER, at + KeyRecord.END_CIPHER + Wire.KEY);
  }
}
