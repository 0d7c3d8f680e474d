// The map's file over HTTP: pieces of it exactly as asked for, nothing but it, the same guard as everything else, and
// files that are no map refused before the gateway starts.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CliError } from '../../../host-tools/cli/cli-error.ts';
import { MapFile } from '../../../host-tools/gateway/http/map-file.ts';
import { startHttpServer, type HttpServer } from '../../../host-tools/gateway/http/server.ts';
import { makeMap } from '../../dashboard/pmtiles-file.ts';
import { FakeGateway } from './fake-source.ts';
import { ask, sendRaw } from './http-client.ts';

const limits = { burstRequests: 100_000, requestsPerSecond: 100_000 };
// Characters of one byte each, so that the client's text has as many as the file has bytes.
const MADE = makeMap({
  tiles: [{ zoom: 0, column: 0, row: 0, bytes: Buffer.alloc(300_000, 'tile data ') }],
  centre: { latitude: 47.25, longitude: 8.5 },
  gzip: false,
});
const SIZE = MADE.bytes.length;

const directory = mkdtempSync(join(tmpdir(), 'fairhop-map-'));
after(() => rmSync(directory, { recursive: true }));

function fileOf(name: string, bytes: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

describe('the map over HTTP', () => {
  const path = fileOf('village.pmtiles', MADE.bytes);
  const map = MapFile.open(path);
  let server: HttpServer;
  before(async () => {
    server = await startHttpServer({ host: '127.0.0.1', port: 0, source: new FakeGateway(), limits, map });
  });
  after(async () => {
    await server.close();
    map.close();
  });

  const piece = (range: string, headers: Record<string, string> = {}): ReturnType<typeof ask> =>
    ask(server.url, '/map.pmtiles', { headers: { range, ...headers } });

  it('gives the piece that was asked for', async () => {
    const tail = SIZE - MADE.tiles;
    const cases: [string, number, number][] = [
      [`bytes=${MADE.tiles}-${MADE.tiles + 9}`, MADE.tiles, MADE.tiles + 10],
      [`bytes=${MADE.tiles}-`, MADE.tiles, SIZE],
      [`bytes=-${tail}`, MADE.tiles, SIZE],
      [`bytes=${SIZE - 1}-`, SIZE - 1, SIZE],
      [`bytes=${SIZE - 5}-${SIZE + 999_999}`, SIZE - 5, SIZE],
      [` Bytes = ${SIZE - 70_000}-${SIZE - 1} `, SIZE - 70_000, SIZE],
    ];
    for (const [range, start, end] of cases) {
      const { status, headers, text } = await piece(range);
      assert.equal(status, 206, range);
      assert.equal(headers['content-range'], `bytes ${start}-${end - 1}/${SIZE}`);
      assert.equal(headers['content-length'], String(end - start));
      assert.equal(headers['accept-ranges'], 'bytes');
      assert.ok(text === MADE.bytes.toString('utf8', start, end), range);
    }
  });

  it('gives the whole without a range, for a unit it does not know, and for a file that has changed', async () => {
    const tag = (await piece('bytes=0-0')).headers.etag!;
    assert.match(tag, /^"[^"]+"$/);
    for (const [headers, status] of [
      [{}, 200],
      [{ range: 'lines=1-2' }, 200],
      [{ range: 'bytes=0-9', 'if-range': '"another"' }, 200],
      [{ range: 'bytes=0-9', 'if-range': tag }, 206],
    ] as [Record<string, string>, number][]) {
      const answer = await ask(server.url, '/map.pmtiles', { headers });
      assert.equal(answer.status, status, JSON.stringify(headers));
      assert.equal(answer.headers['content-length'], String(status === 200 ? SIZE : 10));
    }
    for (const match of [tag, `"x", ${tag}`, '*', `W/${tag}`]) {
      const unchanged = await ask(server.url, '/map.pmtiles', { headers: { 'if-none-match': match } });
      assert.deepEqual([unchanged.status, unchanged.text], [304, ''], match);
    }
    const head = await ask(server.url, '/map.pmtiles', { method: 'HEAD', headers: { range: 'bytes=0-9' } });
    assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', String(SIZE)]);
  });

  it('refuses a piece that is not there, and several at once', async () => {
    const wrong = [`bytes=${SIZE}-`, 'bytes=9-3', 'bytes=-0', 'bytes=-', 'bytes=a-b', 'bytes=0-1,5-6', 'bytes=1'];
    for (const range of [...wrong, `bytes=${'9'.repeat(20)}-`]) {
      const { status, headers, json } = await piece(range);
      assert.equal(status, 416, range);
      assert.equal(headers['content-range'], `bytes */${SIZE}`);
      assert.ok(json.remedy.length > 0);
    }
  });

  it('is behind the same guard as everything else, and leads to no other file', async () => {
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await piece('bytes=0-9', headers)).status;
    assert.equal(await status({ host: 'evil.example' }), 403);
    assert.equal(await status({ origin: 'https://evil.example' }), 403);
    assert.equal(await status({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }), 403);
    assert.equal((await ask(server.url, '/map.pmtiles', { method: 'POST' })).status, 405);
    for (const other of [
      '/map.pmtiles/',
      '/map.pmtiles/../village.pmtiles',
      '/..%2fvillage.pmtiles',
      '/village.pmtiles',
    ])
      assert.equal((await ask(server.url, other)).status, 404, other);
    const raw = await sendRaw(
      server.url,
      'GET /../map.pmtiles HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    assert.match(raw, /^HTTP\/1\.1 404 /);
    assert.match((await piece('bytes=0-9')).headers['content-security-policy']!, /default-src 'self'/);
  });

  it('needs the token where everything does, and is not there without a map', async (t) => {
    const source = new FakeGateway();
    const guarded = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      source,
      limits,
      map,
      token: 'correct-horse-battery',
    });
    t.after(() => guarded.close());
    assert.equal((await ask(guarded.url, '/map.pmtiles')).status, 401);
    const without = await startHttpServer({ host: '127.0.0.1', port: 0, source, limits });
    t.after(() => without.close());
    assert.equal((await ask(without.url, '/map.pmtiles')).status, 404);
  });

  it('goes by the file as it is now, which has another tag when it has changed', async () => {
    const tag = (await piece('bytes=0-0')).headers.etag;
    truncateSync(path, SIZE - 100);
    const { status, headers } = await piece(`bytes=${SIZE - 200}-${SIZE}`);
    assert.deepEqual([status, headers['content-length']], [206, '100']);
    assert.notEqual(headers.etag, tag);
    assert.equal((await piece(`bytes=${SIZE - 50}-`)).status, 416);
  });
});

