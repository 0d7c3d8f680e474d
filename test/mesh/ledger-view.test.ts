// What a node checks for itself: headers by TESLA, in their slot; the time; proofs against the real ledger's tree; and
// what it does when home has lied. Keys of strangers and voted parameters. For each the late, the forged and the
// repeated kind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acc, EventKind, InFlag, Nb, NbFlag, Note } from '#mesh';
import {
  ErrorCode,
  FrameType,
  Header,
  Payload,
  ProofEnd,
  ProofRecord,
  Wire,
  bookPrefix,
  fragmentsOf,
  getU32,
  leafHash,
  nodeHash,
  Purpose,
  recordKey,
  step,
  writeHeader,
  writeProof,
} from '#protocol';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';
import { CHAIN, Conversation, HOME, LEDGER, NODE, chainOf, neighbourAddress, u16, u32 } from './conversation.ts';

const A = neighbourAddress(0);
const SLOT_S = 600;
const START_S = 1_700_000_000;
const ID = { ledger: LEDGER, address: HOME, generation: 0 };
const FIRST = Math.floor(START_S / SLOT_S) - 5;

/** K of slot FIRST + n. */
const KEYS: Uint8Array[] = [new Uint8Array(16).fill(0x33)];
for (let n = 0; n < 1400; n++) KEYS.unshift(step(nodeCrypto, bookPrefix(ID, Purpose.HEADER_STEP, 0, 0), KEYS[0]!));

const slotOf = (talk: Conversation): number => Math.floor((START_S + talk.nowMs / 1000) / SLOT_S);
const keyOf = (slot: number): Uint8Array => KEYS[slot - FIRST]!;

function header(
  slot: number,
  height: number,
  root: Uint8Array,
  change: (frame: Uint8Array) => void = () => {},
): Uint8Array {
  const frame = new Uint8Array(Header.SIZE);
  frame.set([FrameType.HEADER, 7, 9]);
  writeHeader(nodeCrypto, ID, slot, height, root, keyOf(slot - 1), keyOf(slot), frame);
  change(frame);
  return frame;
}

function hear(talk: Conversation, frame: Uint8Array): ErrorCode[] {
  return talk.refusals(talk.flood([...frame.subarray(0, Header.SIZE - Wire.MIC)], HOME));
}

/** What the node has asked of home in packets of the test's own keys. */
function asked(talk: Conversation, kind: Payload): Uint8Array[] {
  return talk.payloadsTo(HOME).filter((payload) => payload[0] === kind);
}

let routeSeq = 2;

/** A tells, with a new number, that home is next to it: packets without receipts have broken the last route. */
function wayHome(talk: Conversation): void {
  routeSeq += 2;
  talk.hear(talk.hello(A, { routes: [[...u32(HOME), ...u16(routeSeq), 1, ...u16(16), ...u16(0)]] }));
}

function waitOn(talk: Conversation, seconds: number): void {
  for (let s = 0; s < seconds; s += 2) {
    wayHome(talk);
    talk.wait(2);
  }
}

/** A node with a way home, that knows home's chain and the time. */
function informed(config = {}): Conversation {
  const talk = new Conversation({ known: 2, met: 1, config });
  wayHome(talk);
  assert.deepEqual(hear(talk, header(slotOf(talk), 10, new Uint8Array(32))), [ErrorCode.NO_KEY]);
  talk.wait(2);
  assert.equal(asked(talk, Payload.KEYREQ).length, 1);
  talk.tell([Payload.KEYREP, 2, ...u32(HOME), ...u32(slotOf(talk) - 3), 0, ...keyOf(slotOf(talk) - 3)]);
  assert.deepEqual(hear(talk, header(slotOf(talk), 10, new Uint8Array(32))), [ErrorCode.NO_CLOCK]);
  talk.wait(2);
  answerTime(talk);
  return talk;
}

