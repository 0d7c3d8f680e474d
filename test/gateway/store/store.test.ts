// The stores against the one in memory, the same tests for each kind, and everything that can be wrong with a data
// directory.
import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { signEd25519 } from '../../../host-tools/crypto/index.ts';
import {
  LmdbStore,
  MemoryStore,
  openChain,
  openStore,
  STORE_KINDS,
  StoreError,
  verifyApart,
} from '../../../host-tools/gateway/store/index.ts';
import { BLOCK_SEED, deps, HOME, World } from '../../ledger/fixture.ts';

const root = mkdtempSync(join(tmpdir(), 'fairhop-store-'));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const directory = (): string => join(root, String(count++));

function refusal(open: () => unknown): StoreError {
  try {
    open();
  } catch (error) {
    assert.ok(error instanceof StoreError, String(error));
    assert.ok(error.remedy.length > 10);
    return error;
  }
  return assert.fail('nothing was refused');
}

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength, max: 3 });
const plain = (entries: Iterable<[Uint8Array, Uint8Array]>): string[] =>
  [...entries].map(([key, value]) => Buffer.from(key).toString('hex') + '=' + Buffer.from(value).toString('hex'));

for (const kind of STORE_KINDS) {
  test(`${kind}: any sequence of batches and scans gives the same as the store in memory`, async () => {
    const store = openStore(directory(), kind);
    const memory = new MemoryStore();
    const operation = fc.record({
      puts: fc.array(fc.tuple(bytes(1, 3), bytes(0, 5)), { maxLength: 6 }),
      deletes: fc.array(bytes(1, 3), { maxLength: 3 }),
      from: bytes(1, 3),
      to: bytes(1, 3),
      reverse: fc.boolean(),
      limit: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(operation, ({ puts, deletes, from, to, reverse, limit }) => {
        for (const one of [store, memory]) one.write({ puts, deletes });
        for (const range of [
          { from, to },
          { from, to, reverse, limit },
        ]) {
          assert.deepEqual(plain(store.range(range)), plain(memory.range(range)));
        }
        assert.deepEqual(plain([[from, store.get(from) ?? from]]), plain([[from, memory.get(from) ?? from]]));
        assert.equal(store.stats().entries, memory.stats().entries);
      }),
      { numRuns: 200 },
    );
    assert.equal(store.stats().kind, kind);
    await store.close();
  });

  test(`${kind}: a scan of many rows sees them as they were when it began, and may be left early`, async () => {
    const store = openStore(directory(), kind);
    const key = (i: number): Uint8Array => new Uint8Array([5, i >> 8, i & 255]);
    const puts = Array.from({ length: 2500 }, (_, i): [Uint8Array, Uint8Array] => [key(i), new Uint8Array(200)]);
    store.write({ puts, deletes: [] });
    const all = { from: new Uint8Array([5]), to: new Uint8Array([6]) };
    let seen = 0;
    for (const [found, value] of store.range(all)) {
      assert.deepEqual([...found, value.length], [...key(seen), 200]);
      if (seen === 10) store.write({ puts: [], deletes: [key(2400)] });
      seen += 1;
    }
    assert.equal(seen, 2500);
    for (const [found] of store.range({ ...all, reverse: true })) {
      assert.deepEqual([...found], [...key(2499)]);
      break;
    }
    assert.equal([...store.range(all)].length, 2499);
    await store.close();
  });

  test(`${kind}: what was written is there after reopening`, async () => {
    const path = directory();
    const key = new Uint8Array([1, 2]);
    let store = openStore(path, kind);
    store.write({ puts: [[key, new Uint8Array([7])]], deletes: [] });
    await store.close();
    // Which kind it is is found out.
    store = openStore(path);
    assert.deepEqual([...store.get(key)!], [7]);
    await store.close();
    const other = kind === 'lmdb' ? 'level' : 'lmdb';
    assert.match(refusal(() => openStore(path, other)).message, new RegExp(`with ${kind}, not with ${other}`));
  });

  test(`${kind}: a second gateway on the same directory is refused, a killed one is not in the way`, async () => {
    const path = directory();
    const store = openStore(path, kind);
    assert.match(refusal(() => openStore(path)).message, /in use by process/);
    await store.close();
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(join(path, 'gateway.pid'), `${dead} 1\n`);
    await openStore(path).close();
  });
}

test('level: a chain in it is shortened, restarted and verified', async () => {
  const path = directory();
  const world = new World();
  let store = openChain(path, { kind: 'level', keepBlocks: 30 });
  store.create(deps, world.genesis);
  const sign = (message: Uint8Array): Uint8Array => signEd25519(BLOCK_SEED, message);
  for (let i = 0; i < 300; i++) {
    world.timeS += world.ledger.params.blockIntervalS;
    const candidates = i === 0 ? [world.join(1)] : [];
    const { block } = world.ledger.buildBlock({ timeS: world.timeS, producer: HOME, candidates, sign });
    store.append(block, world.ledger.changes());
  }
  await store.close();
  store = openChain(path, { keepBlocks: 30 });
  assert.deepEqual(store.load(deps).stateRoot(), world.ledger.stateRoot());
  assert.equal(store.oldestBlock(), 256);
  await store.close();
  const { height, verifiedFrom, stateRoot } = verifyApart(path);
  assert.deepEqual([height, verifiedFrom], [300, 256]);
  assert.equal(stateRoot, Buffer.from(world.ledger.stateRoot()).toString('hex'));
});

test('a LevelDB directory that is none, or has lost a file, is refused with a remedy', async () => {
  const path = directory();
  const store = openStore(path, 'level');
  for (let i = 0; i < 50; i++)
    store.write({ puts: [[new Uint8Array([9, i]), new Uint8Array(3000)]], deletes: [] });
  await store.close();
  writeFileSync(join(path, 'chain.level', 'CURRENT'), 'MANIFEST-999999\n');
  refusal(() => openStore(path));
  // The lock is not left behind.
  assert.match(refusal(() => openStore(path)).message, /store/);
  rmSync(join(path, 'chain.level'), { recursive: true });
  writeFileSync(join(path, 'chain.level'), 'no directory');
  refusal(() => openStore(path));
});

test('a file that is no store, a cut one and a zeroed page are refused with a remedy', async () => {
  const path = directory();
  const file = join(path, 'chain.mdb');
  const store = LmdbStore.open(path);
  for (let i = 0; i < 50; i++)
    store.write({ puts: [[new Uint8Array([9, i]), new Uint8Array(3000)]], deletes: [] });
  await store.close();
  copyFileSync(file, file + '.good');
  truncateSync(file, 20480);
  assert.match(refusal(() => LmdbStore.open(path)).message, /ends too early/);
  writeFileSync(file, 'this is not a database'.repeat(1000));
  assert.match(refusal(() => LmdbStore.open(path)).message, /not a Fairhop store/);
  const good = readFileSync(file + '.good');
  good.fill(0, 0, 4096);
  writeFileSync(file, good);
  assert.match(refusal(() => LmdbStore.open(path)).message, /not a Fairhop store/);
});

test('a path that cannot be a directory is refused with a remedy', () => {
  const file = join(root, 'a-file');
  writeFileSync(file, '');
  assert.match(refusal(() => LmdbStore.open(join(file, 'data'))).message, /cannot be made/);
});

const NO_MOUNT = 'needs unshare and user namespaces: apt install util-linux';

/** A private mount of a small disk, for the child alone; ordinary users may do so where user namespaces are on. */
function onSmallDisk(command: string[], prepare: string[] = []): ReturnType<typeof spawnSync> {
  const path = directory();
  mkdirSync(path);
  const words = prepare.map((word) => `'${word}'`).join(' ');
  const first = prepare.length === 0 ? '' : `${words} "$0" && mount -o remount,ro "$0" && `;
  const script = `mount -t tmpfs -o size=16m none "$0" && ${first}exec "$@" "$0"`;
  return spawnSync('unshare', ['--map-root-user', '--mount', 'sh', '-c', script, path, ...command], {
    encoding: 'utf8',
  });
}

for (const kind of STORE_KINDS) {
  test(
    `${kind}: a full disk: the batch is refused with a remedy, what was written stays readable`,
    { skip: onSmallDisk(['true']).status === 0 ? false : NO_MOUNT },
    () => {
      const script = fileURLToPath(new URL('./fill-writer.ts', import.meta.url));
      const child = onSmallDisk([process.execPath, '--import', 'tsx', script, kind]);
      assert.equal(child.status, 0, String(child.stderr));
      const report = JSON.parse(String(child.stderr)) as { written: number; reopened: number; refusal: string };
      assert.match(report.refusal, /disk is full.*Free some space/);
      assert.ok(report.written > 20);
      assert.equal(report.reopened, report.written);
    },
  );

  test(
    `${kind}: a disk that became read-only: writing is refused with a remedy, and lmdb can still be read`,
    { skip: onSmallDisk(['true']).status === 0 ? false : NO_MOUNT },
    () => {
      const script = fileURLToPath(new URL('./read-only-disk.ts', import.meta.url));
      const command = (phase: string): string[] => [process.execPath, '--import', 'tsx', script, phase, kind];
      const child = onSmallDisk(command('try'), command('make'));
      assert.equal(child.status, 0, String(child.stderr));
      const report = JSON.parse(String(child.stderr)) as { height: number; refusal: string; reading: string };
      assert.match(report.refusal, /cannot be written.*(rights|--data)/);
      if (kind === 'lmdb') assert.equal(report.height, 0);
      else assert.match(report.reading, /cannot be written.*(rights|--data)/);
    },
  );
}

test(
  'a directory without write permission is refused with a remedy',
  {
    skip: process.getuid?.() === 0 ? 'root may write everywhere: run the suite as an ordinary user' : false,
  },
  () => {
    const path = directory();
    mkdirSync(path);
    chmodSync(path, 0o555);
    refusal(() => LmdbStore.open(path));
  },
);
