// Reads a .tgz in memory: POSIX ustar headers (IEEE Std 1003.1, "pax interchange"), regular files only.
// Nothing is ever written to disk, so names with ".." are harmless. Called for runtime archives.
import { gunzipSync } from 'node:zlib';

const BLOCK_BYTES = 512;
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024;

export type TarFiles =
  | { readonly ok: true; readonly files: ReadonlyMap<string, Uint8Array> }
  | { readonly ok: false; readonly problem: string };

export function readTarGz(archive: Uint8Array): TarFiles {
  let tar: Buffer;
  try {
    tar = gunzipSync(archive, { maxOutputLength: UNPACKED_BYTES_MAX });
  } catch (error) {
    return { ok: false, problem: (error as Error).message };
  }
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK_BYTES <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK_BYTES);
    if (header[0] === 0) break;
    if (octal(header, 148, 8) !== headerSum(header)) return { ok: false, problem: 'header checksum' };
    const bytes = octal(header, 124, 12);
    const dataAt = at + BLOCK_BYTES;
    if (dataAt + bytes > tar.length) return { ok: false, problem: 'cut short' };
    const type = header[156]!;
    if (type === 0 || type === 0x30) files.set(text(header, 0, 100), tar.subarray(dataAt, dataAt + bytes));
    at = dataAt + Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return { ok: true, files };
}

function text(header: Buffer, at: number, length: number): string {
  return header.toString('latin1', at, at + length).replace(/\0.*$/s, '');
}

function octal(header: Buffer, at: number, length: number): number {
  return parseInt(text(header, at, length).trim(), 8);
}

/** Sum of all header bytes, the checksum field itself counted as spaces. */
function headerSum(header: Buffer): number {
  let sum = 0;
  for (let i = 0; i < BLOCK_BYTES; i++) sum += i >= 148 && i < 156 ? 0x20 : header[i]!;
  return sum;
}
