// The gateway's chain on top of a Store: genesis, blocks by height, state records, chequebooks by root, named notes
// and a ring of packets for the page. Block, state and notes go down in one batch, so a crash never parts them.
import { decodeBlock, Ledger } from '../../ledger/index.ts';
import type { Changes, LedgerDeps, LedgerReader } from '../../ledger/index.ts';
import type { Batch, Store, StoreStats } from './store.ts';
import { afterPrefix, StoreError } from './store.ts';

/** First byte of every key: which table it belongs to. */
const enum Table {
  FORMAT = 0,
  GENESIS = 1,
  BLOCK = 2,
  STATE = 3,
  BOOK = 4,
  NOTE = 5,
  PACKET = 6,
}

const FORMAT = new TextEncoder().encode('fairhop-chain 1');
const PACKETS_KEPT = 10000;
const DAMAGED = 'Restore the data directory from a backup, or move it away and import an export of the chain.';

function tableKey(table: Table, id: Uint8Array = new Uint8Array(0)): Uint8Array {
  const key = new Uint8Array(1 + id.length);
  key[0] = table;
  key.set(id, 1);
  return key;
}

function numberKey(table: Table, number: number): Uint8Array {
  const key = Buffer.alloc(7);
  key[0] = table;
  key.writeUIntBE(number, 1, 6);
  return key;
}

export interface ChainStats extends StoreStats {
  height: number;
  packets: number;
}

export class ChainStore {
  private constructor(private readonly store: Store) {}

  /** Checks that the store is empty or ours. Throws a StoreError. */
  static over(store: Store): ChainStore {
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
    return new ChainStore(store);
  }

  /** Undefined until `create`. */
  genesis(): Uint8Array | undefined {
    return this.store.get(tableKey(Table.GENESIS));
  }

  /** A new chain from its genesis, stored at height 0. */
  create(deps: LedgerDeps, genesis: Uint8Array): Ledger {
    if (this.genesis() !== undefined) throw new StoreError('the data directory already has a chain', 'Choose another.');
    const ledger = Ledger.fromGenesis(deps, genesis);
    const batch = stateBatch(ledger.changes());
    batch.puts.push([tableKey(Table.GENESIS), genesis]);
    this.store.write(batch);
    return ledger;
  }

  /** The ledger as stored, its state checked against the last block's root. Throws a StoreError. */
  load(deps: LedgerDeps): Ledger {
    const genesis = this.genesis();
    if (genesis === undefined) throw new StoreError('the data directory has no chain yet', 'Start the gateway first.');
    try {
      return Ledger.load(deps, this.reader(genesis));
    } catch (error) {
      if (error instanceof RangeError) throw new StoreError(`the store is damaged: ${error.message}`, DAMAGED);
      throw error;
    }
  }

  private reader(genesis: Uint8Array): LedgerReader {
    const tip = this.height();
    return { genesis, records: () => this.records(), tip: tip === 0 ? undefined : this.block(tip) };
  }

  *records(): Iterable<[key: Uint8Array, value: Uint8Array]> {
    const from = tableKey(Table.STATE);
    for (const [key, value] of this.store.range({ from, to: afterPrefix(from) })) yield [key.subarray(1), value];
  }

  /** Height of the last stored block; 0 without one. */
  height(): number {
    const from = tableKey(Table.BLOCK);
    for (const [key] of this.store.range({ from, to: afterPrefix(from), reverse: true, limit: 1 })) {
      return Buffer.from(key).readUIntBE(1, 6);
    }
    return 0;
  }

  /**
   * Stores a block with the records it changed and, in the same batch, any notes of the gateway's own that must
   * agree with it. Durable when it returns. Throws a StoreError, after which nothing of it is stored.
   */
  append(block: Uint8Array, changes: Changes, notes: [name: string, value: Uint8Array][] = []): void {
    const height = decodeBlock(block)?.header.height;
    if (height === undefined || height !== this.height() + 1) throw new Error('not the next block');
    const batch = stateBatch(changes);
    batch.puts.push([numberKey(Table.BLOCK, height), block]);
    for (const [name, value] of notes) batch.puts.push([noteKey(name), value]);
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

  note(name: string): Uint8Array | undefined {
    return this.store.get(noteKey(name));
  }

  putNote(name: string, value: Uint8Array): void {
    this.store.write({ puts: [[noteKey(name), value]], deletes: [] });
  }

  /** Adds packets to the ring; ids rise by one and never restart. The oldest beyond the ring's size are dropped. */
  appendPackets(packets: [id: number, bytes: Uint8Array][]): void {
    const batch: Batch = { puts: [], deletes: [] };
    for (const [id, bytes] of packets) {
      batch.puts.push([numberKey(Table.PACKET, id), bytes]);
      if (id >= PACKETS_KEPT) batch.deletes.push(numberKey(Table.PACKET, id - PACKETS_KEPT));
    }
    this.store.write(batch);
  }

  /** The newest `limit` packets with an id above `afterId`, oldest first. */
  packets(afterId: number, limit: number): [id: number, bytes: Uint8Array][] {
    const from = numberKey(Table.PACKET, afterId + 1);
    const to = afterPrefix(tableKey(Table.PACKET));
    const newest = [...this.store.range({ from, to, reverse: true, limit })].reverse();
    return newest.map(([key, bytes]) => [Buffer.from(key).readUIntBE(1, 6), bytes]);
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
    return { ...this.store.stats(), height: this.height(), packets: this.lastPacketId() + 1 };
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

function noteKey(name: string): Uint8Array {
  return tableKey(Table.NOTE, new TextEncoder().encode(name));
}

function stateBatch(changes: Changes): Batch {
  return {
    puts: changes.puts.map(([key, value]) => [tableKey(Table.STATE, key), value]),
    deletes: changes.deletes.map((key) => tableKey(Table.STATE, key)),
  };
}
