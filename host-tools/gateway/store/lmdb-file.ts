// A look at an LMDB data file before the library maps it: reading past the end of a truncated map kills the whole
// process, so what can be seen from outside is checked first. Offsets after LMDB's meta page (lmdb.h, MDB_meta).
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { StoreError } from './store.ts';

const META_MAGIC = 0xbeefc0de;
const META_BYTES = 160;
const MAGIC_AT = 24;
const PAGE_SIZE_AT = 48;
const LAST_PAGE_AT = 144;
const TXN_AT = 152;

const REMEDY = 'Restore the data directory from a backup, or move it away and import an export of the chain.';

function damaged(file: string, what: string): StoreError {
  return new StoreError(`the store ${file} is damaged or not a Fairhop store: ${what}`, REMEDY);
}

/** Throws a StoreError when the file cannot be a whole LMDB file. An absent or empty file is a new store. */
export function checkLmdbFile(file: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new StoreError(`the store ${file} cannot be read`, 'Check who owns the data directory and its rights.');
  }
  try {
    const size = fstatSync(descriptor).size;
    if (size > 0) checkMetaPages(file, descriptor, size);
  } finally {
    closeSync(descriptor);
  }
}

function checkMetaPages(file: string, descriptor: number, size: number): void {
  const first = metaAt(file, descriptor, 0);
  const pageSize = first.readUInt32LE(PAGE_SIZE_AT);
  if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) throw damaged(file, 'bad page size');
  const second = metaAt(file, descriptor, pageSize);
  const newer = second.readBigUInt64LE(TXN_AT) > first.readBigUInt64LE(TXN_AT) ? second : first;
  const needed = (newer.readBigUInt64LE(LAST_PAGE_AT) + 1n) * BigInt(pageSize);
  if (needed > BigInt(size)) throw damaged(file, 'the file ends too early');
}

function metaAt(file: string, descriptor: number, at: number): Buffer {
  const meta = Buffer.alloc(META_BYTES);
  if (readSync(descriptor, meta, 0, META_BYTES, at) < META_BYTES) throw damaged(file, 'the file ends too early');
  if (meta.readUInt32LE(MAGIC_AT) !== META_MAGIC) throw damaged(file, 'unknown file format');
  return meta;
}
