// A look at LevelDB's files before the library opens them. Opening drops from the log what fails its checksum and says
// nothing, and reading does not look at the checksums of tables, so a flipped bit could take the last block or a note
// away unseen. Formats after LevelDB's doc/log_format.md, doc/table_format.md and version_edit.cc.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beginsWithSum, crc32c, unsnappy, Varints } from './level-coding.ts';
import { DAMAGED } from './sealed-value.ts';
import { StoreError } from './store.ts';

const LOG_BLOCK = 32768;
const RECORD_HEAD = 7;
/** Kinds of a piece of a record: the whole, or its first, a middle or its last part; 0 where nothing was written. */
const [FULL, FIRST, LAST] = [1, 2, 4] as const;
/** What an entry of the MANIFEST can hold. */
const [COMPARATOR, LOG_NUMBER, NEXT_FILE, LAST_SEQUENCE, COMPACTED, DELETED, ADDED, PREVIOUS_LOG] = [
  1, 2, 3, 4, 5, 6, 7, 9,
] as const;
const FOOTER = 48;
const MAGIC = 0xdb4775248b80fb57n;
const TRAILER = 5;
const SNAPPY = 1;

function damaged(path: string, at: number): StoreError {
  return new StoreError(`the file ${basename(path)} of the store is damaged at byte ${at}`, DAMAGED);
}

/**
 * Throws a StoreError that names the file of a LevelDB directory with a wrong checksum. A log that ends in the middle
 * of a record is right: what was being written when the power went was promised to nobody. With `tables` false only
 * what the library would drop unseen is looked at, and a wrong end of the log counts as not written.
 */
export function checkLevelFiles(path: string, tables: boolean): void {
  const current = join(path, 'CURRENT');
  const name = /^(MANIFEST-\d+)\n$/.exec(readFileSync(current, 'latin1'))?.[1];
  if (name === undefined || !existsSync(join(path, name))) throw damaged(current, 0);
  const live = liveFiles(join(path, name));
  for (const file of readdirSync(path)) {
    const [, digits, kind] = /^(\d+)\.(log|ldb|sst)$/.exec(file) ?? [];
    const number = Number(digits);
    if (kind === 'log' && number >= live.log) readLog(join(path, file), tables);
    else if (kind !== undefined && tables && live.tables.has(number)) checkTable(join(path, file));
  }
}

/** The records of a log, each put together from its pieces. */
function readLog(path: string, strict: boolean): Buffer[] {
  const bytes = readFileSync(path);
  const records: Buffer[] = [];
  let [pieces, wrongAt]: [Buffer[], number | undefined] = [[], undefined];
  for (let at = 0; at + RECORD_HEAD <= bytes.length;) {
    const left = LOG_BLOCK - (at % LOG_BLOCK);
    const [length, kind] = [bytes.readUInt16LE(at + 4), bytes[at + 6]!];
    const end = at + RECORD_HEAD + length;
    const isUnwritten = kind === 0 && length === 0 && bytes.readUInt32LE(at) === 0;
    if (left < RECORD_HEAD || isUnwritten) {
      at += left;
      continue;
    }
    const isCut = end > bytes.length && RECORD_HEAD + length <= left;
    // Unless it is only its length that is wrong.
    if (isCut && !beginsWithSum(bytes.subarray(at + 6), bytes.readUInt32LE(at))) break;
    const isRight =
      !isCut && RECORD_HEAD + length <= left && crc32c(bytes.subarray(at + 6, end)) === bytes.readUInt32LE(at);
    if (!isRight) {
      wrongAt ??= at;
      at += left;
      continue;
    }
    if (wrongAt !== undefined) throw damaged(path, wrongAt);
    if (kind === FULL || kind === FIRST) pieces = [];
    pieces.push(bytes.subarray(at + RECORD_HEAD, end));
    if (kind === FULL || kind === LAST) records.push(Buffer.concat(pieces));
    at = end;
  }
  if (strict && wrongAt !== undefined) throw damaged(path, wrongAt);
  return records;
}

/** What is not left over from a former life: the log from this number on, and these tables. */
function liveFiles(manifest: string): { log: number; tables: Set<number> } {
  const live = { log: 0, tables: new Set<number>() };
  for (const record of readLog(manifest, true)) {
    const edit = new Varints(record);
    while (edit.left > 0) {
      const tag = edit.next();
      if (tag === LOG_NUMBER) live.log = edit.next();
      else if (tag === NEXT_FILE || tag === LAST_SEQUENCE || tag === PREVIOUS_LOG) edit.next();
      else if (tag === COMPARATOR) edit.bytes();
      else if (tag === COMPACTED) [edit.next(), edit.bytes()];
      else if (tag === DELETED) [edit.next(), live.tables.delete(edit.next())];
      else if (tag === ADDED) {
        edit.next();
        live.tables.add(edit.next());
        [edit.next(), edit.bytes(), edit.bytes()];
      } else throw damaged(manifest, 0);
    }
  }
  return live;
}

function checkTable(path: string): void {
  const bytes = readFileSync(path);
  const footer = bytes.subarray(Math.max(0, bytes.length - FOOTER));
  const isWhole = footer.length === FOOTER && footer.readBigUInt64LE(FOOTER - 8) === MAGIC;
  if (!isWhole) throw damaged(path, Math.max(0, bytes.length - FOOTER));
  const handles = new Varints(footer);
  const metaindex = blockAt(path, bytes, handles.next(), handles.next());
  const index = blockAt(path, bytes, handles.next(), handles.next());
  for (const block of [metaindex, index])
    for (const handle of valuesOf(block)) {
      const place = new Varints(handle);
      blockAt(path, bytes, place.next(), place.next());
    }
}

/** A block of a table whose checksum is right. */
function blockAt(path: string, bytes: Buffer, at: number, size: number): Buffer {
  const end = at + size;
  if (end + TRAILER > bytes.length) throw damaged(path, bytes.length - FOOTER);
  if (crc32c(bytes.subarray(at, end + 1)) !== bytes.readUInt32LE(end + 1)) throw damaged(path, at);
  const block = bytes.subarray(at, end);
  return bytes[end] === SNAPPY ? unsnappy(block) : block;
}

/** Values of an index: each entry shares the beginning of its key with the one before; places of restarts follow. */
function valuesOf(block: Buffer): Buffer[] {
  const restarts = block.readUInt32LE(block.length - 4);
  const entries = new Varints(block.subarray(0, block.length - 4 - 4 * restarts));
  const values: Buffer[] = [];
  while (entries.left > 0) {
    entries.next();
    const [key, value] = [entries.next(), entries.next()];
    entries.take(key);
    values.push(entries.take(value));
  }
  return values;
}
