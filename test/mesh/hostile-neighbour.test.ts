// A neighbour that lies, storms, withholds or forges, spoken for byte by byte: for each attack the most that
// it gains, as docs/security.md and SPEC 8 state it. The node goes on serving the honest ones.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acc, EventKind, Nb, NbFlag, Note } from '#mesh';
import { Class, ErrorCode, Flag, FrameType, Link, NackReason, Sync, getU32 } from '#protocol';
import { CHAIN, Conversation, HOME, NODE, chainOf, neighbourAddress, u16, u32 } from './conversation.ts';

const [A, B] = [neighbourAddress(0), neighbourAddress(1)];
const LINKS = chainOf(A);
const UNIT_BUDGET = 60;

/** A pays the node on a proven channel, and the node has a way to `dst` through B. */
function relayBetween(links = 8, config = {}): { talk: Conversation; a: number; b: number } {
  const talk = new Conversation({ known: 2, met: 2, config });
  talk.tell(talk.state(A, NODE, LINKS[0]!));
  if (links > 0) assert.deepEqual(talk.pay(LINKS[links]!, links), []);
  const { neighbours } = talk.node.core;
  return { talk, a: neighbours.find(A), b: neighbours.find(B) };
}

test('wrong MICs: nothing is believed, and a link asks for counters at most every two seconds', () => {
  const { talk, a } = relayBetween();
  const before = talk.node.core.accounts.table.slice();
  talk.sent(FrameType.SYNC);
  for (let i = 0; i < 400; i++) {
    const frame = talk.linked(
      [FrameType.DATA, FrameType.PAY, FrameType.RECEIPT][i % 3]!,
      new Uint8Array(30 + (i % 3)),
      A,
    );
    frame[frame.length - 1] = frame[frame.length - 1]! ^ (1 + (i % 255));
    talk.hear(frame);
  }
  assert.ok(talk.sent(FrameType.SYNC).length <= (400 * 0.05) / 2 + 1);
  assert.deepEqual(talk.node.core.accounts.table, before);
  assert.ok(!talk.node.core.neighbours.has(a, NbFlag.SYNCED));
  talk.wait(3);
  talk.meet(A);
});

test('replay, also after the receiver started anew: refused by the counter', () => {
  const { talk } = relayBetween(0);
  const recorded = [talk.linked(FrameType.PAY, [...LINKS[3]!, 3]), talk.data(A, NODE, 5, [2, 65]).frame];
  for (const frame of recorded) assert.deepEqual(talk.refusals(frame), []);
  for (const frame of recorded) assert.deepEqual(talk.refusals(frame), [ErrorCode.BAD_MIC]);
  assert.equal(talk.deliveries.length, 1);
  talk.boot();
  assert.deepEqual(talk.refusals(recorded[1]!), [ErrorCode.BAD_MIC], 'nobody is known');
  talk.meet(A);
  for (const frame of recorded) assert.deepEqual(talk.refusals(frame), [ErrorCode.BAD_MIC]);
  assert.equal(talk.deliveries.length, 1);
});

test('a storm of one packet: carried once, booked once, one short answer a transmission', () => {
  const { talk, a } = relayBetween();
  const packet = talk.data(A, B, Class.BACKED | 10, [1, 2, 3], UNIT_BUDGET);
  talk.hear(packet.frame);
  talk.wait(1);
  talk.transmitted.length = 0;
  for (let i = 0; i < 100; i++) talk.hear(packet.again());
  assert.equal(talk.node.core.accounts.i32(a, Acc.IN_PENDING), UNIT_BUDGET);
  assert.equal(talk.node.core.counters.relayed, 1);
  const answers = talk.transmitted.filter((frame) => (frame[0]! & Flag.TYPE) === FrameType.NACK);
  assert.ok(answers.length <= 100 && answers.every((frame) => frame.length === 18));
  talk.receipt(packet.lock, packet.x, B);
  for (let i = 0; i < 20; i++) talk.receipt(packet.lock, packet.x, B);
  for (let i = 0; i < 20; i++) talk.hear(packet.again());
  assert.equal(talk.node.core.accounts.i32(a, Acc.IN_USED), UNIT_BUDGET, 'a lock pays once');
});

