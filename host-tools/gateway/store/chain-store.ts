// The gateway's chain on top of a Store: genesis, blocks by height, state records, chequebooks by root, named notes
// and a ring of packets for the page. Block, state and notes go down in one batch, so a crash never parts them. The
// state is a checkpoint: its records are as of some block, and the blocks after it, replayed, make the rest. Blocks
// older than `keepBlocks` are dropped when that is given (chain-base.ts).
import { BlockCode, blockCodeText, decodeHeader, entriesOf, HEADER_BYTES, Ledger, logOf } from '../../ledger/index.ts';
import type { LedgerDeps } from '../../ledger/index.ts';
import { ChainBase, stageRow, type Entry } from './chain-base.ts';
import { isKnownKey, noteKey, numberKey, numberOf, Table, tableKey } from './chain-keys.ts';
import { DAMAGED, hasSeal, seal, unsealed } from './sealed-value.ts';
import type { Batch, Store, StoreStats } from './store.ts';
import { afterPrefix, StoreError } from './store.ts';

const FORMAT = new TextEncoder().encode('fairhop-chain 2');
const PACKETS_KEPT = 10000;
const ADOPT_BATCH = 1000;
/**
 * A checkpoint follows after so many changes or blocks: a record that changes in every block is then written once for
 * many, and a restart replays no more than this.
 */
const CHECKPOINT_BYTES = 16 * 1024 * 1024;
const CHECKPOINT_BLOCKS = 256;

/** A key as a string, for a Map. */
function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}

function checkpointAt(height: number): [key: Uint8Array, value: Uint8Array] {
  const key = tableKey(Table.CHECKPOINT);
  return [key, seal(key, numberKey(Table.CHECKPOINT, height))];
}

/** What the logs say last about every record they name. */
function addCheckpoint(batch: Batch, logs: Uint8Array[], height: number, staged: boolean): void {
  const records: Records = new Map();
  for (const log of logs) for (const [key, value] of entriesOf(log)) records.set(nameOf(key), [key, value]);
  for (const [key, value] of records.values()) {
    if (value === undefined) batch.deletes.push(tableKey(Table.STATE, key));
    else batch.puts.push([tableKey(Table.STATE, key), value]);
  }
  batch.puts.push(checkpointAt(height));
  if (staged) batch.puts.push(stageRow(height, logOf(records.values())));
}

export interface ChainStats extends StoreStats {
  height: number;
  /** Height of the oldest block that is kept. */
  oldestBlock: number;
  packets: number;
}

type Records = Map<string, [key: Uint8Array, value: Uint8Array | undefined]>;

export class ChainStore {
  /** What the blocks since the checkpoint changed; undefined until `create` or `load` has said what they are. */
  private logs: Uint8Array[] | undefined;
  private logBytes = 0;
  private tip: number | undefined;

  /** The oldest state kept; it has no height while the chain is whole. */
  readonly base: ChainBase;

  private constructor(
    private readonly store: Store,
    private readonly keepBlocks: number | undefined,
  ) {
    this.base = new ChainBase(store);
  }

  /**
   * Checks that the store is empty or ours. With `keepBlocks` older blocks than so many are dropped, by steps of a
   * checkpoint. Throws a StoreError.
   */
  static over(store: Store, keepBlocks?: number): ChainStore {
    const format = store.get(tableKey(Table.FORMAT));
    if (format === undefined) {
      if (store.stats().entries > 0) throw new StoreError('the store is not a Fairhop store', DAMAGED);
      store.write({ puts: [[tableKey(Table.FORMAT), FORMAT]], deletes: [] });
    } else if (Buffer.compare(format, FORMAT) !== 0) {
      throw new StoreError(
        `the store was written by another version (${new TextDecoder().decode(format.subarray(0, 40))})`,
        'Use the version that wrote it, or import an export of the chain into a new data directory.',
      );
    }
    return new ChainStore(store, keepBlocks);
  }

