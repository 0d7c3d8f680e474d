// Debian's Chromium through playwright-core, for the page's tests and its picture. Every start gets a fresh
// profile.
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** False where it can run; otherwise what to do about it, in the form of a test's `skip`. */
export const browserMissing: string | false = existsSync(executablePath)
  ? false
  : 'needs Chromium: apt-get install chromium, or set CHROMIUM to its path';

/** The sandbox needs rights that a container lacks; the page under test is our own. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: ARGUMENTS });
}

/** What shows that a view has data, in the order of the tabs. */
export const VIEWS: [view: string, data: string][] = [
  ['mesh', 'tr[data-node]'],
  ['packets', 'tr[data-packet]'],
  ['node', '[data-board] #board-balance'],
  ['ledger', 'tr[data-account]'],
  ['economy', '#economy-delivery'],
  ['dao', 'tr[data-rate]'],
  ['boards', 'tr[data-port]'],
  ['simulate', '.form select:has(option:nth-child(5))'],
];
