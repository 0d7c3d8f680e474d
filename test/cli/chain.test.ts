// `fairhop chain` on a real store: export, import, verify and stats agree, and damage is named.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, mock, test } from 'node:test';
import { Command } from 'commander';
import { register } from '../../host-tools/cli/chain.ts';
import { CliError } from '../../host-tools/cli/cli-error.ts';
import { ChainStore, LmdbStore } from '../../host-tools/gateway/store/index.ts';
import { deps, World } from '../ledger/fixture.ts';

const root = mkdtempSync(join(tmpdir(), 'fairhop-cli-chain-'));
const source = join(root, 'source');
const file = join(root, 'chain.fhc');
after(() => rmSync(root, { recursive: true, force: true }));

before(async () => {
  const world = new World();
  const lmdb = LmdbStore.open(source);
  const store = ChainStore.over(lmdb);
  store.create(deps, world.genesis);
  const steps = [
    () => [world.join(1)], () => [world.join(2)], () => [world.book(1).open(0, 2)], () => [world.book(1).claim(0, 4)],
  ];
  for (const step of steps) store.append(world.block(step()).block, world.ledger.changes());
  await lmdb.close();
});

/** Runs a command and parses the JSON it prints. */
async function run(...words: string[]): Promise<Record<string, unknown>> {
  const printed: string[] = [];
  const log = mock.method(console, 'log', (line: string) => printed.push(line));
  try {
    const program = new Command().exitOverride();
    register(program);
    await program.parseAsync(['chain', ...words, '--json'], { from: 'user' });
  } finally {
    log.mock.restore();
  }
  return JSON.parse(printed.join('\n')) as Record<string, unknown>;
}

async function refused(...words: string[]): Promise<CliError> {
  const error: unknown = await run(...words).then(() => assert.fail('nothing was refused'), (reason) => reason);
  assert.ok(error instanceof CliError, String(error));
  assert.ok(error.remedy.length > 0 && error.exitCode !== 0);
  return error;
}

test('verify, export, import and verify again give one state root', async () => {
  const verified = await run('verify', '--data', source);
  assert.equal(verified['verified'], true);
  assert.equal(verified['height'], 4);
  assert.equal(verified['conserved'], true);
  await run('export', file, '--data', source);
  const copy = join(root, 'copy');
  const imported = await run('import', file, '--data', copy);
  assert.equal(imported['stateRoot'], verified['stateRoot']);
  const { stateRoot, claims } = await run('stats', '--data', copy);
  assert.equal(stateRoot, verified['stateRoot']);
  assert.equal(claims, 1);
});

test('a flipped bit anywhere in an export is found and nothing of it is kept', async () => {
  const good = readFileSync(file);
  for (let at = 0; at < good.length; at += 97) {
    const bad = Buffer.from(good);
    bad[at]! ^= 1 << (at & 7);
    writeFileSync(file, bad);
    const target = join(root, `bad-${at}`);
    const error = await refused('import', file, '--data', target);
    assert.ok(!error.message.includes('\n'));
    assert.ok(!existsSync(join(target, 'chain.mdb')) || (await refused('stats', '--data', target)) !== undefined);
  }
  for (const length of [0, 3, 40, good.length - 40, good.length - 1]) {
    writeFileSync(file, good.subarray(0, length));
    await refused('import', file, '--data', join(root, `cut-${length}`));
  }
  writeFileSync(file, Buffer.concat([good, Buffer.from([0])]));
  await refused('import', file, '--data', join(root, 'longer'));
  writeFileSync(file, good);
});

test('an export does not overwrite, an import does not mix, an absent store is named', async () => {
  const part = join(root, 'held.fhc.part');
  writeFileSync(part, '');
  await refused('export', join(root, 'held.fhc'), '--data', source);
  assert.match((await refused('import', file, '--data', source)).message, /already has a chain/);
  assert.match((await refused('verify', '--data', join(root, 'nowhere'))).message, /no store/);
  assert.equal((await run('verify', '--data', source))['height'], 4, 'the source is untouched');
});
