// Every view against the real gateway with a virtual mesh: live data soon after opening, figures equal to the API's, a
// proof checked in the browser and a bent one found out, the token asked for every change, nothing that axe-core finds,
// phone width, no request elsewhere, and a killed gateway that leaves no gap.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { OPENAPI } from '../../host-tools/gateway/http/openapi.ts';
import { GatewayProcess, statusOf, temporaryDirectory, until } from '../e2e/gateway-process.ts';
import { browserMissing, launchBrowser, VIEWS } from './browser.ts';
import { assertInert, makeHostile, MARK } from './hostile.ts';

const pictures = join(dirname(fileURLToPath(import.meta.url)), '..', 'screenshots');
const START_MS = 120_000;
/** So soon a view should live; printed, not asserted, because time must not decide a test. */
const SOON_MS = 2000;
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const numberIn = (text: string): number =>
  Number(text.replaceAll(/[,+]/g, '').replace('\u2212', '-').split(' ')[0]);

if (browserMissing !== false) it('every view in a browser', { skip: browserMissing });

describe('every view', { skip: browserMissing, timeout: 280_000 }, () => {
  const data = temporaryDirectory();
  const foreign: string[] = [];
  const trouble: string[] = [];
  let gateway: GatewayProcess;
  let browser: Browser;
  let url: string;
  before(async () => {
    gateway = start('0');
    browser = await launchBrowser();
    url = await gateway.url(START_MS);
    await until(
      () => statusOf(url),
      (now) => now.height > 2 && now.delivered > 4,
      START_MS,
    );
  });
  after(async () => {
    await browser.close();
    await gateway.end();
    data.remove();
  });

  function start(port: string): GatewayProcess {
    const args = ['up', '--data', data.path, '--boards', '3', '--reading', '2', '--http', `127.0.0.1:${port}`];
    return new GatewayProcess(args);
  }

  const api = async (path: string): Promise<any> => (await fetch(`${url}${path}`)).json();

  function watch(page: Page): void {
    page.on('request', (request) => request.url().startsWith(`${url}/`) || foreign.push(request.url()));
    page.on('pageerror', (error) => trouble.push(error.message));
  }

  async function open(view: string, context?: BrowserContext): Promise<Page> {
    const page = await (context ?? browser).newPage();
    watch(page);
    await page.goto(`${url}/#/${view}`);
    return page;
  }

  /** Both sides move: they are asked until they agree, or the last difference is told. */
  async function agrees(page: () => Promise<unknown>, gateways: () => Promise<unknown>): Promise<void> {
    let [shown, said]: unknown[] = [];
    for (let tries = 0; tries < 80; tries++) {
      [shown, said] = [await page(), await gateways()];
      if (JSON.stringify(shown) === JSON.stringify(said)) return;
      await new Promise((done) => setTimeout(done, 200));
    }
    assert.deepEqual(shown, said);
  }

  const textOf = (page: Page, place: string): Promise<string> => page.locator(place).first().innerText();
  /** A data attribute of each row, and the number in one of its cells. */
  const rows = (page: Page, name: string, cell: number): Promise<[string, string][]> =>
    page
      .locator(`tr[data-${name}]`)
      .evaluateAll(
        (all, [key, index]) =>
          all.map((row) => [row.getAttribute(`data-${key}`)!, row.children[index]!.textContent!]),
        [name, cell] as const,
      );

  /** What every change needs; the gateway made it. */
  const token = (): string => readFileSync(join(data.path, 'api-token'), 'utf8').trim();

  it('shows live data soon after opening', async (t) => {
    for (const [view, place] of VIEWS) {
      const began = performance.now();
      const opened = await open(view);
      await opened.locator(place).first().waitFor();
      const ms = Math.round(performance.now() - began);
      t.diagnostic(`${view}: data ${ms} ms after opening${ms > SOON_MS ? ', which is late' : ''}`);
      await opened.locator('.connection.live').waitFor();
      await opened.close();
    }
  });

  it('shows the figures of the API', async () => {
    const page = await open('mesh');
    await page.locator('tr[data-node]').first().waitFor();
    const sorted = (pairs: [string, number][]): [string, number][] => pairs.sort();
    const shownOf = async (name: string, cell: number): Promise<[string, number][]> =>
      sorted((await rows(page, name, cell)).map(([key, text]) => [key, numberIn(text)]));
    await agrees(
      () => shownOf('node', 1),
      async () => sorted((await api('/api/mesh')).nodes.map((one: any) => [one.address, one.balance])),
    );
    await agrees(
      async () => numberIn(await textOf(page, '#height')),
      async () => (await statusOf(url)).height,
    );
    await page.goto(`${url}/#/packets`);
    await agrees(
      async () => (await rows(page, 'packet', 8)).slice(0, 5),
      async () => (await api('/api/packets?limit=5')).reverse().map((one: any) => [String(one.id), one.text]),
    );
    await page.goto(`${url}/#/ledger`);
    await agrees(
      () => shownOf('account', 2),
      async () => {
        const [nodes, params, owners] = await Promise.all(
          ['nodes', 'params', 'owners'].map((path) => api(`/api/v1/${path}`)),
        );
        return sorted([
          ...nodes.map((one: any) => [`node:${one.address}`, one.balance]),
          ...params.pools.map((one: any) => [`pool:${one.number}`, one.balance]),
          ...owners.map((one: any) => [`owner:${one.key}`, one.balance]),
        ] as [string, number][]);
      },
    );
    await page.goto(`${url}/#/economy`);
    await agrees(
      async () => [await textOf(page, '#economy-gini'), numberIn(await textOf(page, '#economy-pools'))],
      async () => {
        const now = await api('/api/v1/economy');
        const held = now.pools.reduce((sum: number, pool: any) => sum + pool.balance, 0);
        return [(now.giniPerMille / 1000).toFixed(3), held];
      },
    );
    await page.goto(`${url}/#/dao`);
    await agrees(
      () => shownOf('rate', 1),
      async () => sorted((await api('/api/v1/params')).rates.map((one: any) => [one.name, one.value])),
    );
    await page.close();
  });

  it('shows a board as the API has it, and its console', async () => {
    const far = (await api('/api/mesh')).nodes[1];
    const page = await open(`node/${far.address}`);
    await page.locator('tr[data-neighbour]').first().waitFor({ timeout: START_MS });
    await agrees(
      async () => numberIn(await textOf(page, '#board-balance')),
      async () => (await api(`/api/v1/boards/${far.address}`)).balance,
    );
    await agrees(
      async () => (await rows(page, 'neighbour', 1)).map(([address, text]) => [address, numberIn(text)]),
      async () =>
        (await api(`/api/v1/boards/${far.address}`)).neighbours.map((one: any) => [one.address, one.rssiDbm]),
    );
    await page.goto(`${url}/#/boards`);
    const [line] = await api('/api/v1/lines?limit=200');
    await page
      .locator('.console li', { hasText: line.text.slice(0, 40) })
      .first()
      .waitFor();
    const [port] = await api('/api/v1/ports');
    assert.equal(await page.locator(`tr[data-port="${port.path}"]`).count(), 1);
    await page.close();
  });

  it('shows the receipt of a packet travelling back', async () => {
    const page = await open('packets');
    const wayOf = ({ src, seq }: any): Promise<any> => api(`/api/v1/receipts/${src}-${seq}`);
    // Not every receipt survives the air; one does.
    const back = async (): Promise<any[]> => {
      const packets = (await api('/api/packets?limit=10')).filter((one: any) => one.path.length > 0);
      const ways = await Promise.all(packets.map(wayOf));
      return packets.filter((_: unknown, i: number) => ways[i].complete);
    };
    const [packet] = await until(back, ({ length }) => length > 0, START_MS);
    await page.locator(`tr[data-packet="${packet.id}"] button`).click();
    await page.locator('.receipt[data-complete="true"]').waitFor();
    const { steps } = await wayOf(packet);
    assert.equal(steps.at(-1).to, packet.src);
    const shown = await page.locator('.receipt small').allInnerTexts();
    assert.deepEqual(
      shown,
      steps.map(({ afterMs }: any) => `${(afterMs / 1000).toFixed(1)} s`),
    );
    await page.close();
  });

  it('verifies a balance in the browser, and finds a bent proof out', async () => {
    const page = await open('ledger');
    const { address } = (await api('/api/mesh')).nodes[1];
    const prove = page.locator(`tr[data-account="node:${address}"] button`);
    await prove.click();
    await page.locator('.proof[data-holds="true"]').waitFor();
    assert.match(await textOf(page, '.proof .verdict'), /^True/);
    await page.getByRole('button', { name: 'Turn one bit over' }).click();
    await page.locator('.proof[data-holds="false"]').waitFor();
    assert.match(await textOf(page, '.proof .verdict'), /^False/);
    await page.getByRole('button', { name: 'Check the true one' }).click();
    await page.locator('.proof[data-holds="true"]').waitFor();
    // A gateway that says a larger balance, or shows another block's header, is found out as well.
    for (const lie of [
      (view: any) => ({ ...view, balance: view.balance + 1 }),
      (view: any) => ({ ...view, header: `ff${view.header.slice(2)}` }),
      (view: any) => ({ ...view, stateRoot: `00${view.stateRoot.slice(2)}` }),
    ]) {
      await page.route('**/api/v1/proofs/*', async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, json: lie(await answer.json()) });
      });
      await prove.click();
      await page.locator('.proof[data-holds="false"]').waitFor();
      await page.unroute('**/api/v1/proofs/*');
      await prove.click();
      await page.locator('.proof[data-holds="true"]').waitFor();
    }
    await page.close();
  });

  it('needs the token for every change, and simulates with it', async () => {
    const changing = Object.entries<any>(OPENAPI.paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((method) => method !== 'get')
        .map((method) => ({ path, method: method.toUpperCase() })),
    );
    assert.ok(changing.some(({ path }) => path === '/api/v1/repl') && changing.length >= 5);
    for (const { path, method } of changing) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}${path}`, { method, body: '{}', headers });
      assert.equal(answer.status, 401, `${method} ${path}`);
    }
    const page = await open('simulate');
    await page.getByLabel('Scenario').selectOption('honest');
    await page.getByLabel('Nodes').fill('5');
    await page.getByLabel('Hours').fill('1');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByRole('alert').filter({ hasText: 'token' }).waitFor();
    assert.equal((await api('/api/v1/simulation')).state, 'idle');
    await page.getByLabel('Token').fill(token());
    await page.getByRole('button', { name: 'Run' }).click();
    await page.locator('[data-state="done"]').waitFor({ timeout: 120_000 });
    const { result, mesh } = await api('/api/v1/simulation');
    assert.equal(await page.locator('[data-verdict]').getAttribute('data-verdict'), result.verdict);
    assert.equal(result.conserved, true);
    assert.equal(mesh.nodes.length, 5);
    await page.close();
  });

  it("talks to a board's interpreter with the token, and shows what comes back as text", async () => {
    const page = await open('boards');
    const targets = await api('/api/v1/repl');
    assert.deepEqual(
      targets.map((one: any) => one.where).slice(0, 3),
      (await api('/api/mesh')).nodes.map((one: any) => one.address),
    );
    const line = page.getByLabel('Line', { exact: true });
    const send = async (text: string): Promise<void> => {
      await line.fill(text);
      await line.press('Enter');
    };
    await page.locator('.form select').selectOption(targets[2].where);
    await send('mark=7');
    await page.getByRole('alert').filter({ hasText: 'token' }).waitFor();
    await page.getByLabel('Token').fill('wrong-token-of-somebody');
    await line.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'token' }).waitFor();
    assert.equal(await page.locator('[data-turn]').count(), 0);
    await page.getByLabel('Token').fill(token());
    const answers = async (): Promise<string[]> =>
      page.locator('[data-turn] .value, [data-turn] .error').allInnerTexts();
    const asked = async (text: string): Promise<string> => {
      const before = (await answers()).length;
      await send(text);
      await page.locator('[data-turn]').nth(before).waitFor();
      return (await answers())[before]!;
    };
    assert.equal(await asked('typeof mark'), '"undefined"', 'what was refused was not carried out');
    const settings = await asked('require("Storage").readJSON("fh.node").address');
    assert.equal(Number(settings).toString(16).padStart(8, '0'), targets[2].where, 'it is the chosen board');
    assert.match(await asked('no.such.thing'), /no/);
    assert.equal(
      await asked('"<img src=x onerror=window.bitten=1>\u202e\u0007"'),
      '"<img src=x onerror=window.bitten=1>\\u{202e}\\u0007"',
    );
    await asked('print("<script>window.bitten=1</script>")');
    await page.locator('[data-turn] .quiet', { hasText: '<script>window' }).waitFor();
    await line.press('ArrowUp');
    assert.equal(await line.inputValue(), 'print("<script>window.bitten=1</script>")');
    assert.equal(await page.evaluate('window.bitten'), undefined);
    assert.equal(await page.locator('main img, main script').count(), 0);
    await page.screenshot({ path: join(pictures, 'prompt.png') });
    await page.close();
  });

  it('is clean for axe-core in both schemes, and fits a phone', async () => {
    // The rules come from outside the page, which its own policy would refuse.
    const context = await browser.newContext({ bypassCSP: true });
    const page = await open('mesh', context);
    const clean = async (view: string, rules: string): Promise<void> => {
      const found: any[] = await page.evaluate(`axe.run(${rules}).then(({ violations }) => violations)`);
      const places = (one: any): string =>
        one.nodes
          .slice(0, 3)
          .map((node: any) => node.target)
          .join(', ');
      assert.deepEqual(
        found.map((one) => `${view}: ${one.id} at ${places(one)}`),
        [],
      );
    };
    for (const [view, place] of VIEWS) {
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(`${url}/#/${view}`);
      await page.locator(place).first().waitFor();
      await page.evaluate(`window.axe ?? (() => { ${axeSource} })()`);
      await clean(view, '{}');
      // Only colours differ between the schemes.
      await page.emulateMedia({ colorScheme: 'dark' });
      await clean(view, "{ runOnly: ['color-contrast'] }");
      await page.setViewportSize({ width: 390, height: 844 });
      const width = await page.evaluate('document.documentElement.scrollWidth');
      assert.equal(width, 390, `${view} scrolls sideways on a phone`);
    }
    await context.close();
  });

  it('shows hostile names, texts and reasons as text on every view', async (t) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    t.after(async () => {
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.close();
    });
    watch(page);
    await makeHostile(page);
    await page.goto(url);
    for (const [view, place] of VIEWS) {
      await page.evaluate(`location.hash = '#/${view}'`);
      await page.locator(place).first().waitFor();
      for (const opener of await page
        .locator('main tr button')
        .all()
        .then((all) => all.slice(0, 2)))
        await opener.click();
      if (view === 'boards') {
        await page.getByLabel('Line', { exact: true }).fill('1');
        await page.getByRole('button', { name: 'Send' }).click();
        await page.locator('[data-turn]').waitFor();
      }
      await page.locator('main', { hasText: MARK }).waitFor();
      await assertInert(page, url, view);
      await page.setViewportSize({ width: 390, height: 844 });
      await assertInert(page, url, `${view} on a phone`);
      await page.setViewportSize({ width: 1280, height: 900 });
    }
  });

  it('goes on after kill and restart, without a gap in the packets', async () => {
    const page = await open('packets');
    await page.locator('tr[data-packet]').first().waitFor();
    const ids = async (): Promise<number[]> => (await rows(page, 'packet', 0)).map(([id]) => Number(id));
    const [before] = await ids();
    gateway.signal('SIGKILL');
    await gateway.exited;
    await page.locator('.banner', { hasText: 'does not answer' }).waitFor();
    gateway = start(new URL(url).port);
    await gateway.url(START_MS);
    await page.locator('.connection.live').waitFor({ timeout: START_MS });
    await until(ids, ([newest]) => newest! > before! + 3, START_MS);
    const shown = await ids();
    assert.deepEqual(
      shown,
      Array.from(shown, (_, i) => shown[0]! - i),
    );
    assert.ok(shown.includes(before!), 'what was there before is still shown');
    assert.equal(await page.locator('tr.gap').count(), 0);
    await page.close();
  });

  it('asked nobody but its own gateway, and threw nothing', () => {
    assert.deepEqual(foreign, []);
    assert.deepEqual(trouble, []);
  });
});
