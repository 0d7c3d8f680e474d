// What the stores of this room say when the disk refuses: the same sentences whichever library found out. Also the
// space that is left free in any case, since libraries take a refused write badly.
import { statfsSync } from 'node:fs';
import { DAMAGED } from './sealed-value.ts';
import { StoreError } from './store.ts';

/** Left free on the disk whatever happens: lmdb damages its own memory when the system refuses a write. */
const RESERVE_BYTES = 8 * 1024 * 1024;

function diskFull(): StoreError {
  return new StoreError('the disk is full: the last batch was not written', 'Free some space and start again.');
}

export function writeError(error: unknown): StoreError {
  const text = error instanceof Error ? error.message : String(error);
  if (/No space|MDB_MAP_FULL|ENOSPC|Disk quota|File too large/i.test(text)) {
    return diskFull();
  }
  if (/Read-only|EROFS|Permission|EACCES/i.test(text)) {
    return new StoreError(
      'the data directory cannot be written',
      'Change its rights, or choose another with --data.',
    );
  }
  return new StoreError(
    `the store failed: ${text}`,
    'Check the disk; the chain up to the last block is unharmed.',
  );
}

export function openError(file: string, error: unknown): StoreError {
  const text = error instanceof Error ? error.message : String(error);
  if (/Cannot find package/.test(text)) return new StoreError('the library of this store is missing', 'Run `npm ci`.');
  if (
    /MDB_INVALID|MDB_CORRUPTED|MDB_VERSION|not an LMDB|page type|Corruption|does not exist|comparator/i.test(text)
  ) {
    return new StoreError(`the store ${file} is damaged or not a Fairhop store`, DAMAGED);
  }
  return writeError(error);
}

/** Throws a StoreError when so many more bytes would not leave the reserve. */
export function requireSpace(directory: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize < RESERVE_BYTES + bytes) throw diskFull();
}
