// A flipped bit anywhere in a store or in an export is found and named: in every kind of row and record, in the file
// that holds the rows (LMDB's and each of LevelDB's), and in the chain file. FAIRHOP_FLIPS sets how many bits a row;
// the default fits `npm test`.
import assert from 'node:assert/strict';
import {
  copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bookRoot, macKey } from '#protocol';
import { nodeCrypto, verifyEd25519 } from '../../../host-tools/crypto/index.ts';
import {
  ChainStore, LmdbStore, MemoryStore, openChain, readChain, StoreError, verifyApart, verifyStore,
} from '../../../host-tools/gateway/store/index.ts';
import type { Store } from '../../../host-tools/gateway/store/index.ts';
import { checkLevelFiles } from '../../../host-tools/gateway/store/level-files.ts';
import {
  Action, ChainFileError, readChainFile, replayChain, signTx, StateKind, TxCode, TxKind, writeChainFile,
} from '../../../host-tools/ledger/index.ts';
import { makeChain } from '../../../host-tools/bench/made-chain.ts';
import { makeChequebook } from '../../../host-tools/provision/chequebook.ts';
import { smallGenesis, World } from '../../ledger/fixture.ts';

const DEPS = { crypto: nodeCrypto, verify: verifyEd25519 };
const FLIPS = Number(process.env['FAIRHOP_FLIPS'] ?? 1);
/** Rows of one table or kind of record that are tried: all of them when many flips are asked for. */
const ROWS = FLIPS > 1 ? Infinity : 2;
const [A, B, BOOK_OWNER] = [0x0a000001, 0x0a000002, 1000];
/** A checkpoint is made after 256 blocks; some more then have to be replayed on top of it. */
const BLOCKS = 262;

const root = mkdtempSync(join(tmpdir(), 'fairhop-flips-'));
after(() => rmSync(root, { recursive: true, force: true }));
const memory = new MemoryStore();
let seed = 7;

/** Below `limit`; Park and Miller's generator, so that a failure can be made again. */
function pick(limit: number): number {
  seed = (seed * 48271) % 0x7fffffff;
  return seed % limit;
}

before(() => {
  const world = new World(smallGenesis({ epoch: 600, moneyRound: 300 }));
  const store = ChainStore.over(memory);
  store.create(DEPS, world.genesis);
  const { ledgerId } = world.ledger;
  const add = (...candidates: Uint8Array[]): void => {
    const built = world.block(candidates);
    assert.ok(built.results.every(({ code }) => code === TxCode.OK));
    store.append(built.block, world.ledger.changes());
  };
  add(world.join(A));
  add(world.join(B));
  add(world.book(A).open(0, B));
  add(world.book(A).claim(0, 3));
  const { founder } = world;
  const subject = new Uint8Array(32);
  const fields = { owner: founder.key, action: Action.ADD_COMMUNITY, subject, value: 3, ...world.next(founder) };
  add(signTx(ledgerId, TxKind.PROPOSE, fields, founder.sign));
  const ballot = { owner: founder.key, proposal: 1, choice: 1, ...world.next(founder) };
  add(signTx(ledgerId, TxKind.VOTE, ballot, founder.sign));
  while (world.ledger.height < BLOCKS) add();
  store.putNote('figures', new Uint8Array([1, 2, 3]));
  store.appendPackets([[0, new Uint8Array([4, 5])], [1, new Uint8Array([6])]]);
});

/** What verification says, however it says it; undefined when it finds nothing. */
function fault(store: Store): string | undefined {
  try {
    return verifyStore(ChainStore.over(store), DEPS).fault?.what;
  } catch (error) {
    assert.ok(error instanceof StoreError, String(error));
    return error.message;
  }
}

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[pick(copy.length)]! ^= 1 << pick(8);
  return copy;
}

function allRows(store: Store): [Uint8Array, Uint8Array][] {
  return [...store.range({ from: new Uint8Array([0]), to: new Uint8Array([255]) })];
}

/** Rows by table, those of the state by kind of record. */
function byKind(rows: [Uint8Array, Uint8Array][]): Map<string, [Uint8Array, Uint8Array][]> {
  const kinds = new Map<string, [Uint8Array, Uint8Array][]>();
  for (const row of rows) {
    const name = row[0][0] === 3 ? `3:${row[0][1]}` : String(row[0][0]);
    kinds.set(name, [...(kinds.get(name) ?? []), row]);
  }
  return kinds;
}

