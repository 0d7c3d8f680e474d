// The API over real HTTP: answers equal the source's, queries are checked, and the OpenAPI description is
// true of the running server in both directions.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startHttpServer, type HttpServer } from '../../../host-tools/gateway/http/server.ts';
import { FakeGateway, village } from './fake-source.ts';
import { ask, Follower } from './http-client.ts';
import { mismatch } from './json-schema.ts';

function documentedBut(document: any, beginning: string): [string, any][] {
  // insight.test.ts asks for /metrics.
  return Object.entries<any>(document.paths).filter(([path]) => !path.startsWith(beginning) && path !== '/metrics');
}

describe('the JSON API', () => {
  const gateway = new FakeGateway();
  let server: HttpServer;
  const faults: unknown[] = [];
  before(async () => {
    gateway.view = village();
    for (let i = 0; i < 30; i += 1) {
      gateway.addPacket();
      gateway.addBlock(i % 3, (i % 3) * 256);
    }
    server = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      source: gateway,
      onFault: (error) => faults.push(error),
    });
  });
  after(() => server.close());

  it('answers status and mesh exactly as the source has them', async () => {
    assert.deepEqual((await ask(server.url, '/api/status')).json, gateway.status());
    assert.deepEqual((await ask(server.url, '/api/mesh')).json, gateway.mesh());
  });

  it('pages through packets and blocks', async () => {
    const packets = await ask(server.url, '/api/packets?after=20&limit=5');
    assert.deepEqual(
      packets.json.map((packet: any) => packet.id),
      [26, 27, 28, 29, 30],
    );
    const blocks = await ask(server.url, '/api/blocks?below=10&limit=3');
    assert.deepEqual(
      blocks.json.map((block: any) => block.height),
      [9, 8, 7],
    );
    assert.equal((await ask(server.url, '/api/packets')).json.length, 30);
  });

  it('refuses a query it does not understand, with a remedy', async () => {
    const bad = [
      'after=-1',
      'after=x',
      'after=1&after=2',
      'limit=0',
      'limit=1001',
      'after=99999999999999999',
      'aftr=1',
      'limit=',
    ];
    for (const query of bad) {
      const answer = await ask(server.url, `/api/packets?${query}`);
      assert.equal(answer.status, 400, query);
      assert.ok(answer.json.error.length > 0 && answer.json.remedy.length > 0, query);
    }
    assert.equal((await ask(server.url, '/api/status?x=1')).status, 400);
  });

  it('answers 404 for what is not there, and never a file', async () => {
    for (const path of [
      '/nothing',
      '/api',
      '/api/',
      '/api/status/',
      '/../package.json',
      '/%2e%2e/package.json',
      '//api/status',
    ]) {
      assert.equal((await ask(server.url, path)).status, 404, path);
    }
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    for (const path of ['/api/status', '/', '/api/events']) {
      const answer = await ask(server.url, path, { method: 'HEAD' });
      assert.equal(answer.status, 200);
      assert.equal(answer.text, '');
    }
  });

  it('answers 500 and goes on when the source throws', async () => {
    gateway.broken = true;
    const answers = [
      await ask(server.url, '/api/status'),
      await ask(server.url, '/api/events?after=1'),
    ];
    gateway.broken = false;
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [500, 500],
    );
    assert.ok(
      !answers[0]!.text.includes('the store is gone'),
      'the cause belongs in the log, not on the wire',
    );
    assert.equal(faults.length, 2);
    assert.equal((await ask(server.url, '/api/status')).status, 200);
  });

  it('serves the page with an ETag, compressed when the client can', async () => {
    const plain = await ask(server.url, '/app.js');
    assert.match(plain.headers['content-type']!, /^text\/javascript/);
    assert.equal(plain.headers['content-encoding'], undefined);
    const zipped = await ask(server.url, '/app.js', { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(zipped.headers['content-encoding'], 'gzip');
    assert.notEqual(zipped.headers.etag, plain.headers.etag);
    const again = await ask(server.url, '/app.js', {
      headers: { 'if-none-match': `W/"x", ${plain.headers.etag}` },
    });
    assert.equal(again.status, 304);
    assert.equal(again.text, '');
    assert.equal((await ask(server.url, '/')).text, (await ask(server.url, '/index.html')).text);
  });

  it('is described truly by its OpenAPI document', async () => {
    const { json: document } = await ask(server.url, '/api/openapi.json');
    assert.match(document.openapi, /^3\.1\./);
    // owners.test.ts does the same for the paths under /api/v1.
    for (const [path, item] of documentedBut(document, '/api/v1/')) {
      const stated = item.get.responses['200'].content;
      if (stated['text/event-stream'] !== undefined) continue;
      const answer = await ask(server.url, path);
      assert.equal(answer.status, 200, path);
      assert.equal(mismatch(answer.json, stated['application/json'].schema, document), null, path);
      for (const parameter of item.get.parameters) {
        const { minimum, maximum } = parameter.schema;
        for (const value of [minimum, maximum]) {
          assert.equal(
            (await ask(server.url, `${path}?${parameter.name}=${value}`)).status,
            200,
            `${path} ${parameter.name}`,
          );
        }
        const refused = await ask(server.url, `${path}?${parameter.name}=${minimum - 1}`);
        assert.equal(mismatch(refused.json, document.components.schemas.Error, document), null);
        assert.equal(refused.status, 400);
      }
    }
  });

  it('describes every route that it has', async () => {
    const { ROUTES, EVENTS_PATH } = await import('../../../host-tools/gateway/http/router.ts');
    const { json: document } = await ask(server.url, '/api/openapi.json');
    assert.deepEqual(
      [...ROUTES.map((route) => route.path), EVENTS_PATH].sort(),
      documentedBut(document, '/api/v1/').map(([path]) => path).sort(),
    );
  });

  it('sends events in the shapes of the document', async () => {
    const { json: document } = await ask(server.url, '/api/openapi.json');
    const follower = await Follower.open(server.url, '/api/events?after=0');
    gateway.addBlock();
    await follower.until(() => follower.of('block').length === 1 && follower.packetIds().length === 30);
    const names: Record<string, string> = {
      status: 'Status',
      mesh: 'Mesh',
      packet: 'Packet',
      block: 'Block',
    };
    for (const event of follower.events) {
      assert.equal(
        mismatch(event.data, document.components.schemas[names[event.event]!], document),
        null,
        event.event,
      );
    }
    follower.close();
  });
});
