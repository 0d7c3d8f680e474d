// The chain of one gateway that orders its own blocks: pool, block maker, store. A block and the state it makes are
// on the disk in one batch before anybody hears of them; a batch that fails takes the block back. Time comes in as
// an argument, so tests need no clock.
import type { BlockHeader, Ledger, LedgerDeps, TxResult } from '../ledger/index.ts';
import { Bound, TxCode, blockHash, decodeBlock, txId } from '../ledger/index.ts';
import { nodeCrypto, verifyEd25519 } from '../crypto/index.ts';
import type { ChainStore } from './store/index.ts';

export const LEDGER_DEPS: LedgerDeps = { crypto: nodeCrypto, verify: verifyEd25519 };

/** Transactions that wait; more are refused and have to be sent again. */
const POOL_MAX = 4 * Bound.BLOCK_TRANSACTIONS;

export interface MadeBlock {
  header: BlockHeader;
  hash: Uint8Array;
  /** Those that are in it, in order. */
  transactions: Uint8Array[];
  refused: { transaction: Uint8Array; code: TxCode }[];
}

export class ChainService {
  private pool = new Map<string, Uint8Array>();

  constructor(
    readonly ledger: Ledger,
    private readonly store: ChainStore,
    private readonly producer: number,
    private readonly sign: (message: Uint8Array) => Uint8Array,
  ) {}

  get poolSize(): number {
    return this.pool.size;
  }

  /** Checks and queues; the same bytes twice are one. OK means queued, not included. */
  submit(transaction: Uint8Array): TxCode {
    const id = Buffer.from(txId(nodeCrypto, transaction)).toString('hex');
    if (this.pool.has(id)) return TxCode.OK;
    const code = this.ledger.check(transaction);
    if (code !== TxCode.OK) return code;
    if (this.pool.size >= POOL_MAX) return TxCode.BLOCK_FULL;
    this.pool.set(id, transaction);
    return TxCode.OK;
  }

  /** For transactions that only become valid one after another (a row of joins): queued unchecked. */
  submitAll(transactions: Uint8Array[]): void {
    for (const transaction of transactions) {
      this.pool.set(Buffer.from(txId(nodeCrypto, transaction)).toString('hex'), transaction);
    }
  }

  /**
   * The next block, if its slot has come. `notes` are the gateway's own records that must agree with the chain.
   * Throws a StoreError when it cannot be kept; the chain is then as before and the pool still holds everything.
   */
  makeBlock(timeS: number, notes: [name: string, value: Uint8Array][] = []): MadeBlock | undefined {
    if (!this.ledger.canBuildAt(timeS)) return undefined;
    const candidates = [...this.pool.values()];
    const built = this.ledger.buildBlock({ timeS, producer: this.producer, candidates, sign: this.sign });
    try {
      this.store.append(built.block, this.ledger.changes(), notes);
    } catch (error) {
      this.ledger.undoBlock();
      throw error;
    }
    const totals = this.ledger.totals();
    if (!totals.conserved) throw new Error(`balances sum to ${totals.sum}, supply is ${totals.supply}`);
    return this.conclude(built.block, candidates, built.results);
  }

  /** What was included leaves the pool; so does what was refused, except for want of room. */
  private conclude(bytes: Uint8Array, candidates: Uint8Array[], results: TxResult[]): MadeBlock {
    const block = decodeBlock(bytes)!;
    const refused: MadeBlock['refused'] = [];
    this.pool.clear();
    candidates.forEach((transaction, i) => {
      const { code } = results[i]!;
      if (code === TxCode.BLOCK_FULL) this.submitAll([transaction]);
      else if (code !== TxCode.OK) refused.push({ transaction, code });
    });
    return {
      header: block.header,
      hash: blockHash(nodeCrypto, block.headerBytes),
      transactions: block.transactions,
      refused,
    };
  }
}
