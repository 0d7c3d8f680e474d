// Makes a PMTiles file the way its specification says (github.com/protomaps/PMTiles, spec/v3/spec.md), with leaf
// directories and runs, and PNG pictures of one colour: what the tests of the map read.
import { writeFileSync } from 'node:fs';
import { crc32, deflateSync, gzipSync } from 'node:zlib';
import { tileId } from '../../host-tools/dashboard/page/map/pmtiles.ts';

export interface MadeTile {
  zoom: number;
  column: number;
  row: number;
  bytes: Buffer;
}

export interface MapPlan {
  tiles: readonly MadeTile[];
  metadata?: object;
  /** Entries of a leaf directory; without it all entries stand in the root. */
  leafEntries?: number;
  gzip?: boolean;
  /** Section 3.2 of the specification; 2 is PNG. */
  tileType?: number;
  centre?: { latitude: number; longitude: number };
}

interface Entry {
  id: number;
  run: number;
  offset: number;
  length: number;
}

/** Where each section begins, so that a test can damage one. */
export interface MadeMap {
  bytes: Buffer;
  root: number;
  metadata: number;
  leaves: number;
  tiles: number;
}

export function makeMap(plan: MapPlan): MadeMap {
  const pack = (bytes: Buffer): Buffer => (plan.gzip === false ? bytes : gzipSync(bytes));
  const { entries, data } = tileSection(plan.tiles);
  const size = plan.leafEntries ?? entries.length;
  const leaves: Buffer[] = [];
  const top: Entry[] = [];
  for (let i = 0; i < entries.length && plan.leafEntries !== undefined; i += size) {
    const packed = pack(directory(entries.slice(i, i + size)));
    const offset = leaves.reduce((sum, leaf) => sum + leaf.length, 0);
    top.push({ id: entries[i]!.id, run: 0, offset, length: packed.length });
    leaves.push(packed);
  }
  const sections = [
    pack(directory(top.length > 0 ? top : entries)),
    pack(Buffer.from(JSON.stringify(plan.metadata ?? {}))),
    Buffer.concat(leaves),
    data,
  ];
  const offsets: number[] = [];
  for (const [i] of sections.entries()) offsets.push(i === 0 ? 127 : offsets[i - 1]! + sections[i - 1]!.length);
  const [root, metadata, leafArea, tiles] = offsets as [number, number, number, number];
  const bytes = Buffer.concat([header(plan, sections, offsets), ...sections]);
  return { bytes, root, metadata, leaves: leafArea, tiles };
}

export function writeMap(path: string, plan: MapPlan): MadeMap {
  const made = makeMap(plan);
  writeFileSync(path, made.bytes);
  return made;
}

/** Equal pictures that follow each other on the curve become one entry with a run, as in section 4.1. */
function tileSection(tiles: readonly MadeTile[]): { entries: Entry[]; data: Buffer } {
  const sorted = tiles
    .map((tile) => ({ id: tileId(tile.zoom, tile.column, tile.row), bytes: tile.bytes }))
    .sort((a, b) => a.id - b.id);
  const entries: Entry[] = [];
  const parts: Buffer[] = [];
  let offset = 0;
  for (const { id, bytes } of sorted) {
    const before = entries.at(-1);
    if (before !== undefined && before.id + before.run === id && parts.at(-1)!.equals(bytes)) {
      before.run += 1;
      continue;
    }
    entries.push({ id, run: 1, offset, length: bytes.length });
    parts.push(bytes);
    offset += bytes.length;
  }
  return { entries, data: Buffer.concat(parts) };
}

function directory(entries: readonly Entry[]): Buffer {
  const bytes: number[] = [];
  const varint = (value: number): void => {
    for (let rest = value; ; rest = Math.floor(rest / 128)) {
      bytes.push(rest < 128 ? rest : (rest % 128) | 128);
      if (rest < 128) return;
    }
  };
  varint(entries.length);
  entries.forEach(({ id }, i) => varint(i === 0 ? id : id - entries[i - 1]!.id));
  for (const { run } of entries) varint(run);
  for (const { length } of entries) varint(length);
  entries.forEach(({ offset }, i) => {
    const before = entries[i - 1];
    varint(before !== undefined && before.offset + before.length === offset ? 0 : offset + 1);
  });
  return Buffer.from(bytes);
}

function header(plan: MapPlan, sections: readonly Buffer[], offsets: readonly number[]): Buffer {
  const bytes = Buffer.alloc(127);
  bytes.write('PMTiles', 'latin1');
  bytes[7] = 3;
  for (const [i, section] of sections.entries()) {
    bytes.writeBigUInt64LE(BigInt(offsets[i]!), 8 + 16 * i);
    bytes.writeBigUInt64LE(BigInt(section.length), 16 + 16 * i);
  }
  const zooms = plan.tiles.map(({ zoom }) => zoom);
  bytes[96] = 1;
  bytes[97] = plan.gzip === false ? 1 : 2;
  bytes[98] = 1;
  bytes[99] = plan.tileType ?? 2;
  bytes[100] = Math.min(...zooms);
  bytes[101] = Math.max(...zooms);
  [-180, -85, 180, 85].forEach((degrees, i) => bytes.writeInt32LE(degrees * 1e7, 102 + 4 * i));
  const { longitude = 0, latitude = 0 } = plan.centre ?? {};
  bytes.writeInt32LE(Math.round(longitude * 1e7), 119);
  bytes.writeInt32LE(Math.round(latitude * 1e7), 123);
  return bytes;
}

export type Colour = [red: number, green: number, blue: number];

/** A square picture of one colour (RFC 2083, the PNG specification). */
export function png([red, green, blue]: Colour, sidePx = 256): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(sidePx, 0);
  head.writeUInt32BE(sidePx, 4);
  // Eight bits, red green blue.
  head.set([8, 2, 0, 0, 0], 8);
  const line = Buffer.alloc(1 + sidePx * 3);
  for (let x = 0; x < sidePx; x++) line.set([red, green, blue], 1 + 3 * x);
  const lines = Buffer.concat(Array.from({ length: sidePx }, () => line));
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
