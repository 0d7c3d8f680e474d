// A chain is read and verified beside a gateway that writes it (lmdb): the reader sees it as it was when it was opened,
// for as long as it takes, and `chain verify` finds it right at some height that the writer had reached.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeCrypto } from '../../../host-tools/crypto/index.ts';
import { openChain, readChain, verifyApart, verifyStore } from '../../../host-tools/gateway/store/index.ts';
import { deps, smallGenesis, World } from '../../ledger/fixture.ts';

const NODE = 0x0a000001;
const WRITTEN_MEANWHILE = 60;

test('a reader beside a writing gateway sees one moment of the chain', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-beside-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const world = new World(smallGenesis());
  const founding = openChain(directory);
  founding.create(deps, world.genesis);
  founding.append(world.block([world.join(NODE)]).block, world.ledger.changes());
  await founding.close();
  const script = fileURLToPath(new URL('./kill-writer.ts', import.meta.url));
  // Into a file: a pipe would fill up, and stop the writer, while this process is busy reading the chain.
  const said = join(directory, 'heights.txt');
  const writer = spawn(process.execPath, ['--import', 'tsx', script, directory, String(NODE)], {
    stdio: ['ignore', openSync(said, 'w'), 'inherit'],
  });
  after(() => writer.kill('SIGKILL'));
  const written = (): number => Number(/(\d+) \d+\n$/.exec(readFileSync(said, 'latin1'))?.[1] ?? 0);
  const grown = async (height: number): Promise<void> => {
    while (written() < height) {
      assert.equal(writer.exitCode, null, 'the writer goes on');
      await pause(5);
    }
  };
  await grown(20);
  const store = readChain(directory);
  const height = store.height();
  const blocks = store.blocks(1)[Symbol.iterator]();
  blocks.next();
  await grown(written() + WRITTEN_MEANWHILE);
  assert.equal(store.height(), height, 'the reader\'s chain does not grow');
  const { fault, ledger } = verifyStore(store, { ...deps, crypto: nodeCrypto });
  assert.equal(fault, undefined);
  assert.equal(ledger.height, height);
  let left = 1;
  while (blocks.next().done !== true) left++;
  assert.equal(left, height, 'a scan that was begun earlier sees the same blocks');
  await store.close();
  const before = written();
  const apart = verifyApart(directory);
  assert.ok(apart.height >= before && apart.conserved, 'what was durable before is in it');
  await grown(written() + 1);
  writer.kill('SIGKILL');
  await once(writer, 'exit');
});
