// OPEN, CLAIM, refill, close and release (SPEC L7.2 to 7.4) on a ledger that makes real blocks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBlock, releaseHeight, signTx, TxCode, TxKind } from '../../host-tools/ledger/index.ts';
import { person, smallGenesis, World } from './fixture.ts';

const A = 0x0a000001;
const B = 0x0a000002;
const C = 0x0a000003;
const SHORT = { epoch: 4, moneyRound: 4, channelEpochs: 3, demurragePerMille: 0 };

function opened(world = new World()): World {
  world.joinAll([A, B, C]);
  assert.deepEqual(world.codes([world.book(A).open(0, B)]), [TxCode.OK]);
  return world;
}

function channelOf(world: World) {
  return world.ledger.channel(A, 1, 0)!;
}

function close(world: World): Uint8Array {
  const fields = { payer: A, generation: 1, chain: 0, ...world.next(world.founder) };
  return signTx(world.ledger.ledgerId, TxKind.CLOSE, fields, world.founder.sign);
}

test('a claim moves links from payer to payee less the levy, and escrow follows use', () => {
  const world = opened();
  const { linkValue } = world.ledger.money;
  const channel = channelOf(world);
  assert.equal(channel.limit, Math.floor((4 * 415) / linkValue));
  const built = world.block([world.book(A).claim(0, 3)]);
  assert.equal(built.results[0]!.code, TxCode.OK);
  const amount = 3 * linkValue;
  const levy = Math.floor((amount * 40) / 1000) + Math.floor((amount * 10) / 1000);
  assert.equal(world.balance(A), -amount);
  assert.equal(world.balance(B), amount - levy);
  assert.equal(channel.settled, 3);
  // 4 x 768 credits is more than 4 P: twelve links past the settled ones.
  assert.equal(channel.limit, 15);
  assert.equal(world.ledger.account(A)!.escrow, 12 * linkValue);
  assert.equal(built.results[0]!.transfers.reduce((sum, transfer) => sum + transfer.amount, 0), amount);
});

test('the levy\'s fractions are carried: many small claims pay what one large claim pays', () => {
  const [small, large] = [opened(), opened()];
  for (let number = 1; number <= 6; number++) small.block([small.book(A).claim(0, number)]);
  large.block([large.book(A).claim(0, 6)]);
  assert.equal(small.balance(B), large.balance(B));
});

test('a claim above the limit settles to the limit, and the rest can be claimed after the refill', () => {
  const world = opened();
  assert.deepEqual(world.codes([world.book(A).claim(0, 20)]), [TxCode.OK]);
  assert.equal(channelOf(world).settled, 6);
  assert.equal(channelOf(world).limit, 30);
  assert.deepEqual(world.codes([world.book(A).claim(0, 20)]), [TxCode.OK]);
  assert.equal(channelOf(world).settled, 20);
});

test('only links that lead to the settled one count', () => {
  const world = opened();
  const right = world.book(A).claim(0, 3);
  const wrong = right.slice();
  wrong[25]! ^= 1;
  assert.deepEqual(world.codes([wrong]), [TxCode.BAD_LINK]);
  assert.deepEqual(world.codes([right]), [TxCode.OK]);
  assert.deepEqual(world.codes([world.book(A).claim(0, 2)]), [TxCode.NOT_NEWER]);
  assert.deepEqual(world.codes([right]), [TxCode.REFILL_TOO_SMALL], 'a duplicate has no effect');
  assert.deepEqual(world.codes([world.book(B).claim(0, 3)]), [TxCode.UNKNOWN_CHANNEL]);
  const beyond = right.slice();
  beyond[8] = 0xff;
  assert.deepEqual(world.codes([beyond]), [TxCode.OVER_CHAIN]);
});

test('one claim a channel and block: the highest that is true', () => {
  const world = opened();
  const forged = world.book(A).claim(0, 5);
  forged[10]! ^= 0x80;
  const codes = world.codes([world.book(A).claim(0, 2), forged, world.book(A).claim(0, 4)]);
  assert.deepEqual(codes, [TxCode.SUPERSEDED, TxCode.BAD_LINK, TxCode.OK]);
  assert.equal(channelOf(world).settled, 4);
});

test('of claims on several channels that which settles most goes first', () => {
  const world = opened();
  assert.deepEqual(world.codes([world.book(B).open(0, A)]), [TxCode.OK]);
  const [small, large] = [world.book(A).claim(0, 1), world.book(B).claim(0, 4)];
  const { block } = world.block([small, large]);
  const { transactions } = decodeBlock(block)!;
  assert.deepEqual(transactions.map((bytes) => [...bytes]), [[...large], [...small]]);
  // A higher number that settles less does not.
  const [high, more] = [world.book(B).claim(0, 5), world.book(A).claim(0, 4)];
  const again = decodeBlock(world.block([high, more]).block)!.transactions;
  assert.deepEqual(again.map((bytes) => [...bytes]), [[...more], [...high]]);
});

