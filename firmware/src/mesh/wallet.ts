// This node's own payment chains (SPEC 6, 8.6): which are leased, the binding signature of one being opened,
// and the next link of each. Hashing is done in slices of a few dozen, so that the board keeps listening.
import type { BookId, Crypto, MacKey } from '#protocol';
import {
  Book, Money, OneTime, Purpose, SegmentWalker, Wire, bookPrefix, copyBytes, digitSecret, digitsOf, payPrefix,
  putU32, step,
} from '#protocol';
import { Acc, OutFlag, Prepay } from './accounts.ts';
import { Size } from './config.ts';
import type { Core } from './core.ts';

const SLICE_HASHES = 12;

/** A binding signature in the making: digit by digit, step by step. */
interface Signing {
  neighbour: number;
  chain: number;
  digits: Uint8Array;
  digit: number;
  left: number;
  value: Uint8Array;
  signature: Uint8Array;
}

export class Wallet {
  core: Core;
  crypto: Crypto;
  paySecret: MacKey;
  id: BookId;
  nextChain: number;
  walkers: (SegmentWalker | undefined)[];
  signing: Signing | undefined;
  /** False when nothing is left to hash. */
  busy: boolean;

  constructor(core: Core, paySecret: MacKey) {
    this.core = core;
    this.crypto = core.crypto;
    this.paySecret = paySecret;
    const config = core.config;
    this.id = { ledger: config.ledger, address: config.address, generation: config.generation };
    const kept = core.store.read('fh.w');
    // The record counts for the book it was written with; another generation starts at its first chain.
    this.nextChain = kept !== undefined && kept[0] === core.config.generation ? kept[1] * 256 + kept[2] : 0;
    this.walkers = [];
    for (let i = 0; i < Size.NEIGHBOURS; i++) this.walkers.push(undefined);
    this.signing = undefined;
    this.busy = false;
  }

  /**
   * Takes the next chain for a neighbour: on flash before anything is signed with it. False: the book is used
   * up.
   */
  lease(nb: number): boolean {
    if (this.nextChain >= Book.CHAINS) return false;
    const chain = this.nextChain++;
    const record = new Uint8Array(3);
    record[0] = this.core.config.generation;
    record[1] = this.nextChain >> 8;
    record[2] = this.nextChain;
    this.core.store.write('fh.w', record);
    const accounts = this.core.accounts;
    // Links paid on the last chain and not used up stay credit: `used` goes below zero by that much.
    const shown = accounts.u16(nb, Acc.OUT_LINKS);
    const unused = shown * Money.UNITS_PER_LINK - accounts.i32(nb, Acc.OUT_USED);
    // The frame with the last of them may have drowned, and this chain will not show them again.
    const unheard = Math.min(shown, Prepay.LINKS) * Money.UNITS_PER_LINK;
    accounts.add(nb, Acc.OUT_LOST, unheard);
    accounts.indulge(nb, unheard);
    accounts.setU8(nb, Acc.OUT_FLAGS, OutFlag.LEASED);
    accounts.setU8(nb, Acc.OUT_GENERATION, this.core.config.generation);
    accounts.setU8(nb, Acc.OUT_CHAIN, chain);
    accounts.setU16(nb, Acc.OUT_LINKS, 0);
    accounts.setU16(nb, Acc.OUT_LEASE, 0);
    accounts.setU16(nb, Acc.OUT_LIMIT, 0);
    accounts.setU16(nb, Acc.OUT_SETTLED, 0);
    accounts.setU32(nb, Acc.OUT_EXPIRY, 0);
    accounts.setU8(nb, Acc.OUT_ASKS, 0);
    accounts.setU32(nb, Acc.OUT_ASKED_S, 0);
    accounts.setU32(nb, Acc.OUT_USED, 0);
    accounts.add(nb, Acc.OUT_USED, -unused);
    accounts.save(nb);
    this.walkers[nb] = undefined;
    return true;
  }

  /** Starts the signature for the chain leased to a neighbour. Signing the same message again is harmless. */
  startSigning(nb: number): void {
    if (this.signing !== undefined && this.signing.neighbour === nb) return;
    const message = new Uint8Array(OneTime.MESSAGE);
    putU32(message, 0, this.core.neighbours.addressOf(nb));
    message[Wire.ADDRESS] = this.core.config.windowCode;
    this.busy = true;
    this.signing = {
      neighbour: nb,
      chain: this.core.accounts.u8(nb, Acc.OUT_CHAIN),
      digits: digitsOf(message),
      digit: -1,
      left: 0,
      value: message,
      signature: new Uint8Array(OneTime.SIGNATURE),
    };
  }

  /** The finished signature for a neighbour, or undefined. */
  signature(nb: number): Uint8Array | undefined {
    const job = this.signing;
    if (job === undefined || job.neighbour !== nb || job.digit !== OneTime.DIGITS) return undefined;
    return job.signature;
  }

  forget(nb: number): void {
    this.walkers[nb] = undefined;
    if (this.signing !== undefined && this.signing.neighbour === nb) this.signing = undefined;
  }

  /** One slice of whatever is unfinished. True when there is more to do. Called at every step: mostly for nothing. */
  work(): boolean {
    return this.busy && this.slice();
  }

  private slice(): boolean {
    const job = this.signing;
    if (job !== undefined && job.digit < OneTime.DIGITS) {
      this.signSlice(job);
      return true;
    }
    for (let i = 0; i < Size.NEIGHBOURS; i++) {
      const walker = this.walkers[i];
      if (walker !== undefined && !walker.work(SLICE_HASHES)) return true;
    }
    this.busy = false;
    return false;
  }

  private signSlice(job: Signing): void {
    if (job.left === 0) {
      if (job.digit >= 0) copyBytes(job.signature, job.digit * Book.LINK, job.value, 0, Book.LINK);
      job.digit++;
      if (job.digit === OneTime.DIGITS) return;
      job.value = digitSecret(this.crypto, this.paySecret, this.id, job.chain, job.digit);
      job.left = job.digits[job.digit];
      return;
    }
    const prefix = bookPrefix(this.id, Purpose.BIND_STEP, job.chain, job.digit);
    for (let n = 0; n < SLICE_HASHES && job.left > 0; n++) {
      job.value = step(this.crypto, prefix, job.value);
      job.left--;
    }
  }

  /** Link `number` of the chain that pays a neighbour; undefined while its segment is still being walked. */
  link(nb: number, number: number): Uint8Array | undefined {
    const chain = this.core.accounts.u8(nb, Acc.OUT_CHAIN);
    let walker = this.walkers[nb];
    if (walker === undefined) {
      walker = new SegmentWalker(this.crypto, payPrefix(this.id, chain));
      this.walkers[nb] = walker;
      this.busy = true;
    }
    const link = walker.link(number);
    if (link !== undefined) return link;
    const segment = Math.floor((number - 1) / Book.SEGMENT);
    if (walker.segment() !== segment) {
      this.busy = true;
      const at = (chain * Book.SEGMENTS + segment) * Book.LINK;
      const checkpoint = this.core.store.readAt('fh.cp', at, Book.LINK);
      if (checkpoint !== undefined && checkpoint.length === Book.LINK) walker.load(checkpoint, segment);
    }
    return undefined;
  }

  /** True when a chain is bound, or being bound, to this neighbour. */
  leased(nb: number): boolean {
    return (this.core.accounts.u8(nb, Acc.OUT_FLAGS) & OutFlag.LEASED) !== 0;
  }
}
