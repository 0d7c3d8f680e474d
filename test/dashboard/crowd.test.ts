// Three hundred boards: a simulated mesh, its frames and packets fed through the gateway's own event path to the
// real server, watched in the browser. Printed: input to paint and memory. Asserted: that nothing is missing and
// that memory does not grow. The long form of ten minutes: FAIRHOP_CROWD_S=600 node --import tsx --test
// test/dashboard/crowd.test.ts
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { Flag } from '#protocol';
import { FRAME_NAMES } from '../../host-tools/gateway/frame-names.ts';
import { startHttpServer, type HttpServer } from '../../host-tools/gateway/http/server.ts';
import { addressText } from '../../host-tools/provision/identity.ts';
import { DEFAULTS } from '../../host-tools/simulator/params.ts';
import { cooperator } from '../../host-tools/simulator/players/takers.ts';
import { World } from '../../host-tools/simulator/world.ts';
import { FakeGateway } from '../gateway/http/fake-source.ts';
import { browserMissing, launchBrowser } from './browser.ts';

const BOARDS = 300;
const WATCHED_S = Number(process.env.FAIRHOP_CROWD_S ?? 12);
const STEP_MS = 100;
const SOON_MS = 100;

if (browserMissing !== false) it('three hundred boards in a browser', { skip: browserMissing });

/** The world of the simulator as a source of the gateway's events: frames as they are sent, packets as they arrive. */
class SimulatedSource extends FakeGateway {
  private readonly world: World;
  private ticker: NodeJS.Timeout | undefined;
  private delivered = 0;

  constructor() {
    super();
    this.world = new World({
      params: { ...DEFAULTS, nodes: BOARDS, chains: 1, packetS: 20, hours: 24 },
      seed: 7,
      cooperative: true,
      everybody: cooperator,
      wrap: (player) => player,
    });
    this.world.start();
    this.world.ether.onTransmission = ({ station, frame, receivedBy }) => {
      const kind = FRAME_NAMES[frame[0]! & Flag.TYPE] ?? 'other';
      const to = receivedBy.map((index) => this.text(index));
      this.emit({ type: 'frame', data: { from: this.text(station), kind, bytes: frame.length, receivedBy: to } });
    };
    // Routes and traffic come about before anybody looks.
    this.world.scheduler.runUntil(60_000);
    this.view = this.meshNow();
  }

  private text(index: number): string {
    return addressText(this.world.nodes[index]!.address);
  }

  private meshNow(): FakeGateway['view'] {
    const { nodes, place } = this.world;
    const blank = { next: null, balance: 0, lastSeenS: null, delivered: 0 };
    return {
      nodes: nodes.map(({ index }) => ({
        ...blank,
        address: this.text(index),
        name: `board ${index}`,
        role: index === 0 ? 'gateway' : 'node',
        ...place.positions[index]!,
        hops: place.hops[index]!,
        balance: ((index * 7919) % 2001) - 1000,
      })),
      links: place.near.flatMap((near, index) =>
        near
          .filter((other) => other > index)
          .map((other) => ({
            a: this.text(index),
            b: this.text(other),
            rssiDbm: -100,
            rssiBackDbm: -101,
            qualityAb: 1,
            qualityBa: 1,
            payableLinks: 8,
          })),
      ),
      map: null,
    };
  }

  /** At the pace of a clock. */
  go(): void {
    this.ticker = setInterval(() => {
      this.world.scheduler.runFor(STEP_MS);
      const { delivered } = this.world.packets;
      for (; this.delivered < delivered; this.delivered++) {
        const { address, name } = this.view.nodes[1 + (this.delivered % (BOARDS - 1))]!;
        this.addPacket({ src: address, name, text: `packet ${this.delivered}` });
      }
      if (this.delivered % 10 === 0) this.addBlock();
    }, STEP_MS);
  }

  stop(): void {
    clearInterval(this.ticker);
  }
}

describe('three hundred boards', { skip: browserMissing, timeout: 900_000 }, () => {
  let source: SimulatedSource;
  let server: HttpServer;
  let browser: Browser;
  let page: Page;
  let cdp: CDPSession;
  before(async () => {
    source = new SimulatedSource();
    server = await startHttpServer({ host: '127.0.0.1', port: 0, source });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.addInitScript(MEASURE);
    await page.goto(server.url);
    await page
      .locator('tr[data-node]')
      .nth(BOARDS - 1)
      .waitFor({ state: 'attached' });
    cdp = await page.context().newCDPSession(page);
    source.go();
  });
  after(async () => {
    source.stop();
    await browser.close();
    await server.close();
  });

  async function heapBytes(): Promise<number> {
    await cdp.send('HeapProfiler.collectGarbage');
    return (await cdp.send('Runtime.getHeapUsage')).usedSize;
  }

  it('answers a reader while packets flow, in memory that stays', async (t) => {
    const use = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        await page
          .locator('tr[data-node] button')
          .nth(i % 12)
          .click();
        await page.mouse.move(200 + ((i * 97) % 600), 200 + ((i * 61) % 400));
      }
      await page.getByRole('link', { name: 'Packets' }).click();
      await page.getByLabel('Search in packets').fill('packet');
      await page.getByRole('link', { name: 'Mesh', exact: true }).click();
      await page.locator('tr[data-node]').first().waitFor();
    };
    await use(12);
    const heaps = [await heapBytes()];
    const began = performance.now();
    const passedS = (): number => (performance.now() - began) / 1000;
    do {
      await use(12);
      if (passedS() >= 60 * heaps.length) heaps.push(await heapBytes());
    } while (passedS() < WATCHED_S);
    const after = await heapBytes();
    // In the long form from the first minute on: by then every bounded list of the page is near its bound.
    const before = heaps[Math.min(1, heaps.length - 1)]!;
    const times = ((await page.evaluate('window.inputs')) as number[]).sort((a, b) => a - b);
    const median = Math.round(times[times.length >> 1]!);
    const late = median > SOON_MS ? `, over ${SOON_MS} on this busy computer` : '';
    t.diagnostic(`input to paint: median ${median} ms of ${times.length}${late}`);
    const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);
    t.diagnostic(`memory of the page: ${heaps.map(mb).join(', ')} MB a minute apart, at the end ${mb(after)} MB`);
    assert.ok(times.length >= 20);
    // Everything is bounded: what it holds after more of the same is what it held, with room for the collector's taste.
    assert.ok(after < before * 1.25 + 3e6, `${mb(before)} MB grew to ${mb(after)} MB`);
  });

  it('shows every packet that came, and every board', async () => {
    source.stop();
    await page.getByRole('link', { name: 'Packets' }).click();
    await page.getByLabel('Search in packets').fill('');
    const newest = source.kept.packets.at(-1)!.id;
    assert.ok(newest > 20, `${newest} packets came`);
    await page.locator(`tr[data-packet="${newest}"]`).waitFor();
    const ids: string[] = await page
      .locator('tr[data-packet]')
      .evaluateAll((all) => all.map((row) => row.getAttribute('data-packet')!));
    assert.deepEqual(
      ids.map(Number),
      Array.from(ids, (_, i) => newest - i),
    );
    await page.getByRole('link', { name: 'Mesh', exact: true }).click();
    assert.equal(await page.locator('tr[data-node]').count(), BOARDS);
  });
});

/** From the browser's stamp of an input to the first task after the frame that followed it. */
const MEASURE = `
  window.inputs = [];
  const watch = (event) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => window.inputs.push(performance.now() - event.timeStamp);
    channel.port2.postMessage(0);
  });
  for (const type of ['pointerdown', 'input']) addEventListener(type, watch, { capture: true, passive: true });
`;
