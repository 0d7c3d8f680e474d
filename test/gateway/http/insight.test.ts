// The paths of the page's views over real HTTP on a real ledger: true to their description, a proof that whoever holds
// the protocol can check and nobody can bend, and bounded memory of what boards say.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { nodeCrypto } from '../../../host-tools/crypto/index.ts';
import { exportDoors } from '../../../host-tools/gateway/http/export-routes.ts';
import { insightDoors } from '../../../host-tools/gateway/http/insight-routes.ts';
import { INSIGHT_PATHS } from '../../../host-tools/gateway/http/openapi-insight.ts';
import { OPENAPI } from '../../../host-tools/gateway/http/openapi.ts';
import { bent as bentProof, checkProof } from '../../../host-tools/dashboard/page/proof-check.ts';
import { replDoors } from '../../../host-tools/gateway/http/repl-routes.ts';
import { simulationDoors } from '../../../host-tools/gateway/http/simulation-routes.ts';
import { BoardWatch } from '../../../host-tools/gateway/insight/board-watch.ts';
import { Insight } from '../../../host-tools/gateway/insight/insight.ts';
import type { ProofView, ReceiptView } from '../../../host-tools/gateway/insight/insight-view.ts';
import { Repl } from '../../../host-tools/gateway/repl.ts';
import { Simulation } from '../../../host-tools/gateway/insight/simulation.ts';
import { portLines } from '../../../host-tools/gateway/insight/port-lines.ts';
import { blockHash, decodeRecord, type Node } from '../../../host-tools/ledger/index.ts';
import { Note } from '#mesh';
import { ErrorCode, recordKey, verifyProof } from '#protocol';
import { EARNER, GATEWAY, OwnerWorld, PAYER } from '../../owner/owner-world.ts';
import { FakeGateway } from './fake-source.ts';
import type { Doors } from '../../../host-tools/gateway/http/doors.ts';
import { ask } from './http-client.ts';
import { mismatch } from './json-schema.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const text = (address: number): string => address.toString(16).padStart(8, '0');
/** Methods of a class, as plain functions of it. */
function boundTo(source: FakeGateway): Pick<FakeGateway, 'status' | 'mesh'> {
  return { status: () => source.status(), mesh: () => source.mesh() };
}

const STATUS = {
  uptimeMs: 20_000,
  vars: 2000,
  varsTotal: 4900,
  received: 5,
  refused: 1,
  sent: 7,
  relayed: 2,
  airtimeMs: 400,
  neighbours: new Uint8Array(35),
  routes: new Uint8Array(28),
  accounts: new Uint8Array(98),
};

/** receipt-trace.test.ts makes them of frames; here of the newest packet alone. */
function wayBack(src: number, seq16: number): ReceiptView | undefined {
  const steps = [{ from: text(GATEWAY), to: text(src), afterMs: 900 }];
  return src === PAYER && seq16 === 3 ? { steps, complete: true } : undefined;
}

