// The end of a block (SPEC L8): levy sharing, demurrage, allowance; and votes, leaders, audits and evidence (L7.7 to
// L7.9). Every block of the fixture checks the invariants.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bookPrefix, Purpose, walk } from '#protocol';
import { ed25519PublicKey, nodeCrypto, signEd25519 } from '../../host-tools/crypto/index.ts';
import {
  Action, BlockCode, blockHash, decodeBlock, encodeTx, Ledger, PoolId, Rate, signTx, TxCode, TxKind,
} from '../../host-tools/ledger/index.ts';
import { mulDiv } from '../../host-tools/ledger/rules/activity.ts';
import { waterFill } from '../../host-tools/ledger/rules/water-fill.ts';
import type { Person } from './fixture.ts';
import { BLOCK_SEED, deps, HOME, person, smallGenesis, World } from './fixture.ts';

const A = 0x0a000001;
const B = 0x0a000002;
const EPOCH = { epoch: 4, moneyRound: 2, channelEpochs: 3 };

type Signed = Parameters<typeof signTx>[1];

function signed(world: World, kind: Signed, fields: object, owner: Person = world.founder): Uint8Array {
  const all = { owner: owner.key, ...world.next(owner), ...fields };
  return signTx(world.ledger.ledgerId, kind, all as never, owner.sign);
}

/** One yes of the founder, then the two epochs until it takes effect. */
function decide(world: World, action: Action, subject: Uint8Array, value: number): TxCode {
  const full = new Uint8Array(32);
  full.set(subject);
  const [code] = world.codes([signed(world, TxKind.PROPOSE, { action, subject: full, value })]);
  if (code !== TxCode.OK) return code!;
  const proposal = world.ledger.counters.proposals;
  assert.deepEqual(world.codes([signed(world, TxKind.VOTE, { proposal, choice: 1 })]), [TxCode.OK]);
  assert.deepEqual(world.codes([signed(world, TxKind.VOTE, { proposal, choice: 0 })]), [TxCode.VOTED]);
  world.endEpochs(3);
  assert.deepEqual([...world.ledger.proposals()], []);
  assert.deepEqual([...world.ledger.ballots()], []);
  return code!;
}

test('water-filling lifts the poorest to one level and gives away exactly the budget', () => {
  assert.deepEqual(waterFill([100, 60, 10], 50), [45, 5, 0]);
  assert.deepEqual(waterFill([100, 60, 10], 1000), [100, 60, 10]);
  assert.deepEqual(waterFill([5, 5, 5], 8), [3, 3, 2]);
  assert.deepEqual(waterFill([], 8), []);
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 1000 })), fc.nat({ max: 20000 }), (list, budget) => {
    const debts = list.sort((a, b) => b - a);
    const shares = waterFill(debts, budget);
    const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
    assert.equal(sum(shares), Math.min(budget, sum(debts)));
    const left = debts.map((debt, i) => debt - shares[i]!);
    assert.ok(left.every((debt, i) => debt >= 0 && shares[i]! >= 0));
    const lifted = left.filter((_, i) => shares[i]! > 0);
    const untouched = left.filter((_, i) => shares[i] === 0);
    assert.ok(Math.max(0, ...untouched) <= Math.max(0, ...left));
    assert.ok(Math.max(0, ...lifted) - Math.min(...lifted, Infinity) <= 1 || budget >= sum(debts));
  }));
});

test('a hoard above the tolerance melts, what is below it stays, and nothing is lost', () => {
  const money = { creditLineP: 256, demurragePerMille: 100 };
  const world = new World(smallGenesis({ ...EPOCH, ...money, channelEpochs: 20 }));
  world.joinAll([A, B]);
  world.block([world.book(A).open(0, B)]);
  for (let number = 6; number <= 60; number += 18) world.block([world.book(A).claim(0, number)]);
  const tolerance = Math.floor(world.ledger.money.creditLine / 8);
  const balances: number[] = [];
  for (let i = 0; i < 120; i++) {
    world.block([]);
    balances.push(world.balance(B));
  }
  assert.ok(balances.every((balance, i) => i === 0 || balance <= balances[i - 1]!), 'only down');
  const above = world.balance(B) - tolerance;
  assert.ok(above > 0 && above < 10, 'a tenth of less than ten is nothing');
});