test('an open is refused when it is forged, repeated, of another generation or to oneself', () => {
  const world = opened();
  const book = world.book(A);
  assert.deepEqual(world.codes([book.open(0, B)]), [TxCode.CHANNEL_EXISTS]);
  assert.deepEqual(world.codes([book.open(0, C)]), [TxCode.CHANNEL_EXISTS], 'a chain is bound once');
  const stolen = book.open(1, B);
  stolen[11] = C & 255;
  assert.deepEqual(world.codes([stolen]), [TxCode.BAD_BINDING], 'bound to another payee');
  const generation = book.open(1, B);
  generation[6] = 2;
  assert.deepEqual(world.codes([generation]), [TxCode.WRONG_GENERATION]);
  assert.deepEqual(world.codes([book.open(1, A)]), [TxCode.SELF_CHANNEL]);
  assert.deepEqual(world.codes([book.open(1, 0x77)]), [TxCode.UNKNOWN_NODE]);
  const window = book.open(1, B);
  window[12] = 11;
  assert.deepEqual(world.codes([window]), [TxCode.BAD_WINDOW]);
  assert.deepEqual(world.codes([book.open(1, B, 1)]), [TxCode.OK]);
  assert.equal(world.ledger.channel(A, 1, 1)!.limit, 2, 'a window of two links caps the opening limit');
});

test('escrow stops at line plus tolerance, and a payer without room cannot open', () => {
  const world = new World();
  world.block([world.join(A, world.founder, world.founder, 500)]);
  world.block([world.join(B)]);
  assert.deepEqual(world.codes([world.book(A).open(0, B)]), [TxCode.OK]);
  assert.equal(channelOf(world).limit, 1, '500 credits hold one link of 256');
  assert.deepEqual(world.codes([world.book(A).open(1, B)]), [TxCode.NO_ROOM_TO_OPEN]);
});

test('a pure refill revives a channel that ran dry once its payer has credit again', () => {
  const world = new World();
  world.block([world.join(A, world.founder, world.founder, 600)]);
  world.block([world.join(B)]);
  world.block([world.book(A).open(0, B), world.book(B).open(0, A)]);
  assert.deepEqual(world.codes([world.book(A).claim(0, 2)]), [TxCode.OK]);
  assert.equal(channelOf(world).limit, 2, 'nothing left to escrow');
  assert.deepEqual(world.codes([world.book(A).claim(0, 3)]), [TxCode.REFILL_TOO_SMALL]);
  assert.deepEqual(world.codes([world.book(B).claim(0, 6)]), [TxCode.OK]);
  const expiry = channelOf(world).expiry;
  assert.deepEqual(world.codes([world.book(A).claim(0, 2)]), [TxCode.OK], 'pure refill');
  assert.ok(channelOf(world).limit > 2);
  assert.equal(channelOf(world).expiry, expiry);
  assert.deepEqual(world.codes([world.book(A).claim(0, 3)]), [TxCode.OK]);
});

test('closing stops refills and extensions, and shortens nothing', () => {
  const world = opened();
  world.block([world.book(A).claim(0, 1)]);
  const { limit, expiry } = { ...channelOf(world) };
  assert.deepEqual(world.codes([close(world)]), [TxCode.OK]);
  assert.deepEqual(world.codes([close(world)]), [TxCode.CLOSING]);
  assert.deepEqual(world.codes([world.book(A).claim(0, 2)]), [TxCode.OK]);
  assert.equal(channelOf(world).limit, limit);
  assert.equal(channelOf(world).expiry, expiry);
});

test('claims count until the release, then the escrow is back and the chain stays used', () => {
  const world = opened(new World(smallGenesis(SHORT)));
  const { expiry } = channelOf(world);
  const release = releaseHeight(world.ledger, channelOf(world));
  assert.equal(release, expiry + 12);
  while (world.ledger.height + 1 < release) world.block([]);
  assert.ok(world.ledger.account(A)!.escrow > 0);
  assert.equal(world.ledger.check(world.book(A).claim(0, 2)), TxCode.OK, 'the last block before the release');
  world.block([]);
  world.endEpoch();
  assert.equal(channelOf(world), undefined);
  assert.equal(world.ledger.account(A)!.escrow, 0);
  assert.equal(world.ledger.account(A)!.channels, 0);
  assert.deepEqual(world.codes([world.book(A).open(0, B)]), [TxCode.CHANNEL_EXISTS], 'never bound twice');
  assert.deepEqual(world.codes([world.book(A).claim(0, 2)]), [TxCode.UNKNOWN_CHANNEL]);
});

test('only the payer\'s owner closes', () => {
  const world = opened();
  const stranger = person(77);
  const fields = { payer: A, generation: 1, chain: 0, ...world.next(world.founder) };
  const forged = signTx(world.ledger.ledgerId, TxKind.CLOSE, fields, stranger.sign);
  assert.deepEqual(world.codes([forged]), [TxCode.BAD_SIGNATURE]);
  const stale = signTx(world.ledger.ledgerId, TxKind.CLOSE, { ...fields, nonce: 0 }, world.founder.sign);
  assert.deepEqual(world.codes([stale]), [TxCode.BAD_NONCE]);
  const late = signTx(world.ledger.ledgerId, TxKind.CLOSE, { ...fields, validUntil: 2 }, world.founder.sign);
  assert.deepEqual(world.codes([late]), [TxCode.TOO_LATE]);
});
