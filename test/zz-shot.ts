import { chromium } from 'playwright-core';
import { startHttpServer } from '/work/main/host-tools/gateway/http/server.ts';
import { FakeGateway, village, crowd } from '/work/main/test/gateway/http/fake-source.ts';
import { mkdtempSync } from 'node:fs';
const g = new FakeGateway();
const mode = process.argv[2] ?? 'village';
g.view = mode === 'crowd' ? crowd(300) : mode === 'free' ? crowd(24) : mode === 'empty' ? {nodes:[],links:[]} : village();
if (mode !== 'empty') {
const names = g.view.nodes.slice(1, 8);
for (let i = 0; i < 40; i++) { const n = names[(i * 5) % names.length]!;
  g.addPacket({ src: n.address, name: n.name, hops: n.hops ?? 2, kind: i % 11 === 4 ? 'claim' : i % 7 === 3 ? 'text' : i % 13 === 6 ? 'open' : 'reading', backed: i % 6 !== 5, bytes: 40 + (i % 9), text: i % 11 === 4 ? 'chain 3, link 412' : i % 7 === 3 ? 'gate left open at the lower field' : i % 13 === 6 ? 'chain 4 to church tower' : `temperature ${12 + i % 8}.${i % 10} °C, battery 3.${80 + i % 9} V` });
  g.addBlock(i % 6 === 2 ? 2 : 0, i % 6 === 2 ? 832 : 0); }
g.figures = { ...g.figures, height: 1284, delivered: 3127, receipts: 3098, payments: 2411, claims: 214, settledCredits: 182430, uptimeS: 1290 };
}
const server = await startHttpServer({ host: '127.0.0.1', port: 0, source: g });
const browser = await chromium.launchPersistentContext(mkdtempSync('/tmp/chr-'), { executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox', '--disable-gpu', '--disable-quic','--no-first-run','--disable-background-networking','--disable-component-update','--disable-sync'], viewport: { width: 1440, height: 1080 } });
const page = await browser.newPage();
page.on('console', (m) => console.log('console', m.text())); page.on('pageerror', (e) => console.log('pageerror', e));
async function shot(name: string, w: number, h: number, dark: boolean, full = false) {
  await page.setViewportSize({ width: w, height: h });
  await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
  await page.goto(server.url); await page.waitForSelector(mode==='empty'?'.empty':'[data-packet]'); await page.waitForSelector('.connection.live');
  if (mode === 'village') {
  g.emit({ type: 'log', data: { at: new Date().toISOString(), level: 'info', text: 'block 1283: 2 claims settled, 832 credits to church tower and mill bridge' } });
  g.emit({ type: 'log', data: { at: new Date().toISOString(), level: 'info', text: 'reading from river gauge delivered over 3 hops, 42 bytes' } });
  await page.waitForTimeout(300);
  g.emit({ type: 'frame', data: { from: '00000005', kind: 'data', bytes: 70, receivedBy: ['00000004'] } });
  g.emit({ type: 'frame', data: { from: '00000003', kind: 'hello', bytes: 70, receivedBy: ['00000001', '00000007', '00000006'] } });
  await page.waitForTimeout(150);
  g.emit({ type: 'frame', data: { from: '00000002', kind: 'data', bytes: 70, receivedBy: ['00000001', '00000004', '00000006'] } });
  g.emit({ type: 'frame', data: { from: '00000006', kind: 'receipt', bytes: 70, receivedBy: ['00000008', '00000002'] } });
  await page.waitForTimeout(350);
  } else await page.waitForTimeout(1500);
  await page.screenshot({ path: `/work/main/test/screenshots/${name}.png`, fullPage: full });
}
await shot(`${mode}-light`, 1440, 1080, false);
await shot(`${mode}-dark`, 1440, 1080, true);
await shot(`${mode}-phone`, 390, 844, false, true);
await browser.close(); await server.close();
