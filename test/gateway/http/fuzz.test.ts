// Thousands of requests of every sort, by a seeded generator: each gets an answer that is no server
// error, and afterwards the server is as it was: no stream, no listener, no growing memory.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { startHttpServer } from '../../../host-tools/gateway/http/server.ts';
import { FakeGateway, village } from './fake-source.ts';
import { ask, sendRaw } from './http-client.ts';

const paths = [
  '/',
  '/api/status',
  '/api/packets',
  '/api/blocks',
  '/api/openapi.json',
  '/app.js',
  '/api/events',
  '/nothing',
];
const names = ['after', 'below', 'limit', 'token', '__proto__', ''];
const printable = fc
  .string({ minLength: 0, maxLength: 40 })
  .map((text) => text.replace(/[^\x21-\x7e]/g, '~'));
const query = fc.array(fc.tuple(fc.constantFrom(...names), fc.oneof(fc.nat().map(String), printable)), {
  maxLength: 4,
});
const header = fc.constantFrom(
  'host',
  'origin',
  'cookie',
  'authorization',
  'last-event-id',
  'if-none-match',
  'range',
  'expect',
);
const wellFormed = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE'),
  path: fc.constantFrom(...paths),
  query,
  headers: fc.array(fc.tuple(header, printable), { maxLength: 3 }),
});
const malformed = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(printable, printable, printable)
    .map(([a, b, c]) => Buffer.from(`${a} /${b} HTTP/1.1\r\n${c}\r\n\r\n`)),
);

function asBytes({
  method,
  path,
  query,
  headers,
}: {
  method: string;
  path: string;
  query: string[][];
  headers: string[][];
}): string {
  const search = query.map(([name, value]) => `${name}=${value}`).join('&');
  const hasHost = headers.some(([name]) => name === 'host');
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  // A stream would stay open; asking for it by HEAD goes the same way up to that point.
  const verb = path === '/api/events' && method === 'GET' ? 'HEAD' : method;
  const own = hasHost ? '' : 'Host: localhost\r\n';
  return `${verb} ${path}?${search} HTTP/1.1\r\n${own}Connection: close\r\n${lines}\r\n`;
}

/** FAIRHOP_FUZZ=100000 is the long form (docs/operating.md). */
const REQUESTS = Number(process.env.FAIRHOP_FUZZ ?? '3000');
const BATCH = 20;

describe('a flood of odd requests', { timeout: 120_000 + 20 * REQUESTS }, () => {
  it('is answered without a server error, and leaves the server as it was', async (t) => {
    const gateway = new FakeGateway();
    gateway.view = village();
    for (let i = 0; i < 50; i += 1) gateway.addPacket();
    const faults: unknown[] = [];
    const limits = { burstRequests: 1e9, requestsPerSecond: 1e9 };
    const server = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      source: gateway,
      limits,
      onFault: (e) => faults.push(e),
    });
    t.after(() => server.close());
    const statuses = new Map<string, number>();
    const seed = 20_260_501;
    let heapAfterHalf = 0;
    for (let i = 0; i < REQUESTS; i += BATCH) {
      // Made as they are needed: a hundred thousand kept in memory would hide what the server keeps.
      const requests = [
        ...fc.sample(wellFormed, { numRuns: (BATCH * 3) / 4, seed: seed + i }).map(asBytes),
        ...fc.sample(malformed, { numRuns: BATCH / 4, seed: seed + i }),
      ];
      const answers = await Promise.all(requests.map((bytes) => sendRaw(server.url, bytes)));
      for (const answer of answers) {
        const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'closed';
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      if (i === REQUESTS / 2) heapAfterHalf = heapUsed();
    }
    t.diagnostic(
      `seed ${seed}: ${[...statuses]
        .sort()
        .map(([status, n]) => `${n} x ${status}`)
        .join(', ')}`,
    );
    assert.deepEqual(faults, []);
    assert.deepEqual(
      [...statuses.keys()].filter((status) => status.startsWith('5')),
      [],
    );
    assert.ok(
      statuses.get('200')! > 100 && statuses.get('400')! > 100,
      'the generator must reach both sides',
    );
    assert.equal(gateway.listeners, 1);
    assert.deepEqual((await ask(server.url, '/api/status')).json, gateway.status());
    const growth = heapUsed() - heapAfterHalf;
    t.diagnostic(`heap growth over the second half: ${Math.round(growth / 1024)} kB`);
    assert.ok(growth < 2 * 1024 * 1024, `the heap grew by ${growth} bytes`);
  });
});

/** After a full collection, so that what is counted is what is held. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
