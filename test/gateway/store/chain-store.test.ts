// Blocks and state in the store: restart equals never having stopped, and what is damaged is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChainStore, MemoryStore, StoreError } from '../../../host-tools/gateway/store/index.ts';
import { deps, World } from '../../ledger/fixture.ts';

const A = 0x0a000001;
const B = 0x0a000002;

test('a chain read back has the same root, the same records and goes on', () => {
  const world = new World();
  const store = ChainStore.over(new MemoryStore());
  store.create(deps, world.genesis);
  const steps = [() => [world.join(A)], () => [], () => [world.join(B)]];
  for (const candidates of steps) store.append(world.block(candidates()).block, world.ledger.changes());
  const again = store.load(deps);
  assert.deepEqual(again.stateRoot(), world.ledger.stateRoot());
  assert.deepEqual(again.tip, world.ledger.tip);
  assert.equal(again.height, 3);
});

test('a changed record, a missing one and a missing block are found when the chain is loaded', () => {
  const world = new World();
  const memory = new MemoryStore();
  const store = ChainStore.over(memory);
  store.create(deps, world.genesis);
  store.append(world.block([world.join(A)]).block, world.ledger.changes());
  const state = [...memory.range({ from: new Uint8Array([3]), to: new Uint8Array([4]) })];
  for (const [key, value] of state) {
    const flipped = value.slice();
    flipped[flipped.length - 1]! ^= 1;
    memory.write({ puts: [[key, flipped]], deletes: [] });
    assert.throws(() => store.load(deps), StoreError);
    memory.write({ puts: [], deletes: [key] });
    assert.throws(() => store.load(deps), StoreError);
    memory.write({ puts: [[key, value]], deletes: [] });
  }
  const [blockKey] = [...memory.range({ from: new Uint8Array([2]), to: new Uint8Array([3]) })][0]!;
  memory.write({ puts: [], deletes: [blockKey] });
  assert.throws(() => store.load(deps), StoreError);
});

test('packets are a ring with ids that never restart', () => {
  const store = ChainStore.over(new MemoryStore());
  assert.equal(store.lastPacketId(), -1);
  store.appendPackets([
    [0, new Uint8Array([0])],
    [1, new Uint8Array([1])],
    [2, new Uint8Array([2])],
  ]);
  assert.deepEqual(
    store.packets(-1, 2).map(([id]) => id),
    [1, 2],
  );
  store.appendPackets([[10001, new Uint8Array([9])]]);
  assert.deepEqual(
    store.packets(-1, 10).map(([id]) => id),
    [0, 2, 10001],
  );
});

test('a store of another version is refused', () => {
  const memory = new MemoryStore();
  ChainStore.over(memory);
  memory.write({ puts: [[new Uint8Array([0]), new TextEncoder().encode('fairhop-chain 99')]], deletes: [] });
  assert.throws(() => ChainStore.over(memory), StoreError);
});
