// JOIN, TRANSFER and the notices (SPEC L7.1, L7.5, L7.6): who may, who pays, and when it takes effect.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  accountReference, NodeStatus, signJoin, signTx, StateKind, TxCode, TxKind,
} from '../../host-tools/ledger/index.ts';
import type { Person } from './fixture.ts';
import { bookOf, HOME, person, smallGenesis, World } from './fixture.ts';

const A = 0x0a000001;
const B = 0x0a000002;
const SHORT = { epoch: 4, moneyRound: 4, channelEpochs: 3, demurragePerMille: 0 };
const guest = person(50);

function short(): World {
  const world = new World(smallGenesis(SHORT));
  world.joinAll([A, B]);
  return world;
}

type Signed = Parameters<typeof signTx>[1];

/** With the founder's nonce, signed by the founder or by somebody who is not. */
function signed(world: World, kind: Signed, fields: object, signer: Person = world.founder): Uint8Array {
  return signTx(world.ledger.ledgerId, kind, { ...world.next(world.founder), ...fields } as never, signer.sign);
}

function give(world: World, from: number, to: number, amount: number, signer = world.founder): Uint8Array {
  const reference = (address: number) => accountReference({ kind: StateKind.NODE, address });
  return signed(world, TxKind.TRANSFER, {
    fromKind: StateKind.NODE, from: reference(from), toKind: StateKind.NODE, to: reference(to), amount,
  }, signer);
}

test('a join reserves the line from the guarantor, once', () => {
  const world = new World();
  const before = world.ledger.free(world.ledger.account(world.founder.key)!);
  const join = world.join(A);
  assert.deepEqual(world.codes([join]), [TxCode.OK]);
  const { creditLine } = world.ledger.money;
  assert.equal(world.ledger.free(world.ledger.account(world.founder.key)!), before - creditLine);
  assert.equal(world.ledger.free(world.ledger.account(A)!), creditLine);
  assert.deepEqual(world.codes([join]), [TxCode.ADDRESS_TAKEN], 'a replay');
  const other = world.join(B);
  other.set([9], 5);
  assert.deepEqual(world.codes([other]), [TxCode.BAD_SIGNATURE], 'another address under the same signature');
});

test('a join of a stranger needs both signatures and both nonces', () => {
  const world = new World();
  const make = (change: object, owner = guest.sign, guarantor = world.founder.sign): Uint8Array =>
    signJoin(world.ledger.ledgerId, {
      address: A, owner: guest.key, linkKey: new Uint8Array(32), bookRoot: new Uint8Array(32), generation: 1,
      home: HOME, community: 16, guarantor: world.founder.key, line: 1000, ownerNonce: 0, guarantorNonce: 0,
      validUntil: 100, ...change,
    }, owner, guarantor);
  const refusals: [Uint8Array, TxCode][] = [
    [make({}, world.founder.sign), TxCode.BAD_SIGNATURE],
    [make({}, guest.sign, guest.sign), TxCode.BAD_SIGNATURE],
    [make({ ownerNonce: 1 }), TxCode.BAD_NONCE],
    [make({ guarantorNonce: 1 }), TxCode.BAD_NONCE],
    [make({ validUntil: 0 }), TxCode.TOO_LATE],
    [make({ address: 0 }), TxCode.BAD_ADDRESS],
    [make({ address: HOME }), TxCode.ADDRESS_TAKEN],
    [make({ home: 7 }), TxCode.UNKNOWN_GATEWAY],
    [make({ community: 1 }), TxCode.UNKNOWN_COMMUNITY],
    [make({ line: world.ledger.money.creditLine + 1 }), TxCode.LINE_TOO_LARGE],
    [make({ guarantor: person(51).key }), TxCode.UNKNOWN_OWNER],
  ];
  for (const [bytes, code] of refusals) {
    const root = world.ledger.stateRoot();
    assert.equal(world.ledger.check(bytes), code);
    assert.deepEqual(world.ledger.stateRoot(), root);
  }
  assert.deepEqual(world.codes([make({})]), [TxCode.OK]);
  assert.equal(world.ledger.account(guest.key)!.nonce, 1);
  assert.equal(world.ledger.account(world.founder.key)!.nonce, 1);
});

test('a guarantor cannot vouch for more than it has', () => {
  const world = new World(smallGenesis({ plannedNodes: 2 }));
  assert.equal(world.ledger.money.supply, 2 * world.ledger.money.creditLine);
  const codes = [A, B].map((address) => world.codes([world.join(address)])[0]);
  assert.deepEqual(codes, [TxCode.OK, TxCode.NO_FREE_CREDIT]);
});

