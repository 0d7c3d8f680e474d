// The ledger of a run: the real state machine, a pool, and a block whenever the virtual clock says so. Counts bytes.
// No I/O: blocks are measured and forgotten.
import { nodeCrypto, signEd25519, verifyEd25519 } from '../crypto/index.ts';
import { Bound, Ledger, StateKind, TxCode, TxKind } from '../ledger/index.ts';
import { fastCrypto } from './fast-crypto.ts';
import type { Founding } from './founding.ts';
import { addressOf } from './founding.ts';

export interface ChainTally {
  blocks: number;
  blockBytes: number;
  /** Bytes of transactions by kind. */
  bytesOfKind: Record<number, number>;
  countOfKind: Record<number, number>;
  refused: Record<number, number>;
}

export class SimChain {
  readonly ledger: Ledger;
  readonly tally: ChainTally = { blocks: 0, blockBytes: 0, bytesOfKind: {}, countOfKind: {}, refused: {} };
  /** What pools paid to each node in all money rounds, credits by address. */
  readonly allowances = new Map<number, number>();
  private pool = new Map<string, Uint8Array>();

  constructor(private readonly founding: Founding) {
    this.ledger = Ledger.fromGenesis({ crypto: fastCrypto, verify: verifyEd25519 }, founding.genesis);
  }

  get poolSize(): number {
    return this.pool.size;
  }

  /** Queued once; what the ledger would refuse is counted and forgotten. */
  submit(transaction: Uint8Array): void {
    const id = Buffer.from(nodeCrypto.sha256([transaction])).toString('base64');
    if (this.pool.has(id) || this.pool.size >= 4 * Bound.BLOCK_TRANSACTIONS) return;
    this.pool.set(id, transaction);
  }

  /** The next block at a time after the last one's slot; returns the transactions that are in it. */
  makeBlock(timeS: number): Uint8Array[] {
    const candidates = [...this.pool.values()];
    const slot = this.ledger.slotAt(timeS);
    const leader = this.ledger.leader(slot, 0)?.address ?? addressOf(0);
    const seed = this.founding.blockSeeds.find((_, i) => addressOf(i) === leader) ?? this.founding.blockSeeds[0]!;
    const built = this.ledger.buildBlock({
      timeS, producer: leader, candidates, sign: (message) => signEd25519(seed, message),
    });
    this.pool.clear();
    const included: Uint8Array[] = [];
    built.results.forEach(({ code }, i) => {
      const bytes = candidates[i]!;
      if (code === TxCode.OK) included.push(bytes);
      else if (code === TxCode.BLOCK_FULL) this.submit(bytes);
      else this.tally.refused[code] = (this.tally.refused[code] ?? 0) + 1;
    });
    this.count(built.block, included);
    for (const { from, to, amount } of built.transfers) {
      if (from.kind !== StateKind.POOL || to.kind !== StateKind.NODE) continue;
      this.allowances.set(to.address, (this.allowances.get(to.address) ?? 0) + amount);
    }
    return included;
  }

  private count(block: Uint8Array, included: Uint8Array[]): void {
    this.tally.blocks++;
    this.tally.blockBytes += block.length;
    for (const bytes of included) {
      const kind = bytes[0] as TxKind;
      this.tally.bytesOfKind[kind] = (this.tally.bytesOfKind[kind] ?? 0) + bytes.length + 2;
      this.tally.countOfKind[kind] = (this.tally.countOfKind[kind] ?? 0) + 1;
    }
  }

  /** Joins and names of the founding, as many blocks as they need; `timeS` is that of the first block. */
  found(transactions: Uint8Array[], timeS: number): number {
    let at = timeS;
    let waiting = transactions;
    while (waiting.length > 0) {
      for (const transaction of waiting.splice(0, 400)) this.submit(transaction);
      this.makeBlock(at);
      at += this.founding.params.blockIntervalS;
    }
    const refusals = Object.values(this.tally.refused).reduce((sum, count) => sum + count, 0);
    if (refusals > 0) throw new Error(`the founding was refused: ${JSON.stringify(this.tally.refused)}`);
    return at;
  }
}
