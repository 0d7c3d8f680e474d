// The payer's links on a board (SPEC 6.2): the host stored every 128th link in flash, this walks down from
// one of them and keeps every 8th, so that any link of the segment is at most seven hashes away. 120 hashes
// in one go would hold the board for a quarter of a second; the wallet calls `work` with a bound instead.
import { Book, Segment } from './constants.ts';
import type { Crypto } from './crypto.ts';
import { step, walk } from './chain.ts';
import { copyBytes, cut } from './bytes.ts';

export class SegmentWalker {
  private crypto: Crypto;
  private prefix: Uint8Array;
  /** Pebble j is link base + 8 (j + 1); the last one is the checkpoint itself. */
  private pebbles: Uint8Array;
  /** The link that the walk stands on. */
  private position: Uint8Array;
  /** Number of the link just below the segment; -1 until something is loaded. */
  private base: number;
  /** How far above the base the walk has come. */
  private height: number;
  /** The link asked for last: whether it is there, whether it suffices and what it is are three questions. */
  private last: Uint8Array;
  private lastNumber: number;

  /** `prefix` is payPrefix(book, chain). */
  constructor(crypto: Crypto, prefix: Uint8Array) {
    this.crypto = crypto;
    this.prefix = prefix;
    this.pebbles = new Uint8Array(Segment.PEBBLES * Book.LINK);
    this.position = cut(prefix, 0, 0);
    this.base = -1;
    this.height = 0;
    this.last = this.position;
    this.lastNumber = -1;
  }

  /**
   * Starts on links 128 * segment + 1 .. 128 * (segment + 1); `checkpoint` (16 bytes) is the highest of them.
   */
  load(checkpoint: Uint8Array, segment: number): void {
    this.base = segment * Book.SEGMENT;
    this.height = Book.SEGMENT;
    this.position = cut(checkpoint, 0, Book.LINK);
    this.keep();
  }

  /** Walks on by at most `maxHashes`; true when every link of the segment is within reach. */
  work(maxHashes: number): boolean {
    for (let left = maxHashes; left > 0 && this.height > Segment.SPACING; left--) {
      this.position = step(this.crypto, this.prefix, this.position);
      this.height--;
      if (this.height % Segment.SPACING === 0) this.keep();
    }
    return this.base >= 0 && this.height === Segment.SPACING;
  }

  /**
   * Link `number` (16 bytes, at most 7 hashes), or undefined: another segment, or not walked that far yet.
   */
  link(number: number): Uint8Array | undefined {
    const above = number - this.base;
    if (number === this.lastNumber) return this.last;
    if (this.base < 0 || above < 1 || above > Book.SEGMENT) return undefined;
    const pebble = Math.ceil(above / Segment.SPACING);
    if (pebble * Segment.SPACING < this.height) return undefined;
    const from = cut(this.pebbles, (pebble - 1) * Book.LINK, Book.LINK);
    this.last = walk(this.crypto, this.prefix, from, pebble * Segment.SPACING - above);
    this.lastNumber = number;
    return this.last;
  }

  /** The segment loaded, -1 for none. */
  segment(): number {
    return this.base < 0 ? -1 : this.base / Book.SEGMENT;
  }

  private keep(): void {
    copyBytes(this.pebbles, (this.height / Segment.SPACING - 1) * Book.LINK, this.position, 0, Book.LINK);
  }
}
