// The main job as a user sees it: the real command, the built bundle on virtual boards, a real pty, a real store. A
// reading crosses three hops, its relays are paid, the chain shows it; a killed gateway goes on where it stopped.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { MeshView, Status } from '../../host-tools/gateway/view.ts';
import {
  GatewayProcess, accountOf, channelsOf, ledgerNodesOf, meshOf, paramsOf, statusOf, temporaryDirectory, until,
} from './gateway-process.ts';

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

/** Links that one board has paid to another, by the ledger's own record of their channels. */
async function settled(url: string, mesh: MeshView, payer: string, payee: string): Promise<number> {
  const [from, to] = [payer, payee].map((name) => mesh.nodes.find((node) => node.name === name)!.address);
  const channels = await channelsOf(url, from!);
  return channels.filter((one) => one.payer === from && one.payee === to).reduce((sum, one) => sum + one.settled, 0);
}

/** The sum over every account, added up here from what the API says of each at one height. */
async function sumOf(url: string): Promise<{ sum: number; supply: number }> {
  for (;;) {
    const before = await paramsOf(url);
    const nodes = await ledgerNodesOf(url);
    const owners = [...new Set([...nodes, ...before.gateways].map(({ owner }) => owner))];
    const accounts = await Promise.all(owners.map((owner) => accountOf(url, `owner:${owner}`)));
    if ((await paramsOf(url)).height !== before.height) continue;
    const balances = [...nodes, ...before.pools, ...accounts].map(({ balance }) => balance);
    return { sum: balances.reduce((a, b) => a + b, 0), supply: before.supply };
  }
}

test('a reading from three hops away arrives, its relays earn, its sender pays, the sum stays', async () => {
  const url = await gateway.url(START_MS);
  assert.match(gateway.output, /VIRTUAL mesh of 4 boards/);
  const before = await sumOf(url);
  assert.equal(before.sum, before.supply);
  // board-3 pays board-2 for what it sends, which pays board-1 for its part of that and for its own readings.
  const paid = async (mesh: MeshView): Promise<[number, number]> =>
    [await settled(url, mesh, 'board-3', 'board-2'), await settled(url, mesh, 'board-2', 'board-1')];
  const mesh = await until(() => meshOf(url), (view) => {
    const money = balances(view);
    const far = view.nodes.find(({ name }) => name === 'board-3')!;
    return far.hops === 3 && money.get('board-1')! > 0 && money.get('board-2')! !== 0 && money.get('board-3')! < 0;
  }, SETTLE_MS);
  const [toSecond, toFirst] = await until(() => paid(mesh), ([first, second]) => first > 0 && second > 0, SETTLE_MS);
  assert.ok(mesh.nodes.find(({ name }) => name === 'board-3')!.delivered > 0);
  const status = await statusOf(url);
  assert.ok(status.claims > 1 && status.settledCredits > 0);
  const { linkValue } = await paramsOf(url);
  assert.ok(status.settledCredits >= (toSecond + toFirst) * linkValue, 'what was settled was settled in links');
  const now = balances(await meshOf(url));
  assert.ok(now.get('board-3')! < 0, 'who only sends owes');
  assert.ok(now.get('board-1')! > 0, 'who carries for two has earned');
  const after = await sumOf(url);
  assert.deepEqual(after, before);
  assert.equal(status.conserved, true);
  assert.equal(status.nodes, 4);
  assert.equal(status.boards, 'virtual');
  assert.match(status.stateRoot, /^[0-9a-f]{64}$/);
  assert.doesNotMatch(gateway.output, /\(code \d+\)/, 'refusals are told in words');
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
