// The home gateway's office: requests of nodes become transactions or are refused with a reason, on a real ledger;
// whatever they send, no credit is made or lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClaimPayload, OpenPayload, Payload, StateFlag, StatePayload, getU16, getU32 } from '#protocol';
import { Home } from '../../host-tools/gateway/home.ts';
import { TxCode } from '../../host-tools/ledger/index.ts';
import { DeskWorld, random } from './desk-world.ts';

const world = new DeskWorld(4);
const { ledger, chain } = world;
const home = new Home(ledger, (root) => world.store.book(root));
const address = (index: number): number => world.members[index]!.address;

function accept(from: number, plaintext: Uint8Array): void {
  const output = home.receive(address(from), plaintext);
  assert.equal(output.refused, undefined);
  assert.ok(output.transaction !== undefined);
  assert.equal(chain.submit(output.transaction), TxCode.OK);
}

function refusal(from: number, plaintext: Uint8Array): string {
  const output = home.receive(address(from), plaintext);
  assert.equal(output.transaction, undefined);
  assert.deepEqual(output.messages, []);
  return output.refused ?? 'accepted';
}

test('an OPEN becomes a channel, and both ends hear of it', () => {
  accept(1, world.open(2, 1));
  const messages = home.afterBlock(world.block().transactions);
  assert.deepEqual(messages.map(({ dst }) => dst), [address(1), address(2)]);
  for (const { plaintext } of messages) {
    assert.equal(plaintext[0], Payload.STATE);
    assert.equal(getU32(plaintext, StatePayload.PAYER), address(2));
    assert.equal(getU32(plaintext, StatePayload.PAYEE), address(1));
    assert.equal(plaintext[StatePayload.FLAGS], StateFlag.EXISTS);
    assert.ok(getU16(plaintext, StatePayload.LIMIT) > 0);
  }
  const again = home.receive(address(1), world.open(2, 1));
  assert.equal(again.transaction, undefined);
  assert.equal(again.messages.length, 2, 'a repeated OPEN is answered with what there is');
});

test('an OPEN that is not what it says is refused', () => {
  assert.match(refusal(3, world.open(2, 1)), /another payee/, 'somebody else\'s open');
  assert.match(refusal(1, world.open(2, 3, 5)), /would refuse/, 'bound to node 3, sent by node 1');
  const forged = world.open(2, 1, 6);
  forged[OpenPayload.SIGNATURE + 20]! ^= 1;
  assert.match(refusal(1, forged), /would refuse/);
  const wide = world.open(2, 1, 7, 99);
  assert.match(refusal(1, wide), /would refuse/);
  assert.match(refusal(1, world.open(2, 1).slice(0, -1)), /wrong length/);
  assert.match(refusal(1, Uint8Array.from([...world.open(2, 1, 8), 0])), /wrong length/);
  const unknown = world.open(2, 1, 9);
  unknown.fill(0xee, OpenPayload.PAYER, OpenPayload.PAYER + 4);
  assert.match(refusal(1, unknown), /no chequebook/);
});

test('a CLAIM is paid once, by whoever repeats it', () => {
  const before = ledger.account(address(1))!.balance;
  accept(1, world.claim(2, 2));
  const made = world.block();
  assert.deepEqual(made.work.claims, 1);
  assert.equal(made.work.settledCredits, 2 * ledger.money.linkValue);
  const earned = ledger.account(address(1))!.balance - before;
  assert.ok(earned > 0 && earned <= made.work.settledCredits, 'the payee has it, less the levy');
  const repeated = home.receive(address(1), world.claim(2, 2));
  assert.equal(repeated.transaction, undefined);
  assert.equal(repeated.messages.length, 2);
  assert.equal(home.receive(address(1), world.claim(2, 1)).messages.length, 2, 'an old one likewise');
});

