// The Espruino runtime as files: three images and where they go. Owns finding them in a folder, an archive or
// one merged image and judging them (format, digest, chip, fit) before any board is touched. Knows no ports.
// Called by the flash command; a download arrives here as bytes.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import type { ChipFamily } from './chip-session.ts';
import { parseEspImage } from './esp-image.ts';
import { parsePartitionTable } from './partition-table.ts';
import { readTarGz } from './tar.ts';

const GZIP_MAGIC = [0x1f, 0x8b];
const PARTITION_TABLE_ADDRESS = 0x8000;
const PARTITION_TABLE_BYTES = 0xc00;
/** Where Espruino's own partition tables put the application. */
const APPLICATION_ADDRESS = 0x10000;
const CHIP_BY_ID: Readonly<Record<number, ChipFamily>> = { 0: 'esp32', 5: 'esp32c3', 9: 'esp32s3' };
const BOOTLOADER_ADDRESS: Readonly<Record<ChipFamily, number>> = { esp32: 0x1000, esp32s3: 0, esp32c3: 0 };
const MANIFEST_NAME = 'manifest.json';

export interface Region {
  readonly name: 'bootloader' | 'partition table' | 'runtime';
  readonly address: number;
  /** Padded to four bytes, the unit of the loader. */
  readonly data: Uint8Array;
  readonly isApplication: boolean;
}

export interface RuntimeImage {
  readonly source: string;
  readonly chip: ChipFamily;
  readonly regions: readonly Region[];
  /** Where Espruino keeps its files. */
  readonly storage: { readonly address: number; readonly bytes: number };
  /** The flash chip must be at least this large. */
  readonly flashBytesMin: number;
  readonly sha256: Readonly<Record<string, string>>;
}

type Files = ReadonlyMap<string, Uint8Array>;

/** From a folder, a .tgz or a merged .bin. Throws CliError when something is missing or damaged. */
export function loadRuntime(path: string): RuntimeImage {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch {
    throw new CliError(
      `there is no runtime at ${path}`,
      'give --runtime a folder, a .tgz or a merged .bin',
      ExitCode.Usage,
    );
  }
  return isFolder ? runtimeFromFiles(path, readFolder(path)) : runtimeFromBytes(path, readFileSync(path));
}

export function runtimeFromBytes(source: string, bytes: Uint8Array): RuntimeImage {
  if (bytes[0] !== GZIP_MAGIC[0] || bytes[1] !== GZIP_MAGIC[1]) return runtimeFromMerged(source, bytes);
  const files = readTarGz(bytes);
  if (!files.ok) throw badImage(source, `it is not a .tgz archive (${files.problem})`);
  return runtimeFromFiles(source, files.files);
}

/** One image of the flash from address 0, as Espruino publishes it: cut at the well-known addresses. */
function runtimeFromMerged(source: string, bytes: Uint8Array): RuntimeImage {
  const cut = (address: number): Uint8Array => {
    const image = parseEspImage(bytes.subarray(address));
    return bytes.subarray(address, image.ok ? address + image.imageBytes : undefined);
  };
  if (bytes.length <= APPLICATION_ADDRESS) throw badImage(source, 'it is neither a .tgz nor a merged image');
  const bootloaderAt = parseEspImage(bytes).ok ? BOOTLOADER_ADDRESS.esp32s3 : BOOTLOADER_ADDRESS.esp32;
  const table = bytes.subarray(PARTITION_TABLE_ADDRESS, PARTITION_TABLE_ADDRESS + PARTITION_TABLE_BYTES);
  return judged(
    source,
    ['the bootloader', cut(bootloaderAt)],
    ['the partition table', table],
    ['the application', cut(APPLICATION_ADDRESS)],
  );
}

function readFolder(path: string): Files {
  const files = new Map<string, Uint8Array>();
  for (const name of readdirSync(path)) {
    if (name.endsWith('.bin') || name === MANIFEST_NAME) files.set(name, readFileSync(join(path, name)));
  }
  return files;
}

