// Takes the pictures in docs/ from a running gateway:
//   node --import tsx test/dashboard/take-picture.ts http://127.0.0.1:8640
// Waits until the page is live and has packets, then writes docs/dashboard.png and docs/dashboard-dark.png.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { browserMissing, launchBrowser } from './browser.ts';

const docs = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs');
const url = process.argv[2] ?? 'http://127.0.0.1:8640';
if (browserMissing !== false) {
  console.error(`take-picture ${browserMissing}`);
  process.exit(1);
}
mkdirSync(docs, { recursive: true });
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1080 } });
  await page.goto(url);
  await page.locator('tr[data-packet]').nth(8).waitFor({ timeout: 120_000 });
  // A picture without frames on the air would hide that it is live: wait for one log line after the page
  // was opened.
  await page.locator('.activity li').first().waitFor({ timeout: 60_000 });
  for (const [colorScheme, name] of [
    ['light', 'dashboard.png'],
    ['dark', 'dashboard-dark.png'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(docs, name) });
  }
} finally {
  await browser.close();
}
