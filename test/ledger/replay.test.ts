// Chains replayed by test/ledger/replay.py, a second implementation from SPEC.md in another language: balances and
// state root must come out equal, and a damaged file must not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { accountName, writeChainFile } from '../../host-tools/ledger/index.ts';
import type { Ledger } from '../../host-tools/ledger/index.ts';
import { deps, person, smallGenesis } from './fixture.ts';
import { Streamer } from './streamer.ts';

const SCRIPT = fileURLToPath(new URL('./replay.py', import.meta.url));
const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0;
const skip = HAS_PYTHON ? false : 'needs Python 3: apt install python3';
const directory = mkdtempSync(join(tmpdir(), 'fairhop-replay-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Numbers from a seed (Park and Miller's generator): the same chain every time. */
function numbersFrom(seed: number, count: number): number[] {
  const numbers: number[] = [];
  for (let i = 0, x = seed; i < count; i++) numbers.push((x = (x * 48271) % 0x7fffffff));
  return numbers;
}

interface Chain {
  ledger: Ledger;
  bytes: Uint8Array;
}

function chainOf(seed: number, blocks: number, genesis: Uint8Array): Chain {
  const streamer = new Streamer(numbersFrom(seed, blocks * 60), genesis);
  const made = streamer.blocks;
  for (let i = 0; i < blocks; i++) {
    made.push(streamer.world.block(Array.from({ length: 5 }, () => streamer.next())).block);
  }
  return { ledger: streamer.world.ledger, bytes: Buffer.concat([...writeChainFile(deps.crypto, genesis, made)]) };
}

function replay(bytes: Uint8Array): { status: number | null; stdout: string; stderr: string } {
  const file = join(directory, 'chain.fhc');
  writeFileSync(file, bytes);
  return spawnSync('python3', [SCRIPT, file], { encoding: 'utf8' });
}

const OWNERS = [person(1), person(2)];
const CHAINS: [name: string, seed: number, blocks: number, genesis: Uint8Array][] = [
  ['short epochs, two communities', 11, 150, smallGenesis(
    { epoch: 6, moneyRound: 3, channelEpochs: 3, communities: [3, 2] }, OWNERS)],
  ['heavy demurrage and levies', 23, 100, smallGenesis({
    epoch: 4, moneyRound: 2, channelEpochs: 4, demurragePerMille: 500, levyGlobalPerMille: 150, levyLocalPerMille: 77,
  }, OWNERS)],
  ['another radio, long epochs', 33, 80, smallGenesis(
    { spreadingFactor: 9, epoch: 40, moneyRound: 8, communities: [1, 0, 9] }, OWNERS)],
];

for (const [name, seed, blocks, genesis] of CHAINS) {
  test(`an independent replay agrees: ${name}`, { skip }, () => {
    const { ledger, bytes } = chainOf(seed, blocks, genesis);
    assert.ok(ledger.counters.claims > 10, 'the chain moves money');
    const result = replay(bytes);
    assert.equal(result.status, 0, result.stderr);
    const report = JSON.parse(result.stdout) as { height: number; stateRoot: string; balances: object; sum: number };
    assert.equal(report.height, ledger.height);
    assert.equal(report.stateRoot, Buffer.from(ledger.stateRoot()).toString('hex'));
    assert.equal(report.sum, ledger.money.supply);
    const accounts = [...ledger.owners(), ...ledger.nodes(), ...ledger.pools()];
    assert.deepEqual(report.balances, Object.fromEntries(accounts.map((one) => [accountName(one), one.balance])));
  });
}

test('the independent replay refuses a chain with a changed byte', { skip }, () => {
  const { bytes } = chainOf(44, 12, CHAINS[0]![3]);
  for (const at of [40, Math.floor(bytes.length / 2), bytes.length - 1]) {
    const bad = bytes.slice();
    bad[at]! ^= 4;
    assert.equal(replay(bad).status, 1, `byte ${at}`);
  }
});
