// Headers of the ledger as a node hears them (SPEC 4.10): TESLA (RFC 4082) with keys bound to time slots. The
// header of slot t is authenticated by K_t, which nobody knows until slot t + 1 discloses it; so a header
// counts only when it arrives while the node's clock, error bound included, lies inside slot t. One object
// per gateway; walked in slices.
import { Header, Purpose, Wire } from './constants.ts';
import { ErrorCode } from './errors.ts';
import type { Crypto } from './crypto.ts';
import { hmac, macKey } from './crypto.ts';
import type { BookId } from './chain.ts';
import { bookPrefix, step } from './chain.ts';
import { copyBytes, cut, equalBytes, getU32, putU32 } from './bytes.ts';

/**
 * A header waiting for its key: height (4), root (16), MAC (6). The first 20 bytes are what is kept when it
 * proves true.
 */
const enum Entry {
  HEIGHT = 0,
  ROOT = 4,
  MAC = 20,
  SIZE = 26,
  PROVEN = 20,
}

/** Two claims for one slot may wait: whoever sends garbage first does not silence the gateway. */
const WAITING_MAX = 2;

/**
 * MAC of a header (6 bytes) under K_slot. The key that is hashed on to the next one never keys the MAC
 * itself.
 */
export function headerMac(
  crypto: Crypto,
  id: BookId,
  slotKey: Uint8Array,
  slot: number,
  entry: Uint8Array,
): Uint8Array {
  const derived = step(crypto, bookPrefix(id, Purpose.HEADER_KEY, 0, 0), slotKey);
  const time = new Uint8Array(4);
  putU32(time, 0, slot);
  const covered = [bookPrefix(id, Purpose.HEADER_MAC, 0, 0), time, entry.subarray(Entry.HEIGHT, Entry.MAC)];
  return cut(hmac(crypto, macKey(derived), covered), 0, Header.MAC_SIZE);
}

/**
 * What a gateway floods in slot `slot`, all but the MIC. `keyBefore` is K_{slot-1}, `slotKey` K_slot; root 32
 * bytes.
 */
export function writeHeader(
  crypto: Crypto,
  id: BookId,
  slot: number,
  height: number,
  root: Uint8Array,
  keyBefore: Uint8Array,
  slotKey: Uint8Array,
  frame: Uint8Array,
): void {
  const entry = new Uint8Array(Entry.SIZE);
  putU32(entry, Entry.HEIGHT, height);
  copyBytes(entry, Entry.ROOT, root, 0, Wire.HASH_AIR);
  putU32(frame, Header.GATEWAY, id.address);
  frame[Header.SLOT] = slot % 256;
  copyBytes(frame, Header.HEIGHT, entry, Entry.HEIGHT, Entry.MAC);
  copyBytes(frame, Header.KEY, keyBefore, 0, Wire.KEY);
  copyBytes(frame, Header.MAC, headerMac(crypto, id, slotKey, slot, entry), 0, Header.MAC_SIZE);
}

export class HeaderChain {
  private crypto: Crypto;
  private id: BookId;
  private prefix: Uint8Array;
  private slotMs: number;
  /** The newest key known to be genuine, and its slot. */
  private key: Uint8Array;
  private keySlot: number;
  /** Headers of `waitingSlot` whose key is still secret. */
  private waiting: Uint8Array[];
  private waitingSlot: number;
  private waitingKey: Uint8Array;
  /** The walk from a disclosed key down to the known one; no walk while `at` equals `keySlot`. */
  private claimed: Uint8Array;
  private claimedSlot: number;
  private position: Uint8Array;
  private at: number;
  private incoming: Uint8Array;
  /** Proven headers, a ring of KEPT times height (4) and root (16); a height of zero marks a free place. */
  private proven: Uint8Array;
  private next: number;
  /** Height of the newest header that proved genuine; 0 before the first. */
  provenHeight: number;

  /** `key` (16 bytes) of `slot` comes from provisioning or a KEYREP; `slotMs` is the block interval. */
  constructor(crypto: Crypto, id: BookId, slotMs: number, slot: number, key: Uint8Array) {
    this.crypto = crypto;
    this.id = id;
    this.prefix = bookPrefix(id, Purpose.HEADER_STEP, 0, 0);
    this.slotMs = slotMs;
    this.key = cut(key, 0, Wire.KEY);
    this.keySlot = slot;
    this.waiting = [];
    this.waitingSlot = 0;
    this.waitingKey = this.key;
    this.claimed = this.key;
    this.claimedSlot = slot;
    this.position = this.key;
    this.at = slot;
    this.incoming = this.key;
    this.proven = new Uint8Array(Header.KEPT * Entry.PROVEN);
    this.next = 0;
    this.provenHeight = 0;
  }