test('forged receipts open nothing and cost a hash for each packet that the hint names', () => {
  const { talk, a } = relayBetween();
  const packet = talk.data(A, B, Class.BACKED | 10, [1, 2, 3], UNIT_BUDGET);
  talk.hear(packet.frame);
  talk.wait(1);
  let hashes = 0;
  const { crypto } = talk.node.core;
  talk.node.core.crypto = {
    ...crypto,
    sha256: (parts) => (hashes++, crypto.sha256(parts)),
    aesCtr: crypto.aesCtr,
  };
  const entries = Array.from({ length: 8 }, (_, i) => [
    packet.lock[0]!,
    packet.lock[1]!,
    i,
    1,
    2,
    3,
    4,
    5,
  ]).flat();
  talk.hear(talk.linked(FrameType.RECEIPT, [8, ...entries], B));
  assert.ok(hashes <= 8 + 1, `${hashes} hashes`);
  assert.equal(talk.node.core.accounts.i32(a, Acc.IN_USED), 0);
  assert.equal(talk.node.core.accounts.i32(a, Acc.MARGIN), 0);
});

test('strangers fill the table of neighbours: at most twelve, and one with a key takes a place', () => {
  const talk = new Conversation({ known: 3, met: 1 });
  for (let n = 0; n < 200; n++) talk.hear(talk.hello(0x77000000 + n * 0x100));
  assert.equal(talk.node.core.neighbours.count(), 12);
  assert.ok(talk.notes.some(({ a, b }) => a === Note.REFUSED && b === ErrorCode.TABLE_FULL));
  talk.meet(neighbourAddress(1));
  talk.meet(neighbourAddress(2));
  assert.ok(talk.node.core.neighbours.find(A) < 12, 'who proved a key stays');
});

test('strangers offer no routes, and a flood of invented destinations leaves room for known ones', () => {
  const talk = new Conversation({ known: 2, met: 1 });
  const route = (dst: number): number[] => [...u32(dst), ...u16(2), 1, ...u16(16), ...u16(64)];
  const batch = (n: number): number[][] =>
    Array.from({ length: 15 }, (_, i) => route(0x66000000 + n * 15 + i));
  talk.hear(talk.hello(0x77000000, { routes: [route(HOME)] }));
  assert.equal(talk.node.core.routes.next(HOME), 255);
  for (let n = 0; n < 10; n++) talk.hear(talk.hello(A, { routes: batch(n) }));
  talk.hear(talk.hello(A, { routes: [route(HOME), route(B)] }));
  assert.equal(talk.node.core.routes.next(HOME), talk.node.core.neighbours.find(A));
  assert.equal(talk.node.core.routes.next(B), talk.node.core.neighbours.find(A));
});

test('a price of 65535 is not paid, one of 0 earns nothing: eight links are the most a packet', () => {
  for (const cost of [0, 64, 4000, 65535]) {
    const talk = new Conversation({ known: 1, met: 1 });
    const route = [...u32(HOME), ...u16(2), 1, ...u16(16), ...u16(cost)];
    talk.hear(talk.hello(A, { routes: [route], price: 0 }));
    talk.tell(talk.state(NODE, A, LINKS[0]!, { generation: 0, chain: 0 }));
    talk.step(EventKind.SEND, [2, 65], HOME, 0);
    talk.wait(1);
    const out = talk.node.core.accounts.i32(talk.node.core.neighbours.find(A), Acc.OUT_PENDING);
    assert.ok(out <= 8 * 64, `${out} units for a price of ${cost}`);
  }
});

test('a payment too far ahead is refused without a hash; unproven it counts for nothing', () => {
  const talk = new Conversation();
  assert.deepEqual(talk.pay(LINKS[1]!, 1), [ErrorCode.NO_CHANNEL]);
  talk.tell(talk.state(A, NODE, LINKS[0]!));
  let hashes = 0;
  const { crypto } = talk.node.core;
  talk.node.core.crypto = {
    ...crypto,
    sha256: (parts) => (hashes++, crypto.sha256(parts)),
    aesCtr: crypto.aesCtr,
  };
  assert.deepEqual(talk.pay(LINKS[33]!, 33), [ErrorCode.TOO_FAR_AHEAD]);
  assert.equal(hashes, 1, 'the MIC');
  talk.pay(new Uint8Array(16), 32);
  assert.equal(hashes, 1 + 1 + 32);
  assert.equal(talk.node.core.accounts.u16(0, Acc.IN_LINKS), 0);
});

