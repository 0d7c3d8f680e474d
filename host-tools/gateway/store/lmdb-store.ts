// The default store: LMDB through the npm package lmdb. Every batch is one synchronous transaction: it returns after
// the data is on the medium, and a failure is an exception here instead of a rejected promise somewhere.
import { accessSync, constants, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RootDatabase, Transaction } from 'lmdb';
import { open } from 'lmdb';
import { lockDirectory } from './directory-lock.ts';
import { checkLmdbFile } from './lmdb-file.ts';
import type { Batch, Range, Store, StoreStats } from './store.ts';
import { StoreError } from './store.ts';
import { openError, requireSpace, writeError } from './store-errors.ts';

const FILE = 'chain.mdb';
/** A record that lands in a page of its own, and the pages above it that are copied with it. */
const PAGE_BYTES_PER_RECORD = 4 * 4096;

export class LmdbStore implements Store {
  private constructor(
    private readonly database: RootDatabase<Uint8Array, Uint8Array>,
    private readonly directory: string,
    private readonly unlock: () => void,
    /** Of a reader: what everything is read in, so that a gateway which writes meanwhile changes nothing. */
    private readonly reading: { transaction?: Transaction } = {},
  ) {}

  static isIn(directory: string): boolean {
    return existsSync(join(directory, FILE));
  }

  /** Opens or creates the store of a data directory and locks it. Throws a StoreError. */
  static open(directory: string): LmdbStore {
    const unlock = lockDirectory(directory);
    const file = join(directory, FILE);
    try {
      checkLmdbFile(file);
      accessSync(directory, constants.W_OK);
      requireSpace(directory, 0);
      return new LmdbStore(openDatabase(file), directory, unlock);
    } catch (error) {
      unlock();
      throw error instanceof StoreError ? error : openError(file, error);
    }
  }

  /**
   * Opens an existing store for reading, as it is now, beside a gateway that may be writing it: until it is closed that
   * one's new pages come on top, because the old ones are in use. Throws a StoreError.
   */
  static openReadOnly(directory: string): LmdbStore {
    const file = join(directory, FILE);
    if (!existsSync(file)) throw new StoreError(`there is no store in ${directory}`, 'Name its directory with --data.');
    checkLmdbFile(file);
    try {
      const database = openDatabase(file, true);
      return new LmdbStore(database, directory, () => undefined, { transaction: database.useReadTransaction() });
    } catch (error) {
      throw openError(file, error);
    }
  }

  /** Deletes the store of a directory; it must be closed. */
  static remove(directory: string): void {
    for (const name of [FILE, `${FILE}-lock`]) rmSync(join(directory, name), { force: true });
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const value = this.database.get(key, this.reading);
    return value === undefined ? undefined : new Uint8Array(value);
  }

  write(batch: Batch): void {
    requireSpace(this.directory, spaceFor(batch, this.stats().bytesOnDisk));
    try {
      this.database.transactionSync(() => {
        for (const key of batch.deletes) this.database.removeSync(key);
        for (const [key, value] of batch.puts) this.database.putSync(key, value);
      });
    } catch (error) {
      throw writeError(error);
    }
  }

  *range(range: Range): Iterable<[key: Uint8Array, value: Uint8Array]> {
    if (Buffer.compare(range.from, range.to) >= 0) return;
    // The library's start is inclusive and its end exclusive in both directions, so a backward scan begins at the
    // largest key below `to`, and the first key is looked up by itself.
    const options = range.reverse === true
      ? { ...this.reading, start: range.to, end: range.from, reverse: true }
      : { ...this.reading, start: range.from, end: range.to };
    let left = range.limit ?? Infinity;
    for (const { key, value } of this.database.getRange(options)) {
      if (range.reverse === true && Buffer.compare(key, range.to) >= 0) continue;
      if (left-- <= 0) return;
      yield [new Uint8Array(key), new Uint8Array(value)];
    }
    if (range.reverse === true && left > 0) {
      const first = this.get(range.from);
      if (first !== undefined) yield [range.from, first];
    }
  }

  stats(): StoreStats {
    const stats = this.database.getStats() as { entryCount: number; pageSize: number; lastPageNumber: number };
    return {
      kind: 'lmdb', entries: stats.entryCount, bytesOnDisk: (stats.lastPageNumber + 1) * stats.pageSize,
    };
  }

  async close(): Promise<void> {
    this.reading.transaction?.done();
    await this.database.close();
    this.unlock();
  }
}

/** A generous guess of what a batch adds to the file: never more copied pages than the file has. */
function spaceFor(batch: Batch, fileBytes: number): number {
  const pages = (batch.deletes.length + batch.puts.length) * PAGE_BYTES_PER_RECORD;
  let bytes = Math.min(pages, fileBytes + PAGE_BYTES_PER_RECORD);
  for (const [key, value] of batch.puts) bytes += 2 * (key.length + value.length);
  return bytes;
}

function openDatabase(file: string, readOnly = false): RootDatabase<Uint8Array, Uint8Array> {
  return open<Uint8Array, Uint8Array>({
    path: file,
    readOnly,
    noSubdir: true,
    keyEncoding: 'binary',
    encoding: 'binary',
    // Off: otherwise a commit is visible before it is durable.
    overlappingSync: false,
  });
}
