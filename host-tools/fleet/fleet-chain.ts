// The chain of one gateway among many (SPEC F2 to F5): reads the common log, applies what the judge accepts, keeps it,
// and writes a block of its own when it is its turn. It trusts neither the engine nor the other gateways with
// anything but the order. No sockets and no clock: the log, the pool's way out and the time come in.
import { pack, unpack } from 'msgpackr';
import { nodeCrypto } from '../crypto/index.ts';
import type { Chain, MadeBlock, Notes, Work } from '../gateway/chain-service.ts';
import { LEDGER_DEPS } from '../gateway/chain-service.ts';
import type { ChainStore } from '../gateway/store/index.ts';
import type { Block, Ledger } from '../ledger/index.ts';
import { blockHash, Bound, decodeBlock, TxCode } from '../ledger/index.ts';
import { FleetAlarm } from './alarm.ts';
import { DoubleBlocks } from './double-blocks.ts';
import { Judge, START, type Position } from './judge.ts';
import type { LogEntry } from './ordered-log.ts';
import { FleetPool } from './pool.ts';
import { rankStartMs, type SlotClock } from './slot-clock.ts';

const POSITION_NOTE = 'fleet-position';
const OWN_NOTE = 'fleet-own-block';
/** Ranks that the ledger draws (ledger L8.4). */
const RANKS = 10;

export interface FleetChainParts {
  ledger: Ledger;
  store: ChainStore;
  clock: SlotClock;
  /** This gateway's address; its block key signs. */
  producer: number;
  sign(message: Uint8Array): Uint8Array;
  /** Brings a transaction to all gateways' pools; called once for each. */
  spread(transaction: Uint8Array): void;
}

/** Counted since the start. */
export interface FleetCounts {
  blocks: number;
  ownBlocks: number;
  /** Entries that were no next block, by author and reason. */
  skipped: Map<number, Map<string, number>>;
  evidence: { gateway: number; slot: number }[];
  /** Blocks, by producer, that left out a valid transaction that this gateway had known for two slots. */
  leftOut: Map<number, number>;
}

const EVIDENCE_KEPT = 256;

export class FleetChain implements Chain {
  readonly ledger: Ledger;
  readonly pool: FleetPool;
  readonly counts: FleetCounts = { blocks: 0, ownBlocks: 0, skipped: new Map(), evidence: [], leftOut: new Map() };
  /** Told of every block of the chain once it is stored. */
  onBlock: (height: number, hash: Uint8Array, stateRoot: Uint8Array, author: number) => void = () => {};
  private readonly judge: Judge;
  private readonly doubles: DoubleBlocks;
  private readonly entries: LogEntry[] = [];
  private halted: FleetAlarm | undefined;

  constructor(private readonly parts: FleetChainParts) {
    this.ledger = parts.ledger;
    this.pool = new FleetPool(parts.ledger);
    this.judge = new Judge(parts.ledger, parts.clock, storedPosition(parts.store));
    this.doubles = new DoubleBlocks(parts.ledger, LEDGER_DEPS.verify);
  }

  // ---------------------------------------------------------------- what the gateway asks (Chain)

  get poolSize(): number {
    return this.pool.size;
  }

  submit(transaction: Uint8Array): TxCode {
    const code = this.ledger.check(transaction);
    if (code !== TxCode.OK) return code;
    // Full is said to who submits it: nothing is promised that has no place.
    if (this.pool.offer(this.parts.producer, transaction) === TxCode.BLOCK_FULL) return TxCode.BLOCK_FULL;
    this.parts.spread(transaction);
    return code;
  }

  submitAll(transactions: Uint8Array[]): void {
    for (const transaction of transactions) {
      this.pool.offer(this.parts.producer, transaction);
      this.parts.spread(transaction);
    }
  }

  /** Applies and stores the next block that has come in. Throws a FleetAlarm once halted, and StoreErrors. */
  makeBlock(_timeS: number, notesOf: (height: number, work: Work) => Notes = () => []): MadeBlock | undefined {
    if (this.halted !== undefined) throw this.halted;
    for (;;) {
      const entry = this.entries[0];
      if (entry === undefined) return undefined;
      const made = this.take(entry, notesOf);
      this.entries.shift();
      if (made !== undefined) return made;
    }
  }

  // ---------------------------------------------------------------- the log

  /** The next entry to hear; the one before it has been heard, judged or not. */
  get position(): Position {
    return this.judge.position;
  }

  get backlog(): number {
    return this.entries.length;
  }

