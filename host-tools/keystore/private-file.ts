// Files that only their owner may read and that never replace another one: keys, backups of keys, the API's token.
// Written whole or not at all. Knows nothing of what is in them; the owner's tools and the gateway call it.
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** False, and nothing written, when there is such a file already. Throws what the system refuses. */
export function createPrivateFile(file: string, text: string): boolean {
  const part = `${file}.${randomBytes(4).toString('hex')}.new`;
  try {
    writeFileSync(part, text, { mode: 0o600, flag: 'wx', flush: true });
    // The mask of the process may have taken rights away from us, never given any to others.
    chmodSync(part, 0o600);
    // A link, unlike a rename, fails when the name is taken: two commands at once cannot overwrite a key.
    linkSync(part, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(part, { force: true });
  }
  const directory = openSync(dirname(file), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
  return true;
}

/** Undefined when there is none. Throws what the system refuses. */
export function readTextFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
