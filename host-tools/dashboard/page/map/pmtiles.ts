// The PMTiles format, version 3: header, directories and the order of tiles, from the public specification
// (github.com/protomaps/PMTiles, spec/v3/spec.md; sections named below). Pure: bytes in, figures out. archive.ts
// reads with it in the page, gateway/http/map-file.ts looks at a file with it before the page does.

export const HEADER_BYTES = 127;
/** Section 4: header and root directory end before this. */
export const START_BYTES = 16_384;
/** Beyond this the number of a tile would not be a safe integer. */
const ZOOM_MAX = 26;

export const enum Compression {
  None = 1,
  Gzip = 2,
}

export interface Section {
  offset: number;
  length: number;
}

export interface Header {
  root: Section;
  metadata: Section;
  leaves: Section;
  tiles: Section;
  directoryCompression: number;
  tileCompression: number;
  /** Section 3.2, "Tile Type". */
  tileType: number;
  minZoom: number;
  maxZoom: number;
  /** Degrees. */
  west: number;
  south: number;
  east: number;
  north: number;
  centreLongitude: number;
  centreLatitude: number;
}

/** What is wrong with a file, in words for whoever gave it. */
export class MapError extends Error {}

/** Section 3. Throws a MapError when this is no archive of version 3 or makes no sense. */
export function parseHeader(bytes: Uint8Array): Header {
  const magic = String.fromCharCode(...bytes.subarray(0, 7));
  if (magic !== 'PMTiles' || bytes.length < HEADER_BYTES) throw new MapError('this is no PMTiles file');
  if (bytes[7] !== 3) throw new MapError(`PMTiles version ${bytes[7]} is not read here, only version 3`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const section = (at: number): Section => ({ offset: safeU64(view, at), length: safeU64(view, at + 8) });
  const degrees = (at: number): number => view.getInt32(at, true) / 1e7;
  const header: Header = {
    root: section(8),
    metadata: section(24),
    leaves: section(40),
    tiles: section(56),
    directoryCompression: bytes[97]!,
    tileCompression: bytes[98]!,
    tileType: bytes[99]!,
    minZoom: bytes[100]!,
    maxZoom: bytes[101]!,
    west: degrees(102),
    south: degrees(106),
    east: degrees(110),
    north: degrees(114),
    centreLongitude: degrees(119),
    centreLatitude: degrees(123),
  };
  if (header.minZoom > header.maxZoom || header.maxZoom > ZOOM_MAX)
    throw new MapError('its zoom levels make no sense');
  return header;
}

function safeU64(view: DataView, at: number): number {
  const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  if (!Number.isSafeInteger(value)) throw new MapError('its header is damaged');
  return value;
}

const IMAGE_TYPES: Record<number, string> = { 2: 'image/png', 3: 'image/jpeg', 4: 'image/webp' };

/** The media type of its tiles. Throws a MapError when they are no pictures, or packed in a way not read here. */
export function imageType(header: Header): string {
  const { tileType, directoryCompression, tileCompression } = header;
  if (tileType === 1 || tileType === 6) throw new MapError('it holds vector tiles, and only pictures are drawn');
  const type = IMAGE_TYPES[tileType];
  if (type === undefined) throw new MapError(`its tiles are of type ${tileType}, neither PNG, JPEG nor WebP`);
  const known = (compression: number): boolean =>
    compression === Compression.None || compression === Compression.Gzip;
  if (!known(directoryCompression) || !known(tileCompression))
    throw new MapError('it is compressed by something else than gzip');
  return type;
}

/** Parallel arrays; a run of 0 is a leaf directory (section 4.1). */
export interface Directory {
  ids: Float64Array;
  runs: Float64Array;
  lengths: Float64Array;
  offsets: Float64Array;
}

/** Section 4.3, decompressed already. Throws a MapError when damaged. */
export function decodeDirectory(bytes: Uint8Array): Directory {
  const next = varints(bytes);
  const count = next();
  // Each entry takes four bytes at least: a damaged count allocates nothing.
  if (count === 0 || count * 4 > bytes.length) throw new MapError('a directory is damaged');
  const column = (): Float64Array => new Float64Array(count).map(next);
  const [ids, runs, lengths, offsets] = [column(), column(), column(), column()];
  for (let i = 0; i < count; i++) {
    const before = i === 0 ? 0 : ids[i - 1]! + Math.max(1, runs[i - 1]!);
    if (i > 0) ids[i]! += ids[i - 1]!;
    if (ids[i]! < before || lengths[i] === 0) throw new MapError('a directory is damaged');
    // 0 follows on from the entry before (section 4.2).
    if (offsets[i]! > 0) offsets[i]! -= 1;
    else if (i > 0) offsets[i] = offsets[i - 1]! + lengths[i - 1]!;
    else throw new MapError('a directory is damaged');
  }
  return { ids, runs, lengths, offsets };
}

function varints(bytes: Uint8Array): () => number {
  let at = 0;
  return () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new MapError('a directory is cut short');
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new MapError('a directory is damaged');
      if (byte < 128) return value;
    }
  };
}

export interface Found extends Section {
  isLeaf: boolean;
}

/** Where a tile is, or the leaf directory that knows; null where there is neither. */
export function find({ ids, runs, lengths, offsets }: Directory, id: number): Found | null {
  let [low, high] = [0, ids.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (ids[middle]! <= id) low = middle + 1;
    else high = middle - 1;
  }
  if (high < 0) return null;
  const isLeaf = runs[high] === 0;
  if (!isLeaf && id - ids[high]! >= runs[high]!) return null;
  return { isLeaf, offset: offsets[high]!, length: lengths[high]! };
}

/** The tile's place on the Hilbert curves of all levels, one after another (section 4.1, "TileID"). */
export function tileId(zoom: number, column: number, row: number): number {
  let [x, y] = [column, row];
  let id = (4 ** zoom - 1) / 3;
  for (let half = 2 ** (zoom - 1); half >= 1; half /= 2) {
    const right = (x & half) !== 0;
    const below = (y & half) !== 0;
    id += half * half * (right ? (below ? 2 : 3) : below ? 1 : 0);
    // Within its quarter the curve is turned; what lies above `half` no longer matters.
    if (!below) {
      if (right) [x, y] = [half - 1 - (x & (half - 1)), half - 1 - (y & (half - 1))];
      [x, y] = [y, x];
    }
  }
  return id;
}