function answerTime(talk: Conversation, shiftS = 0): void {
  const ask = asked(talk, Payload.TIME).at(-1)!;
  const ms = START_S * 1000 + talk.nowMs + shiftS * 1000;
  talk.tell([Payload.TIME, ...ask.subarray(1, 5), ...u32(Math.floor(ms / 1000)), ((ms % 1000) * 256) / 1000]);
}

function nextSlot(talk: Conversation): void {
  const slot = slotOf(talk);
  while (slotOf(talk) === slot || (START_S + talk.nowMs / 1000) % SLOT_S < 5) {
    talk.nowMs += 2000;
    talk.step(EventKind.TICK, []);
    if (talk.nowMs % 40_000 < 2000) wayHome(talk);
  }
  wayHome(talk);
  talk.transmitted.length = 0;
}

/** The tree of a ledger with this node's account, one channel and some other records. */
function tree(balance: number[], channel: { limit: number; expiry?: number; payee?: number } | undefined) {
  const id = [...u32(A), CHAIN.generation, CHAIN.chain];
  const records: [number, number[], number[]][] = [
    [ProofRecord.NODE, u32(NODE), [1, ...balance, ...new Array<number>(20).fill(7)]],
  ];
  for (let n = 0; n < 6; n++) records.push([ProofRecord.NODE, u32(900 + n), [1, n]]);
  if (channel !== undefined) {
    const { limit, expiry = 5000, payee = NODE } = channel;
    const value = [
      1,
      ...u32(payee),
      7,
      ...u16(0),
      ...u16(limit),
      ...u32(expiry),
      0,
      ...u32(0),
      0,
      0,
      0,
      0,
      ...new Uint8Array(16),
    ];
    records.push([ProofRecord.CHANNEL, id, value]);
  }
  const leaves = records.map(([kind, name, value]) => {
    const key = recordKey(nodeCrypto, kind, Uint8Array.from(name));
    return { key, value: Uint8Array.from(value) };
  });
  const bit = (key: Uint8Array, level: number): number => (key[level >> 3]! >> (7 - (level & 7))) & 1;
  type Leaf = (typeof leaves)[number];
  const hashOf = (some: Leaf[], level: number): Uint8Array => {
    if (some.length === 0) return new Uint8Array(32);
    if (some.length === 1) return leafHash(nodeCrypto, some[0]!.key, some[0]!.value);
    const [left, right] = [0, 1].map((side) => some.filter(({ key }) => bit(key, level) === side));
    return nodeHash(nodeCrypto, hashOf(left!, level + 1), hashOf(right!, level + 1));
  };
  const prove = (kind: number, name: number[]): Uint8Array => {
    const key = recordKey(nodeCrypto, kind, Uint8Array.from(name));
    const siblings: Uint8Array[] = [];
    let some = leaves;
    for (let level = 0; some.length > 1; level++) {
      siblings.push(
        hashOf(
          some.filter((leaf) => bit(leaf.key, level) !== bit(key, level)),
          level + 1,
        ),
      );
      some = some.filter((leaf) => bit(leaf.key, level) === bit(key, level));
    }
    const [end] = some;
    if (end === undefined) return writeProof(siblings, ProofEnd.EMPTY, new Uint8Array(0));
    if (Buffer.compare(end.key, key) === 0) return writeProof(siblings, ProofEnd.LEAF, end.value);
    return writeProof(siblings, ProofEnd.OTHER, Uint8Array.from([...end.key, ...end.value]));
  };
  return { root: hashOf(leaves, 0), prove: (kind: number, name: number[]) => [...prove(kind, name)], id };
}

/** Home floods a header with this root in this slot and one in the next, so that the first is proven. */
function proven(talk: Conversation, height: number, root: Uint8Array): void {
  assert.deepEqual(hear(talk, header(slotOf(talk), height, root)), []);
  nextSlot(talk);
  assert.deepEqual(hear(talk, header(slotOf(talk), height + 1, new Uint8Array(32))), []);
  waitOn(talk, 3);
}

