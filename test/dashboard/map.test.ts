// The map beneath the boards in a real browser, against the real server with a file made here: the right tile stands at
// the right place, in light and dark; nothing is loaded without a map, nothing from elsewhere; a damaged file is a
// sentence beside the graph and no more.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, openSync, closeSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { MeshLayout } from '../../host-tools/dashboard/page/graph/layout.ts';
import { buildScene } from '../../host-tools/dashboard/page/graph/scene.ts';
import { cornerOf, metresPerDegree, tileOf } from '../../host-tools/dashboard/page/map/projection.ts';
import { MapFile } from '../../host-tools/gateway/http/map-file.ts';
import { startHttpServer, type HttpServer } from '../../host-tools/gateway/http/server.ts';
import type { MapOrigin } from '../../host-tools/gateway/view.ts';
import { FakeGateway, village } from '../gateway/http/fake-source.ts';
import { browserMissing, launchBrowser } from './browser.ts';
import { assertInert, HOSTILE } from './hostile.ts';
import { png, writeMap, type Colour, type MadeMap, type MadeTile, type MapPlan } from './pmtiles-file.ts';

const pictures = join(dirname(fileURLToPath(import.meta.url)), '..', 'screenshots');
const ZOOM = 15;
/** Between two pixels that are looked at. */
const STEP_PX = 23;
/** Where four tiles meet: the gateway, at 0, 0 of the village, stands there. */
const [COLUMN, ROW] = [17_161, 11_476];
const ORIGIN = cornerOf(ZOOM, COLUMN, ROW);

const colourOf = (zoom: number, column: number, row: number): Colour => [
  40 + (column % 4) * 60,
  40 + (row % 4) * 60,
  zoom === ZOOM ? 200 : 20,
];

/** Some tiles around the origin, of the level that the page must choose and of two that it must not. */
function tilesAround(): MadeTile[] {
  const tiles: MadeTile[] = [];
  for (const zoom of [ZOOM - 2, ZOOM - 1, ZOOM]) {
    const [column, row] = [COLUMN, ROW].map((at) => Math.floor(at / 2 ** (ZOOM - zoom))) as [number, number];
    for (let x = column - 4; x < column + 6; x++)
      for (let y = row - 5; y < row + 4; y++)
        tiles.push({ zoom, column: x, row: y, bytes: png(colourOf(zoom, x, y), 64) });
  }
  return tiles;
}

if (browserMissing !== false) it('the map in a browser', { skip: browserMissing });

