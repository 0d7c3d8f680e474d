// The event stream: nothing lost between connections, whatever broke; paced figures; and bounds that a
// client which does not read cannot push.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  startHttpServer,
  type HttpServer,
  type HttpServerOptions,
} from '../../../host-tools/gateway/http/server.ts';
import { emptyStore, FakeGateway, village } from './fake-source.ts';
import { ask, Follower, openSocket } from './http-client.ts';

/** Some tests poll; the pace of one address is not their matter. */
const LOOSE = { burstRequests: 100_000, requestsPerSecond: 100_000 };

async function serve(
  t: TestContext,
  source: FakeGateway,
  options: Partial<HttpServerOptions> = {},
): Promise<HttpServer> {
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, source, ...options });
  t.after(() => server.close());
  return server;
}

function upTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

describe('the event stream', { timeout: 60_000 }, () => {
  it('starts with status and mesh, then carries packets under their own number', async (t) => {
    const gateway = new FakeGateway();
    gateway.view = village();
    gateway.addPacket();
    const server = await serve(t, gateway);
    const follower = await Follower.open(server.url);
    await follower.until(() => follower.of('mesh').length > 0);
    assert.equal(follower.response.headers['content-type'], 'text/event-stream; charset=utf-8');
    assert.deepEqual(follower.of('mesh')[0]!.data, gateway.mesh());
    const sent = gateway.addPacket({ text: 'two\nlines\r\n\n' });
    await follower.until(() => follower.of('packet').length > 0);
    assert.deepEqual(follower.of('packet')[0], { event: 'packet', id: '2', data: sent });
    follower.close();
  });

  it('replays what was missed, once and in order, by Last-Event-ID before the address', async (t) => {
    const gateway = new FakeGateway();
    const server = await serve(t, gateway);
    for (let i = 0; i < 9; i += 1) gateway.addPacket();
    const byHeader = await Follower.open(server.url, '/api/events?after=1', { 'Last-Event-ID': '4' });
    const byAddress = await Follower.open(server.url, '/api/events?after=7');
    gateway.addPacket();
    await byHeader.until(() => byHeader.packetIds().includes(10));
    await byAddress.until(() => byAddress.packetIds().includes(10));
    assert.deepEqual(byHeader.packetIds(), upTo(10, 5));
    assert.deepEqual(byAddress.packetIds(), upTo(10, 8));
    byHeader.close();
    byAddress.close();
  });

  it('has no gap across a restart of the gateway', async (t) => {
    const kept = emptyStore();
    const first = new FakeGateway(kept);
    const before = await startHttpServer({ host: '127.0.0.1', port: 0, source: first });
    const follower = await Follower.open(before.url, '/api/events?after=0');
    for (let i = 0; i < 5; i += 1) first.addPacket();
    await follower.until(() => follower.packetIds().length === 5);
    await before.close();
    await follower.until(() => follower.ended);
    first.addPacket();
    first.addPacket();
    const second = new FakeGateway(kept);
    const after = await serve(t, second, { port: Number(new URL(before.url).port) });
    const lastId = follower.events.filter((event) => event.id !== null).at(-1)!.id!;
    const resumed = await Follower.open(after.url, '/api/events?after=0', { 'Last-Event-ID': lastId });
    second.addPacket();
    await resumed.until(() => resumed.packetIds().includes(8));
    assert.deepEqual([...follower.packetIds(), ...resumed.packetIds()], upTo(8));
    resumed.close();
  });

  it('fills a hole that the source left in its events', async (t) => {
    const gateway = new FakeGateway();
    const server = await serve(t, gateway);
    const follower = await Follower.open(server.url, '/api/events?after=0');
    await follower.until(() => follower.of('mesh').length > 0);
    const { kept } = gateway;
    for (const id of [1, 2]) kept.packets.push({ ...new FakeGateway().addPacket(), id });
    gateway.addPacket();
    await follower.until(() => follower.packetIds().length === 3);
    assert.deepEqual(follower.packetIds(), [1, 2, 3]);
    follower.close();
  });

  it('replays at most its bound, the newest, and all of a younger store', async (t) => {
    const gateway = new FakeGateway();
    for (let i = 0; i < 50; i += 1) gateway.addPacket();
    const server = await serve(t, gateway, { limits: { replayPacketsMax: 20 } });
    const late = await Follower.open(server.url, '/api/events?after=10');
    await late.until(() => late.packetIds().includes(50));
    assert.deepEqual(late.packetIds(), upTo(50, 31));
    // A client of another data directory knows a number that this one has not reached.
    const stranger = await Follower.open(server.url, '/api/events', { 'Last-Event-ID': '7000' });
    await stranger.until(() => stranger.packetIds().includes(50));
    assert.deepEqual(stranger.packetIds(), upTo(50, 31));
    late.close();
    stranger.close();
  });

  it('refuses a resume number that is none', async (t) => {
    const server = await serve(t, new FakeGateway());
    for (const id of ['x', '-1', '1&limit=2', '1e3', '99999999999999999999']) {
      assert.equal(
        (await ask(server.url, '/api/events', { headers: { 'Last-Event-ID': id } })).status,
        400,
        id,
      );
    }
  });

  it('paces status and mesh by its own clock, and sends an unchanged mesh once', async (t) => {
    const gateway = new FakeGateway();
    gateway.view = village();
    const server = await serve(t, gateway, {
      limits: { statusEveryMs: 20, meshEveryMs: 40, heartbeatMs: 30 },
    });
    const follower = await Follower.open(server.url);
    for (let i = 0; i < 50; i += 1) {
      gateway.emit({ type: 'status', data: gateway.status() });
      gateway.emit({ type: 'mesh', data: gateway.mesh() });
    }
    await follower.until(() => follower.of('status').length >= 12 && follower.comments >= 3);
    // One on opening, one by the first tick; none of the fifty, and no repetition.
    assert.ok(follower.of('mesh').length <= 2);
    assert.ok(follower.of('status').length < 50);
    const before = follower.of('mesh').length;
    gateway.view = { nodes: gateway.view.nodes.slice(0, 3), links: [], map: null };
    await follower.until(() => follower.of('mesh').length > before);
    assert.deepEqual(follower.of('mesh').at(-1)!.data, gateway.view);
    follower.close();
  });

  it('goes on when the source throws inside an event or a tick', async (t) => {
    const gateway = new FakeGateway();
    const faults: unknown[] = [];
    const limits = { statusEveryMs: 10, meshEveryMs: 10 };
    const server = await serve(t, gateway, { limits, onFault: (error) => faults.push(error) });
    const follower = await Follower.open(server.url);
    await follower.until(() => follower.of('status').length > 2);
    gateway.broken = true;
    while (faults.length === 0) await new Promise((wake) => setImmediate(wake));
    gateway.broken = false;
    const seen = follower.of('status').length;
    await follower.until(() => follower.of('status').length > seen + 1);
    follower.close();
  });

  it('bounds the number of streams and gives the place back', async (t) => {
    const gateway = new FakeGateway();
    const server = await serve(t, gateway, { limits: { ...LOOSE, streamsPerAddressMax: 2 } });
    const one = await Follower.open(server.url);
    const two = await Follower.open(server.url);
    await two.until(() => two.events.length > 0);
    const refused = await ask(server.url, '/api/events');
    assert.equal(refused.status, 503);
    assert.equal(refused.headers['retry-after'], '10');
    one.close();
    for (let status = 503; status !== 200;) {
      const next = await Follower.open(server.url);
      status = next.response.statusCode!;
      next.close();
    }
    two.close();
  });

  it('drops a client that does not read, and keeps serving the others', async (t) => {
    const gateway = new FakeGateway();
    const limits = {
      ...LOOSE,
      streamSoftBytes: 64 * 1024,
      streamHardBytes: 512 * 1024,
      streamsPerAddressMax: 2,
    };
    const server = await serve(t, gateway, { limits });
    const reader = await Follower.open(server.url, '/api/events?after=0');
    const idle = openSocket(server.url);
    t.after(() => idle.destroy());
    idle.pause();
    idle.write('GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    while ((await ask(server.url, '/api/events', { method: 'HEAD' })).status !== 503)
      await reader.until(() => true);
    // Until what the system buffers for the idle client is full, and its place is free again.
    const text = 'x'.repeat(64 * 1024);
    let sent = 0;
    for (let status = 503; status !== 200;) {
      for (let i = 0; i < 4; i += 1) gateway.addPacket({ text });
      sent += 4;
      await reader.until(() => reader.packetIds().length === sent);
      status = (await ask(server.url, '/api/events', { method: 'HEAD' })).status;
      assert.ok(sent < 600, 'the idle client was never dropped');
    }
    assert.deepEqual(reader.packetIds(), upTo(sent));
    reader.close();
  });

  it('ends its streams and forgets the source when it closes', async () => {
    const gateway = new FakeGateway();
    const server = await startHttpServer({ host: '127.0.0.1', port: 0, source: gateway });
    const follower = await Follower.open(server.url);
    assert.equal(gateway.listeners, 1);
    await server.close();
    await follower.until(() => follower.ended).catch(() => undefined);
    assert.equal(gateway.listeners, 0);
    await assert.rejects(ask(server.url, '/api/status'), { code: 'ECONNREFUSED' });
  });
});