test("RESYNC lies: more than was shown is refused, less is the payee's own loss", () => {
  const talk = new Conversation();
  const index = talk.node.core.neighbours.find(A);
  const { accounts } = talk.node.core;
  talk.node.wallet.lease(index);
  talk.tell(talk.state(NODE, A, LINKS[0]!, { generation: 0, chain: 0 }));
  accounts.setU16(index, Acc.OUT_LINKS, 5);
  const answer = (number: number, link: Uint8Array): ErrorCode[] => {
    accounts.setU8(index, Acc.OUT_FLAGS, accounts.u8(index, Acc.OUT_FLAGS) | 4);
    return talk.refusals(talk.linked(FrameType.RESYNC, [0, 0, ...u16(number), ...link]));
  };
  assert.deepEqual(answer(CHAIN.limit + 1, LINKS[3]!), [ErrorCode.BAD_LINK]);
  talk.stored.set('fh.cp', new Uint8Array(32768).fill(7));
  answer(9, LINKS[9]!);
  talk.wait(3);
  assert.deepEqual(answer(9, LINKS[9]!), [ErrorCode.BAD_LINK], 'not a link of its chain');
  assert.equal(accounts.u16(index, Acc.OUT_LINKS), 5);
  const own = talk.node.wallet.link(index, 2)!;
  assert.deepEqual(answer(2, own), []);
  assert.equal(accounts.u16(index, Acc.OUT_LINKS), 5);
});

test('a packet for the node itself earns its bringer no trust, whatever budget it names', () => {
  const { talk, a } = relayBetween(0);
  const { frame } = talk.data(A, NODE, Class.BACKED | 5, [2, 65], 60000);
  assert.deepEqual(talk.refusals(frame), []);
  talk.wait(2);
  const { accounts } = talk.node.core;
  assert.deepEqual(
    [Acc.MARGIN, Acc.IN_USED, Acc.IN_PENDING].map((field) => accounts.i32(a, field)),
    [0, 0, 0],
  );
});

test('receipts withheld: four packets, then one in the lifetime of a packet', () => {
  const { talk, a } = relayBetween(16);
  let accepted = 0;
  for (let s = 0; s < 600; s++) {
    const relayed = talk.node.core.counters.relayed;
    talk.hear(talk.data(A, B, Class.BACKED | 10, [1, 2, 3], UNIT_BUDGET).frame);
    accepted += talk.node.core.counters.relayed - relayed;
    talk.wait(0.95);
  }
  // A packet to a neighbour lives 30 s; after four expiries one at a time is under way.
  assert.ok(accepted <= 4 + 3 + 600 / 30, `${accepted} in ten minutes`);
  assert.equal(talk.node.core.accounts.i32(a, Acc.IN_USED), 0);
});

test('a sender that never pays: nothing at first, then at most what it earned, at most six links', () => {
  const { talk, a } = relayBetween(0);
  const { accounts } = talk.node.core;
  const carry = (): boolean => {
    const packet = talk.data(A, B, Class.BACKED | 10, [1, 2, 3], UNIT_BUDGET);
    const relayed = talk.node.core.counters.relayed;
    talk.hear(packet.frame);
    talk.receipt(packet.lock, packet.x, B);
    return talk.node.core.counters.relayed > relayed;
  };
  assert.ok(!carry(), 'not a single backed packet');
  talk.pay(LINKS[10]!, 10);
  let paid = 0;
  while (carry() && paid < 100) paid++;
  const margin = accounts.i32(a, Acc.MARGIN);
  const debt = accounts.i32(a, Acc.IN_USED) - 10 * 64;
  assert.ok(debt > 0 && debt <= Math.min(margin, 6 * 64), `owes ${debt}, earned ${margin}`);
  assert.ok(accounts.i32(a, Acc.IN_USED) <= 16 * 64);
  talk.boot();
  talk.meet(A);
  talk.meet(B);
  talk.hear(talk.data(A, B, Class.BACKED | 10, [1, 2, 3], UNIT_BUDGET).frame);
  assert.ok(
    debt - (talk.node.core.accounts.i32(talk.node.core.neighbours.find(A), Acc.IN_USED) - 640) < 64,
    'nor forgotten',
  );
});