/** A is poor and was paid `earned` links by another tree: its balance then, and two epochs later. */
function aidAfter(earned: number): { poor: number; later: number } {
  const other = person(2);
  const economy = { ...EPOCH, creditLineP: 16, channelEpochs: 20, demurragePerMille: 500 };
  const world = new World(smallGenesis(economy, [person(1), other]));
  world.block([world.join(A)]);
  world.block([world.join(B, other, other)]);
  world.block([world.book(A).open(0, B), world.book(B).open(0, A)]);
  assert.deepEqual(world.codes([world.book(B).claim(0, earned)]), [TxCode.OK]);
  assert.deepEqual(world.codes([world.book(A).claim(0, earned + 4)]), [TxCode.OK]);
  const poor = world.balance(A);
  const named = signed(world, TxKind.NAME, { address: A, named: 1 });
  assert.deepEqual(world.codes([named]), [TxCode.OK]);
  world.endEpochs(2);
  return { poor, later: world.balance(A) };
}

test('the levy and demurrage of a tree come back to its poor, only if they relay for others', () => {
  const { linkValue, creditLine } = new World(smallGenesis({ creditLineP: 16 })).ledger.money;
  const enough = Math.ceil(Math.floor(creditLine / 8) / linkValue);
  const relay = aidAfter(enough);
  assert.ok(relay.poor < 0);
  assert.ok(relay.later > relay.poor, 'A was paid by another tree, so it is eligible');
  assert.ok(relay.later <= 0, 'an allowance only pays down a debt');
  const prepaid = aidAfter(enough - 1);
  assert.ok(prepaid.poor < 0);
  assert.equal(prepaid.later, prepaid.poor, 'prepayments alone bring that much');
});

test('without income from outside and without an audit there is no allowance', () => {
  const world = new World(smallGenesis({ ...EPOCH, channelEpochs: 20 }));
  world.joinAll([A, B]);
  world.block([world.book(A).open(0, B)]);
  world.block([world.book(A).claim(0, 6), signed(world, TxKind.NAME, { address: A, named: 1 })]);
  const poor = world.balance(A);
  world.endEpochs(2);
  assert.equal(world.balance(A), poor);
  const audit = (subject: number): Uint8Array => signTx(world.ledger.ledgerId, TxKind.AUDIT, {
    auditor: HOME, subject, epoch: Math.floor((world.ledger.height + 1) / 4),
  }, (message) => signEd25519(BLOCK_SEED, message));
  const forged = audit(A);
  forged[20]! ^= 1;
  assert.deepEqual(world.codes([forged]), [TxCode.BAD_SIGNATURE]);
  assert.deepEqual(world.codes([audit(A), audit(A)]), [TxCode.OK, TxCode.NOT_NEWER]);
  world.endEpochs(2);
  assert.ok(world.balance(A) > poor, 'after a passed audit the allowance comes');
});

test('votes change what they may, one epoch later, and nothing outside the bounds', () => {
  const world = new World(smallGenesis(EPOCH));
  assert.equal(decide(world, Action.SET_RATE, new Uint8Array([Rate.LEVY_GLOBAL]), 25), TxCode.OK);
  assert.equal(world.ledger.rates.levyGlobalPerMille, 25);
  assert.equal(world.ledger.counters.paramsVersion, 2);
  assert.equal(decide(world, Action.SET_RATE, new Uint8Array([Rate.LEVY_GLOBAL]), 9), TxCode.BAD_PROPOSAL);
  assert.equal(decide(world, Action.SET_RATE, new Uint8Array([99]), 9), TxCode.BAD_PROPOSAL);
  assert.equal(decide(world, Action.ADD_COMMUNITY, new Uint8Array(0), 3), TxCode.OK);
  assert.equal(world.ledger.pool(PoolId.FIRST_COMMUNITY + 1)!.share, 3);
  const newcomer = person(60);
  assert.equal(decide(world, Action.ADMIT_MEMBER, newcomer.key, 17), TxCode.OK);
  assert.equal(world.ledger.account(newcomer.key)!.community, 17);
  assert.equal(decide(world, Action.RELEASE, newcomer.key, 2 ** 40), TxCode.OK);
  const most = Math.floor((world.ledger.money.supply * 20) / 1000);
  assert.equal(world.ledger.account(newcomer.key)!.balance, most, 'two per cent of the supply');
  assert.deepEqual(
    world.codes([signed(world, TxKind.PROPOSE, { action: 2, subject: newcomer.key, value: 0 }, newcomer)]),
    [TxCode.NO_VOTE], 'members vote after seven epochs',
  );
});

