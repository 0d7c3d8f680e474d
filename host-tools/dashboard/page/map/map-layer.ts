// The map beneath the boards: fetches what of the archive the picture needs and paints it. The entry of a module of
// its own, which the page loads only where the gateway has a map. Owns the requests and the decoded tiles; the format
// is archive.ts, the geometry projection.ts.
import type { MapOrigin } from '../../../gateway/view.ts';
import { Archive } from './archive.ts';
import { MapError } from './pmtiles.ts';
import { cornerOf, metresOf, placeOf, tileOf, zoomFor } from './projection.ts';

export { MapError };

export const MAP_PATH = '/map.pmtiles';
const PATIENCE_MS = 15_000;
/** A browser opens six connections to one host, and the page's own requests need some. */
const AT_ONCE_MAX = 3;
const TILES_SHOWN_MAX = 256;
const TILES_KEPT = 400;
const TILE_SIDE_MAX_PX = 2048;
/** After the gateway went away: how long until it is asked again. */
const RETRY_MS = 3000;

/** Where metres are on the canvas: pixels of CSS. */
export interface MapFrame {
  width: number;
  height: number;
  pixelsPerMetre: number;
  /** Of the origin. */
  x: number;
  y: number;
}

interface Tile {
  key: string;
  zoom: number;
  column: number;
  row: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** A picture, or why there is none: the map has none there, or it is damaged. */
type Loaded = ImageBitmap | 'none' | 'damaged';

export class MapLayer {
  readonly #loaded = new Map<string, Loaded>();
  readonly #loading = new Set<string>();
  #wanted: Tile[] = [];
  #silentUntilMs = 0;
  #problem = '';

  private constructor(
    readonly archive: Archive,
    readonly attribution: string,
    readonly origin: MapOrigin,
    readonly onChange: () => void,
  ) {}

  /** Rejects with a MapError when the file cannot be drawn, and with another error when the gateway does not answer. */
  static async open(origin: MapOrigin, onChange: () => void): Promise<MapLayer> {
    const archive = await Archive.open(readerOf(MAP_PATH));
    return new MapLayer(archive, await archive.attribution(), origin, onChange);
  }

  /** Draws what has come, asks for what has not. Returns what is to be said about it; empty when nothing. */
  paint(context: CanvasRenderingContext2D, frame: MapFrame, opacity: number): string {
    const tiles = this.#tilesOf(frame, window.devicePixelRatio);
    if (tiles.length > TILES_SHOWN_MAX) return 'The map is drawn for smaller places than this mesh.';
    context.globalAlpha = opacity;
    const states = tiles.map((tile) => {
      const state = this.#loaded.get(tile.key);
      if (state instanceof ImageBitmap)
        context.drawImage(state, tile.left, tile.top, tile.right - tile.left, tile.bottom - tile.top);
      return state;
    });
    context.globalAlpha = 1;
    this.#wanted = tiles.filter((_, i) => states[i] === undefined);
    this.#pump();
    if (states.includes('damaged')) return `A part of the map is left out: ${this.#problem}.`;
    return tiles.length === 0 || states.every((state) => state === 'none')
      ? 'The map does not show this place.'
      : '';
  }

  close(): void {
    this.#wanted = [];
    for (const state of this.#loaded.values()) if (state instanceof ImageBitmap) state.close();
    this.#loaded.clear();
  }

  #tilesOf(frame: MapFrame, pixelRatio: number): Tile[] {
    const { origin, archive } = this;
    const { minZoom, maxZoom } = archive.header;
    const fitting = zoomFor(origin.latitude, frame.pixelsPerMetre * pixelRatio);
    const zoom = Math.max(minZoom, Math.min(maxZoom, fitting));
    const scale = frame.pixelsPerMetre;
    const at = (x: number, y: number): { column: number; row: number } =>
      tileOf(placeOf(origin, { east: (x - frame.x) / scale, north: (frame.y - y) / scale }), zoom);
    const edge = (column: number, row: number): [x: number, y: number] => {
      const { east, north } = metresOf(origin, cornerOf(zoom, column, row));
      // Whole pixels, or thin lines would show between tiles.
      return [Math.round(frame.x + east * scale), Math.round(frame.y - north * scale)];
    };
    const last = 2 ** zoom - 1;
    const first = at(0, 0);
    const end = at(frame.width, frame.height);
    const tiles: Tile[] = [];
    for (let row = Math.max(0, Math.floor(first.row)); row <= Math.min(last, end.row); row++) {
      for (let column = Math.max(0, Math.floor(first.column)); column <= Math.min(last, end.column); column++) {
        const [[left, top], [right, bottom]] = [edge(column, row), edge(column + 1, row + 1)];
        tiles.push({ key: `${zoom}/${column}/${row}`, zoom, column, row, left, top, right, bottom });
        if (tiles.length > TILES_SHOWN_MAX) return tiles;
      }
    }
    return tiles;
  }

  #pump(): void {
    if (performance.now() < this.#silentUntilMs) return;
    while (this.#loading.size < AT_ONCE_MAX) {
      const tile = this.#wanted.shift();
      if (tile === undefined) return;
      if (!this.#loading.has(tile.key)) void this.#load(tile);
    }
  }

  async #load({ key, zoom, column, row }: Tile): Promise<void> {
    this.#loading.add(key);
    try {
      const bytes = await this.archive.tile(zoom, column, row);
      this.#keep(key, bytes === null ? 'none' : await decode(bytes, this.archive.imageType));
    } catch (error) {
      if (error instanceof MapError) {
        this.#problem = error.message;
        this.#keep(key, 'damaged');
      } else {
        // The gateway is away: whatever paints next asks again.
        this.#silentUntilMs = performance.now() + RETRY_MS;
      }
    }
    this.#loading.delete(key);
    this.#pump();
    this.onChange();
  }

  #keep(key: string, state: Loaded): void {
    this.#loaded.set(key, state);
    if (this.#loaded.size <= TILES_KEPT) return;
    const [oldest, picture] = this.#loaded.entries().next().value!;
    this.#loaded.delete(oldest);
    if (picture instanceof ImageBitmap) picture.close();
  }
}

async function decode(bytes: Uint8Array, type: string): Promise<ImageBitmap> {
  // From bytes, not by an address: the policy of the page needs no exception.
  const picture = await createImageBitmap(new Blob([bytes as BlobPart], { type })).catch(() => null);
  if (picture === null) throw new MapError('a tile of it is damaged');
  if (Math.max(picture.width, picture.height) <= TILE_SIDE_MAX_PX) return picture;
  picture.close();
  throw new MapError('a tile of it is too large');
}

/** Pieces of one file by HTTP. Another ETag means another file, of which nothing known holds. */
function readerOf(path: string): (offset: number, length: number) => Promise<Uint8Array> {
  let tag: string | null = null;
  return async (offset, length) => {
    const headers = { Range: `bytes=${offset}-${offset + length - 1}` };
    // The decoded tiles are kept; a copy of the file's pieces in the browser's cache would only take room.
    const answer = await fetch(path, { headers, cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status === 416) throw new MapError('the file is cut short');
    if (answer.status === 404) throw new MapError('the gateway no longer has it');
    if (answer.status !== 206) throw new Error(`the gateway answered ${answer.status}`);
    tag ??= answer.headers.get('ETag');
    if (answer.headers.get('ETag') !== tag) throw new MapError('the file was replaced; load this page again');
    return new Uint8Array(await answer.arrayBuffer());
  };
}