  /** Undefined until `create`. Throws a StoreError when it is damaged. */
  genesis(): Uint8Array | undefined {
    const [key, sealed] = [tableKey(Table.GENESIS), this.store.get(tableKey(Table.GENESIS))];
    return sealed === undefined ? undefined : unsealed(key, sealed, 'the genesis');
  }

  /** A new chain from its genesis, stored at height 0. */
  create(deps: LedgerDeps, genesis: Uint8Array): Ledger {
    if (this.genesis() !== undefined) throw new StoreError('the data directory already has a chain', 'Choose another.');
    const ledger = Ledger.fromGenesis(deps, genesis);
    const batch: Batch = { puts: [[tableKey(Table.GENESIS), seal(tableKey(Table.GENESIS), genesis)]], deletes: [] };
    for (const [key, value] of entriesOf(ledger.changes())) batch.puts.push([tableKey(Table.STATE, key), value!]);
    batch.puts.push(checkpointAt(0));
    this.store.write(batch);
    this.startLogs();
    this.shorten();
    return ledger;
  }

  /**
   * The ledger as stored: the checkpoint, checked against its block's root, and the blocks since, replayed. Throws a
   * StoreError that says what is damaged.
   */
  load(deps: LedgerDeps): Ledger {
    const genesis = this.genesis();
    if (genesis === undefined) throw new StoreError('the data directory has no chain yet', 'Start the gateway first.');
    const from = this.checkpoint();
    try {
      const tip = from === 0 ? undefined : this.block(from);
      if (from > 0 && tip === undefined) throw new RangeError(`block ${from} is missing`);
      const ledger = Ledger.load(deps, { genesis, records: () => this.records(), tip });
      this.replayOnto(ledger);
      this.shorten();
      return ledger;
    } catch (error) {
      if (error instanceof RangeError) throw new StoreError(`the store is damaged: ${error.message}`, DAMAGED);
      throw error;
    }
  }

  private replayOnto(ledger: Ledger): void {
    this.startLogs();
    const last = this.height();
    for (const block of this.blocks(ledger.height + 1)) {
      const { code } = ledger.applyBlock(block);
      if (code !== BlockCode.OK) throw new RangeError(`block ${ledger.height + 1}: ${blockCodeText(code)}`);
      this.keepLog(ledger.changes());
    }
    if (ledger.height !== last) throw new RangeError(`block ${ledger.height + 1} is missing`);
  }

  /** Drops what is older than asked for. The first time it takes the last checkpoint as the base to start from. */
  shorten(): void {
    if (this.keepBlocks === undefined) return;
    if (this.base.height() === undefined) this.base.begin(this.checkpoint(), this.records());
    for (;;) {
      const batch: Batch = { puts: [], deletes: [] };
      if (!this.base.shorten(batch, this.height() - this.keepBlocks, this.oldestBlock())) return;
      this.store.write(batch);
    }
  }

  private startLogs(): void {
    this.logs = [];
    this.logBytes = 0;
  }

  private keepLog(log: Uint8Array): void {
    this.logs!.push(log);
    this.logBytes += log.length;
  }

  /** The records of the state at `checkpoint`. */
  *records(): Iterable<Entry> {
    const from = tableKey(Table.STATE);
    for (const [key, value] of this.store.range({ from, to: afterPrefix(from) })) yield [key.subarray(1), value];
  }

  /** Height whose state the records are. Throws a StoreError when it is damaged. */
  checkpoint(): number {
    const [key, sealed] = [tableKey(Table.CHECKPOINT), this.store.get(tableKey(Table.CHECKPOINT))];
    if (sealed === undefined) throw new StoreError('the store has no checkpoint', DAMAGED);
    return numberOf(unsealed(key, sealed, 'the checkpoint'));
  }

