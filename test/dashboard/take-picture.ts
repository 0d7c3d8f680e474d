// Takes the pictures in docs/ from a running gateway (npm run picture):
//   node --import tsx test/dashboard/take-picture.ts http://127.0.0.1:8640 [api-token]
// Waits until each view is live and has data, then writes docs/dashboard*.png. With the token it types at
// a board's prompt and runs a simulation too.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { browserMissing, launchBrowser } from './browser.ts';

const docs = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs');
const [, , url = 'http://127.0.0.1:8640', token] = process.argv;
const PATIENCE_MS = 120_000;

if (browserMissing !== false) {
  console.error(`take-picture ${browserMissing}`);
  process.exit(1);
}
mkdirSync(docs, { recursive: true });
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(PATIENCE_MS);
  await mesh(page);
  await view(page, 'packets', 'tr[data-packet]:nth-child(9)');
  const paid = page.locator('tr[data-packet]', { has: page.locator('.mark.good') }).first();
  await paid.locator('button').click();
  // The receipt's way, unless the packet is older than the gateway remembers.
  await page.locator('.receipt[data-complete="true"]').waitFor({ timeout: 10_000 }).catch(() => {});
  await shot(page, 'packets');
  await view(page, 'node', 'tr[data-neighbour]');
  await page.locator('.chooser select').selectOption({ index: 1 });
  await page.locator('tr[data-neighbour]').first().waitFor();
  await shot(page, 'node');
  await view(page, 'ledger', 'tr[data-account]');
  await page.locator('tr[data-account^="node:"] button').nth(1).click();
  await page.locator('.proof[data-holds="true"]').waitFor();
  await shot(page, 'ledger');
  await view(page, 'economy', '#economy-gini');
  await shot(page, 'economy');
  if (token !== undefined) {
    await prompt(page, token);
    await simulation(page, token);
  }
} finally {
  await browser.close();
}

/** Without frames on the air the picture would hide that it is live: it waits for a packet after opening. */
async function mesh(page: Page): Promise<void> {
  await view(page, 'mesh', 'tr[data-node]');
  const before = await page.locator('#delivered').innerText();
  while ((await page.locator('#delivered').innerText()) === before) await page.waitForTimeout(100);
  for (const [colorScheme, name] of [
    ['light', ''],
    ['dark', 'dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(500);
    await shot(page, name);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

async function prompt(page: Page, apiToken: string): Promise<void> {
  await view(page, 'boards', '.form select');
  await page.locator('.form select').selectOption({ index: 2 });
  await page.getByLabel('Token').fill(apiToken);
  for (const [i, line] of ['process.memory().free', 'require("Storage").list()'].entries()) {
    await page.getByLabel('Line', { exact: true }).fill(line);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('[data-turn]').nth(i).waitFor();
  }
  await shot(page, 'boards');
}

async function simulation(page: Page, apiToken: string): Promise<void> {
  await view(page, 'simulate', '.form select:has(option:nth-child(5))');
  await page.getByLabel('Nodes').fill('24');
  await page.getByLabel('Hours').fill('24');
  await page.getByLabel('Token').fill(apiToken);
  await page.getByRole('button', { name: 'Run' }).click();
  // A look at the world once its lines have begun.
  await page.locator('.waiting').first().waitFor();
  await page.locator('.waiting').first().waitFor({ state: 'detached' });
  await page.waitForTimeout(3000);
  await shot(page, 'simulate');
  await page.getByRole('button', { name: 'Stop' }).click();
}

async function view(page: Page, name: string, data: string): Promise<void> {
  await page.goto(`${url}/#/${name}`);
  await page.locator(data).first().waitFor();
}

async function shot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(docs, name === '' ? 'dashboard.png' : `dashboard-${name}.png`) });
}
