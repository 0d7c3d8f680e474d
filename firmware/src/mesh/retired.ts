// Last claims on chains that a neighbour no longer pays on (SPEC 8.6). They are money already earned, so they
// live in the store and are repeated until the ledger shows them settled; a full table refuses the change of
// chain instead.
import { ClaimPayload, getU16, getU32 } from '#protocol';
import type { StorePort } from './ports.ts';
import { Index, Size } from './config.ts';

export class RetiredClaims {
  table: Uint8Array;
  store: StorePort;

  constructor(store: StorePort) {
    this.store = store;
    this.table = new Uint8Array(Size.CLAIMS * ClaimPayload.SIZE);
    const kept = store.read('fh.r');
    if (kept !== undefined && kept.length === this.table.length) this.table.set(kept, 0);
  }

  /** False when the table is full. The record is durable when this returns. */
  add(claim: Uint8Array): boolean {
    for (let i = 0; i < Size.CLAIMS; i++) {
      const at = i * ClaimPayload.SIZE;
      if (this.table[at] !== 0) continue;
      this.table.set(claim, at);
      this.store.write('fh.r', new Uint8Array(this.table));
      return true;
    }
    return false;
  }

  /** The ledger shows this channel settled up to `settled`: a claim it covers is done. */
  settled(payer: number, generation: number, chain: number, settled: number): void {
    for (let i = 0; i < Size.CLAIMS; i++) {
      const at = i * ClaimPayload.SIZE;
      const t = this.table;
      if (t[at] === 0 || getU32(t, at + ClaimPayload.PAYER) !== payer) continue;
      if (t[at + ClaimPayload.GENERATION] !== generation || t[at + ClaimPayload.CHAIN] !== chain) continue;
      if (getU16(t, at + ClaimPayload.NUMBER) > settled) continue;
      t[at] = 0;
      this.store.write('fh.r', new Uint8Array(t));
    }
  }

  /** The next claim after record `from`, or NONE. */
  next(from: number): number {
    for (let i = from + 1; i < Size.CLAIMS; i++) if (this.table[i * ClaimPayload.SIZE] !== 0) return i;
    return Index.NONE;
  }

  claim(index: number): Uint8Array {
    return new Uint8Array(this.table.subarray(index * ClaimPayload.SIZE, (index + 1) * ClaimPayload.SIZE));
  }
}