test('a refusal for want of credit is conceded as far as packets were lost, and never without a loss', () => {
  const talk = new Conversation({ known: 1, met: 1, config: { freePerMille: 1000 } });
  const index = talk.node.core.neighbours.find(A);
  const { accounts } = talk.node.core;
  accounts.setU16(index, Acc.OUT_LINKS, 8);
  for (let n = 0; n < 50; n++) talk.node.payments.concede(index, 8);
  assert.equal(accounts.i32(index, Acc.OUT_USED), 0);
  accounts.add(index, Acc.OUT_LOST, 1000);
  for (let n = 0; n < 50; n++) talk.node.payments.concede(index, 8);
  assert.equal(accounts.i32(index, Acc.OUT_USED), 0, 'nothing was ever settled');
  accounts.indulge(index, 100);
  for (let n = 0; n < 50; n++) talk.node.payments.concede(index, 8);
  assert.equal(accounts.i32(index, Acc.OUT_USED), 100);
});

test('OPENs for ever new chains: carried to the gateway less and less often', () => {
  const talk = new Conversation({ known: 1, met: 1 });
  talk.hear(talk.hello(A, { routes: [[...u32(HOME), ...u16(2), 1, ...u16(16), ...u16(64)]] }));
  const carried = (): number =>
    talk.sent(FrameType.DATA).filter((frame) => frame.length > 140 && getU32(frame, 9) === HOME).length;
  let all = 0;
  for (let s = 0; s < 3600; s += 5) {
    talk.hear(talk.linked(FrameType.OPEN, [1, (s / 5) & 255, 5, ...new Uint8Array(112)]));
    talk.wait(5);
    if (s % 60 === 0) all += Math.min(carried(), 9);
  }
  // Each is repeated three times on a link that never answers: nine to twelve OPENs of retry periods 1 1 2 4
  // 8 16 32 ..
  assert.ok(all / 4 <= 12, `${all} transmissions in an hour`);
});

test('a recorded HELLO is refused; a forged newer one moves alias and routes, never money', () => {
  const { talk, a } = relayBetween();
  const recorded = talk.hello(A, { alias: 99 });
  talk.hear(talk.hello(A));
  const money = talk.node.core.accounts.table.slice();
  assert.deepEqual(talk.refusals(recorded), [ErrorCode.REPLAYED]);
  assert.notEqual(talk.node.core.neighbours.aliasOf(a), 99);
  talk.hear(talk.hello(A, { alias: 98, seq: 30000, price: 255 }));
  assert.equal(talk.node.core.neighbours.aliasOf(a), 98);
  assert.deepEqual(talk.node.core.accounts.table, money);
  talk.hear(talk.hello(A, { alias: talk.aliasOf(A), seq: 30002 }));
  const { frame } = talk.data(A, NODE, 5, [2, 65]);
  assert.deepEqual(talk.refusals(frame), [], 'the true neighbour is heard again after its next HELLO');
});

test('a SYNC played again is answered with seventeen bytes and changes nothing', () => {
  const { talk, a } = relayBetween();
  const sync = talk.withMic(
    [FrameType.SYNC | Flag.PAIRWISE, talk.aliasOf(A), talk.node.core.alias, ...u32(77)],
    new Uint8Array(16).fill(2 + (A >>> 8)),
    A,
    0,
    6,
  );
  const floor = getU32(talk.node.core.neighbours.table, a * Nb.SIZE + Nb.FLOOR);
  talk.transmitted.length = 0;
  for (let i = 0; i < 50; i++) talk.hear(sync);
  talk.wait(1);
  const answers = talk.sent(FrameType.SYNCACK);
  assert.ok(answers.length <= 50 && answers.every((frame) => frame.length === Sync.SIZE_ACK));
  assert.equal(getU32(talk.node.core.neighbours.table, a * Nb.SIZE + Nb.FLOOR), floor);
});