  /** Height of the last stored block; 0 without one. */
  height(): number {
    if (this.tip !== undefined) return this.tip;
    const from = tableKey(Table.BLOCK);
    const last = this.store.range({ from, to: afterPrefix(from), reverse: true, limit: 1 });
    for (const [key] of last) return numberOf(key);
    return 0;
  }

  /** Height of the oldest stored block; 1 without one. */
  oldestBlock(): number {
    const from = tableKey(Table.BLOCK);
    for (const [key] of this.store.range({ from, to: afterPrefix(from), limit: 1 })) return numberOf(key);
    return 1;
  }

  /** The chain begins in the middle: what was before the base can only be believed. */
  get isShortened(): boolean {
    return this.oldestBlock() > 1 && this.base.height() !== undefined;
  }

  /**
   * Stores a block with what it changed (`Ledger.changes`) and, in the same batch, any notes of the gateway's own
   * that must agree with it. Durable when it returns. Throws a StoreError, after which nothing of it is stored.
   */
  append(block: Uint8Array, changes: Uint8Array, notes: [name: string, value: Uint8Array][] = []): void {
    const height = decodeHeader(block.subarray(0, HEADER_BYTES))?.height;
    if (height === undefined || height !== this.height() + 1) throw new Error('not the next block');
    const batch: Batch = { puts: [[numberKey(Table.BLOCK, height), block]], deletes: [] };
    for (const [name, value] of notes) batch.puts.push([noteKey(name), seal(noteKey(name), value)]);
    if (this.logs === undefined) throw new Error('a store is loaded before it is added to');
    const full = this.logBytes + changes.length > CHECKPOINT_BYTES || this.logs.length + 1 >= CHECKPOINT_BLOCKS;
    if (full) this.checkpointAfter(batch, changes, height);
    this.store.write(batch);
    this.tip = height;
    if (full) this.startLogs();
    else this.keepLog(changes);
  }

  private checkpointAfter(batch: Batch, changes: Uint8Array, height: number): void {
    addCheckpoint(batch, [...this.logs!, changes], height, this.base.height() !== undefined);
    // In the same batch as the block: were it refused by a full disk afterwards, the block could not be taken back.
    if (this.keepBlocks !== undefined) this.base.shorten(batch, height - this.keepBlocks, this.oldestBlock());
  }

  /**
   * A chain taken over whole into an empty store: blocks from height 1 and the records after the last. The genesis goes
   * in last, so that a half of it is no chain. What it must be is the caller's to check.
   */
  adopt(
    genesis: Uint8Array,
    blocks: Iterable<Uint8Array>,
    records: Iterable<[key: Uint8Array, value: Uint8Array]>,
    notes: [name: string, value: Uint8Array][],
  ): void {
    let batch: Batch = { puts: [], deletes: [] };
    const put = (key: Uint8Array, value: Uint8Array): void => {
      if (batch.puts.push([key, value]) < ADOPT_BATCH) return;
      this.store.write(batch);
      batch = { puts: [], deletes: [] };
    };
    let height = 0;
    for (const block of blocks) put(numberKey(Table.BLOCK, ++height), block);
    for (const [key, value] of records) put(tableKey(Table.STATE, key), value);
    for (const [name, value] of notes) put(noteKey(name), seal(noteKey(name), value));
    put(...checkpointAt(height));
    put(tableKey(Table.GENESIS), seal(tableKey(Table.GENESIS), genesis));
    this.store.write(batch);
  }

  block(height: number): Uint8Array | undefined {
    return this.store.get(numberKey(Table.BLOCK, height));
  }

  /** Blocks of ascending height from `first`, to the end unless limited. */
  *blocks(first: number, limit?: number): Iterable<Uint8Array> {
    const to = afterPrefix(tableKey(Table.BLOCK));
    const range = limit === undefined ? {} : { limit };
    for (const [, block] of this.store.range({ from: numberKey(Table.BLOCK, first), to, ...range })) yield block;
  }