test('a gateway registers, is admitted by vote, and then takes its turns', () => {
  const world = new World(smallGenesis(EPOCH));
  const seed = new Uint8Array(32).fill(33);
  const fields = {
    address: 0x77, blockKey: ed25519PublicKey(seed), teslaAnchor: new Uint8Array(16), anchorSlot: 5,
  };
  const register = signed(world, TxKind.GATEWAY, fields);
  assert.deepEqual(world.codes([register, register]), [TxCode.OK, TxCode.BAD_NONCE]);
  const other = signed(world, TxKind.GATEWAY, { ...fields, blockKey: new Uint8Array(32).fill(1) });
  assert.deepEqual(world.codes([other]), [TxCode.ADDRESS_TAKEN]);
  assert.equal(world.ledger.leader(1, 1), undefined);
  const subject = new Uint8Array(32);
  subject[3] = 0x77;
  world.codes([signed(world, TxKind.PROPOSE, { action: Action.ADMIT_GATEWAY, subject, value: 0 })]);
  world.codes([signed(world, TxKind.VOTE, { proposal: 1, choice: 1 })]);
  world.endEpochs(2);
  while (world.ledger.gateway(0x77)!.admitted === 0) world.block([]);
  assert.deepEqual([0, 1].map((rank) => world.ledger.leader(10, rank)!.address), [0x77, HOME]);
  assert.deepEqual([0, 1].map((rank) => world.ledger.leader(11, rank)!.address), [HOME, 0x77]);
});

/** Evidence from two signed blocks, in the order given. */
function evidence(first: Uint8Array, second: Uint8Array): Uint8Array {
  const [a, b] = [decodeBlock(first)!, decodeBlock(second)!];
  return encodeTx({
    kind: TxKind.EVIDENCE, first: a.headerBytes, firstSignature: a.signature,
    second: b.headerBytes, secondSignature: b.signature,
  });
}

/** Two blocks of one gateway for one slot after the genesis, the smaller hash first. */
function forked(genesis: Uint8Array, timeS: number): [Uint8Array, Uint8Array] {
  const sign = (message: Uint8Array): Uint8Array => signEd25519(BLOCK_SEED, message);
  const blocks = [[], [new World(genesis).join(A)]].map((candidates) =>
    Ledger.fromGenesis(deps, genesis).buildBlock({ timeS, producer: HOME, candidates, sign }).block);
  const hash = (block: Uint8Array): Uint8Array => blockHash(nodeCrypto, decodeBlock(block)!.headerBytes);
  return blocks.sort((a, b) => Buffer.compare(hash(a), hash(b))) as [Uint8Array, Uint8Array];
}

test('the only gateway is not struck: without it nobody could admit another', () => {
  const world = new World();
  const [first, second] = forked(world.genesis, world.timeS + 1);
  assert.deepEqual(world.codes([evidence(first, second)]), [TxCode.LAST_GATEWAY]);
  const subject = new Uint8Array(32);
  new DataView(subject.buffer).setUint32(0, HOME);
  const short = new World(smallGenesis(EPOCH));
  assert.equal(decide(short, Action.REMOVE_GATEWAY, subject, 0), TxCode.OK);
  assert.equal(short.ledger.gateway(HOME)!.admitted, 1, 'nor removed by a vote');
});

