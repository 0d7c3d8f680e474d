// Old blocks dropped: what is left verifies from the oldest state kept, restarts, finds every flipped bit, and a crash
// between any two writes leaves a chain that is whole or shortened, never neither.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { nodeCrypto, signEd25519, verifyEd25519 } from '../../../host-tools/crypto/index.ts';
import { ChainStore, MemoryStore, StoreError, verifyStore } from '../../../host-tools/gateway/store/index.ts';
import type { Batch, Store } from '../../../host-tools/gateway/store/index.ts';
import { Ledger, TxCode } from '../../../host-tools/ledger/index.ts';
import { BLOCK_SEED, HOME, smallGenesis, World } from '../../ledger/fixture.ts';

const DEPS = { crypto: nodeCrypto, verify: verifyEd25519 };
const [A, B] = [1, 2];
/** Checkpoints are made at 256, 512 and 768. */
const BLOCKS = 800;
const KEPT = 100;
/** The newest state that KEPT blocks follow. */
const BASE = 512;
const [BLOCK_TABLE, BASE_TABLE, BASE_STATE_TABLE, STAGE_TABLE] = [2, 8, 9, 10];

interface Step {
  block: Uint8Array;
  changes: Uint8Array;
}

const genesis = smallGenesis({ epoch: 60, moneyRound: 30, channelEpochs: 3 });
const steps: Step[] = [];
let last: Ledger;

before(() => {
  const world = new World(genesis);
  const { ledger, founder } = world;
  const plan: Record<number, () => Uint8Array> = {
    1: () => world.join(A),
    2: () => world.join(B),
    3: () => world.book(A).open(0, B),
    4: () => world.book(A).claim(0, 3),
    300: () => world.join(3),
    600: () => world.join(4),
    790: () => world.join(5),
  };
  for (let height = 1; height <= BLOCKS; height++) {
    const candidates = plan[height] === undefined ? [] : [plan[height]!()];
    const sign = (message: Uint8Array): Uint8Array => signEd25519(BLOCK_SEED, message);
    world.timeS += ledger.params.blockIntervalS;
    const { block, results } = ledger.buildBlock({ timeS: world.timeS, producer: HOME, candidates, sign });
    assert.ok(results.every(({ code }) => code === TxCode.OK));
    steps.push({ block, changes: ledger.changes() });
  }
  assert.equal(
    [...ledger.channels()].length,
    0,
    'a record that was there at the first stage is gone at a later one',
  );
  assert.ok(ledger.account(founder.key) !== undefined);
  last = ledger;
});

function filled(under: Store, keepBlocks?: number): ChainStore {
  const store = ChainStore.over(under, keepBlocks);
  store.create(DEPS, genesis);
  for (const { block, changes } of steps) store.append(block, changes, [['figures', block.subarray(0, 8)]]);
  return store;
}

/** All of it is there, or what follows a checked state; either way it ends where it should. */
function check(under: Store): number {
  const store = ChainStore.over(under);
  const { fault, from, ledger } = verifyStore(store, DEPS);
  assert.equal(fault, undefined);
  assert.deepEqual(store.load(DEPS).stateRoot(), ledger.stateRoot());
  assert.equal(ledger.totals().conserved, true);
  return from;
}

function fault(under: Store): string | undefined {
  try {
    return verifyStore(ChainStore.over(under), DEPS).fault?.what;
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    throw error;
  }
}

const rows = (store: Store, table: number): [Uint8Array, Uint8Array][] => [
  ...store.range({ from: new Uint8Array([table]), to: new Uint8Array([table + 1]) }),
];

test('a chain with old blocks dropped has the same state, verifies from the oldest kept one, and goes on', () => {
  const memory = new MemoryStore();
  const store = filled(memory, KEPT);
  assert.equal(store.stats().oldestBlock, BASE);
  assert.equal(store.block(BASE - 1), undefined);
  assert.equal(check(memory), BASE);
  assert.deepEqual(store.load(DEPS).stateRoot(), last.stateRoot());
  assert.equal([...store.blocks(1)].length, BLOCKS - BASE + 1);
  assert.equal(rows(memory, STAGE_TABLE).length, 1, 'what the base will still need, and nothing older');
});

