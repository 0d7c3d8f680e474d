// The chain of one gateway that orders its own blocks: pool, block maker, store. A block and the state it makes are
// on the disk in one batch before anybody hears of them; a batch that fails takes the block back. Time comes in as
// an argument, so tests need no clock.
import type { BlockHeader, Ledger, LedgerDeps, TxResult } from '../ledger/index.ts';
import { Bound, TxCode, TxKind, blockHash, decodeBlock, decodeTx, txId } from '../ledger/index.ts';
import { nodeCrypto, verifyEd25519 } from '../crypto/index.ts';
import type { ChainStore } from './store/index.ts';

export const LEDGER_DEPS = { crypto: nodeCrypto, verify: verifyEd25519 } satisfies LedgerDeps;

/** Transactions that wait; more are refused and have to be sent again. */
const POOL_MAX = 4 * Bound.BLOCK_TRANSACTIONS;

/** Blocks that may leave a transaction out for want of room before it goes first (SPEC L5.4). */
const WAITS_MAX = 2;

interface Waiting {
  transaction: Uint8Array;
  /** Blocks that had no room for it. */
  blocks: number;
}

/** What one block settled. */
export interface Work {
  claims: number;
  settledCredits: number;
}

export interface MadeBlock {
  header: BlockHeader;
  hash: Uint8Array;
  work: Work;
  /** Those that are in it, in order. */
  transactions: Uint8Array[];
  refused: { transaction: Uint8Array; code: TxCode }[];
}

export type Notes = [name: string, value: Uint8Array][];

/** What the gateway needs of a chain, whoever orders its blocks: itself (ChainService), or a fleet (../fleet). */
export interface Chain {
  readonly ledger: Ledger;
  readonly poolSize: number;
  submit(transaction: Uint8Array): TxCode;
  submitAll(transactions: Uint8Array[]): void;
  /** The next block, once it is applied and stored with `notesOf`; undefined when there is none yet. */
  makeBlock(timeS: number, notesOf?: (height: number, work: Work) => Notes): MadeBlock | undefined;
}

export class ChainService implements Chain {
  private readonly pool = new Map<string, Waiting>();

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
    const code = this.ledger.check(transaction);
    if (code !== TxCode.OK) return code;
    const { name, number } = placeOf(transaction);
    const waiting = this.pool.get(name);
    if (waiting === undefined && this.pool.size >= POOL_MAX) return TxCode.BLOCK_FULL;
    if (waiting === undefined || number > placeOf(waiting.transaction).number) this.queue(name, transaction);
    return TxCode.OK;
  }

  /** For transactions that only become valid one after another (a row of joins): queued unchecked. */
  submitAll(transactions: Uint8Array[]): void {
    for (const transaction of transactions) this.queue(placeOf(transaction).name, transaction);
  }

  /** A claim that takes the place of an older one on its channel has waited as long as that. */
  private queue(name: string, transaction: Uint8Array): void {
    this.pool.set(name, { transaction, blocks: this.pool.get(name)?.blocks ?? 0 });
  }

  /**
   * The next block, if its slot has come. `notesOf` gives the gateway's own records that must agree with the chain.
   * Throws a StoreError when it cannot be kept; the chain is then as before and the pool still holds everything.
   */
  makeBlock(timeS: number, notesOf: (height: number, work: Work) => Notes = () => []): MadeBlock | undefined {
    const { ledger } = this;
    if (!ledger.canBuildAt(timeS)) return undefined;
    const pool = [...this.pool.values()].sort((a, b) => b.blocks - a.blocks);
    const candidates = pool.map(({ transaction }) => transaction);
    const waited = pool.filter(({ blocks }) => blocks >= WAITS_MAX).length;
    const { claims, settledCredits } = ledger.counters;
    const built = ledger.buildBlock({ timeS, producer: this.producer, candidates, waited, sign: this.sign });
    const { counters } = ledger;
    const work = { claims: counters.claims - claims, settledCredits: counters.settledCredits - settledCredits };
    try {
      this.assertConserved();
      this.store.append(built.block, ledger.changes(), notesOf(ledger.height, work));
    } catch (error) {
      ledger.undoBlock();
      throw error;
    }
    return { work, ...this.conclude(built.block, pool, built.results) };
  }

  /** A scan of all accounts: a millisecond for ten thousand of them. A block that made or lost a credit is not kept. */
  private assertConserved(): void {
    const { conserved, sum, supply } = this.ledger.totals();
    if (!conserved) throw new Error(`balances sum to ${sum}, supply is ${supply}`);
  }

  /** What was included leaves the pool; so does what was refused, except for want of room. */
  private conclude(bytes: Uint8Array, pool: Waiting[], results: TxResult[]): Omit<MadeBlock, 'work'> {
    const block = decodeBlock(bytes)!;
    const refused: MadeBlock['refused'] = [];
    this.pool.clear();
    pool.forEach(({ transaction, blocks }, i) => {
      const { code } = results[i]!;
      const { name } = placeOf(transaction);
      if (code === TxCode.BLOCK_FULL) this.pool.set(name, { transaction, blocks: blocks + 1 });
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

/** Of several claims on one channel only the highest can count in a block, so they share one place in the pool. */
export function placeOf(transaction: Uint8Array): { name: string; number: number } {
  const decoded = decodeTx(transaction);
  if (decoded.code === TxCode.OK && decoded.tx.kind === TxKind.CLAIM) {
    const { payer, generation, chain, number } = decoded.tx;
    return { name: `claim ${payer} ${generation} ${chain}`, number };
  }
  return { name: Buffer.from(txId(nodeCrypto, transaction)).toString('hex'), number: 0 };
}
