// The page's files, held in memory with their gzip form and ETag. No request ever touches the disk, so no
// path can reach outside. Called by server.ts; the files come from the dashboard build.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { IncomingMessage, ServerResponse } from 'node:http';

interface Asset {
  type: string;
  plain: Buffer;
  gzip: Buffer;
  tag: string;
}

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

export class Assets {
  readonly #byPath = new Map<string, Asset>();

  /** `files`: name to content, from buildDashboard(). index.html answers `/` too. */
  constructor(files: ReadonlyMap<string, Buffer>) {
    for (const [name, plain] of files) {
      const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
      if (type === undefined) throw new Error(`no media type is known for ${name}`);
      const tag = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
      const asset = { type, plain, gzip: gzipSync(plain, { level: 9 }), tag };
      this.#byPath.set(`/${name}`, asset);
      if (name === 'index.html') this.#byPath.set('/', asset);
      // Browsers ask for this name where a page does not say another, such as on a refusal.
      if (name === 'icon.svg') this.#byPath.set('/favicon.ico', asset);
    }
  }

  /** False when there is no such file. */
  send(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const asset = this.#byPath.get(path);
    if (asset === undefined) return false;
    const zipped = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
    const tag = `"${asset.tag}${zipped ? '-gz' : ''}"`;
    response.setHeader('ETag', tag);
    response.setHeader('Vary', 'Accept-Encoding');
    // The names carry no hash, so a browser asks each time and is told 304 as long as nothing changed.
    response.setHeader('Cache-Control', 'no-cache');
    if (isUnchanged(request.headers['if-none-match'], tag)) {
      response.statusCode = 304;
      response.end();
      return true;
    }
    const body = zipped ? asset.gzip : asset.plain;
    response.setHeader('Content-Type', asset.type);
    if (zipped) response.setHeader('Content-Encoding', 'gzip');
    response.setHeader('Content-Length', body.length);
    response.end(body);
    return true;
  }
}

/** RFC 9110 section 13.1.2: a list of tags, weak ones included, or `*`. */
function isUnchanged(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header
    .split(',')
    .some((part) => part.trim() === '*' || part.trim().replace(/^W\//, '') === tag);
}
