// What an enemy would have a page show: texts that want to be script, to reorder what stands around them, to hide or to
// push everything aside; the gateway's true answers with such texts in them; and the look that finds any of it alive.
import assert from 'node:assert/strict';
import type { Page, Route } from 'playwright-core';

export const HOSTILE = [
  '<img src=x onerror="window.bitten=1">',
  '</td><script>window.bitten=1</script>',
  'javascript:window.bitten=1',
  `${'long '.repeat(2000)}`,
  'W'.repeat(5000),
  '\u202egnp.exe \u2066 \u0000 \u001b[31m',
  'Z\u0351\u036b\u0343\u036a\u0302'.repeat(40),
  '"\'>{{7*7}}${7*7}',
];
/** Stands in every one of them once they are made of an answer: shown as it is, the text was shown as text. */
export const MARK = '<i>as text</i>';

/** Numbers as the API writes them, dates, and words that the page compares with: nobody outside chooses these. */
const KEPT = new Set(
  (
    'address src next a b from to payer payee where role state at startedAt ledgerId stateRoot hash blockHash parent ' +
    'header key proof id owner guarantor home verdict status receivedBy boards engine kind subject level'
  ).split(' '),
);

/** Every other text of an answer made hostile, and lists that would be empty given one entry. */
export function hostileAnswer(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return KEPT.has(key) ? value : `${MARK}${HOSTILE[value.length % HOSTILE.length]}`;
  if (Array.isArray(value))
    return (value.length > 0 ? value : (EXAMPLES[key] ?? [])).map((one) => hostileAnswer(one, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hostileAnswer(inner, name)]));
}

const at = new Date(0).toISOString();
const EXAMPLES: Record<string, unknown[]> = {
  refusals: [{ at, kind: 'refused', reason: 'a reason', who: '00000001' }],
  refusalCounts: [{ reason: 'a reason', count: 3 }],
  struck: [{ address: '00000001', strikes: 2, admitted: false }],
  violations: ['a violation'],
  printed: ['a print'],
};

/** Answers of the gateway reach the page hostile; the live stream is made of them and ends, so it comes again. */
export async function makeHostile(page: Page): Promise<void> {
  const answer = async (route: Route, change: (json: any) => unknown = (json) => json): Promise<void> => {
    const response = await route.fetch();
    if (!response.headers()['content-type']?.includes('json')) return route.fulfill({ response });
    await route.fulfill({ response, json: hostileAnswer(change(await response.json())) });
  };
  await page.route('**/api/**', (route) => answer(route));
  await page.route('**/api/v1/simulation', (route) => answer(route, (json) => ({ ...json, ...SIMULATED })));
  await page.route('**/api/v1/ports', (route) => answer(route, (json) => [...json, PORT]));
  await page.route('**/api/v1/proposals', (route) => answer(route, (json) => [...json, PROPOSAL]));
  await page.route('**/api/v1/repl', (route) =>
    route.request().method() === 'POST' ? route.fulfill({ json: hostileAnswer(TURN) }) : answer(route),
  );
  const log = hostileAnswer({ at, level: 'error', text: 'a log' });
  const body = `event: log\ndata: ${JSON.stringify(log)}\n\n`;
  await page.route('**/api/events*', (route) => route.fulfill({ contentType: 'text/event-stream', body }));
}

const SIMULATED = {
  scenario: 'honest',
  nodes: 1,
  hours: 1,
  state: 'failed',
  reason: 'a reason',
  mesh: { nodes: [], links: [] },
  result: {
    ...{ verdict: 'missed', targets: [{ name: 'a target', verdict: 'missed' }], violations: [], conserved: false },
    ...{ honestDelivery: 1, baselineDelivery: 1, starvedHonest: 0, attackers: 0 },
    ...{ attackerNetGain: 0, attackerBound: 0, gini: 0 },
  },
};
const PORT = {
  ...{ path: '/dev/tty', stableName: 'stable', bridge: 'bridge', likelyBoards: ['board'], holders: ['holder'] },
  ...{ accessible: true, ours: false },
};
const PROPOSAL = {
  ...{ number: 1, owner: '00'.repeat(32), action: 'an-action', subject: 'aa', value: 1, state: 'voting' },
  ...{ countsAt: 9, effectAt: 0, yes: 0, no: 0 },
};
const TURN = { where: '00000001', value: null, error: 'an error', printed: [] };

/** Nothing of what came from outside is alive, reorders or hides text, or is wider than the window. */
export async function assertInert(page: Page, origin: string, where = ''): Promise<void> {
  assert.equal(await page.evaluate('window.bitten'), undefined, where);
  assert.equal(await page.locator('main img, main script, iframe, object, style').count(), 0, where);
  assert.equal(await page.locator('i', { hasText: 'as text' }).count(), 0, where);
  const links: string[] = await page.locator('main a').evaluateAll((all: any[]) => all.map((one) => one.href));
  assert.deepEqual(
    links.filter((link) => !link.startsWith(`${origin}/`)),
    [],
    where,
  );
  // What a person reads or hears; with its element, for the report.
  const texts: { text: string; place: string }[] = await page
    .locator('body *')
    .evaluateAll((all: any[]) =>
      all.flatMap((one) =>
        [
          ...[...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data),
          ...['title', 'aria-label', 'placeholder', 'alt'].map((name) => one.getAttribute(name) ?? ''),
        ].map((text) => ({ text, place: one.cloneNode(false).outerHTML.slice(0, 200) })),
      ),
    );
  const steering = texts.find(({ text }) => /[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u001b]/.test(text));
  assert.equal(steering?.place, undefined, `${where} has a text that steers`);
  const long = texts.find(({ text }) => text.length > 4500);
  assert.equal(long?.place, undefined, `${where} shows a text in all its length`);
  assert.equal(
    await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
    true,
    `${where} is too wide`,
  );
}