test('a false CLAIM is refused: a made-up link, another\'s channel, no channel', () => {
  const madeUp = world.claim(2, 4);
  madeUp.set(random(16), ClaimPayload.LINK);
  assert.match(refusal(1, madeUp), /would refuse/);
  const higher = world.claim(2, 4);
  higher[ClaimPayload.NUMBER + 1]! = 5;
  assert.match(refusal(1, higher), /would refuse/, 'a true link under a higher number');
  assert.match(refusal(3, world.claim(2, 4)), /no such channel/);
  assert.match(refusal(1, world.claim(3, 1)), /no such channel/);
  assert.match(refusal(1, world.claim(2, 4).slice(0, 9)), /wrong length/);
});

test('of several claims in one block the newest counts, and a channel that ran dry is refilled', () => {
  for (const number of [4, 6, 5]) {
    const { transaction } = home.receive(address(1), world.claim(2, number));
    assert.equal(chain.submit(transaction!), TxCode.OK);
  }
  assert.equal(chain.poolSize, 1);
  assert.deepEqual(world.block().refused, []);
  const channel = ledger.channel(address(2), 0, 0)!;
  assert.equal(channel.settled, 6);
  const { limit } = channel;
  accept(1, world.claim(2, limit));
  world.block();
  assert.equal(ledger.channel(address(2), 0, 0)!.settled, limit);
  assert.ok(ledger.channel(address(2), 0, 0)!.limit > limit, 'escrow follows use');
});

test('a question is answered to those it concerns only', () => {
  const [answer] = home.receive(address(2), world.stateRequest(2)).messages;
  assert.equal(answer!.plaintext[StatePayload.FLAGS], StateFlag.EXISTS);
  assert.match(refusal(3, world.stateRequest(2)), /between others/);
  const [none] = home.receive(address(3), world.stateRequest(3)).messages;
  assert.equal(none!.plaintext[StatePayload.FLAGS], 0, 'no channel is an answer too');
  assert.match(refusal(3, world.stateRequest(3).slice(0, -1)), /wrong length/);
  assert.deepEqual(home.about(address(3)), []);
  assert.deepEqual(home.about(address(1)).map(({ dst }) => dst), [address(1)]);
});

test('a payer that asks is refilled without its payee, a payee that asks is told', () => {
  const channel = () => ledger.channel(address(2), 0, 0)!;
  const payer = ledger.account(address(2))!;
  // While the payer has nothing free a claim refills nothing; two links are left, too little for a packet.
  const free = ledger.free(payer);
  payer.guaranteed += free;
  accept(1, world.claim(2, channel().limit - 2));
  world.block();
  assert.equal(channel().limit - channel().settled, 2);
  assert.equal(home.receive(address(2), world.stateRequest(2)).transaction, undefined, 'nothing to refill from');
  payer.guaranteed -= free;
  const dry = { ...channel() };
  assert.equal(home.receive(address(1), world.stateRequest(2)).transaction, undefined, 'the payee only asks');
  accept(2, world.stateRequest(2));
  world.block();
  assert.ok(channel().limit > dry.limit && channel().settled === dry.settled, 'escrow and nothing else');
  assert.equal(home.receive(address(2), world.stateRequest(2)).transaction, undefined, 'there is enough now');
});

test('ten thousand random requests move nothing', () => {
  const balances = (): number[] => world.members.map(({ address: node }) => ledger.account(node)!.balance);
  const before = balances();
  const kinds = [Payload.OPEN, Payload.CLAIM, Payload.STATE_REQUEST, Payload.READING, 0, 255];
  const sizes = [OpenPayload.SIZE, ClaimPayload.SIZE, 7, 1, 40];
  for (let i = 0; i < 10_000; i++) {
    const plaintext = new Uint8Array(sizes[i % 5]!);
    for (let at = 0; at < plaintext.length; at++) plaintext[at] = (i * 31 + at * at * 17 + (i >> 3)) & 255;
    plaintext[0] = kinds[i % 6]!;
    const output = home.receive(address(i % 4), plaintext);
    assert.equal(output.transaction, undefined);
    assert.ok(output.messages.length <= 2);
  }
  assert.equal(home.receive(1, new Uint8Array(0)).kind, 'other');
  assert.equal(chain.poolSize, 0);
  world.block();
  assert.deepEqual(balances(), before);
});
