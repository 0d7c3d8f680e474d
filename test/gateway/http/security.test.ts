// Who may ask, and from where: host names, other sites, tokens, sizes, methods, pace; and the headers that
// tell the browser to be as strict.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startHttpServer, type HttpServer } from '../../../host-tools/gateway/http/server.ts';
import { FakeGateway } from './fake-source.ts';
import { ask, sendRaw } from './http-client.ts';

const TOKEN = 'correct-horse-battery';
const LOOSE = { burstRequests: 100_000, requestsPerSecond: 100_000 };

describe('an open gateway on loopback', () => {
  let server: HttpServer;
  before(async () => {
    server = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      source: new FakeGateway(),
      limits: LOOSE,
    });
  });
  after(() => server.close());

  it('answers to its own names only', async () => {
    const port = new URL(server.url).port;
    for (const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      'localhost',
      'LOCALHOST:1',
      `[::1]:${port}`,
    ]) {
      assert.equal((await ask(server.url, '/api/status', { headers: { host } })).status, 200, host);
    }
    const foreign = [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1.evil.example',
      'localhost.',
      '192.168.1.5',
      '0.0.0.0',
      'a b',
    ];
    for (const host of foreign) {
      const answer = await ask(server.url, '/api/status', { headers: { host } });
      assert.equal(answer.status, 403, host);
      assert.ok(answer.json.remedy.length > 0);
    }
    assert.match(
      await sendRaw(server.url, 'GET /api/status HTTP/1.1\r\nHost: \r\n\r\n'),
      /^HTTP\/1\.1 403 /,
    );
    assert.match(await sendRaw(server.url, 'GET /api/status HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 403 /);
    assert.match(await sendRaw(server.url, 'GET /api/status HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400 /);
  });

  it('refuses other sites, but lets a link open the page', async () => {
    const own = new URL(server.url).origin;
    const cases: [string, Record<string, string>, number][] = [
      ['/api/status', { origin: 'https://evil.example' }, 403],
      ['/api/status', { origin: 'null' }, 403],
      ['/api/status', { origin: own }, 200],
      ['/api/status', { origin: 'http://127.0.0.1:1' }, 403],
      ['/api/status', { 'sec-fetch-site': 'cross-site' }, 403],
      ['/api/status', { 'sec-fetch-site': 'same-site' }, 403],
      ['/api/status', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 403],
      ['/api/events', { 'sec-fetch-site': 'cross-site' }, 403],
      ['/api/status', { 'sec-fetch-site': 'same-origin' }, 200],
      ['/', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, 200],
      ['/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 200],
      ['/app.js', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    ];
    for (const [path, headers, status] of cases) {
      assert.equal(
        (await ask(server.url, path, { headers })).status,
        status,
        JSON.stringify([path, headers]),
      );
    }
  });

  it('sends strict headers with every answer', async () => {
    for (const path of ['/', '/app.js', '/api/status', '/nothing', '/api/packets?limit=x']) {
      const { headers } = await ask(server.url, path);
      const policy = headers['content-security-policy']!;
      assert.match(policy, /default-src 'self'(;|$)/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.ok(!/unsafe|\*|https?:|data:|blob:/.test(policy), policy);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['x-frame-options'], 'DENY');
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
      assert.equal(headers['access-control-allow-origin'], undefined);
      assert.equal(headers['x-powered-by'], undefined);
    }
  });

  it('refuses every other method and names the allowed ones', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      const answer = await ask(server.url, '/api/status', { method });
      assert.equal(answer.status, 405, method);
      assert.equal(answer.headers.allow, 'GET, HEAD');
    }
  });

  it('refuses bodies, long addresses and long headers', async () => {
    const body = await ask(server.url, '/api/status', {
      headers: { 'content-length': '5' },
      body: 'hello',
    });
    assert.equal(body.status, 413);
    assert.equal(body.headers.connection, 'close');
    const head = 'POST /api/status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunked = `${head}5\r\nhello\r\n0\r\n\r\n`;
    assert.match(await sendRaw(server.url, chunked), /^HTTP\/1\.1 413 /);
    assert.equal((await ask(server.url, `/api/status?${'a'.repeat(3000)}`)).status, 414);
    assert.equal(
      (await ask(server.url, '/api/status', { headers: { x: 'y'.repeat(9000) } })).status,
      431,
    );
  });

  it('refuses what is no request, and no second request hides behind a body', async () => {
    const head = 'Host: localhost\r\n\r\n';
    for (const bytes of [
      '\x16\x03\x01\x02',
      `GET http://localhost/api/status HTTP/1.1\r\n${head}`,
      `* / HTTP/1.1\r\n${head}`,
    ]) {
      assert.match(await sendRaw(server.url, bytes), /^HTTP\/1\.1 400 /);
    }
    const smuggled = `GET / HTTP/1.1\r\nContent-Length: 40\r\n${head}GET /api/status HTTP/1.1\r\n${head}`;
    const answers = (await sendRaw(server.url, smuggled)).match(/HTTP\/1\.1 \d+/g);
    assert.deepEqual(answers, ['HTTP/1.1 413']);
  });
});

describe('the pace of one address', () => {
  it('is limited, and the answer says when to come back', async (t) => {
    const limits = { burstRequests: 10, requestsPerSecond: 0.001 };
    const server = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      source: new FakeGateway(),
      limits,
    });
    t.after(() => server.close());
    const statuses: number[] = [];
    for (let i = 0; i < 13; i += 1) statuses.push((await ask(server.url, '/api/status')).status);
    assert.deepEqual(statuses, [...Array(10).fill(200), 429, 429, 429]);
    const refused = await ask(server.url, '/api/status');
    assert.equal(refused.headers['retry-after'], '5');
    assert.ok(refused.json.remedy.length > 0);
  });
});