test('a header counts in its slot, proves itself in the next, and is passed on once', () => {
  const talk = informed();
  const root = new Uint8Array(32).fill(5);
  const slot = slotOf(talk);
  talk.transmitted.length = 0;
  assert.deepEqual(hear(talk, header(slot, 100, root)), []);
  talk.wait(2);
  assert.equal(talk.sent(FrameType.HEADER).length, 1, 'passed on');
  for (let again = 0; again < 5; again++) assert.deepEqual(hear(talk, header(slot, 100, root)), []);
  talk.wait(2);
  assert.equal(talk.sent(FrameType.HEADER).length, 0, 'once');
  const chain = talk.node.view!.chains[0]!;
  assert.equal(chain.root(100), undefined);
  nextSlot(talk);
  assert.deepEqual(hear(talk, header(slot, 101, root)), [ErrorCode.BAD_SLOT], 'its key is public now: too late');
  assert.deepEqual(hear(talk, header(slot + 1, 102, root)), []);
  assert.deepEqual(chain.root(100), root.slice(0, 16));
  assert.deepEqual(hear(talk, header(slot + 2, 103, root)), [ErrorCode.BAD_SLOT], 'too early');
});

test('forged headers: without keys nothing moves; two a slot with keys; a lie about the root proves nothing', () => {
  const talk = informed();
  const root = new Uint8Array(32).fill(5);
  const slot = slotOf(talk);
  talk.transmitted.length = 0;
  const forged = header(slot, 100, root, (frame) => (frame[Header.KEY]! ^= 1));
  assert.deepEqual(hear(talk, forged), [ErrorCode.BAD_HEADER_KEY]);
  assert.deepEqual(
    hear(
      talk,
      header(slot, 666, root, (frame) => (frame[Header.MAC]! ^= 1)),
    ),
    [],
  );
  assert.deepEqual(hear(talk, header(slot, 100, root)), []);
  for (let n = 0; n < 40; n++) assert.deepEqual(hear(talk, header(slot, 200 + n, root)), [ErrorCode.TABLE_FULL]);
  talk.wait(10);
  assert.ok(talk.sent(FrameType.HEADER).length <= 2);
  nextSlot(talk);
  assert.deepEqual(hear(talk, header(slot + 1, 101, root)), []);
  const chain = talk.node.view!.chains[0]!;
  assert.equal(chain.root(666), undefined);
  assert.deepEqual(chain.root(100), root.slice(0, 16));
});

test('the time: of home, for the last question, once; a clock that contradicts itself is refused', () => {
  const talk = informed();
  const { clock } = talk.node.view!;
  const trueMs = START_S * 1000 + talk.nowMs;
  assert.ok(clock.earliestMs(talk.nowMs) <= trueMs && trueMs <= clock.latestMs(talk.nowMs));
  const answer = [Payload.TIME, 0, 0, 0, 9, ...u32(START_S + 999_999), 0];
  assert.deepEqual(talk.refusals(talk.data(HOME, NODE, 5, answer).frame), [ErrorCode.REPLAYED]);
  assert.deepEqual(talk.refusals(talk.data(A, NODE, 5, answer).frame), [ErrorCode.NOT_NEIGHBOUR]);
  // Hours later the bounds are too wide; an answer an hour off is not believed.
  talk.nowMs += 40 * 3600_000;
  wayHome(talk);
  talk.transmitted.length = 0;
  hear(talk, header(slotOf(talk), 1, new Uint8Array(32)));
  talk.wait(2);
  const ask = asked(talk, Payload.TIME).at(-1)!;
  const late = [Payload.TIME, ...ask.subarray(1, 5), ...u32(Math.floor(START_S + talk.nowMs / 1000) - 3600), 0];
  assert.deepEqual(talk.refusals(talk.data(HOME, NODE, 5, late).frame), [ErrorCode.BAD_SLOT]);
});

