// The LMDB store against the one in memory, and everything that can be wrong with a data directory.
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
import { LmdbStore, MemoryStore, StoreError } from '../../../host-tools/gateway/store/index.ts';
import type { Store } from '../../../host-tools/gateway/store/index.ts';

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

test('any sequence of batches and scans gives the same as the store in memory', async () => {
  const lmdb: Store = LmdbStore.open(directory());
  const memory = new MemoryStore();
  const operation = fc.record({
    puts: fc.array(fc.tuple(bytes(1, 3), bytes(0, 5)), { maxLength: 6 }),
    deletes: fc.array(bytes(1, 3), { maxLength: 3 }),
    from: bytes(1, 3),
    to: bytes(1, 3),
    reverse: fc.boolean(),
    limit: fc.integer({ min: 1, max: 5 }),
  });
  const plain = (entries: Iterable<[Uint8Array, Uint8Array]>): string[] =>
    [...entries].map(
      ([key, value]) => Buffer.from(key).toString('hex') + '=' + Buffer.from(value).toString('hex'),
    );
  fc.assert(
    fc.property(operation, ({ puts, deletes, from, to, reverse, limit }) => {
      for (const store of [lmdb, memory]) store.write({ puts, deletes });
      for (const range of [
        { from, to },
        { from, to, reverse, limit },
      ]) {
        assert.deepEqual(plain(lmdb.range(range)), plain(memory.range(range)));
      }
      assert.deepEqual(lmdb.get(from), memory.get(from));
      assert.equal(lmdb.stats().entries, memory.stats().entries);
    }),
    { numRuns: 200 },
  );
  await lmdb.close();
});

test('what was written is there after reopening', async () => {
  const path = directory();
  const key = new Uint8Array([1, 2]);
  let store = LmdbStore.open(path);
  store.write({ puts: [[key, new Uint8Array([7])]], deletes: [] });
  await store.close();
  store = LmdbStore.open(path);
  assert.deepEqual(store.get(key), new Uint8Array([7]));
  await store.close();
});

test('a second gateway on the same directory is refused, a killed one is not in the way', async () => {
  const path = directory();
  const store = LmdbStore.open(path);
  assert.match(refusal(() => LmdbStore.open(path)).message, /in use by process/);
  await store.close();
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  writeFileSync(join(path, 'gateway.pid'), `${dead} 1\n`);
  await LmdbStore.open(path).close();
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

test(
  'a full disk: the batch is refused with a remedy, what was written stays readable',
  {
    skip: onSmallDisk(['true']).status === 0 ? false : 'needs unshare and user namespaces: apt install util-linux',
  },
  () => {
    const script = fileURLToPath(new URL('./fill-writer.ts', import.meta.url));
    const child = onSmallDisk([process.execPath, '--import', 'tsx', script]);
    assert.equal(child.status, 0, String(child.stderr));
    const report = JSON.parse(String(child.stderr)) as { written: number; reopened: number; refusal: string };
    assert.match(report.refusal, /disk is full.*Free some space/);
    assert.ok(report.written > 20);
    assert.equal(report.reopened, report.written);
  },
);

test(
  'a disk that became read-only: writing is refused with a remedy, the chain can be read',
  {
    skip: onSmallDisk(['true']).status === 0 ? false : 'needs unshare and user namespaces: apt install util-linux',
  },
  () => {
    const script = fileURLToPath(new URL('./read-only-disk.ts', import.meta.url));
    const command = (phase: string): string[] => [process.execPath, '--import', 'tsx', script, phase];
    const child = onSmallDisk(command('try'), command('make'));
    assert.equal(child.status, 0, String(child.stderr));
    const report = JSON.parse(String(child.stderr)) as { height: number; refusal: string };
    assert.match(report.refusal, /cannot be written.*(rights|--data)/);
    assert.equal(report.height, 0);
  },
);

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