describe('the map beneath the boards', { skip: browserMissing, timeout: 120_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-map-'));
  const tiles = tilesAround();
  let browser: Browser;
  let context: BrowserContext | undefined;
  let page: Page;
  let server: HttpServer;
  let map: MapFile;
  let trouble: string[];
  let requested: string[];
  before(async () => {
    mkdirSync(pictures, { recursive: true });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser.close();
    rmSync(directory, { recursive: true });
  });
  afterEach(async () => {
    await context?.close();
    await server.close();
    map.close();
    assert.deepEqual(trouble, []);
    assert.deepEqual(
      requested.filter((url) => !url.startsWith(server.url)),
      [],
      'no request may leave the origin',
    );
  });

  /** `damage` is done behind the gateway's back: it has looked at the file already. */
  async function open(
    plan: Partial<MapPlan>,
    damage?: (made: MadeMap, file: number) => void,
    at: MapOrigin | null = ORIGIN,
  ): Promise<FakeGateway> {
    const path = join(directory, 'village.pmtiles');
    const made = writeMap(path, { tiles, leafEntries: 30, ...plan });
    map = MapFile.open(path);
    if (damage !== undefined) {
      const file = openSync(path, 'r+');
      damage(made, file);
      closeSync(file);
    }
    const source = new FakeGateway();
    source.view = { ...village(), map: at };
    const limits = { statusEveryMs: 100, meshEveryMs: 100 };
    server = await startHttpServer({ host: '127.0.0.1', port: 0, source, limits, map });
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    page = await context.newPage();
    [trouble, requested] = [[], []];
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('console', (message) => message.type() === 'error' && trouble.push(message.text()));
    page.on('request', (request) => requested.push(request.url()));
    await page.goto(`${server.url}/#/mesh`);
    await page.locator('tr[data-node]').first().waitFor();
    return source;
  }

  /** Each sampled pixel of the ground, with the tile that the grid of the web maps has there. */
  async function samples(): Promise<{ seen: number[]; expected: Colour }[]> {
    const [width, height, pixels] = (await page.evaluate(`{
      const c = document.querySelector('.canvas canvas');
      const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
      const seen = [];
      for (let x = 7; x < c.width; x += ${STEP_PX})
        for (let y = 7; y < c.height; y += ${STEP_PX}) {
          const at = 4 * (y * c.width + x);
          seen.push([...data.subarray(at, at + 4)]);
        }
      [c.width, c.height, seen] }`)) as [number, number, number[][]];
    const mesh = village();
    const layout = new MeshLayout();
    layout.update(mesh);
    const { origin, pixelsPerMetre } = buildScene(mesh, layout, { width, height }, () => 0);
    const degree = metresPerDegree(ORIGIN.latitude);
    const found: { seen: number[]; expected: Colour }[] = [];
    let next = 0;
    for (let x = 7; x < width; x += STEP_PX) {
      for (let y = 7; y < height; y += STEP_PX) {
        const seen = pixels[next++]!;
        const east = (x + 0.5 - origin.x) / pixelsPerMetre!;
        const north = (origin.y - y - 0.5) / pixelsPerMetre!;
        const place = {
          longitude: ORIGIN.longitude + east / degree.east,
          latitude: ORIGIN.latitude + north / degree.north,
        };
        const { column, row } = tileOf(place, ZOOM);
        // Too close to an edge a rounded pixel may belong to either.
        if ([column, row].some((at) => Math.abs(at - Math.round(at)) < 0.02)) continue;
        found.push({ seen, expected: colourOf(ZOOM, Math.floor(column), Math.floor(row)) });
      }
    }
    return found;
  }

  async function shareRight(opacity: number): Promise<number> {
    const all = await samples();
    const right = all.filter(({ seen, expected }) => {
      const bent = expected.map((value, i) => Math.abs(value - seen[i]!));
      return Math.max(...bent) <= 3 && Math.abs(seen[3]! - 255 * opacity) <= 3;
    });
    assert.ok(all.length > 500, `${all.length} samples`);
    return right.length / all.length;
  }

  /** Boards, links and their names hide some of it. */
  async function untilDrawn(opacity: number): Promise<void> {
    let share = 0;
    for (let tries = 0; tries < 100 && share < 0.75; tries++) {
      if (tries > 0) await page.waitForTimeout(100);
      share = await shareRight(opacity);
    }
    assert.ok(share >= 0.75, `${Math.round(share * 100)} % of the samples show the tile that belongs there`);
  }

  it('has the right tile at the right place, light and dark, and says who made it', async () => {
    const maker = `<b>Map</b> makers ${HOSTILE[5]!} &lt;img src=x onerror="window.bitten=1"&gt;`;
    const source = await open({ metadata: { attribution: maker } }, undefined, null);
    await page.locator('.connection.live').waitFor();
    assert.deepEqual(
      requested.filter((url) => /map/.test(url)),
      [],
      'a page without a map asks for none',
    );
    source.view = { ...village(), map: ORIGIN };
    await untilDrawn(0.7);
    const note = await page.locator('.map-note').innerText();
    assert.ok(note.includes('Map makers') && note.includes('<img src=x'), note);
    await assertInert(page, server.url);
    assert.equal(await page.locator('.map-note .trouble').count(), 0);
    await page.screenshot({ path: join(pictures, 'map.png') });
    await page.emulateMedia({ colorScheme: 'dark' });
    await untilDrawn(0.35);
    await page.screenshot({ path: join(pictures, 'map-dark.png') });
    const pieces = requested.filter((url) => url.endsWith('/map.pmtiles')).length;
    assert.ok(pieces < 60, `${pieces} requests for one picture`);
    assert.equal(requested.filter((url) => url.endsWith('/map.js')).length, 1);
    // Without its place on Earth the picture is the plain one again.
    source.view = village();
    await page.locator('.map-note').waitFor({ state: 'detached' });
    assert.equal(await shareRight(0.35), 0);
  });

  it('is a sentence and no more when its directory is damaged', async () => {
    await open({}, ({ root }, file) => void writeSync(file, Buffer.alloc(40, 0xff), 0, 40, root));
    await page.locator('.map-note .trouble', { hasText: 'The map is not drawn: a compressed part' }).waitFor();
    assert.equal(await page.locator('tr[data-node]').count(), 8);
    assert.equal(await page.locator('.banner').count(), 0);
    assert.equal(await shareRight(0.7), 0);
  });

  it('leaves out a damaged tile, and says where it shows nothing or too much', async () => {
    const own = tiles.findIndex(({ zoom, column, row }) => zoom === ZOOM && column === COLUMN && row === ROW);
    const bytes = Buffer.alloc(300, 0x41);
    const source = await open({ tiles: tiles.map((tile, i) => (i === own ? { ...tile, bytes } : tile)) });
    await page.locator('.map-note .trouble', { hasText: 'left out: a tile of it is damaged' }).waitFor();
    await untilDrawn(0.7);
    const elsewhere = { latitude: -33.86, longitude: 151.21 };
    source.view = { ...source.view, map: elsewhere };
    await page.locator('.map-note .trouble', { hasText: 'does not show this place' }).waitFor();
    const nodes = source.view.nodes.map((node) => ({ ...node, x: node.x! * 400, y: node.y! * 400 }));
    source.view = { ...source.view, nodes };
    await page.locator('.map-note .trouble', { hasText: 'smaller places than this mesh' }).waitFor();
    source.view = { ...source.view, nodes: [{ ...nodes[0]!, x: null, y: null }, ...nodes.slice(1)] };
    await page.locator('.map-note .trouble', { hasText: 'not every place of a board is known' }).waitFor();
    assert.equal(await page.locator('tr[data-node]').count(), 8);
  });
});
