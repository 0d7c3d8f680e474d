// The map that the page draws beneath the boards: one PMTiles file of this computer, opened once and served in pieces
// (RFC 9110, section 14) on one path. No request names a file, so none can reach another. server.ts decides who may
// ask; `fairhop up --map` opens it.
import { closeSync, fstatSync, openSync, read, readSync, type Stats } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { CliError, ExitCode } from '../../cli/cli-error.ts';
import { imageType, MapError, parseHeader, START_BYTES, type Header } from '../../dashboard/page/map/pmtiles.ts';
import type { MapOrigin } from '../view.ts';
import { sendRefusal } from './respond.ts';

export const MAP_PATH = '/map.pmtiles';
const TYPE = 'application/vnd.pmtiles';
/** Of the file in memory for one request, however long its range is. */
const CHUNK_BYTES = 64 * 1024;
const readPiece = promisify(read);
const GET_ONE = 'Cut one out of a raster map with `pmtiles extract` (docs/dashboard.md).';

export class MapFile {
  private constructor(
    readonly path: string,
    readonly header: Header,
    private readonly file: number,
  ) {}

  /** Throws a CliError when it is no map that the page can draw. */
  static open(path: string): MapFile {
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path))
      throw refused(path, 'is no file of this computer', 'The page loads nothing from elsewhere. ' + GET_ONE);
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch (error) {
      throw refused(path, `cannot be read (${(error as NodeJS.ErrnoException).code})`, GET_ONE);
    }
    try {
      return new MapFile(path, checkedHeader(file), file);
    } catch (error) {
      closeSync(file);
      if (!(error instanceof MapError)) throw error;
      throw refused(path, `cannot be drawn: ${error.message}`, GET_ONE);
    }
  }

  /** The middle of what it shows: where the mesh stands when nobody says where. */
  get centre(): MapOrigin {
    const { west, east, south, north, centreLatitude, centreLongitude } = this.header;
    const isSaid = centreLatitude !== 0 || centreLongitude !== 0;
    return isSaid
      ? { latitude: centreLatitude, longitude: centreLongitude }
      : { latitude: (south + north) / 2, longitude: (west + east) / 2 };
  }

  close(): void {
    closeSync(this.file);
  }

  /** Answers a GET or HEAD: the whole, a piece (206), nothing new (304), or that there is no such piece (416). */
  send(request: IncomingMessage, response: ServerResponse): void {
    const stats = fstatSync(this.file);
    const tag = tagOf(stats);
    response.setHeader('ETag', tag);
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader('Cache-Control', 'no-cache');
    if (isListed(request.headers['if-none-match'], tag)) {
      response.statusCode = 304;
      response.end();
      return;
    }
    const ifRange = request.headers['if-range'];
    // Ranges are defined for GET alone (section 14.2).
    const isMeant = request.method === 'GET' && (ifRange === undefined || ifRange === tag);
    const asked = isMeant ? request.headers.range : undefined;
    const range = rangeOf(asked, stats.size);
    if (range === null) {
      sendRefusal(response, {
        status: 416,
        error: 'there is no such piece of the map',
        remedy: 'Ask for one range of bytes within the file, such as bytes=0-16383.',
        headers: { 'Content-Range': `bytes */${stats.size}` },
      });
      return;
    }
    const { start, end, isWhole } = range;
    response.statusCode = isWhole ? 200 : 206;
    response.setHeader('Content-Type', TYPE);
    response.setHeader('Content-Length', end - start);
    if (!isWhole) response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${stats.size}`);
    if (request.method === 'HEAD' || end === start) response.end();
    else this.stream(start, end, response);
  }

  /** At the pace of who reads. A file that has become shorter, or a disk that fails, ends the connection. */
  private stream(start: number, end: number, response: ServerResponse): void {
    const body = Readable.from(pieces(this.file, start, end));
    body.on('error', () => response.destroy());
    response.on('close', () => body.destroy());
    body.pipe(response);
  }
}

/** Throws when there is less of the file than was promised. */
async function* pieces(file: number, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end;) {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - at));
    const { bytesRead } = await readPiece(file, chunk, 0, chunk.length, at);
    if (bytesRead === 0) throw new Error('the file is cut short');
    yield chunk.subarray(0, bytesRead);
    at += bytesRead;
  }
}

function checkedHeader(file: number): Header {
  const stats = fstatSync(file);
  if (!stats.isFile()) throw new MapError('this is no PMTiles file');
  const start = new Uint8Array(START_BYTES);
  const header = parseHeader(start.subarray(0, readSync(file, start, 0, START_BYTES, 0)));
  imageType(header);
  const sections = [header.root, header.metadata, header.leaves, header.tiles].filter(({ length }) => length > 0);
  const end = Math.max(...sections.map(({ offset, length }) => offset + length));
  if (end > stats.size) throw new MapError(`it is cut short: ${stats.size} bytes of ${end}`);
  return header;
}

/** Strong: another content has another size or another time (in nanoseconds where the file system keeps them). */
function tagOf({ ino, size, mtimeMs }: Stats): string {
  return `"${[ino, size, mtimeMs].map((figure) => figure.toString(36)).join('-')}"`;
}

/** RFC 9110, section 13.1.2: a list of tags, or `*`. */
function isListed(header: string | undefined, tag: string): boolean {
  return header !== undefined && header.split(',').some((one) => ['*', tag, `W/${tag}`].includes(one.trim()));
}

/**
 * `end` is behind the last byte. Without the header, or with another unit, the whole file is meant; null when it names
 * no piece of the file, or several: a map's reader asks for one.
 */
function rangeOf(
  header: string | undefined,
  size: number,
): { start: number; end: number; isWhole: boolean } | null {
  if (header === undefined || !/^\s*bytes\s*=/i.test(header)) return { start: 0, end: size, isWhole: true };
  const match = /^\s*bytes\s*=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header);
  if (match === null) return null;
  const [, first, last] = match as unknown as [string, string, string];
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return start < end ? { start, end, isWhole: false } : null;
}

function refused(path: string, reason: string, remedy: string): CliError {
  return new CliError(`--map ${path} ${reason}`, remedy, ExitCode.Usage);
}