  hear(entry: LogEntry): void {
    this.entries.push(entry);
  }

  halt(why: string): void {
    this.halted ??= new FleetAlarm(why);
  }

  get alarm(): string | undefined {
    return this.halted?.message;
  }

  private take(entry: LogEntry, notesOf: (height: number, work: Work) => Notes): MadeBlock | undefined {
    const { ledger } = this;
    const { claims, settledCredits } = ledger.counters;
    const verdict = this.judge.judge(entry);
    if (verdict.block !== undefined) this.watchDoubles(verdict.block);
    if (!verdict.applied) {
      this.skipped(entry.author, verdict.skip);
      return undefined;
    }
    const work = {
      claims: ledger.counters.claims - claims,
      settledCredits: ledger.counters.settledCredits - settledCredits,
    };
    this.keep(entry, [
      ...notesOf(ledger.height, work),
      [POSITION_NOTE, new Uint8Array(pack(this.judge.position))],
    ]);
    return this.conclude(verdict.block, work);
  }

  private keep(entry: LogEntry, notes: Notes): void {
    const { ledger } = this;
    try {
      const { conserved, sum, supply } = ledger.totals();
      if (!conserved) throw new Error(`balances sum to ${sum}, supply is ${supply}`);
      this.parts.store.append(entry.bytes, ledger.changes(), notes);
    } catch (error) {
      ledger.undoBlock();
      throw error;
    }
  }

  private conclude(block: Block, work: Work): MadeBlock {
    const { header, transactions } = block;
    this.pool.settle(transactions);
    const { leftOut } = this.counts;
    if (transactions.length < Bound.BLOCK_TRANSACTIONS && this.pool.leavesOut(header.bodyBytes))
      leftOut.set(header.producer, (leftOut.get(header.producer) ?? 0) + 1);
    const hash = blockHash(nodeCrypto, block.headerBytes);
    this.counts.blocks++;
    if (header.producer === this.parts.producer) this.counts.ownBlocks++;
    this.onBlock(header.height, hash, header.stateRoot, header.producer);
    return { header, hash, work, transactions, refused: [] };
  }

  private skipped(author: number, reason: string): void {
    const reasons = this.counts.skipped.get(author) ?? new Map<string, number>();
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    this.counts.skipped.set(author, reasons);
  }

  private watchDoubles(block: Block): void {
    const proof = this.doubles.see(block);
    if (proof === undefined) return;
    const { producer, slot } = block.header;
    const { evidence } = this.counts;
    if (evidence.length < EVIDENCE_KEPT) evidence.push({ gateway: producer, slot });
    this.submit(proof);
  }

  // ---------------------------------------------------------------- its turn

  /**
   * The block to append now, if it is this gateway's turn: at most one for a slot, kept in the store before anybody
   * sees it, so that a crash makes it say the same again.
   */
  ownBlock(nowMs: number): Uint8Array | undefined {
    const { clock, producer, store, sign } = this.parts;
    const slot = clock.slotOf(nowMs);
    if (this.halted !== undefined || this.entries.length > 0 || slot <= this.ledger.counters.slot)
      return undefined;
    const rank = this.rankAt(slot);
    if (rank === undefined || nowMs < rankStartMs(clock, slot, rank)) return undefined;
    const kept = store.note(OWN_NOTE);
    const before = kept === undefined ? undefined : decodeBlock(kept);
    if (before !== undefined && before.header.slot >= slot)
      return before.header.slot === slot && before.header.height === this.ledger.height + 1 ? kept : undefined;
    const timeS = slot * this.ledger.params.blockIntervalS;
    const { block } = this.ledger.buildBlock({ timeS, rank, producer, ...this.pool.candidates(), sign });
    this.ledger.undoBlock();
    store.putNote(OWN_NOTE, block);
    return block;
  }

  private rankAt(slot: number): number | undefined {
    for (let rank = 0; rank < RANKS; rank++) {
      const leader = this.ledger.leader(slot, rank);
      if (leader === undefined) return undefined;
      if (leader.address === this.parts.producer) return rank;
    }
    return undefined;
  }
}

/** Where the reader of a store goes on; the log begins with the genesis. */
export function storedPosition(store: ChainStore): Position {
  const note = store.note(POSITION_NOTE);
  return note === undefined ? START : (unpack(Buffer.from(note)) as Position);
}

export function positionNote(position: Position): Notes[number] {
  return [POSITION_NOTE, new Uint8Array(pack(position))];
}
