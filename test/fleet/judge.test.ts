// What the judge and the pool decide without any engine: bounds of time, of entries per gateway, of a share's places.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signEd25519 } from '../../host-tools/crypto/index.ts';
import { Heads, readHead, signHead } from '../../host-tools/fleet/heads.ts';
import { ENTRIES_PER_SLOT, Judge } from '../../host-tools/fleet/judge.ts';
import { FleetPool } from '../../host-tools/fleet/pool.ts';
import { slotClock } from '../../host-tools/fleet/slot-clock.ts';
import { Bound, encodeClaim, Ledger, signJoin, TxCode } from '../../host-tools/ledger/index.ts';
import { deps, person } from '../ledger/fixture.ts';
import { blockSeed, FIRST_GATEWAY, fleetGenesis } from './fleet-world.ts';

const GENESIS = fleetGenesis(4);
const clock = slotClock(1);
const newLedger = (): Ledger => Ledger.fromGenesis(deps, GENESIS);

/** A block of slot `slot` by the gateway of that rank, on a ledger that then stands before it again. */
function blockOf(ledger: Ledger, slot: number, rank: number): { author: number; bytes: Uint8Array } {
  const { address } = ledger.leader(slot, rank)!;
  const sign = (message: Uint8Array): Uint8Array => signEd25519(blockSeed(address - FIRST_GATEWAY), message);
  const { block } = ledger.buildBlock({ timeS: slot, rank, producer: address, candidates: [], sign });
  ledger.undoBlock();
  return { author: address, bytes: block };
}

test("a block counts from its rank's tenth of the slot to the slot's end, to the millisecond", () => {
  for (const rank of [0, 1, 3]) {
    for (const [afterMs, counts] of [
      [100 * rank - 1, false],
      [100 * rank, true],
      [999, true],
      [1000, false],
    ] as const) {
      const ledger = newLedger();
      const { author, bytes } = blockOf(ledger, 5000, rank);
      const entry = { sequence: 1, stampMs: 5_000_000 + afterMs, author, bytes };
      assert.equal(new Judge(ledger, clock).judge(entry).applied, counts, `rank ${rank} after ${afterMs} ms`);
    }
  }
});

test('of two right blocks of one height the first in the log counts', () => {
  const ledger = newLedger();
  const [lead, second] = [blockOf(ledger, 5000, 0), blockOf(ledger, 5000, 1)];
  const judge = new Judge(ledger, clock);
  assert.equal(judge.judge({ sequence: 1, stampMs: 5_000_200, ...second }).applied, true);
  assert.deepEqual(judge.judge({ sequence: 2, stampMs: 5_000_201, ...lead }).applied, false);
  assert.equal(ledger.height, 1);
});

test("of one gateway only a few entries a slot are read, the others' are untouched; a restart goes on counting", () => {
  const ledger = newLedger();
  const rubbish = { author: FIRST_GATEWAY, bytes: new Uint8Array(10) };
  let judge = new Judge(ledger, clock);
  const skips: string[] = [];
  for (let sequence = 1; sequence <= ENTRIES_PER_SLOT + 2; sequence++) {
    const verdict = judge.judge({ sequence, stampMs: 5_000_000, ...rubbish });
    skips.push(verdict.applied ? 'applied' : verdict.skip);
    judge = new Judge(ledger, clock, judge.position);
  }
  assert.deepEqual(skips, [...Array(ENTRIES_PER_SLOT).fill('not a block'), 'too many', 'too many']);
  const slot = [5000, 5001, 5002, 5003].find((one) => ledger.leader(one, 1)!.address !== FIRST_GATEWAY)!;
  const block = blockOf(ledger, slot, 1);
  const entry = { sequence: ENTRIES_PER_SLOT + 3, stampMs: slot * 1000 + 100, ...block };
  assert.equal(judge.judge(entry).applied, true);
});

test('an entry left out of the log stops the reader instead of passing unseen', () => {
  const judge = new Judge(newLedger(), clock);
  assert.throws(() => judge.judge({ sequence: 2, stampMs: 0, author: 1, bytes: new Uint8Array(0) }));
});