  /** The published chequebook (8192 bytes) behind a root, for the anchors and paths that opens need. */
  book(root: Uint8Array): Uint8Array | undefined {
    return this.store.get(tableKey(Table.BOOK, root));
  }

  *books(): Iterable<[root: Uint8Array, book: Uint8Array]> {
    const from = tableKey(Table.BOOK);
    for (const [key, book] of this.store.range({ from, to: afterPrefix(from) })) yield [key.subarray(1), book];
  }

  putBook(root: Uint8Array, book: Uint8Array): void {
    this.store.write({ puts: [[tableKey(Table.BOOK, root), book]], deletes: [] });
  }

  /** Undefined when there is none. Throws a StoreError when it is damaged. */
  note(name: string): Uint8Array | undefined {
    const [key, sealed] = [noteKey(name), this.store.get(noteKey(name))];
    return sealed === undefined ? undefined : unsealed(key, sealed, `the note "${name}"`);
  }

  putNote(name: string, value: Uint8Array): void {
    this.store.write({ puts: [[noteKey(name), seal(noteKey(name), value)]], deletes: [] });
  }

  /** Adds packets to the ring; ids rise by one and never restart. The oldest beyond the ring's size are dropped. */
  appendPackets(packets: [id: number, bytes: Uint8Array][]): void {
    const batch: Batch = { puts: [], deletes: [] };
    for (const [id, bytes] of packets) {
      const key = numberKey(Table.PACKET, id);
      batch.puts.push([key, seal(key, bytes)]);
      if (id >= PACKETS_KEPT) batch.deletes.push(numberKey(Table.PACKET, id - PACKETS_KEPT));
    }
    this.store.write(batch);
  }

  /** The newest `limit` packets with an id above `afterId`, oldest first; damaged ones are left out. */
  packets(afterId: number, limit: number): [id: number, bytes: Uint8Array][] {
    const from = numberKey(Table.PACKET, afterId + 1);
    const to = afterPrefix(tableKey(Table.PACKET));
    const newest = [...this.store.range({ from, to, reverse: true, limit })].reverse();
    return newest
      .filter(([key, sealed]) => hasSeal(key, sealed))
      .map(([key, sealed]) => [numberOf(key), unsealed(key, sealed, 'a packet')]);
  }

  /** Names of notes and packets that are not what was written. */
  *damagedNotes(): Iterable<string> {
    for (const table of [Table.NOTE, Table.PACKET]) {
      const from = tableKey(table);
      for (const [key, sealed] of this.store.range({ from, to: afterPrefix(from) })) {
        if (hasSeal(key, sealed)) continue;
        yield table === Table.NOTE ? `note "${new TextDecoder().decode(key.subarray(1))}"` : `packet ${numberOf(key)}`;
      }
    }
  }

  /** Names of rows that belong to no table, or whose key is not one of its table. */
  *strangeRows(): Iterable<string> {
    for (const [key] of this.store.range({ from: new Uint8Array([0]), to: new Uint8Array([255]) })) {
      if (!isKnownKey(key)) yield Buffer.from(key).toString('hex');
    }
  }

  /** The oldest `limit` packets with an id above `afterId`, oldest first: for who reads all of them. */
  packetsFrom(afterId: number, limit: number): [id: number, bytes: Uint8Array][] {
    const range = { from: numberKey(Table.PACKET, afterId + 1), to: afterPrefix(tableKey(Table.PACKET)), limit };
    return [...this.store.range(range)].map(([key, bytes]) => [Buffer.from(key).readUIntBE(1, 6), bytes]);
  }

  /** Id of the newest packet; -1 without one. */
  lastPacketId(): number {
    return this.packets(-1, 1)[0]?.[0] ?? -1;
  }

  stats(): ChainStats {
    return {
      ...this.store.stats(), height: this.height(), oldestBlock: this.oldestBlock(), packets: this.lastPacketId() + 1,
    };
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
