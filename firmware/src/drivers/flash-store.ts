// Small durable records over the interpreter's flash file system (mesh/ports.ts StorePort). A rewritten file is
// appended and its old copy marked as waste, so a power cut leaves the old or the new value, never half of one.
import type { StorePort } from '../mesh/ports.ts';

const storage = require('Storage');

/** Below so many free bytes the waste is collected before a write, at a moment of our choosing. */
const COMPACT_BELOW_BYTES = 8192;
/** How much is free is counted file by file, which takes longer than the write: asked only after so many bytes. */
const ASK_EVERY_BYTES = 4096;
const FILE_HEADER_BYTES = 36;

let unaskedBytes = ASK_EVERY_BYTES;

function write(name: string, bytes: Uint8Array): void {
  unaskedBytes += bytes.length + FILE_HEADER_BYTES;
  if (unaskedBytes >= ASK_EVERY_BYTES) {
    if (storage.getFree() < COMPACT_BELOW_BYTES) storage.compact();
    unaskedBytes = 0;
  }
  // A record that cannot be kept must not be acted on: what depends on it (a counter, a chain) would repeat.
  if (!storage.write(name, bytes)) throw new Error('flash is full: ' + name);
}

export const flashStore: StorePort = {
  read: function (name: string): Uint8Array | undefined {
    const buffer = storage.readArrayBuffer(name);
    // A copy: the file's place in flash changes when waste is collected.
    return buffer === undefined ? undefined : new Uint8Array(new Uint8Array(buffer));
  },
  readAt: function (name: string, offset: number, count: number): Uint8Array | undefined {
    const buffer = storage.readArrayBuffer(name);
    if (buffer === undefined || offset + count > buffer.byteLength) return undefined;
    return new Uint8Array(new Uint8Array(buffer, offset, count));
  },
  write: write,
};