test('a long chain is shortened at the first restart that asks for it, and grows again when nobody does', () => {
  const memory = new MemoryStore();
  filled(memory);
  assert.equal(check(memory), 0);
  const { oldestBlock } = ChainStore.over(memory, 10).stats();
  assert.equal(oldestBlock, 1, 'nothing before the state is read and proven');
  const store = ChainStore.over(memory, 10);
  store.load(DEPS);
  assert.equal(store.stats().oldestBlock, 768, 'the last checkpoint is the first base');
  assert.equal(check(memory), 768);
  const whole = ChainStore.over(memory);
  assert.deepEqual(whole.load(DEPS).tip, last.tip);
  assert.equal(whole.stats().oldestBlock, 768);
});

/** As if the power failed before write `left`; a batch is written whole or not at all. */
class FailingStore implements Store {
  constructor(
    readonly inner: MemoryStore,
    private left: number,
  ) {}
  get = (key: Uint8Array): Uint8Array | undefined => this.inner.get(key);
  range: Store['range'] = (range) => this.inner.range(range);
  stats = (): ReturnType<Store['stats']> => this.inner.stats();
  close = (): Promise<void> => this.inner.close();
  write(batch: Batch): void {
    if (this.left-- === 0) throw new StoreError('the power failed', 'none');
    this.inner.write(batch);
  }
}

test('a crash before any write loses nothing: neither while it grows nor while it is shortened', () => {
  // Around each checkpoint and each move of the base; the writes between them are all alike.
  for (const height of [1, 256, 257, 512, 513, 768, 769]) {
    const memory = new MemoryStore();
    // Format, genesis and the first base come before the first block.
    assert.throws(() => filled(new FailingStore(memory, 2 + height), KEPT), /power/);
    check(memory);
    const store = ChainStore.over(memory, KEPT);
    const { height: at } = store.load(DEPS);
    assert.ok(at >= height - 2 && at <= height);
    for (const { block, changes } of steps.slice(at)) store.append(block, changes);
    assert.equal(check(memory), BASE);
  }
  let crashes = 0;
  for (let left = 0; ; left++, crashes++) {
    const memory = new MemoryStore();
    filled(memory);
    const store = ChainStore.over(new FailingStore(memory, left), 10);
    try {
      store.load(DEPS);
      break;
    } catch (error) {
      assert.ok(error instanceof StoreError);
    }
    check(memory);
    ChainStore.over(memory, 10).load(DEPS);
    assert.equal(check(memory), 768);
  }
  assert.ok(crashes >= 2, 'the first base and the dropping are writes of their own');
});

test('a flipped bit in what is kept of the past is found and named', () => {
  const memory = new MemoryStore();
  filled(memory, KEPT);
  for (const table of [BASE_TABLE, BASE_STATE_TABLE, STAGE_TABLE, BLOCK_TABLE]) {
    for (const [key, value] of rows(memory, table).slice(0, 12)) {
      for (const at of new Set([0, value.length >> 1, value.length - 1])) {
        const flipped = Uint8Array.from(value);
        flipped[at]! ^= 4;
        memory.write({ puts: [[key, flipped]], deletes: [] });
        assert.ok((fault(memory)?.length ?? 0) > 10, `table ${table}, byte ${at}`);
      }
      memory.write({ puts: [], deletes: [key] });
      assert.ok((fault(memory)?.length ?? 0) > 10, `table ${table}, a row is missing`);
      const moved = Uint8Array.from(key);
      moved[moved.length - 1]! ^= 0x40;
      if (memory.get(moved) === undefined) {
        memory.write({ puts: [[moved, value]], deletes: [] });
        assert.ok((fault(memory)?.length ?? 0) > 10, `table ${table}, a key is wrong`);
        memory.write({ puts: [], deletes: [moved] });
      }
      memory.write({ puts: [[key, value]], deletes: [] });
    }
  }
  assert.equal(check(memory), BASE, 'everything was put back');
});