test('a proof in pieces against a proven root: the channel is checked, then the balance told', () => {
  const talk = informed();
  talk.tell(talk.state(A, NODE, chainOf(A)[0]!));
  const { root, prove, id } = tree([0, 0, 0, 0, 0x12, 0x34], { limit: 40 });
  proven(talk, 200, root);
  const [ask] = asked(talk, Payload.PROOF_REQUEST);
  assert.deepEqual([...ask!], [Payload.PROOF_REQUEST, ProofRecord.CHANNEL, ...u32(200), ...id]);
  const proof = Uint8Array.from([
    Payload.PROOF,
    ProofRecord.CHANNEL,
    ...u32(200),
    ...prove(ProofRecord.CHANNEL, id),
  ]);
  const pieces = fragmentsOf(proof, 1, 100)!;
  assert.ok(pieces.length >= 2);
  for (const piece of [pieces[1]!, pieces[1]!, pieces[0]!, ...pieces.slice(2)]) talk.tell([...piece]);
  assert.equal(talk.count(Note.CHECKED), 1);
  const index = talk.node.core.neighbours.find(A);
  assert.equal(talk.node.core.accounts.u8(index, Acc.IN_FLAGS), InFlag.PROVEN | InFlag.CHECKED);
  talk.transmitted.length = 0;
  waitOn(talk, 34);
  const next = asked(talk, Payload.PROOF_REQUEST).find((payload) => payload[1] === ProofRecord.NODE);
  assert.deepEqual([...next!], [Payload.PROOF_REQUEST, ProofRecord.NODE, ...u32(200), ...u32(NODE)]);
  const account = [Payload.PROOF, ProofRecord.NODE, ...u32(200), ...prove(ProofRecord.NODE, u32(NODE))];
  const forged = account.slice();
  forged[forged.length - 1]! ^= 1;
  assert.deepEqual(talk.refusals(talk.data(HOME, NODE, 5, forged).frame), [ErrorCode.BAD_PROOF]);
  assert.deepEqual(talk.refusals(talk.data(A, NODE, 5, account).frame), [ErrorCode.NOT_NEIGHBOUR]);
  talk.tell(account);
  assert.deepEqual(talk.refusals(talk.data(HOME, NODE, 5, account).frame), [ErrorCode.REPLAYED], 'once');
  assert.equal(talk.notes.find(({ a }) => a === Note.BALANCE)?.b, 0x1234);
});

const LIES: [string, Parameters<typeof tree>[1]][] = [
  ['there is no such channel', undefined],
  ['its limit is lower', { limit: 39 }],
  ['it ends earlier', { limit: 40, expiry: 4999 }],
  ['somebody else is paid', { limit: 40, payee: NODE + 1 }],
];
for (const [what, channel] of LIES) {
  test(`home lied, ${what}: no link is taken on that channel from then on, whatever STATE says`, () => {
    const talk = informed();
    const links = chainOf(A);
    talk.tell(talk.state(A, NODE, links[0]!));
    assert.deepEqual(talk.pay(links[1]!, 1), []);
    const { root, prove, id } = tree([0, 0, 0, 0, 0, 1], channel);
    proven(talk, 200, root);
    talk.tell([Payload.PROOF, ProofRecord.CHANNEL, ...u32(200), ...prove(ProofRecord.CHANNEL, id)]);
    assert.equal(talk.count(Note.CONTRADICTED), 1);
    assert.deepEqual(talk.pay(links[2]!, 2), [ErrorCode.NO_CHANNEL]);
    talk.tell(talk.state(A, NODE, links[0]!, { limit: 90 }));
    assert.deepEqual(talk.pay(links[2]!, 2), [ErrorCode.NO_CHANNEL]);
    const index = talk.node.core.neighbours.find(A);
    assert.equal(talk.node.core.accounts.u16(index, Acc.IN_LINKS), 1, 'what was earned is kept');
    // Another chain of the same neighbour is a new matter.
    const other = chainOf(A, CHAIN.generation, CHAIN.chain + 1);
    talk.tell(talk.state(A, NODE, other[0]!, { chain: CHAIN.chain + 1 }));
    assert.deepEqual(talk.pay(other[1]!, 1), []);
  });
}

