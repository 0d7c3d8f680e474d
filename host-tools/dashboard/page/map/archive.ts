// One PMTiles archive, read piece by piece: the start of the file, its metadata, leaf directories and tiles as they are
// asked for. Owns what is kept of directories and every bound on what is read. Knows neither HTTP nor canvas: `read`
// brings the bytes.
import {
  Compression,
  decodeDirectory,
  find,
  imageType,
  MapError,
  parseHeader,
  START_BYTES,
  tileId,
  type Directory,
  type Header,
  type Section,
} from './pmtiles.ts';

/** Up to `length` bytes from `offset`; fewer only at the end of the file. */
export type Read = (offset: number, length: number) => Promise<Uint8Array>;

const PACKED_BYTES_MAX = 4 * 1024 * 1024;
const BYTES_MAX = 32 * 1024 * 1024;
const LEAVES_KEPT = 32;
/** The specification advises against more than one level; a loop must end. */
const DEPTH_MAX = 4;

export class Archive {
  readonly imageType: string;
  readonly #root: Directory;
  readonly #read: Read;
  readonly #leaves = new Map<number, Promise<Directory>>();

  private constructor(
    readonly header: Header,
    root: Directory,
    read: Read,
  ) {
    this.#root = root;
    this.#read = read;
    this.imageType = imageType(header);
  }

  /** Rejects with a MapError when the file is none of ours, or with what `read` rejects with. */
  static async open(read: Read): Promise<Archive> {
    const start = await read(0, START_BYTES);
    const header = parseHeader(start);
    imageType(header);
    const { offset, length } = header.root;
    const packed = offset + length <= start.length ? start.subarray(offset, offset + length) : null;
    const root = await unpack(packed ?? (await section(read, header.root)), header.directoryCompression);
    return new Archive(header, decodeDirectory(root), read);
  }

  /** Who made the map, as its metadata says; plain text of anybody's making. Empty without. */
  async attribution(): Promise<string> {
    const { metadata, directoryCompression } = this.header;
    if (metadata.length === 0) return '';
    const text = new TextDecoder().decode(await unpack(await section(this.#read, metadata), directoryCompression));
    try {
      const { attribution } = JSON.parse(text) as { attribution?: unknown };
      return typeof attribution === 'string' ? plainText(attribution) : '';
    } catch {
      throw new MapError('its metadata is damaged');
    }
  }

  /** The file of a picture; null where the map has none. */
  async tile(zoom: number, column: number, row: number): Promise<Uint8Array | null> {
    const { tiles, leaves, tileCompression } = this.header;
    const id = tileId(zoom, column, row);
    let directory = this.#root;
    for (let depth = 0; depth < DEPTH_MAX; depth++) {
      const found = find(directory, id);
      if (found === null) return null;
      const area = found.isLeaf ? leaves : tiles;
      if (found.offset + found.length > area.length) throw new MapError('a directory points beyond the file');
      const place = { offset: area.offset + found.offset, length: found.length };
      if (!found.isLeaf) return unpack(await section(this.#read, place), tileCompression);
      directory = await this.#leaf(place);
    }
    throw new MapError('its directories lead nowhere');
  }

  #leaf(place: Section): Promise<Directory> {
    const known = this.#leaves.get(place.offset);
    if (known !== undefined) return known;
    const { directoryCompression } = this.header;
    const loading = section(this.#read, place)
      .then((packed) => unpack(packed, directoryCompression))
      .then(decodeDirectory);
    this.#leaves.set(place.offset, loading);
    // What failed is asked for again.
    loading.catch(() => this.#leaves.delete(place.offset));
    if (this.#leaves.size > LEAVES_KEPT) this.#leaves.delete(this.#leaves.keys().next().value!);
    return loading;
  }
}

async function section(read: Read, { offset, length }: Section): Promise<Uint8Array> {
  if (length > PACKED_BYTES_MAX) throw new MapError('a part of it is larger than any map needs');
  const bytes = await read(offset, length);
  if (bytes.length < length) throw new MapError('the file is cut short');
  return bytes;
}

async function unpack(packed: Uint8Array, compression: number): Promise<Uint8Array> {
  if (compression === Compression.None) return packed;
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = new Blob([packed.slice()]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (let step = await reader.read(); !step.done && length <= BYTES_MAX; step = await reader.read()) {
      parts.push(step.value as Uint8Array);
      length += parts.at(-1)!.length;
    }
  } catch {
    throw new MapError('a compressed part of it is damaged');
  }
  if (length > BYTES_MAX) {
    void reader.cancel();
    throw new MapError('a part of it is larger than any map needs');
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const ENTITIES: Record<string, string> = {
  copy: '\u00a9',
  '#169': '\u00a9',
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
};

/** Attributions are usually HTML with links. Only their words are wanted, and they are shown as text. */
function plainText(attribution: string): string {
  const words = attribution.slice(0, 2000).replace(/<[^<>]*>/g, '');
  return words.replace(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole).trim();
}