test('a flipped bit in the value or the key of every kind of row is found and named', () => {
  assert.equal(fault(memory), undefined, 'the store as written is right');
  const kinds = byKind(allRows(memory));
  const records = [...kinds.keys()].filter((name) => name.startsWith('3:'));
  assert.equal(records.length, StateKind.BALLOT, 'every kind of record is there');
  for (const rows of kinds.values()) {
    for (let i = 0; i < Math.min(ROWS, rows.length); i++) {
      const [key, value] = rows[ROWS === Infinity ? i : pick(rows.length)]!;
      for (let flip = 0; flip < FLIPS; flip++) {
        memory.write({ puts: [[key, flipped(value)]], deletes: [] });
        const what = fault(memory);
        assert.ok(what !== undefined && what.length > 10, `value of row ${Buffer.from(key).toString('hex')}: ${what}`);
        if (key[0] === 3) assert.match(what, /^the state record (\w+):[0-9a-f]* is damaged$/);
        memory.write({ puts: [[key, value]], deletes: [] });
        const moved = flipped(key);
        if (memory.get(moved) !== undefined) continue;
        memory.write({ puts: [[moved, value]], deletes: [key] });
        const gone = fault(memory);
        assert.ok(gone !== undefined && gone.length > 10, `key of row ${Buffer.from(key).toString('hex')}`);
        memory.write({ puts: [[key, value]], deletes: [moved] });
      }
    }
  }
  assert.equal(fault(memory), undefined, 'everything was put back');
});

test('a damaged block is named by its height, a missing one too', () => {
  const store = ChainStore.over(memory);
  const key = Buffer.from([2, 0, 0, 0, 0, 0, 100]);
  const block = memory.get(key)!;
  memory.write({ puts: [[key, flipped(block)]], deletes: [] });
  assert.equal(verifyStore(store, DEPS).fault?.height, 100);
  memory.write({ puts: [], deletes: [key] });
  assert.equal(verifyStore(store, DEPS).fault?.height, 100);
  memory.write({ puts: [[key, block]], deletes: [] });
});

test('a flipped bit in a stored chequebook is found', () => {
  const made = new MemoryStore();
  const store = ChainStore.over(made);
  const ledger = makeChain(store, 3);
  const id = { ledger: ledger.ledgerId, address: BOOK_OWNER, generation: 1 };
  const secret = macKey(nodeCrypto.sha256([id.ledger, Uint8Array.of(BOOK_OWNER >> 8, BOOK_OWNER & 255)]));
  const { book } = makeChequebook(secret, id);
  const name = bookRoot(nodeCrypto, id, book);
  store.putBook(name, book);
  assert.equal(fault(made), undefined);
  for (let i = 0; i < 3 * FLIPS; i++) {
    store.putBook(name, flipped(book));
    assert.match(fault(made) ?? '', /chequebook [0-9a-f]{64} is damaged/);
  }
});

test('a flipped bit in an export is found, whatever it hits', () => {
  const made = new MemoryStore();
  const store = ChainStore.over(made);
  makeChain(store, 40);
  const file = Buffer.concat([...writeChainFile(nodeCrypto, store.genesis()!, store.blocks(1))]);
  const read = (bytes: Uint8Array): string | undefined => {
    let at = 0;
    try {
      const chain = readChainFile(nodeCrypto, (count) => bytes.subarray(at, (at += count)));
      return replayChain(DEPS, chain.genesis, chain.blocks).fault?.what;
    } catch (error) {
      assert.ok(error instanceof ChainFileError || error instanceof RangeError, String(error));
      return error.message;
    }
  };
  assert.equal(read(file), undefined);
  for (let i = 0; i < 60 * FLIPS; i++) {
    const what = read(flipped(file));
    assert.ok(what !== undefined && what.length > 10, `flip ${i}`);
  }
});

