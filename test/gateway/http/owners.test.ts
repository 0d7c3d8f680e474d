// The owners' paths of the API over real HTTP on a real ledger: true to their description, closed to whoever has no
// token, and unmoved by hostile requests; a transaction counts once however often it comes.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { signEd25519 } from '../../../host-tools/crypto/index.ts';
import { apiToken } from '../../../host-tools/gateway/api-token.ts';
import { OWNER_ROUTES, WRITE_ROUTES } from '../../../host-tools/gateway/http/owner-routes.ts';
import { startHttpServer } from '../../../host-tools/gateway/http/server.ts';
import { OwnerSource } from '../../../host-tools/gateway/owner-source.ts';
import { INSIGHT_PATHS } from '../../../host-tools/gateway/http/openapi-insight.ts';
import { OPENAPI } from '../../../host-tools/gateway/http/openapi.ts';
import { accountReference, signTx, StateKind, TxCode, TxKind } from '../../../host-tools/ledger/index.ts';
import { EARNER, OwnerWorld, PAYER } from '../../owner/owner-world.ts';
import { FakeGateway } from './fake-source.ts';
import { ask, sendRaw, type Answer } from './http-client.ts';
import { mismatch } from './json-schema.ts';

const TRANSACTIONS = '/api/v1/transactions';

