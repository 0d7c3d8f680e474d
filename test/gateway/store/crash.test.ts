// kill -9 at random moments under load: after every restart the chain verifies, no acknowledged transaction is
// missing and none was applied twice. FAIRHOP_KILLS sets how often; 200 take some minutes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodeCrypto, signEd25519 } from '../../../host-tools/crypto/index.ts';
import { openChain, verifyStore, type ChainStore } from '../../../host-tools/gateway/store/index.ts';
import { decodeBlock, TxKind, txId } from '../../../host-tools/ledger/index.ts';
import { BLOCK_SEED, deps, HOME, person, smallGenesis, World } from '../../ledger/fixture.ts';

const KILLS = Number(process.env['FAIRHOP_KILLS'] ?? 4);
/** Later than this after the first acknowledgement nobody is killed: some fifty blocks. */
const DELAY_MAX_MS = 80;
const NODE = 0x0a000001;
/** Blocks that are there before the first kill, so that old ones are dropped in the lives after it. */
const BEFORE = 500;
const KEPT = 256;
const root = mkdtempSync(join(tmpdir(), 'fairhop-crash-'));
after(() => rmSync(root, { recursive: true, force: true }));

interface Acknowledged {
  height: number;
  nonce: number;
}

/** Starts the writer and kills it some time after its first acknowledgement; what it acknowledged last. */
function killed(directory: string, more: string[] = []): Promise<Acknowledged> {
  const script = fileURLToPath(new URL('./kill-writer.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, directory, String(NODE), ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const delayMs = Math.random() * DELAY_MAX_MS;
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (text === '') setTimeout(() => child.kill('SIGKILL'), delayMs);
    text += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the writer ended by itself: ${String(code)}`));
      // The last line may be cut in the middle.
      const [height, nonce] = text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1)!.split(' ');
      resolve({ height: Number(height), nonce: Number(nonce) });
    });
  });
}

/** Every signed transaction of the chain once; how many. */
function countOnce(store: ChainStore): number {
  const seen = new Set<string>();
  for (const bytes of store.blocks(1)) {
    for (const transaction of decodeBlock(bytes)!.transactions) {
      if (transaction[0] !== TxKind.HOME) continue;
      const name = Buffer.from(txId(nodeCrypto, transaction)).toString('hex');
      assert.ok(!seen.has(name), 'a transaction was applied twice');
      seen.add(name);
    }
  }
  return seen.size;
}

test(`kill -9 at ${KILLS} random moments under load: nothing is lost and nothing applied twice`, async () => {
  const directory = join(root, 'whole');
  const world = new World(smallGenesis());
  const founding = openChain(directory);
  founding.create(deps, world.genesis);
  founding.append(world.block([world.join(NODE)]).block, world.ledger.changes());
  await founding.close();
  const joinNonce = world.ledger.account(person(1).key)!.nonce;
  for (let kill = 0; kill < KILLS; kill++) {
    const acknowledged = await killed(directory);
    const store = openChain(directory);
    const { fault, ledger } = verifyStore(store, { ...deps, crypto: nodeCrypto });
    assert.equal(fault, undefined, `after kill ${kill + 1}`);
    const { nonce } = ledger.account(person(1).key)!;
    assert.ok(ledger.height >= acknowledged.height && nonce >= acknowledged.nonce, 'acknowledged and lost');
    assert.equal(countOnce(store), nonce - joinNonce);
    assert.deepEqual(store.load(deps).stateRoot(), ledger.stateRoot());
    assert.deepEqual(store.note('blocks'), Uint8Array.of(ledger.height & 255), 'the note of the same batch');
    await store.close();
  }
});

test('the same with LevelDB, while old blocks are dropped', async () => {
  const directory = join(root, 'shortened');
  const world = new World(smallGenesis());
  const founding = openChain(directory, { kind: 'level', keepBlocks: KEPT });
  founding.create(deps, world.genesis);
  founding.append(world.block([world.join(NODE)]).block, world.ledger.changes());
  const sign = (message: Uint8Array): Uint8Array => signEd25519(BLOCK_SEED, message);
  while (world.ledger.height < BEFORE) {
    world.timeS += world.ledger.params.blockIntervalS;
    const request = { timeS: world.timeS, producer: HOME, candidates: [], sign };
    founding.append(world.ledger.buildBlock(request).block, world.ledger.changes());
  }
  assert.equal(founding.oldestBlock(), 1);
  await founding.close();
  for (let kill = 0; kill < KILLS / 2; kill++) {
    const acknowledged = await killed(directory, [String(KEPT)]);
    const store = openChain(directory);
    const { fault, from, ledger } = verifyStore(store, { ...deps, crypto: nodeCrypto });
    assert.equal(fault, undefined, `after kill ${kill + 1}`);
    assert.ok(ledger.height >= acknowledged.height, 'acknowledged and lost');
    assert.ok(ledger.height - from >= KEPT || from === 0, 'dropped too much');
    assert.deepEqual(store.load(deps).stateRoot(), ledger.stateRoot());
    await store.close();
  }
  // Whatever the last life got to, the next start drops what is due.
  const store = openChain(directory, { keepBlocks: KEPT });
  const { height } = store.load(deps);
  assert.equal(store.oldestBlock() > 1, height - KEPT >= KEPT, 'the first state that is kept is that of height 256');
  await store.close();
});