describe('the paths of the views', { timeout: 120_000 }, () => {
  let world: OwnerWorld;
  const source = new FakeGateway();
  const watch = new BoardWatch(text);
  let doors: Doors[];
  const simulation = new Simulation();
  before(async () => {
    world = await OwnerWorld.start({ still: true });
    const { ledger, store } = world;
    const reading = { number: 1, uptimeS: 5, batteryMv: null, freeVars: 900, received: 3, relayed: 0 };
    for (const number of [1, 2, 4]) source.addPacket({ src: text(PAYER), reading: { ...reading, number } });
    const parts = { ledger, store, gatewayAddress: GATEWAY, source, watch, nameOf: text, trace: { receipt: wayBack } };
    const insight = new Insight(parts, world.gateway);
    const kept = { ...boundTo(source), packetsFrom: (after: number) => source.packets(after, 1e9) };
    doors = [
      insightDoors(insight, () => portLines('/dev/ttyTEST')),
      exportDoors(kept, () => insight.economy(), watch),
      simulationDoors(simulation),
      replDoors(new Repl(() => portLines('/dev/ttyTEST'))),
    ];
    watch.heardStatus(PAYER, STATUS, 1000);
    watch.heardNote(PAYER, { note: Note.NACKED, who: EARNER, value: 1 }, 1000);
    watch.heardLine(PAYER, '{"t":"boot"}', 1000);
    await world.server.close();
    await world.serve({ doors });
    world.block();
  });
  after(() => world.close());

  it('are described truly, one by one', async () => {
    const reads = doors.flatMap((door) => door.reads);
    const stated = Object.entries(INSIGHT_PATHS);
    const pathsWith = (method: string): string[] =>
      stated.filter(([, item]) => method in item).map(([path]) => path);
    assert.deepEqual(pathsWith('get').sort(), reads.map(({ path }) => path).sort());
    assert.deepEqual(
      pathsWith('post').sort(),
      doors
        .flatMap(({ writes }) => writes)
        .map(({ path }) => path)
        .sort(),
    );
    const ids: Record<string, string> = {
      '/api/v1/boards/{id}': text(PAYER),
      '/api/v1/proofs/{id}': `node:${text(EARNER)}`,
      '/api/v1/blocks/{id}': '1',
      '/api/v1/receipts/{id}': `${text(PAYER)}-3`,
    };
    const paths: Record<string, any> = OPENAPI.paths;
    for (const { path, parameters } of reads) {
      const { get: stated } = paths[path];
      const real = path.replace('{id}', ids[path] ?? '');
      const answer = await ask(world.server.url, real);
      assert.equal(answer.status, 200, real);
      const [[type, { schema }]] = Object.entries<any>(stated.responses[200].content) as [[string, any]];
      assert.ok(answer.headers['content-type']!.startsWith(type), real);
      if (type === 'application/json') assert.equal(mismatch(answer.json, schema, OPENAPI), null, real);
      for (const { name, min, max } of parameters) {
        for (const [value, status] of [
          [min, 200],
          [max, 200],
          [min - 1, 400],
        ])
          assert.equal(
            (await ask(world.server.url, `${real}?${name}=${value}`)).status,
            status,
            `${real} ${name}`,
          );
      }
    }
  });

  it('ask for the token before they change anything, whatever the method', async () => {
    const { url } = world.server;
    const cookie = `fairhop_${new URL(url).port}=${'0'.repeat(64)}`;
    let changes = 0;
    for (const [path, item] of Object.entries<any>(OPENAPI.paths)) {
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        assert.equal(item[method.toLowerCase()], undefined, 'described, but refused');
        assert.equal((await ask(url, path, { method })).status, 405, `${method} ${path}`);
      }
      if (item.post === undefined) {
        assert.equal((await ask(url, path, { method: 'POST' })).status, 405, path);
        continue;
      }
      changes++;
      for (const more of [{}, { authorization: 'Bearer wrong-token-of-somebody' }, { cookie }]) {
        const headers = { 'content-type': 'application/json', 'content-length': '2', ...more };
        const answer = await ask(url, path, { method: 'POST', headers, body: '{}' });
        assert.equal(answer.status, 401, `${path} ${Object.keys(more).join()}`);
      }
      const headers = { 'content-type': 'application/json', 'content-length': '2' };
      const allowed = await ask(url, path, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${world.token}` },
        body: '{}',
      });
      assert.notEqual(allowed.status, 401, path);
    }
    assert.ok(changes >= 5, `${changes} changes`);
  });

  it('tell the ledger, the readings and the reasons of a board', async () => {
    const { json: board } = await ask(world.server.url, `/api/v1/boards/${text(PAYER)}`);
    const account = world.ledger.account(PAYER)!;
    assert.deepEqual([board.balance, board.line, board.escrow], [account.balance, account.line, account.escrow]);
    assert.deepEqual(
      board.readings.map((one: any) => one.number),
      [1, 2, 4],
    );
    assert.equal(board.channels[0].payee, text(EARNER));
    assert.equal(board.channels[0].settledCredits, board.channels[0].settled * world.ledger.money.linkValue);
    assert.deepEqual(board.refusalCounts, [{ reason: 'another board refused: not enough credit', count: 1 }]);
    assert.equal(board.samples[0].dutyPerMille, 20);
    const { json: economy } = await ask(world.server.url, '/api/v1/economy');
    assert.deepEqual(economy.delivery, [{ address: text(PAYER), name: 'barn', sent: 4, delivered: 3 }]);
    assert.equal(economy.deliveryPerMille, 750);
    assert.equal(economy.supply, world.ledger.money.supply);
    assert.equal(economy.conserved, true);
    const held = [...world.ledger.pools()].reduce((sum, pool) => sum + pool.balance, 0);
    assert.equal(
      economy.pools.reduce((sum: number, pool: any) => sum + pool.balance, 0),
      held,
    );
  });

  it('prove a balance to whoever asks, and that an account is not there', async () => {
    const check = (view: ProofView): ReturnType<typeof verifyProof> =>
      verifyProof(
        nodeCrypto,
        bytes(view.stateRoot),
        32,
        recordKey(nodeCrypto, view.kind, bytes(view.key)),
        bytes(view.proof),
      );
    const { json: view } = await ask(world.server.url, `/api/v1/proofs/node:${text(EARNER)}`);
    const verdict = check(view);
    assert.equal(verdict.code, ErrorCode.OK);
    const key = new Uint8Array([view.kind, ...bytes(view.key)]);
    assert.equal((decodeRecord(key, verdict.value!) as Node).balance, world.balanceOf(EARNER));
    assert.equal(Buffer.from(blockHash(nodeCrypto, bytes(view.header))).toString('hex'), view.blockHash);
    assert.ok(view.header.includes(view.stateRoot));
    const bent = bytes(view.proof);
    bent[bent.length - 100]! ^= 1;
    assert.equal(check({ ...view, proof: Buffer.from(bent).toString('hex') }).code, ErrorCode.BAD_PROOF);
    const { json: none } = await ask(world.server.url, '/api/v1/proofs/node:99999999');
    assert.deepEqual([check(none).code, check(none).value, none.balance], [ErrorCode.OK, undefined, null]);
  });

  it('are checked by the page as the ledger has them, for every kind of account', async () => {
    const { ledger } = world;
    const ids = [`node:${text(EARNER)}`, `owner:${world.founderKey}`, 'pool:0', 'pool:16'];
    for (const id of ids) {
      const { json: view } = await ask(world.server.url, `/api/v1/proofs/${id}`);
      const { json: account } = await ask(world.server.url, `/api/v1/accounts/${id}`);
      const verdict = checkProof(view, view.blockHash);
      assert.deepEqual([verdict.holds, verdict.balance], [true, account.balance], id);
      assert.equal(checkProof(view, '00'.repeat(32)).holds, false, 'another block was seen');
      assert.equal(checkProof(bentProof(view), undefined).holds, false);
      assert.equal(checkProof({ ...view, height: view.height + 1 }, undefined).holds, false);
      assert.equal(checkProof({ ...view, balance: account.balance + 1 }, undefined).holds, false);
      for (const field of ['header', 'stateRoot', 'proof', 'key'])
        assert.equal(checkProof({ ...view, [field]: 'no hex' }, undefined).holds, false, field);
    }
    assert.equal(ledger.totals().conserved, true);
  });

  it('refuse what names nothing, with a remedy', async () => {
    for (const [path, status] of [
      ['boards/xyz', 400],
      ['boards/ffffffff', 404],
      ['proofs/node:1', 400],
      ['proofs/pool:99999', 404],
      ['blocks/0', 400],
      ['blocks/999999', 404],
      ['blocks/1e3', 400],
      ['receipts/1-1', 400],
      [`receipts/${text(PAYER)}-4`, 404],
      ['boards/', 400],
      ['nothing/1', 404],
    ] as const) {
      const answer = await ask(world.server.url, `/api/v1/${path}`);
      assert.equal(answer.status, status, path);
      assert.ok(answer.json.remedy.length > 0, path);
    }
  });

  it('remember a bounded part of what boards say', () => {
    const crowded = new BoardWatch(text);
    for (let i = 0; i < 3000; i++) {
      crowded.heardLine(1, 'x'.repeat(1000), i);
      crowded.heardStatus(1, { ...STATUS, uptimeMs: 1000 * (i + 1) }, i);
      crowded.heardNote(1, { note: Note.LOST, who: 2, value: i }, i);
      crowded.heardStatus(100 + i, STATUS, i);
    }
    const lines = crowded.lines(0, 1e9);
    assert.deepEqual([lines.length, lines.at(-1)!.number, lines[0]!.text.length], [2000, 3000, 400]);
    assert.ok(crowded.samples(1).length <= 360 && crowded.refusals(1).length <= 40);
    assert.ok(crowded.refusalCounts().length <= 1, 'the number of a packet is no reason of its own');
    assert.deepEqual(
      crowded.lines(2998, 10).map(({ number }) => number),
      [2999, 3000],
    );
  });
});