test('two signed blocks for one slot end a producer, once', () => {
  const [other, otherSeed] = [HOME + 1, new Uint8Array(32).fill(11)];
  const teslaAnchor = new Uint8Array(16).fill(5);
  const gateways = [[HOME, BLOCK_SEED], [other, otherSeed]] as const;
  const genesis = smallGenesis({
    ...EPOCH,
    gateways: gateways.map(([address, seed]) => ({
      owner: 0, address, blockKey: ed25519PublicKey(seed), teslaAnchor,
    })),
  });
  const ledger = Ledger.fromGenesis(deps, genesis);
  const { founder } = new World(genesis);
  let timeS = 1_700_000_001;
  if (ledger.leader(ledger.slotAt(timeS), 0)!.address !== HOME) timeS += 1;
  const [first, second] = forked(genesis, timeS);
  const block = (...candidates: Uint8Array[]): TxCode[] => {
    timeS += 1;
    const producer = ledger.leader(ledger.slotAt(timeS), 0)!.address;
    const seed = producer === HOME ? BLOCK_SEED : otherSeed;
    const sign = (message: Uint8Array): Uint8Array => signEd25519(seed, message);
    return ledger.buildBlock({ timeS, producer, candidates, sign }).results.map(({ code }) => code);
  };
  const signedBy = (kind: Signed, fields: object): Uint8Array => signTx(ledger.ledgerId, kind, {
    owner: founder.key, nonce: ledger.account(founder.key)!.nonce, validUntil: 1000, ...fields,
  } as never, founder.sign);
  const codes = block(evidence(second, first), evidence(first, first), evidence(first, second));
  assert.deepEqual(codes, [TxCode.BAD_EVIDENCE, TxCode.BAD_EVIDENCE, TxCode.OK]);
  assert.equal(ledger.gateway(HOME)!.admitted, 0);
  assert.equal(ledger.leader(1, 0)!.address, other);
  assert.deepEqual(block(evidence(first, second)), [TxCode.NOT_NEWER]);
  const subject = new Uint8Array(32);
  new DataView(subject.buffer).setUint32(0, HOME);
  assert.deepEqual(block(signedBy(TxKind.PROPOSE, { action: Action.ADMIT_GATEWAY, subject, value: 0 })), [TxCode.OK]);
  assert.deepEqual(block(signedBy(TxKind.VOTE, { proposal: 1, choice: 1 })), [TxCode.OK]);
  while (ledger.gateway(HOME)!.admitted === 0 && ledger.height < 50) block();
  assert.ok(ledger.gateway(HOME)!.admitted > 1, 'admitted again');
  assert.deepEqual(block(evidence(first, second)), [TxCode.NOT_NEWER], 'old evidence is used up');
  assert.equal(ledger.gateway(HOME)!.strikes, 1);
});

test('the levies stay within the byte by which a node is told them', () => {
  assert.throws(() => smallGenesis({ levyLocalPerMille: 100, levyGlobalPerMille: 156 }), /levies must sum/);
  const world = new World(smallGenesis({ ...EPOCH, levyLocalPerMille: 100, levyGlobalPerMille: 150 }));
  const subject = (rate: Rate): Uint8Array => new Uint8Array(32).fill(rate, 0, 1);
  const propose = (rate: Rate, value: number): TxCode =>
    world.codes([signed(world, TxKind.PROPOSE, { action: Action.SET_RATE, subject: subject(rate), value })])[0]!;
  assert.equal(propose(Rate.LEVY_LOCAL, 106), TxCode.BAD_PROPOSAL);
  assert.equal(propose(Rate.LEVY_GLOBAL, 156), TxCode.BAD_PROPOSAL);
  // Each alone is possible; of both the second has no effect.
  assert.deepEqual([propose(Rate.LEVY_LOCAL, 105), propose(Rate.LEVY_GLOBAL, 155)], [TxCode.OK, TxCode.OK]);
  for (const proposal of [1, 2]) world.codes([signed(world, TxKind.VOTE, { proposal, choice: 1 })]);
  world.endEpochs(4);
  const { levyLocalPerMille, levyGlobalPerMille } = world.ledger.rates;
  assert.deepEqual([levyLocalPerMille, levyGlobalPerMille], [105, 150]);
});

