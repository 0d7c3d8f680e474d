// `fairhop chain` on a real store: export, import, verify and stats agree, and damage is named.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, mock, test } from 'node:test';
import { Command } from 'commander';
import { register } from '../../host-tools/cli/chain.ts';
import { CliError } from '../../host-tools/cli/cli-error.ts';
import { signEd25519 } from '../../host-tools/crypto/index.ts';
import { ChainStore, LmdbStore, openChain } from '../../host-tools/gateway/store/index.ts';
import { BLOCK_SEED, deps, HOME, World } from '../ledger/fixture.ts';

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

test('a shortened chain says from where it verifies, and is not exported', async () => {
  const long = join(root, 'long');
  const world = new World();
  const store = openChain(long);
  store.create(deps, world.genesis);
  const sign = (message: Uint8Array): Uint8Array => signEd25519(BLOCK_SEED, message);
  for (let i = 0; i < 520; i++) {
    world.timeS += world.ledger.params.blockIntervalS;
    const request = { timeS: world.timeS, producer: HOME, candidates: [], sign };
    store.append(world.ledger.buildBlock(request).block, world.ledger.changes());
  }
  await store.close();
  const whole = await run('verify', '--data', long);
  assert.equal(whole['verifiedFrom'], 0);
  const [longFile, short] = [join(root, 'long.fhc'), join(root, 'short')];
  await run('export', longFile, '--data', long);
  await run('import', longFile, '--data', short, '--keep-blocks', '260');
  const { stateRoot, verifiedFrom, transactions } = await run('verify', '--data', short);
  assert.deepEqual([stateRoot, verifiedFrom, transactions], [whole['stateRoot'], 256, 0]);
  assert.equal((await run('stats', '--data', short))['oldestBlock'], 256);
  const refusal = await refused('export', join(root, 'short.fhc'), '--data', short);
  assert.match(refusal.message, /blocks before 256 were dropped/);
  assert.ok(!existsSync(join(root, 'short.fhc.part')));
  assert.match((await refused('import', longFile, '--data', join(root, 'x'), '--keep-blocks', '9')).remedy, /256/);
});

test('netting says what trees earned from each other, and an epoch that is not there is refused', async () => {
  const { epoch, trees } = await run('netting', '--data', source);
  assert.deepEqual([epoch, trees], [0, [{
    community: 16, guarantor: Buffer.from(new World().founder.key).toString('hex'), in: 0, out: 0, net: 0,
  }]], 'all nodes have one guarantor');
  assert.match((await refused('netting', '--epoch', '1', '--data', source)).remedy, /from 0 to 0/);
});

test('an export does not overwrite, an import does not mix, an absent store is named', async () => {
  const part = join(root, 'held.fhc.part');
  writeFileSync(part, '');
  await refused('export', join(root, 'held.fhc'), '--data', source);
  assert.match((await refused('import', file, '--data', source)).message, /already has a chain/);
  assert.match((await refused('verify', '--data', join(root, 'nowhere'))).message, /no store/);
  assert.equal((await run('verify', '--data', source))['height'], 4, 'the source is untouched');
});