test('only what was earned can be given away', () => {
  const world = short();
  assert.deepEqual(world.codes([give(world, A, B, 1)]), [TxCode.BAD_AMOUNT], 'a line is not money');
  world.block([world.book(A).open(0, B)]);
  world.block([world.book(A).claim(0, 4)]);
  const earned = world.balance(B);
  assert.deepEqual(world.codes([give(world, B, A, earned + 1)]), [TxCode.BAD_AMOUNT]);
  assert.deepEqual(world.codes([give(world, B, B, 1)]), [TxCode.BAD_AMOUNT]);
  assert.deepEqual(world.codes([give(world, B, A, 1, guest)]), [TxCode.BAD_SIGNATURE]);
  const transfer = give(world, B, A, earned);
  assert.deepEqual(world.codes([transfer, transfer]), [TxCode.OK, TxCode.BAD_NONCE]);
  assert.equal(world.balance(B), 0);
  const dirty = give(world, B, A, 1);
  dirty[2 + 1 + 8] = 1;
  assert.deepEqual(world.codes([dirty]), [TxCode.MALFORMED], 'unused bytes are zero');
});

test('a leave is a notice; the debt falls on the guarantor and the address stays taken', () => {
  const world = short();
  world.block([world.book(A).open(0, B)]);
  world.block([world.book(A).claim(0, 4)]);
  const debt = -world.balance(A);
  assert.deepEqual(world.codes([signed(world, TxKind.LEAVE, { address: A })]), [TxCode.OPEN_CHANNELS]);
  while (world.ledger.channel(A, 1, 0) !== undefined) world.block([]);
  const owed = -world.balance(A);
  assert.ok(owed > 0 && owed <= debt);
  assert.deepEqual(world.codes([signed(world, TxKind.LEAVE, { address: A })]), [TxCode.OK]);
  assert.deepEqual(world.codes([world.book(A).open(1, B)]), [TxCode.UNKNOWN_NODE], 'a leaving node opens nothing');
  assert.equal(world.ledger.account(A)!.status, NodeStatus.LEAVING);
  world.endEpochs(5);
  const gone = world.ledger.account(A)!;
  assert.equal(gone.status, NodeStatus.GONE);
  assert.equal(gone.balance, 0);
  assert.equal(gone.line, 0);
  assert.equal(world.ledger.account(world.founder.key)!.balance, -owed);
  assert.deepEqual(world.codes([world.join(A)]), [TxCode.ADDRESS_TAKEN]);
});

test('a rekey takes effect after its notice; old channels go on, old chains stay used', () => {
  const world = short();
  world.block([world.book(A).open(0, B)]);
  const next = bookOf(world.ledger.ledgerId, A, 2);
  const fields = { address: A, linkKey: new Uint8Array(32).fill(3), bookRoot: next.root, generation: 2 };
  const rekey = signed(world, TxKind.REKEY, fields);
  assert.deepEqual(world.codes([rekey, rekey]), [TxCode.OK, TxCode.NOTICE_GIVEN]);
  assert.deepEqual(world.codes([next.open(1, B)]), [TxCode.WRONG_GENERATION]);
  assert.deepEqual(world.codes([world.book(A).open(1, B)]), [TxCode.OK], 'the old book until then');
  world.endEpochs(4);
  assert.deepEqual(world.codes([world.book(A).open(2, B)]), [TxCode.WRONG_GENERATION]);
  assert.deepEqual(world.codes([next.open(0, B)]), [TxCode.OK]);
  assert.deepEqual(world.codes([world.book(A).claim(1, 2)]), [TxCode.OK], 'a channel of the old book');
  assert.deepEqual(world.codes([signed(world, TxKind.REKEY, { ...fields, generation: 2 })]), [TxCode.WRONG_GENERATION]);
});

test('an unvouch frees what is not in use, and the rest as it is paid back', () => {
  const world = short();
  world.block([world.book(A).open(0, B)]);
  world.block([world.book(A).claim(0, 4)]);
  assert.deepEqual(world.codes([signed(world, TxKind.UNVOUCH, { address: A }, guest)]), [TxCode.BAD_SIGNATURE]);
  assert.deepEqual(world.codes([signed(world, TxKind.UNVOUCH, { address: A })]), [TxCode.OK]);
  world.endEpochs(5);
  const node = world.ledger.account(A)!;
  assert.equal(node.line, node.escrow - node.balance);
  assert.ok(node.line < world.ledger.money.creditLine);
});

test('home changes at once, to a gateway only', () => {
  const world = short();
  assert.deepEqual(world.codes([signed(world, TxKind.HOME, { address: A, home: 5 })]), [TxCode.UNKNOWN_GATEWAY]);
  assert.deepEqual(world.codes([signed(world, TxKind.HOME, { address: A, home: HOME })]), [TxCode.OK]);
});