test('figures stop where their bytes end, and a last nonce is never used up', () => {
  const world = new World();
  world.joinAll([A, B]);
  world.block([world.book(A).open(0, B)]);
  const most = 2 ** 47 - 1;
  Object.assign(world.ledger.counters, { claims: most, settledLinks: most - 1, settledCredits: most - 5 });
  Object.assign(world.ledger.account(B)!, { turnover: most - 1, paid: most, globalLevy: most });
  const sign = (message: Uint8Array): Uint8Array => signEd25519(BLOCK_SEED, message);
  const claim = world.book(A).claim(0, 3);
  const request = { timeS: world.timeS + 1, producer: HOME, candidates: [claim], sign };
  assert.deepEqual(world.ledger.buildBlock(request).results.map(({ code }) => code), [TxCode.OK]);
  const { claims, settledLinks, settledCredits } = world.ledger.counters;
  assert.deepEqual([claims, settledLinks, settledCredits], [most, most, most]);
  const { turnover, paid, globalLevy } = world.ledger.account(B)!;
  assert.deepEqual([turnover, paid, globalLevy], [most, most, most]);
  world.ledger.account(world.founder.key)!.nonce = 0xffffffff;
  assert.equal(world.ledger.check(world.join(0x0a000009)), TxCode.BAD_NONCE);
  assert.equal(world.ledger.check(signed(world, TxKind.HOME, { address: A, home: HOME })), TxCode.BAD_NONCE);
});

test('a product beyond the integers of a Number is divided exactly', () => {
  const amount = fc.integer({ min: 0, max: 2 ** 47 - 1 });
  const divisor = fc.integer({ min: 1, max: 2 ** 47 });
  fc.assert(fc.property(amount, amount, divisor, (a, b, c) => {
    const exact = (BigInt(a) * BigInt(b)) / BigInt(c);
    if (exact <= BigInt(Number.MAX_SAFE_INTEGER)) assert.equal(BigInt(mulDiv(a, b, c)), exact);
  }));
  assert.equal(mulDiv(2 ** 47 - 1, 3599, 3600), Number((BigInt(2 ** 47 - 1) * 3599n) / 3600n));
});

test('a revealed key must lead to the anchor, and counts once an epoch', () => {
  const world = new World(smallGenesis(EPOCH));
  world.endEpochs(1);
  const { slot } = world.ledger.counters;
  const prefix = bookPrefix({ ledger: world.ledger.ledgerId, address: HOME, generation: 0 }, Purpose.HEADER_STEP, 0, 0);
  // K of slot + 20 is the top of this chain; the anchor is K of the present slot.
  const top = new Uint8Array(16).fill(42);
  const keyOf = (at: number): Uint8Array => walk(nodeCrypto, prefix, top, slot + 20 - at);
  const register = signed(world, TxKind.GATEWAY, {
    address: HOME, blockKey: ed25519PublicKey(BLOCK_SEED), teslaAnchor: keyOf(slot), anchorSlot: slot,
  });
  assert.deepEqual(world.codes([register]), [TxCode.OK]);
  world.endEpoch();
  world.block([]);
  const closed = world.ledger.counters.epochSlot;
  const reveal = (key: Uint8Array): Uint8Array => encodeTx({ kind: TxKind.REVEAL, gateway: HOME, key });
  const codes = world.codes([reveal(keyOf(closed + 1)), reveal(keyOf(closed)), reveal(keyOf(closed))]);
  assert.deepEqual(codes, [TxCode.BAD_LINK, TxCode.OK, TxCode.NOT_NEWER]);
  assert.deepEqual(world.ledger.gateway(HOME)!.teslaAnchor, keyOf(closed));
});

test('a block is refused whole: header, order, signature, body, roots', () => {
  const world = new World();
  const sign = (message: Uint8Array): Uint8Array => signEd25519(BLOCK_SEED, message);
  const source = Ledger.fromGenesis(deps, world.genesis);
  const { block } = source.buildBlock({ timeS: world.timeS, producer: HOME, candidates: [world.join(A)], sign });
  const target = Ledger.fromGenesis(deps, world.genesis);
  const root = target.stateRoot();
  for (let at = 0; at < block.length; at++) {
    const bad = block.slice();
    bad[at]! ^= 1;
    assert.notEqual(target.applyBlock(bad).code, BlockCode.OK, `byte ${at}`);
    assert.deepEqual(target.stateRoot(), root);
  }
  assert.equal(target.applyBlock(block).code, BlockCode.OK);
  assert.equal(target.applyBlock(block).code, BlockCode.WRONG_HEIGHT);
  target.undoBlock();
  assert.deepEqual(target.stateRoot(), root);
  assert.equal(target.height, 0);
  assert.equal(target.applyBlock(block).code, BlockCode.OK);
  assert.deepEqual(target.stateRoot(), source.stateRoot());
});
