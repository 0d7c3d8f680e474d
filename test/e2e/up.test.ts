// The main job as a user sees it: the real command, the built bundle on virtual boards, a real pty, a real store. A
// reading crosses three hops, its relays are paid, the chain shows it; a killed gateway goes on where it stopped.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { MeshView, Status } from '../../host-tools/gateway/view.ts';
import { GatewayProcess, meshOf, statusOf, temporaryDirectory, until } from './gateway-process.ts';

/** Generous: other tests share the machine, and time must not decide. */
const START_MS = 120_000;
const SETTLE_MS = 240_000;

const data = temporaryDirectory();
let gateway = start();
after(async () => {
  await gateway.end();
  data.remove();
});

function start(): GatewayProcess {
  return new GatewayProcess(['up', '--data', data.path, '--boards', '4', '--reading', '5', '--http', '127.0.0.1:0']);
}

function balances(mesh: MeshView): Map<string, number> {
  return new Map(mesh.nodes.map(({ name, balance }) => [name, balance]));
}

test('a reading from three hops away arrives, its relays earn, its sender pays, the sum stays', async () => {
  const url = await gateway.url(START_MS);
  assert.match(gateway.output, /VIRTUAL mesh of 4 boards/);
  const mesh = await until(() => meshOf(url), (view) => {
    const money = balances(view);
    const far = view.nodes.find(({ name }) => name === 'board-3')!;
    return far.hops === 3 && money.get('board-1')! > 0 && money.get('board-2')! !== 0 && money.get('board-3')! < 0;
  }, SETTLE_MS);
  const far = mesh.nodes.find(({ name }) => name === 'board-3')!;
  assert.ok(far.delivered > 0);
  // What board-3 paid went to board-2, which paid board-1 its part: each relay on the way has income on the ledger.
  const status = await statusOf(url);
  assert.ok(status.claims > 0 && status.settledCredits > 0);
  assert.equal(status.conserved, true);
  assert.equal(status.nodes, 4);
  assert.equal(status.boards, 'virtual');
  assert.match(status.stateRoot, /^[0-9a-f]{64}$/);
});

test('the figures grow', async () => {
  const url = await gateway.url(START_MS);
  const before = await statusOf(url);
  const grown = (now: Status): boolean =>
    now.height > before.height && now.delivered > before.delivered && now.receipts > before.receipts;
  await until(() => statusOf(url), grown, SETTLE_MS);
});

test('killed in the middle and started again: the same chain goes on and no credit is lost', async () => {
  const url = await gateway.url(START_MS);
  const before = await statusOf(url);
  gateway.signal('SIGKILL');
  await gateway.exited;
  gateway = start();
  const next = await gateway.url(START_MS);
  const after = await statusOf(next);
  assert.equal(after.ledgerId, before.ledgerId);
  assert.ok(after.height >= before.height, `${after.height} after ${before.height}`);
  assert.ok(after.settledCredits >= before.settledCredits);
  assert.equal(after.supply, before.supply);
  assert.equal(after.conserved, true);
  // The boards lost their memory too: they find their places on the chains again and traffic is paid as before.
  const paid = (now: Status): boolean => now.delivered > before.delivered && now.claims > before.claims;
  const later = await until(() => statusOf(next), paid, SETTLE_MS);
  assert.equal(later.conserved, true);
});

test('Ctrl-C stops it cleanly', async () => {
  gateway.signal('SIGINT');
  assert.equal(await gateway.exited, 0);
  assert.match(gateway.output, /stopping; the chain is at height \d+/);
});
