// One gateway per data directory: two that write one chain would each sign a block for the same slot. A file names
// the process that holds it; a process that was killed leaves it behind, so the holder's life is checked.
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from './store.ts';

const NAME = 'gateway.pid';

/** When a process started, in kernel ticks, where the system tells (Linux); it unmasks a reused process number. */
function startOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22; the command in field 2 may contain spaces and ends with the last parenthesis (proc(5)).
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return start === startOf(pid);
}

function holderOf(file: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const [pid = '', start = ''] = text.trim().split(' ');
  const number = Number(pid);
  return Number.isInteger(number) && number > 0 && isAlive(number, start) ? number : undefined;
}

function take(file: string): boolean {
  try {
    writeFileSync(file, `${process.pid} ${startOf(process.pid)}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new StoreError(
      `the data directory cannot be written: ${(error as Error).message}`,
      'Choose another directory with --data, or change its owner or rights.',
    );
  }
}

/** Creates the directory when needed and holds it until the returned function is called. Throws a StoreError. */
export function lockDirectory(directory: string): () => void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new StoreError(
      `the data directory ${directory} cannot be made: ${(error as Error).message}`,
      'Choose another directory with --data, or change the rights of the one above it.',
    );
  }
  const file = join(directory, NAME);
  if (!take(file)) {
    const holder = holderOf(file);
    if (holder !== undefined) {
      throw new StoreError(
        `the data directory ${directory} is in use by process ${holder}`,
        'Stop the other gateway first, or choose another directory with --data.',
      );
    }
    unlinkSync(file);
    if (!take(file)) throw new StoreError(`another gateway took ${directory}`, 'Choose another directory with --data.');
  }
  return () => unlinkSync(file);
}