function runtimeFromFiles(source: string, files: Files): RuntimeImage {
  const byName = new Map([...files].map(([name, data]) => [basename(name), data] as const));
  const pick = (what: string, pattern: RegExp): [string, Uint8Array] => {
    const found = [...byName].filter(([name]) => pattern.test(name));
    if (found.length !== 1)
      throw badImage(source, `${found.length === 0 ? 'no' : 'more than one'} ${what} in it`);
    return found[0]!;
  };
  const bootloader = pick('bootloader.bin', /^bootloader\.bin$/);
  const table = pick('partition table', /^(partitions_espruino|partition-table)\.bin$/);
  const runtime = pick('espruino_*.bin or espruino-*.bin', /^espruino[_-]esp32(s3|c3)?\.bin$/);
  checkManifest(source, byName, [bootloader, table, runtime]);
  return judged(source, bootloader, table, runtime);
}

function judged(
  source: string,
  bootloader: [string, Uint8Array],
  table: [string, Uint8Array],
  runtime: [string, Uint8Array],
): RuntimeImage {
  const boot = parseEspImage(bootloader[1]);
  if (!boot.ok) throw badImage(source, `${bootloader[0]} is damaged: ${boot.problem}`);
  const app = parseEspImage(runtime[1]);
  if (!app.ok) throw badImage(source, `${runtime[0]} is damaged: ${app.problem}`);
  const chip = CHIP_BY_ID[app.chipId];
  if (chip === undefined || boot.chipId !== app.chipId) {
    throw badImage(source, `its parts are for chip ids ${boot.chipId} and ${app.chipId}`);
  }
  const partitions = parsePartitionTable(table[1]);
  if (!partitions.ok) throw badImage(source, `${table[0]} is damaged: ${partitions.problem}`);
  const factory = partitions.partitions.find((p) => p.type === 0 && p.subtype === 0);
  const storage = partitions.partitions.find((p) => p.label === 'storage');
  if (factory === undefined || storage === undefined) {
    throw badImage(source, `${table[0]} has no "${factory === undefined ? 'factory' : 'storage'}" partition`);
  }
  if (runtime[1].length > factory.sizeBytes)
    throw badImage(source, `${runtime[0]} is larger than its partition`);
  return {
    source,
    chip,
    regions: [
      region('bootloader', BOOTLOADER_ADDRESS[chip], bootloader[1], false),
      region('partition table', PARTITION_TABLE_ADDRESS, table[1], false),
      region('runtime', factory.address, runtime[1], true),
    ],
    storage: { address: storage.address, bytes: storage.sizeBytes },
    flashBytesMin: Math.max(boot.flashBytes, partitions.endAddress),
    sha256: Object.fromEntries([bootloader, table, runtime].map(([name, data]) => [name, sha256Of(data)])),
  };
}

/** A manifest.json beside the images ({"files": {name: sha256}}) must name each of them and be right. */
function checkManifest(source: string, files: Files, parts: readonly [string, Uint8Array][]): void {
  const text = files.get(MANIFEST_NAME);
  if (text === undefined) return;
  let hashes: unknown;
  try {
    hashes = (JSON.parse(Buffer.from(text).toString('utf8')) as { files?: unknown }).files;
  } catch {
    throw badImage(source, `${MANIFEST_NAME} is not JSON`);
  }
  for (const [name, data] of parts) {
    const expected = (hashes as Record<string, unknown> | undefined | null)?.[name];
    if (typeof expected !== 'string') throw badImage(source, `${MANIFEST_NAME} does not name ${name}`);
    if (expected.toLowerCase() !== sha256Of(data))
      throw badImage(source, `${name} does not match ${MANIFEST_NAME}`);
  }
}

function region(name: Region['name'], address: number, bytes: Uint8Array, isApplication: boolean): Region {
  const data = new Uint8Array(Math.ceil(bytes.length / 4) * 4).fill(0xff);
  data.set(bytes);
  return { name, address, data, isApplication };
}

function badImage(source: string, problem: string): CliError {
  return new CliError(
    `the runtime ${source} cannot be used: ${problem}`,
    'fetch it again from the Espruino download page, unchanged',
    ExitCode.WrongChip,
  );
}

export function sha256Of(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
