// Runtime images for tests, made byte by byte from the published formats and not with the parsers under
// test. The content is pseudo-random (xorshift), so that it compresses as badly as machine code does.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ChipFamily } from '../../host-tools/flash/chip-session.ts';

export const CHIP_IDS: Record<ChipFamily, number> = { esp32: 0, esp32s3: 9, esp32c3: 5 };
const FLASH_4MB_CODE = 0x20;

export function espImage(
  chip: ChipFamily,
  payloadBytes: number,
  seed: number,
  flashCode = FLASH_4MB_CODE,
): Buffer {
  const header = Buffer.alloc(24);
  header.set([0xe9, 1, 2, flashCode], 0);
  header.writeUInt32LE(0x40080000, 4);
  header.writeUInt16LE(CHIP_IDS[chip], 12);
  header[23] = 1;
  const segment = Buffer.alloc(8);
  segment.writeUInt32LE(0x3f400020, 0);
  const payload = pseudoRandom(payloadBytes, seed);
  segment.writeUInt32LE(payload.length, 4);
  const body = Buffer.concat([header, segment, payload]);
  const padding = Buffer.alloc(16 - (body.length % 16));
  padding[padding.length - 1] = payload.reduce((sum, byte) => sum ^ byte, 0xef);
  const signed = Buffer.concat([body, padding]);
  return Buffer.concat([signed, createHash('sha256').update(signed).digest()]);
}

/** Espruino's layout for a 4 MB chip. */
export function partitionTable(): Buffer {
  const rows: [string, number, number, number, number][] = [
    ['nvs', 1, 2, 0x9000, 0x3000],
    ['otadata', 1, 0, 0xc000, 0x2000],
    ['factory', 0, 0, 0x10000, 0x180000],
    ['storage', 1, 0x99, 0x320000, 0xe0000],
  ];
  const entries = rows.map(([label, type, subtype, address, size]) => {
    const entry = Buffer.alloc(32);
    entry.writeUInt16LE(0x50aa, 0);
    entry.set([type, subtype], 2);
    entry.writeUInt32LE(address, 4);
    entry.writeUInt32LE(size, 8);
    entry.write(label, 12, 'latin1');
    return entry;
  });
  const digest = Buffer.alloc(32, 0xff);
  digest.writeUInt16LE(0xebeb, 0);
  createHash('md5').update(Buffer.concat(entries)).digest().copy(digest, 16);
  return Buffer.concat([...entries, digest, Buffer.alloc(0xc00 - 32 * (rows.length + 1), 0xff)]);
}

export interface RuntimeFiles {
  [name: string]: Buffer;
}

export function runtimeFiles(chip: ChipFamily, seed = 1, appBytes = 150_000): RuntimeFiles {
  const [table, app] =
    chip === 'esp32'
      ? ['partitions_espruino.bin', 'espruino_esp32.bin']
      : ['partition-table.bin', `espruino-${chip}.bin`];
  return {
    'bootloader.bin': espImage(chip, 20_000, seed + 100),
    [table]: partitionTable(),
    [app]: espImage(chip, appBytes, seed),
  };
}

export function writeRuntime(directory: string, files: RuntimeFiles): string {
  mkdirSync(directory, { recursive: true });
  for (const [name, data] of Object.entries(files)) writeFileSync(join(directory, name), data);
  return directory;
}

/** A .tgz in ustar format, the files below one folder as in Espruino's own archives. */
export function tarGz(folder: string, files: RuntimeFiles): Buffer {
  const blocks = Object.entries(files).flatMap(([name, data]) => {
    const header = Buffer.alloc(512);
    header.write(`${folder}/${name}`, 0, 'latin1');
    header.write('0000644\0', 100, 'latin1');
    header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    header.write('        0', 148, 'latin1');
    header.write('ustar\0', 257, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

export function pseudoRandom(bytes: number, seed: number): Buffer {
  let state = (seed * 0x9e3779b9) | 1;
  const out = Buffer.alloc(bytes);
  for (let i = 0; i < bytes; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    // Every fourth byte is zero, as in real code: compression has something to do.
    out[i] = i % 4 === 3 ? 0 : state & 0xff;
  }
  return out;
}