  /**
   * Takes a HEADER that passed checkFrame and MIC. The true time lies between the two bounds (Unix
   * milliseconds). OK: stored, `work` will judge it. Every other code: refused, nothing changed.
   */
  offer(frame: Uint8Array, earliestMs: number, latestMs: number): ErrorCode {
    const slot = Math.floor(latestMs / this.slotMs);
    if (Math.floor(earliestMs / this.slotMs) !== slot) return ErrorCode.NO_CLOCK;
    if (frame[Header.SLOT] !== slot % 256 || slot - 1 < this.keySlot) return ErrorCode.BAD_SLOT;
    const entry = new Uint8Array(Entry.SIZE);
    copyBytes(entry, Entry.HEIGHT, frame, Header.HEIGHT, Entry.MAC);
    copyBytes(entry, Entry.MAC, frame, Header.MAC, Header.MAC_SIZE);
    if (slot - 1 > this.keySlot) return this.startWalk(frame, slot - 1, entry);
    if (!equalBytes(frame, Header.KEY, this.key, 0, Wire.KEY)) return ErrorCode.BAD_HEADER_KEY;
    return this.wait(slot, entry);
  }

  /**
   * Up to `maxHashes` steps of the walk. OK: done (or nothing to do); UNSYNCED: more to do; else the key was
   * false.
   */
  work(maxHashes: number): ErrorCode {
    for (let left = maxHashes; left > 0 && this.at > this.keySlot; left--) {
      if (this.at === this.waitingSlot) this.waitingKey = this.position;
      this.position = step(this.crypto, this.prefix, this.position);
      this.at--;
      if (this.at === this.keySlot) return this.endWalk();
    }
    return this.at > this.keySlot ? ErrorCode.UNSYNCED : ErrorCode.OK;
  }

  /** First 16 bytes of the proven state root at a height, or undefined. */
  root(height: number): Uint8Array | undefined {
    for (let i = 0; i < this.proven.length; i += Entry.PROVEN) {
      const here = height > 0 && getU32(this.proven, i) === height;
      if (here) return cut(this.proven, i + Entry.ROOT, Wire.HASH_AIR);
    }
    return undefined;
  }

  private startWalk(frame: Uint8Array, slot: number, entry: Uint8Array): ErrorCode {
    if (slot - this.keySlot > Header.STEPS_MAX) return ErrorCode.TOO_FAR_AHEAD;
    if (this.at > this.keySlot) return ErrorCode.TABLE_FULL;
    this.claimed = cut(frame, Header.KEY, Wire.KEY);
    this.claimedSlot = slot;
    this.position = this.claimed;
    this.at = slot;
    this.incoming = entry;
    return ErrorCode.OK;
  }

  private endWalk(): ErrorCode {
    if (!equalBytes(this.position, 0, this.key, 0, Wire.KEY)) return ErrorCode.BAD_HEADER_KEY;
    const judged = this.waiting.length === 0 ? ErrorCode.OK : this.judge();
    this.key = this.claimed;
    this.keySlot = this.claimedSlot;
    this.at = this.keySlot;
    this.waiting = [];
    this.wait(this.keySlot + 1, this.incoming);
    return judged;
  }

  /** The key of the waiting slot is known now: at most one of the waiting headers can be genuine. */
  private judge(): ErrorCode {
    for (let i = 0; i < this.waiting.length; i++) {
      const entry = this.waiting[i];
      const mac = headerMac(this.crypto, this.id, this.waitingKey, this.waitingSlot, entry);
      if (!equalBytes(mac, 0, entry, Entry.MAC, Header.MAC_SIZE)) continue;
      copyBytes(this.proven, this.next * Entry.PROVEN, entry, 0, Entry.PROVEN);
      this.next = (this.next + 1) % Header.KEPT;
      this.provenHeight = getU32(entry, Entry.HEIGHT);
      return ErrorCode.OK;
    }
    return ErrorCode.BAD_HEADER_MAC;
  }

  private wait(slot: number, entry: Uint8Array): ErrorCode {
    if (slot !== this.waitingSlot) this.waiting = [];
    this.waitingSlot = slot;
    for (let i = 0; i < this.waiting.length; i++) {
      if (equalBytes(this.waiting[i], 0, entry, 0, Entry.SIZE)) return ErrorCode.DUPLICATE;
    }
    if (this.waiting.length === WAITING_MAX) return ErrorCode.TABLE_FULL;
    this.waiting.push(entry);
    return ErrorCode.OK;
  }
}