test("a gateway that sends false transactions loses its own share of the pool and nobody else's", () => {
  const pool = new FleetPool(newLedger());
  const waits = (number: number): Uint8Array =>
    encodeClaim({ payer: number, generation: 1, chain: 0, number: 1, link: new Uint8Array(16) });
  assert.equal(pool.offer(1, waits(1)), TxCode.UNKNOWN_CHANNEL);
  assert.equal(pool.offer(2, waits(1)), TxCode.UNKNOWN_CHANNEL, "another author's word for the same channel");
  assert.equal(pool.size, 2);
  for (let i = 0; i < 64; i++) assert.equal(pool.offer(1, new Uint8Array([i + 100])), TxCode.UNKNOWN_KIND);
  assert.equal(pool.offer(1, waits(2)), TxCode.BLOCK_FULL);
  assert.equal(pool.offer(2, waits(2)), TxCode.UNKNOWN_CHANNEL);
  pool.settle([]);
  assert.equal(pool.offer(1, waits(2)), TxCode.UNKNOWN_CHANNEL, 'forgiven with time');
});

test('a block that leaves out what was known for two slots is noted, one that comes sooner or is full is not', () => {
  const ledger = newLedger();
  const pool = new FleetPool(ledger);
  const { key, sign } = person(1);
  const fields = {
    address: 0x20000001,
    owner: key,
    linkKey: new Uint8Array(32).fill(1),
    bookRoot: new Uint8Array(32).fill(2),
    generation: 0,
    home: FIRST_GATEWAY,
    community: 16,
    guarantor: key,
    line: ledger.money.creditLine,
    ownerNonce: 0,
    guarantorNonce: 0,
    validUntil: 1000,
  };
  const join = signJoin(ledger.ledgerId, fields, sign, sign);
  const block = (slot: number, candidates: Uint8Array[] = []): void => {
    const { address: producer } = ledger.leader(slot, 0)!;
    const signed = (message: Uint8Array): Uint8Array => signEd25519(blockSeed(producer - FIRST_GATEWAY), message);
    ledger.buildBlock({ timeS: slot, producer, candidates, sign: signed });
    pool.settle(candidates);
  };
  block(5000);
  assert.equal(pool.offer(FIRST_GATEWAY, join), TxCode.OK);
  block(5001);
  assert.equal(pool.leavesOut(0), false, 'it may have come too late for this one');
  block(5002);
  assert.equal(pool.leavesOut(Bound.BLOCK_BYTES - 10), false, 'no room');
  assert.equal(pool.leavesOut(0), true);
  block(5003, [join]);
  assert.equal(pool.leavesOut(0), false);
  assert.equal(ledger.totals().conserved, true);
});

test("heads: only a gateway's own signature counts; one liar is named, more than a third of the others stop us", () => {
  const ledger = newLedger();
  const head = (index: number, hash: number): Uint8Array =>
    signHead(
      ledger.ledgerId,
      {
        gateway: FIRST_GATEWAY + index,
        height: 7,
        hash: new Uint8Array(32).fill(hash),
        stateRoot: new Uint8Array(32),
      },
      (message) => signEd25519(blockSeed(index), message),
    );
  const changed = head(1, 1);
  changed[20]! ^= 1;
  assert.equal(readHead(ledger, deps.verify, changed), undefined);
  assert.equal(readHead(ledger, deps.verify, head(1, 1).subarray(1)), undefined);
  const heads = new Heads(ledger, FIRST_GATEWAY);
  const hear = (index: number, hash: number): void =>
    heads.hear(readHead(ledger, deps.verify, head(index, hash))!);
  hear(1, 9);
  heads.grown(7, new Uint8Array(32).fill(1), new Uint8Array(32));
  hear(2, 1);
  assert.deepEqual(
    [...heads.differing],
    [[FIRST_GATEWAY + 1, 7]],
    'a head that came before our own block is compared',
  );
  assert.equal(heads.alarm(), undefined);
  hear(3, 9);
  assert.match(heads.alarm()!, /2 of 3 other gateways/);
});