describe('a file given as the map', () => {
  it('is refused when it cannot be drawn, with what to do', () => {
    const changed = (at: number, value: number): Uint8Array => {
      const copy = Uint8Array.from(MADE.bytes);
      copy[at] = value;
      return copy;
    };
    const cases: [string, RegExp][] = [
      [join(directory, 'missing.pmtiles'), /ENOENT/],
      [directory, /EISDIR|no PMTiles file/],
      [fileOf('text', Buffer.from('not a map')), /no PMTiles file/],
      [fileOf('empty', Buffer.alloc(0)), /no PMTiles file/],
      [fileOf('old', changed(7, 2)), /version 2/],
      [fileOf('vector', changed(99, 1)), /vector tiles/],
      [fileOf('short', MADE.bytes.subarray(0, -1)), /cut short/],
      ['https://example.org/world.pmtiles', /no file of this computer/],
    ];
    for (const [path, reason] of cases) {
      assert.throws(
        () => MapFile.open(path),
        (error) => error instanceof CliError && reason.test(error.message) && /pmtiles extract/.test(error.remedy),
        path,
      );
    }
  });

  it('says where its middle is', () => {
    const map = MapFile.open(fileOf('centre', MADE.bytes));
    assert.deepEqual(map.centre, { latitude: 47.25, longitude: 8.5 });
    map.close();
    const silent = Buffer.from(MADE.bytes);
    silent.writeInt32LE(0, 119);
    silent.writeInt32LE(0, 123);
    silent.writeInt32LE(8e7, 102);
    silent.writeInt32LE(47e7, 106);
    silent.writeInt32LE(10e7, 110);
    silent.writeInt32LE(48e7, 114);
    const other = MapFile.open(fileOf('silent', silent));
    assert.deepEqual(other.centre, { latitude: 47.5, longitude: 9 });
    other.close();
  });
});
