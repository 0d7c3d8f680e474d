// A virtual board's flash: the files of Espruino's Storage module, each a file of this computer in one
// directory. A write that returned is complete on the disk's side of the kernel (written beside, then
// renamed), so killing the whole process loses nothing; a write cut short leaves the old content. Knows
// nothing of JavaScript values: bytes only.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Why a write was refused, in the interpreter's words (jsflash.c). */
export class FlashError extends Error {}

const NAME_BYTES_MAX = 28;
/** Header of a stored file: 4 bytes size and flags, 28 bytes name. Files are aligned to 4. */
const HEADER_BYTES = 32;
const ERASED = 0xff;

export class FlashStore {
  private readonly files = new Map<string, Uint8Array>();

  /**
   * Reads what is there; leftovers of a write cut short are removed. Throws when the directory cannot be
   * used.
   */
  constructor(
    private readonly directory: string,
    readonly totalBytes: number,
  ) {
    mkdirSync(directory, { recursive: true });
    for (const entry of readdirSync(directory)) {
      const file = path.join(directory, entry);
      if (entry.endsWith('.part')) rmSync(file);
      else this.files.set(decodeName(entry), new Uint8Array(readFileSync(file)));
    }
  }

  read(name: string): Uint8Array | undefined {
    return this.files.get(cutName(name));
  }

  list(): string[] {
    return [...this.files.keys()];
  }

  get fileBytes(): number {
    let sum = 0;
    for (const bytes of this.files.values()) sum += stored(bytes.length);
    return sum;
  }

  get freeBytes(): number {
    return this.totalBytes - this.fileBytes;
  }

  /**
   * As Storage.write: offset 0 makes a new file of `size` bytes (0: as long as the data), erased to FF beyond
   * the data; a later offset fills in what is still erased. Throws FlashError.
   */
  write(rawName: string, data: Uint8Array, offset = 0, size = 0): void {
    const name = cutName(rawName);
    const length = size || data.length;
    if (length === 0) throw new FlashError("Can't create zero length file");
    let content = this.files.get(name);
    if (offset === 0 && !(content && content.length === length && erased(content))) {
      if (content && equal(content, data) && length === data.length) return;
      const free = this.freeBytes + (content ? stored(content.length) : 0);
      if (stored(length) > free) throw new FlashError('Unable to find or create file');
      content = new Uint8Array(length).fill(ERASED);
    }
    if (!content) throw new FlashError('Unable to find or create file');
    if (offset + data.length > content.length) throw new FlashError('Too much data for file size');
    if (!erased(content.subarray(offset, offset + data.length))) {
      throw new FlashError('File already written with different data');
    }
    const next = content.slice();
    next.set(data, offset);
    this.save(name, next);
  }

  erase(rawName: string): void {
    const name = cutName(rawName);
    if (this.files.delete(name)) rmSync(this.pathOf(name), { force: true });
  }

  private save(name: string, bytes: Uint8Array): void {
    const target = this.pathOf(name);
    writeFileSync(`${target}.part`, bytes);
    renameSync(`${target}.part`, target);
    this.files.set(name, bytes);
  }

  private pathOf(name: string): string {
    return path.join(this.directory, encodeName(name));
  }
}

function stored(bytes: number): number {
  return HEADER_BYTES + Math.ceil(bytes / 4) * 4;
}

function erased(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === ERASED);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function cutName(name: string): string {
  return name.slice(0, NAME_BYTES_MAX);
}

/**
 * Storage names hold any byte; file names hold letters, digits, `-`, `_` and dots that are not the first
 * character.
 */
function encodeName(name: string): string {
  return name.replace(/^\.|[^\w.-]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`) || '%';
}

function decodeName(entry: string): string {
  if (entry === '%') return '';
  return entry.replace(/%([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}
