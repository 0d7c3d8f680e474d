// Pool, block maker and store together: what is queued is included once, refused ones leave, and a store that fails
// takes the block back without losing anything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEDGER_DEPS } from '../../host-tools/gateway/chain-service.ts';
import { storedBlocks, workNotes } from '../../host-tools/gateway/block-views.ts';
import { Home } from '../../host-tools/gateway/home.ts';
import { verifyStore } from '../../host-tools/gateway/store/index.ts';
import { PoolId, TxCode, encodeClaim, signJoin } from '../../host-tools/ledger/index.ts';
import { ed25519PublicKey, signEd25519 } from '../../host-tools/crypto/index.ts';
import { DeskWorld, diskFull, random } from './desk-world.ts';

function openWorld(): { world: DeskWorld; claim(number: number): Uint8Array } {
  const world = new DeskWorld(3);
  const home = new Home(world.ledger, (root) => world.store.book(root));
  const payee = world.members[1]!.address;
  world.chain.submit(home.receive(payee, world.open(2, 1)).transaction!);
  world.block();
  return { world, claim: (number) => home.receive(payee, world.claim(2, number)).transaction! };
}

test('the same transaction twice is one; a worthless one is not queued', () => {
  const { world, claim } = openWorld();
  const { chain } = world;
  assert.equal(chain.submit(claim(1)), TxCode.OK);
  assert.equal(chain.submit(claim(1)), TxCode.OK);
  assert.equal(chain.poolSize, 1);
  assert.notEqual(chain.submit(random(48)), TxCode.OK);
  const payer = world.members[2]!.address;
  const forged = encodeClaim({ payer, generation: 0, chain: 0, number: 9, link: random(16) });
  assert.equal(chain.submit(forged), TxCode.BAD_LINK);
  assert.equal(chain.poolSize, 1, 'a false claim with a high number does not push out a true one');
  assert.equal(world.block().transactions.length, 1);
  assert.equal(chain.poolSize, 0);
});

test('a block with valid and refused transactions: the refused ones are named and gone', () => {
  const { world, claim } = openWorld();
  const good = claim(3);
  const bad = random(30);
  world.chain.submitAll([bad, good]);
  const block = world.block();
  assert.deepEqual(block.transactions, [good]);
  assert.deepEqual(block.refused.map(({ transaction }) => transaction), [bad]);
  assert.equal(world.chain.poolSize, 0);
});

test('one block a slot', () => {
  const { world } = openWorld();
  const { height } = world.block().header;
  assert.equal(world.chain.makeBlock(world.timeS), undefined);
  assert.equal(world.chain.makeBlock(world.timeS - 100), undefined, 'nor when the clock was set back');
  assert.equal(world.block().header.height, height + 1);
});

test('a store that fails takes the block back and loses nothing', () => {
  const { world, claim } = openWorld();
  const { ledger, chain, moody } = world;
  assert.equal(chain.submit(claim(2)), TxCode.OK);
  const before = { root: ledger.stateRoot().slice(), tip: ledger.tip.slice(), height: ledger.height };
  moody.failure = diskFull();
  for (let i = 0; i < 3; i++) assert.throws(() => chain.makeBlock(++world.timeS), /the disk is full/);
  assert.deepEqual({ root: ledger.stateRoot(), tip: ledger.tip, height: ledger.height }, before);
  assert.equal(chain.poolSize, 1);
  world.assertConserved();
  moody.failure = undefined;
  const block = world.block();
  assert.equal(block.header.height, before.height + 1);
  assert.equal(block.work.claims, 1);
  const again = world.store.load(LEDGER_DEPS);
  assert.deepEqual(again.stateRoot(), ledger.stateRoot(), 'what is stored is what is in memory');
  assert.equal(verifyStore(world.store, LEDGER_DEPS).fault, undefined);
});

test('what two full blocks have left out goes first in the third', () => {
  const { world, claim } = openWorld();
  const { chain, founding, ledger } = world;
  const owner = ed25519PublicKey(founding.ownerSeed);
  const sign = (message: Uint8Array): Uint8Array => signEd25519(founding.ownerSeed, message);
  const first = ledger.account(owner)!.nonce;
  // 287 bytes each: 907 fill a block, and claims come after everything else.
  const joins = Array.from({ length: 2780 }, (_, i) => signJoin(founding.ledgerId, {
    address: 0x0b000000 + i, owner, linkKey: new Uint8Array(32), bookRoot: new Uint8Array(32), generation: 0,
    home: founding.gatewayAddress, community: PoolId.FIRST_COMMUNITY, guarantor: owner, line: 0, ownerNonce: first + i,
    guarantorNonce: first + i, validUntil: 1000,
  }, sign, sign));
  chain.submitAll(joins.slice(0, 1850));
  assert.equal(chain.submit(claim(1)), TxCode.OK);
  const blocks = [world.block(), world.block()];
  assert.ok(blocks.every(({ work, transactions }) => work.claims === 0 && transactions.length > 900));
  chain.submitAll(joins.slice(1850));
  // A newer claim takes the place of the old one and its rank.
  const newer = claim(2);
  assert.equal(chain.submit(newer), TxCode.OK);
  const third = world.block();
  assert.equal(third.work.claims, 1);
  assert.ok(third.transactions.some((transaction) => Buffer.compare(transaction, newer) === 0));
  assert.ok(third.transactions.length > 900 && chain.poolSize > 0, 'there was not room for all');
});

test('blocks are shown from the store, newest first, with what each settled', () => {
  const { world, claim } = openWorld();
  const first = world.ledger.height;
  for (const number of [1, 3, 3, 6]) {
    const transaction = claim(number);
    if (transaction !== undefined) world.chain.submit(transaction);
    world.chain.makeBlock(++world.timeS, workNotes);
  }
  const { linkValue } = world.ledger.money;
  const views = storedBlocks(world.store, Infinity, 4, 1);
  assert.deepEqual(views.map(({ height }) => height), [first + 4, first + 3, first + 2, first + 1]);
  assert.deepEqual(views.map(({ claims }) => claims), [1, 0, 1, 1]);
  assert.deepEqual(views.map(({ settledCredits }) => settledCredits / linkValue), [3, 0, 2, 1]);
  assert.equal(views[0]!.stateRoot, Buffer.from(world.ledger.stateRoot()).toString('hex'));
  assert.equal(views[0]!.hash, Buffer.from(world.ledger.tip).toString('hex'));
  assert.equal(Date.parse(views[0]!.at), world.timeS * 1000);
  assert.deepEqual(storedBlocks(world.store, 2, 100, 1).map(({ height }) => height), [1]);
  assert.deepEqual(storedBlocks(world.store, 0, 100, 1), []);
});
