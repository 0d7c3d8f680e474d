// The page in a real browser, against the real server with a source that the test moves: what is shown
// equals what the API says, it stays live, it survives restarts without a gap, and nothing hostile comes
// alive in it.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startHttpServer, type HttpServer, type HttpServerOptions } from '../../host-tools/gateway/http/server.ts';
import { crowd, emptyStore, FakeGateway, village } from '../gateway/http/fake-source.ts';
import { ask } from '../gateway/http/http-client.ts';
import { browserMissing, launchBrowser } from './browser.ts';
import { assertInert, HOSTILE } from './hostile.ts';

const pictures = join(dirname(fileURLToPath(import.meta.url)), '..', 'screenshots');
const limits = { statusEveryMs: 100, meshEveryMs: 100 };

function busyVillage(): FakeGateway {
  const gateway = new FakeGateway();
  gateway.view = village();
  const boards = gateway.view.nodes.slice(1);
  for (let i = 0; i < 40; i += 1) {
    const { address: src, name } = boards[(i * 5) % boards.length]!;
    gateway.addPacket({
      src,
      name,
      backed: i % 6 !== 5,
      text: `temperature ${12 + (i % 8)}.${i % 10} °C`,
    });
    gateway.addBlock(i % 6 === 2 ? 2 : 0, i % 6 === 2 ? 832 : 0);
  }
  gateway.figures.receipts = 39;
  gateway.figures.settledCredits = 182_430;
  return gateway;
}

// A skipped suite counts as nothing; a skipped test is counted and names its remedy.
if (browserMissing !== false) it('the page in a browser', { skip: browserMissing });

/** An element of the page, as far as these tests look; the browser's own types are not loaded here. */
interface Labelled {
  dataset: Record<string, string>;
}