test('what STATE told after the header is not judged by it', () => {
  const talk = informed();
  const { root } = tree([0, 0, 0, 0, 0, 1], undefined);
  const state = talk.state(A, NODE, chainOf(A)[0]!);
  state.splice(1, 4, ...u32(300));
  talk.tell(state);
  proven(talk, 200, root);
  const asks = asked(talk, Payload.PROOF_REQUEST);
  assert.ok(asks.every((ask) => ask[1] === ProofRecord.NODE));
});

test('a stranger near: his keys are asked of home, kept on flash, and used', () => {
  const talk = informed();
  const stranger = neighbourAddress(5);
  talk.hear(talk.hello(stranger));
  talk.transmitted.length = 0;
  waitOn(talk, 90);
  const asks = asked(talk, Payload.KEYREQ).filter((ask) => getU32(ask, 2) === stranger);
  assert.ok(asks.length >= 1 && asks.length <= 3, `${asks.length} questions in 90 s`);
  const reply = [Payload.KEYREP, 1, ...u32(stranger), ...talk.pairKeys(stranger)];
  assert.deepEqual(talk.refusals(talk.data(A, NODE, 5, reply).frame), [ErrorCode.NOT_NEIGHBOUR]);
  const before = talk.stored.get('fh.keys');
  talk.tell(reply);
  assert.notDeepEqual(talk.stored.get('fh.keys'), before);
  const index = talk.node.core.neighbours.find(stranger);
  assert.ok(talk.node.core.neighbours.has(index, NbFlag.KEYED));
  talk.meet(stranger);
  assert.ok(talk.node.core.neighbours.has(index, NbFlag.SYNCED));
  assert.equal(talk.node.core.neighbours.table[index * Nb.SIZE + Nb.MIC_FAILS], 0);
});

test('strangers without number cost home one question a waiting period, ever fewer', () => {
  const talk = informed();
  talk.transmitted.length = 0;
  for (let n = 0; n < 300; n++) {
    talk.hear(talk.hello(0x77000000 + (n << 8)));
    waitOn(talk, 1);
  }
  // 30 s x (1 + 2 + 4 + 8 + ...).
  const asks = asked(talk, Payload.KEYREQ).length;
  assert.ok(asks >= 3 && asks <= 6, `${asks} questions in ten minutes`);
});

test('voted parameters hold from their height on, outlive a reboot, and only grow newer', () => {
  const talk = informed({ price: 200 });
  const set = (version: number, height: number, trust: number): number[] => [
    Payload.PARAMS,
    version,
    ...u32(height),
    4,
    trust,
    9,
    6,
    60,
    20,
    5,
    30,
    1,
    100,
  ];
  talk.tell(talk.state(A, NODE, chainOf(A)[0]!));
  talk.tell(set(3, 101, 2));
  const { config } = talk.node.core;
  assert.equal(config.trustMaxLinks, 6, 'not yet');
  for (const old of [3, 2, 131]) {
    assert.deepEqual(talk.refusals(talk.data(HOME, NODE, 5, set(old, 0, 9)).frame), [ErrorCode.REPLAYED]);
  }
  assert.deepEqual(talk.refusals(talk.data(HOME, NODE, 5, set(4, 0, 9).with(6, 0)).frame), [ErrorCode.BAD_PARAMS]);
  assert.deepEqual(talk.refusals(talk.data(A, NODE, 5, set(4, 0, 9)).frame), [ErrorCode.NOT_NEIGHBOUR]);
  talk.nowMs += 600_000;
  talk.wait(2);
  assert.deepEqual(
    [config.trustMaxLinks, config.payBatchLinks, config.levyPerMille, config.price],
    [2, 4, 60, 100],
  );
  assert.equal(talk.node.relay.service.perMille, 30);
  config.trustMaxLinks = 6;
  talk.boot();
  assert.equal(talk.node.core.config.trustMaxLinks, 2, 'and after a boot at once');
});
