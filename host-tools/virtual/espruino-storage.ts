// require('Storage') of a virtual board, over its flash. Owns the translation between JavaScript values and
// bytes.
import { binaryText, flatten } from './espruino-bytes.ts';
import type { Machine } from './espruino-globals.ts';
import { jsonText } from './espruino-text.ts';
import { FlashError } from './flash-store.ts';

export function storageModule(machine: Machine): Record<string, unknown> {
  const { flash, realm } = machine;

  const write = (name: unknown, data: unknown, offset = 0, size = 0): boolean => {
    if (!machine.effect('flash')) return false;
    const bytes = isPlain(data) ? flatten([jsonText(data)]) : flatten([data]);
    if (data === undefined || data === null) throw realm.error("Can't get pointer to data to write");
    try {
      flash.write(String(name), Uint8Array.from(bytes), offset, size);
    } catch (error) {
      if (error instanceof FlashError) throw realm.error(error.message);
      throw error;
    }
    return true;
  };
  const read = (name: unknown, offset = 0, length = 0): string | undefined => {
    const bytes = flash.read(String(name));
    if (!bytes || offset >= bytes.length) return bytes && '';
    return binaryText(bytes.subarray(offset, length > 0 ? offset + length : undefined));
  };
  const erase = (name: unknown): void => {
    if (machine.effect('flash')) flash.erase(String(name));
  };

  return {
    read,
    write,
    erase,
    readArrayBuffer: (name: unknown) => {
      const bytes = flash.read(String(name));
      return bytes && realm.bytes(bytes).buffer;
    },
    readJSON: (name: unknown) => {
      const text = read(name);
      return text === undefined ? undefined : realm.global.JSON.parse(text);
    },
    writeJSON: (name: unknown, value: unknown) => write(name, jsonText(value)),
    eraseAll: () => flash.list().forEach(erase),
    list: (pattern?: { test(name: string): boolean }) => {
      const names = flash.list().filter((name) => !pattern || pattern.test(name));
      return realm.global.Array(...names.map((name) => [name])).map((item: string[]) => item[0]);
    },
    // Old copies are dropped at once here; on a board they are trash until now.
    compact: () => {},
    getFree: () => flash.freeBytes,
    getStats: () => ({
      totalBytes: flash.totalBytes,
      freeBytes: flash.freeBytes,
      fileBytes: flash.fileBytes,
      fileCount: flash.list().length,
      trashBytes: 0,
      trashCount: 0,
    }),
  };
}

/** An object that is neither bytes nor an array of them is stored as JSON. */
function isPlain(data: unknown): boolean {
  return Object.prototype.toString.call(data) === '[object Object]' && !('data' in (data as object));
}
