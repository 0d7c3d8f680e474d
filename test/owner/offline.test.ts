// Reading a stored chain without a gateway gives what the gateway would answer, and a directory without one is named.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ExitCode } from '../../host-tools/cli/cli-error.ts';
import { accountView, nodeView, paramsView } from '../../host-tools/gateway/ledger-views.ts';
import { ChainStore, LmdbStore } from '../../host-tools/gateway/store/index.ts';
import { deps, World } from '../ledger/fixture.ts';
import { refusal, runCommand } from './owner-world.ts';

const root = mkdtempSync(join(tmpdir(), 'fairhop-offline-'));
const directory = join(root, 'data');
const world = new World();
after(() => rmSync(root, { recursive: true, force: true }));

before(async () => {
  const lmdb = LmdbStore.open(directory);
  const store = ChainStore.over(lmdb);
  store.create(deps, world.genesis);
  for (const address of [2, 1]) store.append(world.block([world.join(address)]).block, world.ledger.changes());
  await lmdb.close();
});

const offline = (...words: string[]): Promise<any> => runCommand(...words, '--offline', '--data', directory);

test('params, nodes, balances and proposals are those of the ledger', async () => {
  assert.deepEqual(await offline('params'), paramsView(world.ledger));
  const nodes = [1, 2].map((address) => nodeView(world.ledger, world.ledger.account(address)!));
  assert.deepEqual(await offline('node', 'list', '--all'), { height: world.ledger.height, nodes });
  assert.deepEqual((await offline('node', 'list')).nodes, [], 'none of them belongs to a key here');
  const { height, accounts } = await offline('balance', '00000001');
  const { balance, free } = accountView(world.ledger, 'node:00000001')!;
  assert.deepEqual([height, accounts[0].balance, accounts[0].free], [world.ledger.height, balance, free]);
  assert.deepEqual((await offline('vote')).proposals, []);
});

test('a directory without a chain, and a vote without a gateway, are refused', async () => {
  const none = await refusal(() => runCommand('params', '--offline', '--data', join(root, 'none')));
  assert.equal(none.exitCode, ExitCode.CheckFailed);
  assert.equal((await refusal(() => offline('vote', '1', 'yes'))).exitCode, ExitCode.Usage);
});
