// The webhook against a real HTTP server that fails on command: packets arrive in order and once, failures are
// repeated, the queue is bounded, and closing does not wait for anybody.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { AddressInfo } from 'node:net';
import { Webhook } from '../../host-tools/exports/webhook.ts';
import type { PacketView } from '../../host-tools/gateway/view.ts';
import { until } from '../e2e/gateway-process.ts';
import { FakeGateway } from '../gateway/http/fake-source.ts';

describe('the webhook', { timeout: 120_000 }, () => {
  let server: Server;
  let url: string;
  let answers: number[];
  let got: { id: number; key: string }[];
  let told: string[];
  const source = new FakeGateway();
  const packet = (): PacketView => source.addPacket();
  before(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => (body += part));
      request.on('end', () => {
        response.statusCode = answers.shift() ?? 204;
        if (response.statusCode === 302) response.setHeader('Location', `${url}/elsewhere`);
        if (response.statusCode < 300)
          got.push({ id: (JSON.parse(body) as PacketView).id, key: String(request.headers['idempotency-key']) });
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());
  beforeEach(() => {
    [answers, got, told] = [[], [], []];
  });

  const make = (options: object = {}): Webhook =>
    new Webhook({ url, pauseMs: 1, tell: (text) => told.push(text), ...options });

  it('delivers in order, repeats what failed, and says so once', async () => {
    const hook = make();
    answers = [500, 503, 302];
    const sent = [packet(), packet(), packet()];
    for (const one of sent) hook.push(one);
    await until(
      async () => got.length,
      (count) => count === 3,
      60_000,
    );
    assert.deepEqual(
      got,
      sent.map(({ id }) => ({ id, key: `fairhop-${id}` })),
    );
    assert.equal(told.length, 2);
    assert.match(told[0]!, /answered 500/);
    assert.match(told[1]!, /answers again/);
    await hook.close();
    assert.deepEqual(hook.counters, { delivered: 3, dropped: 0, failures: 3 });
  });

  it('keeps a bounded number while the other side is away, and drops the oldest', async () => {
    const hook = make({ url: 'http://127.0.0.1:1', queueMax: 5, triesMax: 1000, pauseMs: 60_000 });
    const sent = Array.from({ length: 20 }, packet);
    for (const one of sent) hook.push(one);
    assert.equal(hook.waiting, 5);
    // One is under way; of the other nineteen, five wait.
    assert.equal(hook.counters.dropped, 14);
    await hook.close();
  });

  it('gives a packet up after its tries, and goes on with the next', async () => {
    const hook = make({ triesMax: 2 });
    answers = [500, 500];
    const [lost, next] = [packet(), packet()];
    hook.push(lost);
    hook.push(next);
    await until(
      async () => got.length,
      (count) => count === 1,
      60_000,
    );
    assert.equal(got[0]!.id, next.id);
    await hook.close();
    assert.equal(hook.counters.dropped, 1);
  });

  it('refuses what is no web address', () => {
    for (const wrong of ['', 'nonsense', 'file:///etc/passwd', 'ftp://host/'])
      assert.throws(() => make({ url: wrong }), RangeError, wrong);
  });
});