test('a flipped bit in the file under the store is found, or changes nothing that is read', async () => {
  const directory = join(root, 'lmdb');
  const lmdb = LmdbStore.open(directory);
  const { stateRoot, height } = { ...summary(makeChain(ChainStore.over(lmdb), 20)) };
  await lmdb.close();
  const good = join(directory, 'chain.mdb');
  assert.equal(verifyApart(directory).stateRoot, stateRoot);
  let found = 0;
  for (let i = 0; i < 4 * FLIPS; i++) {
    const copy = join(root, `copy-${i}`);
    mkdirSync(copy);
    copyFileSync(good, join(copy, 'chain.mdb'));
    const bytes = readFileSync(good);
    // A bit that is set or beside one that is: most of the file is unused.
    let at = pick(statSync(good).size);
    while (bytes[at] === 0) at = (at + 1) % bytes.length;
    bytes[at]! ^= 1 << pick(8);
    writeFileSync(join(copy, 'chain.mdb'), bytes);
    try {
      const verified = verifyApart(copy);
      assert.deepEqual([verified.stateRoot, verified.height], [stateRoot, height], `byte ${at}`);
    } catch (error) {
      assert.ok(error instanceof StoreError, String(error));
      assert.ok(error.message.length > 10 && error.remedy.length > 10);
      found += 1;
    }
  }
  assert.ok(found > 0, 'some of the flips hit something');
});

/** Two tables and a log: each opening turns the log of the life before into a table. */
async function levelStore(directory: string): Promise<ReturnType<typeof summary>> {
  const world = new World(smallGenesis());
  const { ledger } = world;
  let store = openChain(directory, { kind: 'level' });
  store.create(DEPS, world.genesis);
  for (let life = 0; life < 3; life++) {
    if (life > 0) (store = openChain(directory)).load(DEPS);
    for (let i = 0; i < 40; i++) {
      const { block } = world.block(i === 0 ? [world.join(A + life)] : []);
      store.append(block, ledger.changes());
    }
    store.putNote('figures', Uint8Array.of(life));
    await store.close();
  }
  return summary(ledger);
}

test('a flipped bit in any file of LevelDB is found and the file named, or changes nothing that is read', async () => {
  const directory = join(root, 'level');
  const { stateRoot, height } = await levelStore(directory);
  const files = join(directory, 'chain.level');
  const names = readdirSync(files).filter((name) => /^(\d+\.(log|ldb)|CURRENT|MANIFEST-\d+)$/.test(name));
  assert.ok(names.filter((name) => name.endsWith('.ldb')).length >= 2 && names.length >= 5, names.join());
  checkLevelFiles(files, true);
  for (const name of names) {
    const good = readFileSync(join(files, name));
    const [harmless, checked] = [new Set<number>(), 40 * FLIPS];
    for (let i = 0; i < checked; i++) {
      const [bad, at] = [Buffer.from(good), i < Math.min(12, good.length) ? good.length - 1 - i : pick(good.length)];
      bad[at]! ^= 1 << pick(8);
      writeFileSync(join(files, name), bad);
      try {
        checkLevelFiles(files, true);
        harmless.add(at);
      } catch (error) {
        assert.ok(error instanceof StoreError, String(error));
        assert.ok(error.message.includes(name) || name === 'CURRENT', `${name}: ${error.message}`);
      }
    }
    writeFileSync(join(files, name), good);
    // A table ends in 48 bytes of which some are not used; every other byte counts.
    for (const at of harmless) assert.ok(name.endsWith('.ldb') && at >= good.length - 48, `byte ${at} of ${name}`);
  }
  const log = join(files, names.find((name) => name.endsWith('.log'))!);
  const good = readFileSync(log);
  writeFileSync(log, good.subarray(0, good.length - 3));
  checkLevelFiles(files, true);
  const last = Buffer.from(good);
  last[good.length - 1]! ^= 4;
  writeFileSync(log, last);
  assert.throws(() => verifyApart(directory), /the file \d+\.log of the store is damaged at byte \d+/);
  writeFileSync(log, good);
  const store = readChain(directory, { whole: true });
  const { fault, ledger } = verifyStore(store, DEPS);
  assert.deepEqual([fault, summary(ledger)], [undefined, { stateRoot, height }]);
  await store.close();
});

function summary(ledger: { stateRoot(): Uint8Array; height: number }): { stateRoot: string; height: number } {
  return { stateRoot: Buffer.from(ledger.stateRoot()).toString('hex'), height: ledger.height };
}