test('one upstream holds at most sixteen packets, one source eight; the rest is for others', () => {
  const { talk } = relayBetween(32, { freePerMille: 1000 });
  const fill = (src: (n: number) => number, via: number): number => {
    const before = talk.node.core.counters.relayed;
    for (let n = 0; n < 40; n++) talk.hear(talk.data(src(n), via === A ? B : A, 10, [n], 0, via).frame);
    return talk.node.core.counters.relayed - before;
  };
  assert.equal(
    fill(() => 0x55000001, A),
    8,
  );
  assert.equal(
    fill((n) => 0x55000100 + n, A),
    14 - 8,
    'as many as there are places for ciphertexts',
  );
  talk.wait(40);
  assert.ok(fill((n) => 0x55000200 + n, B) >= 8);
});

test('a frame too long to be carried with a payment is refused, not passed on too long', () => {
  const { talk } = relayBetween();
  assert.deepEqual(talk.refusals(talk.data(A, B, 10, new Uint8Array(211)).frame), [ErrorCode.TOO_LONG]);
  assert.deepEqual(talk.refusals(talk.data(A, B, 10, new Uint8Array(210)).frame), []);
  talk.step(EventKind.SEND, new Uint8Array(211), A, 0);
  assert.ok(talk.notes.some(({ a, b }) => a === Note.UNSENDABLE && b === 4));
  assert.ok(talk.transmitted.every(({ length }) => length <= 255));
});

test('only the upstream itself, heard passing a receipt on, ends its repetition', () => {
  const { talk } = relayBetween();
  // Until the receipt of home's STATE is not repeated any more.
  talk.wait(12);
  talk.transmitted.length = 0;
  const packet = talk.data(0x55000001, B, Class.BACKED | 10, [1, 2, 3], UNIT_BUDGET);
  talk.hear(packet.frame);
  talk.receipt(packet.lock, packet.x, B);
  talk.wait(1);
  assert.equal(talk.sent(FrameType.RECEIPT).length, 1);
  const entry = [1, packet.lock[0]!, packet.lock[1]!, ...packet.x];
  const overheard = (sender: number): number[] => [
    FrameType.RECEIPT | Flag.PAIRWISE,
    sender,
    201,
    0,
    1,
    ...entry,
    0,
    0,
    0,
    0,
  ];
  talk.hear(overheard(199));
  talk.wait(4);
  assert.ok(talk.sent(FrameType.RECEIPT).length >= 1, 'repeated all the same');
  talk.hear(overheard(talk.aliasOf(A)));
  talk.wait(6);
  assert.equal(talk.sent(FrameType.RECEIPT).length, 0);
});

test('every refusal of a packet is a NACK to a neighbour with a key, and names its reason', () => {
  const { talk } = relayBetween(0);
  talk.transmitted.length = 0;
  talk.hear(talk.data(A, B, Class.BACKED | 10, [1], UNIT_BUDGET).frame);
  talk.hear(talk.data(A, 0x55000009, Class.BACKED | 10, [1], UNIT_BUDGET).frame);
  talk.hear(talk.data(A, B, Class.BACKED | 10, [1], 1).frame);
  talk.wait(1);
  const reasons = talk.sent(FrameType.NACK).map((frame) => frame[Link.BODY]);
  assert.deepEqual(reasons.sort(), [NackReason.CREDIT, NackReason.PRICE, NackReason.NO_ROUTE]);
});

test('a channel that ends under a packet: no link of the next chain is shown before STATE shows it', () => {
  const talk = new Conversation({ known: 1, met: 1 });
  talk.stored.set('fh.cp', new Uint8Array(32768).fill(7));
  talk.hear(talk.hello(A, { routes: [[...u32(HOME), ...u16(2), 1, ...u16(16), ...u16(64)]] }));
  const index = talk.node.core.neighbours.find(A);
  talk.node.wallet.lease(index);
  talk.tell(talk.state(NODE, A, LINKS[0]!, { generation: 0, chain: 0 }));
  talk.step(EventKind.SEND, [2, 65], HOME, 0);
  assert.ok(
    talk.node.core.accounts.i32(index, Acc.OUT_PENDING) > 0,
    'promised, and the link is being computed',
  );
  talk.node.wallet.lease(index);
  talk.wait(20);
  const paying = talk.sent(FrameType.DATA).filter((frame) => (frame[0]! & Flag.PAY) !== 0);
  assert.deepEqual(paying, []);
  assert.equal(talk.node.core.accounts.i32(index, Acc.OUT_PENDING), 0);
  assert.equal(talk.node.core.accounts.u16(index, Acc.OUT_LINKS), 0);
});