describe('the owners\' paths', { timeout: 120_000 }, () => {
  let world: OwnerWorld;
  before(async () => {
    world = await OwnerWorld.start({ still: true });
  });
  after(() => world.close());

  /** A transfer from the earner's node to the payer's. */
  function transfer(amount: number, change: { nonce?: number; validUntil?: number } = {}): Uint8Array {
    const { ledgerId, ownerSeed } = world.founding;
    const { nonce } = world.ledger.account(new Uint8Array(Buffer.from(world.founderKey, 'hex')))!;
    const node = (address: number): Uint8Array => accountReference({ kind: StateKind.NODE, address });
    return signTx(ledgerId, TxKind.TRANSFER, {
      fromKind: StateKind.NODE, from: node(EARNER), toKind: StateKind.NODE, to: node(PAYER), amount, nonce,
      validUntil: world.ledger.height + 50, ...change,
    }, (message) => signEd25519(ownerSeed, message));
  }

  function post(body: string, headers: Record<string, string> = {}, path = TRANSACTIONS): Promise<Answer> {
    return ask(world.server.url, path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        authorization: `Bearer ${world.token}`,
        ...headers,
      },
      body,
    });
  }

  function handIn(transaction: Uint8Array): Promise<Answer> {
    return post(JSON.stringify({ transaction: Buffer.from(transaction).toString('hex') }));
  }

  function fits(answer: Answer, name: string): void {
    const schema = { $ref: `#/components/schemas/${name}` };
    assert.equal(mismatch(answer.json, schema, OPENAPI), null, answer.text);
  }

  it('are all described, and answer as described', async () => {
    const documented = Object.keys(OPENAPI.paths).filter(
      // insight.test.ts does the same for the others.
      (path) => path.startsWith('/api/v1/') && !(path in INSIGHT_PATHS));
    const routes = [...OWNER_ROUTES, ...WRITE_ROUTES].map(({ path }) => path);
    assert.deepEqual(documented.sort(), routes.sort());
    const { json: sent } = await handIn(transfer(1));
    world.block();
    const ids: Record<string, string> = {
      '/api/v1/accounts/{id}': `owner:${world.founderKey}`,
      '/api/v1/channels/{id}': '0a000002',
      [`${TRANSACTIONS}/{id}`]: sent.id,
    };
    const paths: Record<string, any> = OPENAPI.paths;
    for (const { path, parameters } of OWNER_ROUTES) {
      const stated = paths[path].get;
      const real = path.replace('{id}', ids[path] ?? '');
      const answer = await ask(world.server.url, real);
      assert.equal(answer.status, 200, real);
      const schema = stated.responses[200].content['application/json'].schema;
      assert.equal(mismatch(answer.json, schema, OPENAPI), null, real);
      const inQuery = stated.parameters.filter((one: { in: string }) => one.in === 'query');
      assert.deepEqual(inQuery.map((one: any) => [one.name, one.schema.minimum, one.schema.maximum]),
        parameters.map(({ name, min, max }) => [name, min, max]));
      for (const { name, min, max } of parameters) {
        for (const [value, status] of [[min, 200], [max, 200], [max + 1, 400]])
          assert.equal((await ask(world.server.url, `${real}?${name}=${value}`)).status, status, name);
      }
    }
  });

  it('pages through the nodes and names each account', async () => {
    const first = (await ask(world.server.url, '/api/v1/nodes?limit=1')).json;
    assert.deepEqual(first.map((node: any) => parseInt(node.address, 16)), [EARNER]);
    const rest = (await ask(world.server.url, `/api/v1/nodes?after=${EARNER}`)).json;
    assert.deepEqual(rest.map((node: any) => parseInt(node.address, 16)), [PAYER]);
    for (const [id, status] of [
      ['pool:0', 200], ['node:0a000002', 200], ['pool:99999', 404], ['node:0b000000', 404],
      [`owner:${'0'.repeat(64)}`, 404], ['node:0A000002', 400], ['pool:-1', 400], ['0a000002', 400], ['', 400],
      ['owner:..%2f', 400], ['__proto__', 400],
    ] as const) {
      const answer = await ask(world.server.url, `/api/v1/accounts/${id}`);
      assert.equal(answer.status, status, id);
      fits(answer, status === 200 ? 'Account' : 'Error');
    }
  });

  it('take a transaction once, however often it comes, and tell what became of it', async () => {
    const before = world.balanceOf(EARNER);
    const bytes = transfer(3);
    const first = await handIn(bytes);
    assert.equal(first.status, 202);
    fits(first, 'Submitted');
    assert.equal((await handIn(bytes)).json.id, first.json.id);
    const waiting = await ask(world.server.url, `${TRANSACTIONS}/${first.json.id}`);
    assert.equal(waiting.json.state, 'waiting');
    world.block();
    const included = await ask(world.server.url, `${TRANSACTIONS}/${first.json.id}`);
    assert.deepEqual([included.json.state, included.json.height], ['included', world.ledger.height]);
    const replay = await handIn(bytes);
    assert.deepEqual([replay.status, replay.json.code], [422, TxCode.BAD_NONCE]);
    fits(replay, 'Submitted');
    world.block();
    assert.equal(world.balanceOf(EARNER), before - 3);
  });

  it('of two with one nonce, take one and refuse the other by name', async () => {
    const before = world.balanceOf(EARNER);
    const ids = [(await handIn(transfer(1))).json.id, (await handIn(transfer(2))).json.id];
    world.block();
    const views = await Promise.all(ids.map((id) => ask(world.server.url, `${TRANSACTIONS}/${id}`)));
    assert.deepEqual(views.map(({ json }) => json.state), ['included', 'refused']);
    assert.equal(views[1]!.json.code, TxCode.BAD_NONCE);
    assert.equal(world.balanceOf(EARNER), before - 1);
  });

  it('find one that was included before a restart by the height it was sent at', async () => {
    const height = world.ledger.height + 1;
    const { id } = (await handIn(transfer(1))).json;
    world.block();
    const fresh = new OwnerSource(world.chain, world.store, world.gateway);
    assert.equal(fresh.transaction(id, 0), undefined);
    const found = fresh.transaction(id, height);
    assert.deepEqual([found?.state, found?.height], ['included', height]);
    assert.equal(fresh.transaction(id, height + 1), undefined);
    const unknown = await ask(world.server.url, `${TRANSACTIONS}/${'0'.repeat(64)}?since=1`);
    assert.equal(unknown.status, 404);
    assert.equal((await ask(world.server.url, `${TRANSACTIONS}/xyz`)).status, 400);
  });

  it('refuse a POST without the right token, before they read it', async () => {
    const body = JSON.stringify({ transaction: Buffer.from(transfer(9)).toString('hex') });
    const before = world.chain.poolSize;
    const { token } = world;
    for (const authorization of ['', 'Bearer', `Bearer ${'0'.repeat(32)}`, `Basic ${token}`, `Bearer ${token}x`]) {
      const answer = await post(body, { authorization });
      assert.equal(answer.status, 401, authorization);
      fits(answer, 'Error');
    }
    // A cookie goes along by itself and proves no intention.
    const cookie = `fairhop_${new URL(world.server.url).port}=${world.token}`;
    assert.equal((await post(body, { authorization: '', cookie })).status, 401);
    for (const headers of [
      { host: 'evil.example' }, { origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' },
    ]) assert.equal((await post(body, headers as unknown as Record<string, string>)).status, 403);
    assert.equal(world.chain.poolSize, before);
  });

  it('refuse bodies that are large, chunked, of another type, or no transaction', async () => {
    const before = world.chain.poolSize;
    const large = await post(JSON.stringify({ transaction: 'ab'.repeat(2100) }));
    assert.equal(large.status, 413);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', ''])
      assert.equal((await post('{}', { 'content-type': type })).status, 415, type);
    const head = `POST ${TRANSACTIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${world.token}\r\n`;
    const type = 'Content-Type: application/json\r\n';
    assert.match(
      await sendRaw(world.server.url, `${head}${type}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`),
      /^HTTP\/1\.1 411 /,
    );
    assert.match(await sendRaw(world.server.url, `${head}${type}\r\n`), /^HTTP\/1\.1 411 /);
    const endless = `${head}${type}Content-Length: 99999999999999\r\n\r\n`;
    assert.match(await sendRaw(world.server.url, endless), /^HTTP\/1\.1 413 /);
    // Half a body and then nothing: no answer is owed, and nobody else is held up.
    assert.doesNotMatch(await sendRaw(world.server.url, `${head}${type}Content-Length: 40\r\n\r\n{"tra`), / 20\d /);
    for (const body of [
      '', '{', 'null', '[]', '"ab"', '5', '{}', '{"transaction":5}', '{"transaction":""}', '{"transaction":"abc"}',
      '{"transaction":"xy"}', '{"transaction":"ab","more":1}', '{"transaction":["ab"]}', '{"__proto__":"ab"}', '\xff',
    ]) {
      const answer = await post(body);
      assert.equal(answer.status, 400, body);
      fits(answer, 'Error');
    }
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await ask(world.server.url, TRANSACTIONS, { method });
      assert.deepEqual([answer.status, answer.headers.allow], [405, 'POST'], method);
    }
    assert.equal((await post('{}', {}, `${TRANSACTIONS}?x=1`)).status, 400);
    assert.equal((await post('{}', {}, '/api/v1/params')).status, 413);
    assert.equal(world.chain.poolSize, before);
  });

  it('survive transactions of any bytes', async () => {
    await fc.assert(fc.asyncProperty(
      fc.tuple(fc.integer({ min: 0, max: 20 }), fc.uint8Array({ maxLength: 400 })),
      async ([kind, bytes]) => {
        const answer = await handIn(new Uint8Array([kind, 1, ...bytes]));
        assert.equal(answer.status, 422);
        fits(answer, 'Submitted');
      },
    ), { numRuns: 200, seed: 6 });
    world.block();
  });

  it('keep a chequebook only for a node that names it', async () => {
    const give = (body: object): Promise<Answer> => post(JSON.stringify(body), {}, '/api/v1/books');
    const book = Buffer.alloc(8192, 7).toString('base64');
    const foreign = await give({ address: '0a000002', generation: 1, book });
    assert.equal(foreign.status, 422);
    fits(foreign, 'Error');
    assert.equal([...world.store.books()].length, 0);
    for (const body of [
      { address: '0a000002', generation: 256, book }, { address: 1, generation: 1, book }, { generation: 1, book },
      { address: '0a000002', generation: 1, book: '' }, { address: '0a000002', generation: 1, book: '!!' },
    ]) assert.equal((await give(body)).status, 400);
    assert.equal((await give({ address: '0a000002', generation: 1, book: book + book })).status, 413);
    assert.equal((await give({ address: '0a000002', generation: 1, book: 'AAAA' })).status, 422);
  });

  it('are not there without a ledger behind them, and take nothing without a token', async (t) => {
    const bare = new FakeGateway();
    const without = await startHttpServer({ host: '127.0.0.1', port: 0, source: bare });
    t.after(() => without.close());
    assert.equal((await ask(without.url, '/api/v1/params')).status, 404);
    assert.equal((await ask(without.url, TRANSACTIONS, { method: 'POST' })).status, 405);
    const closed = await startHttpServer({ host: '127.0.0.1', port: 0, source: bare, owners: world.owners });
    t.after(() => closed.close());
    const headers = { 'content-type': 'application/json', 'content-length': '2', authorization: 'Bearer undefined' };
    assert.equal((await ask(closed.url, TRANSACTIONS, { method: 'POST', headers, body: '{}' })).status, 401);
  });

  it('need the token of the gateway where it has one, for reading too', async (t) => {
    const token = 'correct-horse-battery';
    const server = await startHttpServer({
      host: '127.0.0.1', port: 0, source: new FakeGateway(), owners: world.owners, token, submitToken: world.token,
    });
    t.after(() => server.close());
    assert.equal((await ask(server.url, '/api/v1/params')).status, 401);
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await ask(server.url, '/api/v1/params', { headers })).status, 200);
    const body = { 'content-type': 'application/json', 'content-length': '2' };
    const other = { ...body, authorization: `Bearer ${world.token}` };
    assert.equal((await ask(server.url, TRANSACTIONS, { method: 'POST', headers: other, body: '{}' })).status, 401);
    const right = { ...body, ...headers };
    assert.equal((await ask(server.url, TRANSACTIONS, { method: 'POST', headers: right, body: '{}' })).status, 400);
  });

  it('have a token that is made once and only its owner can read', () => {
    assert.equal(apiToken(world.directory), world.token);
    assert.match(world.token, /^[0-9a-f]{32}$/);
    assert.equal(statSync(join(world.directory, 'api-token')).mode & 0o777, 0o600);
  });
});