describe('a gateway with a token', () => {
  let server: HttpServer;
  before(async () => {
    server = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      source: new FakeGateway(),
      token: TOKEN,
      limits: LOOSE,
    });
  });
  after(() => server.close());

  it('serves nothing without it', async () => {
    for (const path of [
      '/',
      '/app.js',
      '/api/status',
      '/api/events',
      '/api/openapi.json',
      '/nothing',
    ]) {
      const answer = await ask(server.url, path);
      assert.equal(answer.status, 401, path);
      assert.match(answer.headers['www-authenticate']!, /^Bearer/);
      assert.ok(!answer.text.includes(TOKEN));
    }
  });

  it('takes it as Bearer and as the cookie of ?token=', async () => {
    const bearer = { authorization: `Bearer ${TOKEN}` };
    assert.equal((await ask(server.url, '/api/status', { headers: bearer })).status, 200);
    const login = await ask(server.url, `/?token=${TOKEN}`);
    assert.equal(login.status, 303);
    assert.equal(login.headers.location, '/');
    const [cookie] = login.cookies;
    assert.match(cookie!, /; Path=\/; HttpOnly; SameSite=Lax/);
    assert.ok(!cookie!.includes(TOKEN), 'other servers on this host see the cookie');
    const headers = { cookie: `other=1; ${cookie!.split(';')[0]}` };
    for (const path of ['/', '/app.js', '/api/status'])
      assert.equal((await ask(server.url, path, { headers })).status, 200);
  });

  it('refuses every other value', async () => {
    const wrong = [TOKEN.slice(0, -1), `${TOKEN}x`, TOKEN.toUpperCase(), '', ' '];
    for (const token of wrong) {
      assert.equal(
        (await ask(server.url, '/api/status', { headers: { authorization: `Bearer ${token}` } }))
          .status,
        401,
      );
      assert.equal((await ask(server.url, `/?token=${encodeURIComponent(token)}`)).status, 401);
      const cookie = `fairhop_${new URL(server.url).port}=${token.trim() === '' ? 'x' : token}`;
      assert.equal((await ask(server.url, '/api/status', { headers: { cookie } })).status, 401);
    }
    assert.equal((await ask(server.url, `/api/status?token=${TOKEN}`)).status, 401);
  });

  it('makes guessing slow', async (t) => {
    const limits = { burstRequests: 50, requestsPerSecond: 0.001, wrongTokenCost: 20 };
    const guarded = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      source: new FakeGateway(),
      token: TOKEN,
      limits,
    });
    t.after(() => guarded.close());
    const statuses: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      statuses.push(
        (await ask(guarded.url, '/api/status', { headers: { authorization: 'Bearer guess' } })).status,
      );
    }
    assert.deepEqual(statuses, [401, 401, 401, 429, 429]);
  });
});
