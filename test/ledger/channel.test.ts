// OPEN, CLAIM, refill, close and release on a ledger that makes real blocks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TxCode } from '../../host-tools/ledger/index.ts';
import { World } from './fixture.ts';

const A = 0x0a000001;
const B = 0x0a000002;

function opened(): World {
  const world = new World();
  world.joinAll([A, B]);
  assert.deepEqual(world.codes([world.book(A).open(0, B)]), [TxCode.OK]);
  return world;
}

test('a claim moves links from payer to payee less the levy, and the sum stays', () => {
  const world = opened();
  const { linkValue } = world.ledger.money;
  const channel = world.ledger.channel(A, 1, 0)!;
  assert.equal(channel.limit, Math.floor((4 * 415) / linkValue));
  const built = world.block([world.book(A).claim(0, 3)]);
  assert.equal(built.results[0]!.code, TxCode.OK);
  const amount = 3 * linkValue;
  const levy = Math.floor((amount * 40) / 1000) + Math.floor((amount * 10) / 1000);
  assert.equal(world.balance(A), -amount);
  assert.equal(world.balance(B), amount - levy);
  assert.equal(channel.settled, 3);
  assert.ok(channel.limit > 6, 'escrow follows use');
  assert.equal(world.ledger.account(A)!.escrow, (channel.limit - 3) * linkValue);
  assert.equal(built.results[0]!.transfers.reduce((sum, transfer) => sum + transfer.amount, 0), amount);
});