describe('the page', { skip: browserMissing, timeout: 180_000 }, () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let server: HttpServer;
  let trouble: string[];
  let requested: string[];
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1440, height: 1080 } });
    page = await context.newPage();
    trouble = [];
    requested = [];
    page.on('pageerror', (error) => trouble.push(error.message));
    // A broken connection is the browser's own message; everything else, refused loads among it, is ours.
    page.on('console', (message) => {
      // These servers have no ledger: views.test.ts shows the views that need one, against a real gateway.
      if (message.type() === 'error' && !/ERR_|404/.test(message.text())) trouble.push(message.text());
    });
    page.on('request', (request) => requested.push(request.url()));
  });
  afterEach(async () => {
    await context.close();
    await server.close();
    assert.deepEqual(trouble, []);
    assert.deepEqual(
      requested.filter((url) => !url.startsWith(server.url)),
      [],
      'no request may leave the origin',
    );
  });

  async function open(
    source: FakeGateway,
    view = 'mesh',
    options: Partial<HttpServerOptions> = {},
  ): Promise<void> {
    server = await startHttpServer({ host: '127.0.0.1', port: 0, source, limits, ...options });
    await page.goto(`${server.url}/#/${view}`);
    await page.locator('.connection.live').waitFor();
  }

  const show = (view: string): Promise<unknown> => page.evaluate(`location.hash = '#/${view}'`);
  const figureOf = async (id: string): Promise<number> =>
    Number((await page.locator(`#${id}`).innerText()).replaceAll(',', ''));
  const rowsOf = (name: string): Promise<number[]> =>
    page
      .locator(`tr[data-${name}]`)
      .evaluateAll((rows, key) => rows.map((row) => Number((row as unknown as Labelled).dataset[key])), name);

  it('shows the figures of the API', async () => {
    await open(busyVillage());
    const { json: status } = await ask(server.url, '/api/status');
    for (const id of ['height', 'delivered', 'receipts', 'claims', 'settledCredits', 'supply']) {
      assert.equal(await figureOf(id), status[id], id);
    }
    assert.equal(await page.locator('#conserved').innerText(), 'conserved');
    assert.match(await page.locator('.running').innerText(), /8 virtual boards\s+engine vm/);
    const { json: mesh } = await ask(server.url, '/api/mesh');
    for (const node of mesh.nodes) {
      const cells = await page.locator(`tr[data-node="${node.address}"] td`).allInnerTexts();
      assert.ok(cells[0]!.startsWith(node.name));
      assert.equal(Number(cells[1]!.replaceAll(/[,+]/g, '').replace('\u2212', '-')), node.balance);
    }
    await show('packets');
    await page.locator('tr[data-packet]').first().waitFor();
    const { json: packets } = await ask(server.url, '/api/packets?limit=60');
    assert.deepEqual(await rowsOf('packet'), packets.map((packet: any) => packet.id).reverse());
    await show('ledger');
    await page.locator('tr[data-block]').first().waitFor();
    const { json: blocks } = await ask(server.url, '/api/blocks?limit=60');
    assert.deepEqual(
      await rowsOf('block'),
      blocks.map((block: any) => block.height),
    );
  });

  it('follows what happens', async () => {
    const gateway = busyVillage();
    await open(gateway);
    gateway.addPacket({ text: 'a new message' });
    gateway.addBlock(3, 999);
    gateway.emit({
      type: 'log',
      data: { at: new Date().toISOString(), level: 'info', text: 'claim settled' },
    });
    await page.locator('.activity', { hasText: 'claim settled' }).waitFor();
    await page.locator('#height', { hasText: '41' }).waitFor();
    await show('packets');
    await page.locator('tr[data-packet="41"]', { hasText: 'a new message' }).waitFor();
    await show('ledger');
    await page.locator('tr[data-block="41"]', { hasText: '999' }).waitFor();
    await show('mesh');
    gateway.view = {
      ...gateway.view,
      nodes: [...gateway.view.nodes, { ...gateway.view.nodes[3]!, address: '00000009', name: 'late comer' }],
    };
    await page.locator('tr[data-node="00000009"]', { hasText: 'late comer' }).waitFor();
  });

  it('reconnects after a restart without a gap in packets and blocks', async () => {
    const kept = emptyStore();
    const first = new FakeGateway(kept);
    first.view = village();
    for (let i = 0; i < 3; i += 1) first.addPacket();
    await open(first, 'packets');
    first.addPacket();
    await page.locator('tr[data-packet="4"]').waitFor();
    await server.close();
    await page.locator('.banner', { hasText: 'does not answer' }).waitFor();
    for (let i = 0; i < 5; i += 1) {
      first.addPacket();
      first.addBlock();
    }
    const second = new FakeGateway(kept);
    second.view = village();
    server = await startHttpServer({
      host: '127.0.0.1',
      port: Number(new URL(server.url).port),
      source: second,
      limits,
    });
    await page.locator('.connection.live').waitFor();
    second.addPacket();
    await page.locator('tr[data-packet="10"]').waitFor();
    assert.deepEqual(await rowsOf('packet'), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    await show('ledger');
    await page.locator('tr[data-block="5"]').waitFor();
    assert.equal(await page.locator('.banner').count(), 0);
  });

  it('says so when the gateway no longer keeps what was missed', async () => {
    const gateway = new FakeGateway(emptyStore(3));
    gateway.addPacket();
    await open(gateway, 'packets');
    await page.locator('tr[data-packet="1"]').waitFor();
    const port = Number(new URL(server.url).port);
    await server.close();
    for (let i = 0; i < 9; i += 1) gateway.addPacket();
    server = await startHttpServer({ host: '127.0.0.1', port, source: gateway, limits });
    await page.locator('tr[data-packet="10"]').waitFor();
    assert.match(await page.locator('tr.gap').innerText(), /^6 packets in between/);
  });

  it('drops what belongs to another ledger', async () => {
    const gateway = busyVillage();
    await open(gateway, 'packets');
    const port = Number(new URL(server.url).port);
    await server.close();
    const other = new FakeGateway();
    other.figures.ledgerId = 'ffffffffffffffff';
    other.view = village();
    other.addPacket({ text: 'of the other ledger' });
    server = await startHttpServer({ host: '127.0.0.1', port, source: other, limits });
    await page.locator('tr[data-packet="1"]', { hasText: 'of the other ledger' }).waitFor();
    assert.deepEqual(await rowsOf('packet'), [1]);
    await show('ledger');
    await page.getByText('The chain has no block yet').waitFor();
  });

  it('shows hostile names and payloads as text', async () => {
    const gateway = busyVillage();
    gateway.view.nodes.forEach((node, i) => (node.name = HOSTILE[i % HOSTILE.length]!));
    for (const text of HOSTILE) gateway.addPacket({ name: text, src: text.slice(0, 8), text });
    await open(gateway);
    await show('packets');
    await page.locator(`tr[data-packet="${40 + HOSTILE.length}"]`).waitFor();
    assert.ok((await page.locator('tr[data-packet="41"]').innerText()).includes('<img src=x'));
    await page.locator('tr[data-packet="41"] button').click();
    await page.locator('tr.parts').waitFor();
    await assertInert(page, server.url);
    await show('mesh');
    await page.locator('tr[data-node] button').first().click();
    await page.locator('.detail').waitFor();
    gateway.emit({ type: 'log', data: { at: 'x', level: 'error', text: HOSTILE[0]! } });
    await page.locator('.activity .error').waitFor();
    await assertInert(page, server.url);
    await page.screenshot({ path: join(pictures, 'hostile.png') });
  });

  it('works by keyboard, and names its controls and tables', async () => {
    await open(busyVillage());
    const focus = (): Promise<string> => page.evaluate('document.activeElement.textContent');
    for (let i = 0; i < 24 && (await focus()) !== 'church tower'; i += 1) await page.keyboard.press('Tab');
    assert.equal(await focus(), 'church tower');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'The chosen board' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'church tower', pressed: true }).count(), 1);
    await page.getByRole('button', { name: 'Close' }).press('Enter');
    await page.locator('.detail').waitFor({ state: 'detached' });
    await page.getByRole('region', { name: 'Boards, the highest' }).waitFor();
    assert.equal(await page.locator('table').count(), await page.locator('table > caption').count());
    await page.getByRole('img', { name: /^Graph of 8 boards and 11 radio links/ }).waitFor();
    assert.equal(await page.locator('h1').count(), 1);
  });

  it('selects a board in the graph by pointing at it', async () => {
    await open(busyVillage());
    const box = (await page.locator('.canvas').boundingBox())!;
    let found = '';
    // The orchard stands somewhere on the map: walk over it until a board answers.
    for (let y = 20; y < box.height && found === ''; y += 16) {
      for (let x = 20; x < box.width && found === ''; x += 16) {
        await page.mouse.move(box.x + x, box.y + y);
        if ((await page.locator('.canvas.pointing').count()) === 0) continue;
        await page.mouse.click(box.x + x, box.y + y);
        found = await page.locator('.detail h3').innerText();
      }
    }
    assert.ok(
      village().nodes.some((node) => node.name === found),
      found,
    );
  });

  it('stops painting when nothing moves, and paints a frame on the air', async () => {
    await page.addInitScript(
      `{ const ask = requestAnimationFrame;
         window.frames_asked = 0;
         window.requestAnimationFrame = (f) => { window.frames_asked += 1; return ask(f); }; }`,
    );
    const gateway = busyVillage();
    await open(gateway);
    const asked = (): Promise<number> => page.evaluate('window.frames_asked');
    const ink = (canvas: number): Promise<number> =>
      page.evaluate(`{ const c = document.querySelectorAll('.canvas canvas')[${canvas}];
        const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
        data.reduce((n, v) => n + (v > 0 ? 1 : 0), 0) }`);
    while ((await ink(0)) < 10_000) await page.waitForTimeout(20);
    // A loop that never rests asks for a frame between any two figures; the page must come to ask for none.
    let height = 1000;
    for (let frames = 1; frames > 0;) {
      const before = await asked();
      height += 1;
      assert.ok(height < 1050, 'the page never rests');
      gateway.figures.height = height;
      await page.locator('#height', { hasText: height.toLocaleString('en-US') }).waitFor();
      frames = (await asked()) - before;
    }
    const atRest = await asked();
    gateway.emit({
      type: 'frame',
      data: { from: '00000002', kind: 'DATA', bytes: 70, receivedBy: ['00000001', 'nobody'] },
    });
    await page.waitForFunction(`window.frames_asked > ${atRest}`);
    let most = 0;
    for (let tries = 0; tries < 50 && most === 0; tries += 1) most = await ink(1);
    assert.ok(most > 0, 'the frame is drawn');
  });

  it('says what to do while there is nothing to show, and when money is wrong', async () => {
    const gateway = new FakeGateway();
    gateway.figures.conserved = false;
    await open(gateway);
    for (const [view, text] of [
      ['mesh', 'No board has been heard yet'],
      ['packets', 'No packet has arrived yet'],
      ['node', 'No board is known yet'],
      ['ledger', 'The chain has no block yet'],
      ['economy', 'there is nothing at this path'],
    ] as const) {
      await show(view);
      await page.getByText(text).waitFor();
    }
    await page.getByRole('alert').filter({ hasText: 'do not add up' }).waitFor();
    await page.screenshot({ path: join(pictures, 'empty.png') });
  });

  it('asks for the token, and works with it', async () => {
    const token = 'correct-horse-battery';
    server = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      source: busyVillage(),
      limits,
      token,
    });
    const refused = await page.goto(server.url);
    assert.equal(refused!.status(), 401);
    await page.goto(`${server.url}/?token=${token}`);
    await page.locator('.connection.live').waitFor();
    assert.equal(page.url(), `${server.url}/`, 'the token must not stay in the address');
    await context.clearCookies();
    await server.close();
    const port = Number(new URL(server.url).port);
    server = await startHttpServer({ host: '127.0.0.1', port, source: busyVillage(), limits, token });
    await page.getByRole('alert').filter({ hasText: 'asks for its token' }).waitFor();
    // It tries on, and each try is refused: what is told after this belongs to no test.
    await page.goto('about:blank');
    trouble = trouble.filter((text) => !text.includes('401'));
  });

  for (const [name, width, height, colorScheme] of [
    ['light', 1440, 1080, 'light'],
    ['dark', 1440, 1080, 'dark'],
    ['tablet', 900, 1200, 'light'],
    ['phone', 390, 844, 'dark'],
  ] as const) {
    it(`fits a ${name} window`, async () => {
      mkdirSync(pictures, { recursive: true });
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      const gateway = busyVillage();
      await open(gateway);
      await page.locator('tr[data-node]').first().waitFor();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
      gateway.emit({
        type: 'frame',
        data: { from: '00000002', kind: 'data', bytes: 70, receivedBy: ['00000001', '00000004'] },
      });
      await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
    });
  }

  it('draws three hundred boards without positions', async () => {
    const gateway = new FakeGateway();
    gateway.view = crowd(300);
    await open(gateway);
    await page.locator('tr[data-node]').nth(299).waitFor({ state: 'attached' });
    await page.screenshot({ path: join(pictures, 'crowd.png') });
  });
});
