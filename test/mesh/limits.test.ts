// What is bounded: tables when they are full, time on air by duty cycle, what a relay gives away, and
// everything over a day of traffic. A full table refuses; it never gives up a claim that is not paid.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acc, EventKind, Note } from '#mesh';
import { Class, ClaimPayload, FrameType, NackReason, timeOnAirMs } from '#protocol';
import { AirBudget } from '../../firmware/src/mesh/budgets.ts';
import { Pending, Pn, PnFlag, PnState } from '../../firmware/src/mesh/pending.ts';
import { Conversation, HOME, NODE, chainOf, neighbourAddress, u16, u32 } from './conversation.ts';
import { World } from './world.ts';

const [A, B] = [neighbourAddress(0), neighbourAddress(1)];

test('packets under way: a full table refuses, only what is settled both ways makes room', () => {
  const pending = new Pending();
  const frame = new Uint8Array(40);
  for (let i = 0; i < 32; i++) assert.equal(pending.add(frame, 1, 1000 + i), i);
  assert.equal(pending.add(frame, 1, 5000), 255);
  for (const [index, flags] of [
    [3, PnFlag.RECEIPT_DUE],
    [4, PnFlag.OUT_BOOKED],
    [6, 0],
    [7, 0],
  ] as const) {
    pending.set8(index, Pn.STATE, PnState.SETTLED);
    pending.set8(index, Pn.FLAGS, flags);
  }
  assert.equal(pending.add(frame, 1, 5000), 6, 'of two that are done the one that ends first');
  assert.equal(pending.add(frame, 1, 5000), 7);
  assert.equal(pending.add(frame, 1, 5000), 255, 'a receipt or a debt outstanding stays');
});

test('a neighbour that owes, or is owed, or has links unclaimed is never forgotten', () => {
  const talk = new Conversation({ known: 1, met: 1, config: { helloMaxMs: 4000 } });
  const links = chainOf(A);
  talk.tell(talk.state(A, NODE, links[0]!));
  talk.pay(links[2]!, 2);
  const index = talk.node.core.neighbours.find(A);
  talk.wait(60);
  assert.equal(talk.node.core.neighbours.find(A), index, 'two links unclaimed');
  assert.ok(talk.count(Note.CLAIMING) >= 1, 'so it claims, since nobody will pay more');
  talk.node.channels.receiveState(Uint8Array.from(talk.state(A, NODE, links[2]!, { settled: 2 })));
  talk.wait(20);
  assert.equal(talk.node.core.neighbours.find(A), 255);
});

test('last claims of old chains: a full table refuses the change of chain and drops none', () => {
  const talk = new Conversation({ known: 1, met: 1 });
  const { retired } = talk.node.channels;
  const claim = (chain: number): Uint8Array => {
    const bytes = new Uint8Array(ClaimPayload.SIZE);
    bytes.set([5, ...u32(A), 1, chain, ...u16(3)]);
    return bytes;
  };
  for (let chain = 20; chain < 28; chain++) assert.ok(retired.add(claim(chain)));
  assert.ok(!retired.add(claim(28)));
  const links = chainOf(A);
  talk.tell(talk.state(A, NODE, links[0]!));
  talk.pay(links[2]!, 2);
  talk.tell(talk.state(A, NODE, chainOf(A, 1, 10)[0]!, { chain: 10 }));
  const index = talk.node.core.neighbours.find(A);
  assert.equal(talk.node.core.accounts.u8(index, Acc.IN_CHAIN), 9, 'still the old one');
  talk.tell(talk.state(A, NODE, links[0]!, { chain: 20, settled: 3 }));
  talk.tell(talk.state(A, NODE, chainOf(A, 1, 30)[0]!, { chain: 30 }));
  assert.equal(talk.node.core.accounts.u8(index, Acc.IN_CHAIN), 30);
  talk.boot();
  let kept = 0;
  for (let i = talk.node.channels.retired.next(-1); i !== 255; i = talk.node.channels.retired.next(i)) kept++;
  assert.equal(kept, 8, 'and they outlive a reboot');
});

test('the token bucket: never more than its rate and its content, in any window', () => {
  const bucket = new AirBudget(20 / 3, 1350, 450);
  const sent: [number, number][] = [];
  for (let now = 0; now < 4 * 3600_000; now += 100) if (bucket.take(140, now, 0)) sent.push([now, 140]);
  let from = 0;
  let sum = 0;
  let most = 0;
  for (const [at, airtime] of sent) {
    sum += airtime;
    while (sent[from]![0] <= at - 3600_000) sum -= sent[from++]![1];
    most = Math.max(most, sum);
  }
  assert.ok(most <= 36_000, `${most} ms in an hour at 1 %`);
  assert.ok(most >= 23_000, 'and not much less than two thirds of it');
});

test('a saturated hour: no radio is on the air longer than 1 %, a reboot included', () => {
  const world = new World({ nodes: 3, config: { dutyPerMille: 10 } });
  const [gateway, relay, board] = world.stations;
  world.every(2, (n) => board!.send(gateway!, `${n} ${'x'.repeat(60)}`));
  world.run(1800);
  const counted = board!.mesh.core.counters.airtimeMs;
  assert.ok(Math.abs(counted - world.ether.airtimeUs(2) / 1000) <= board!.mesh.core.counters.sent);
  relay!.reboot();
  world.run(1800);
  for (const { index } of world.stations) {
    assert.ok(
      world.ether.airtimeUs(index) / 1000 <= 36_000,
      `station ${index}: ${world.ether.airtimeUs(index) / 1000} ms`,
    );
  }
  assert.ok(world.ether.airtimeUs(2) / 1000 > 20_000, 'it was saturated');
  assert.ok(world.delivered.filter(({ text }) => text !== '').length > 40, 'and went on delivering');
});

/** Unbacked packets from `via` towards B, one every two seconds; how many were taken. */
function gifts(talk: Conversation, via: number, count: number, packetClass: number, pauseS = 2): number {
  const before = talk.node.core.counters.relayed;
  for (let n = 0; n < count; n++) {
    const packet = talk.data(0x55000000 + n, B, packetClass | 10, new Uint8Array(50), 0, via);
    talk.hear(packet.frame);
    talk.receipt(packet.lock, packet.x, B);
    talk.wait(pauseS);
  }
  return talk.node.core.counters.relayed - before;
}

test("unbacked packets: ten minutes' worth of 1 %, and a hog leaves half of it to the others", () => {
  const talk = new Conversation({ known: 4, met: 4 });
  const frameMs = timeOnAirMs(talk.node.core.config.profile, 78);
  const bucket = Math.floor(6000 / frameMs);
  const hog = gifts(talk, A, 80, 0, 0.5);
  assert.ok(hog >= bucket / 2 - 1 && hog <= bucket / 2 + 3, `${hog} of ${bucket}`);
  const other = gifts(talk, neighbourAddress(2), 20, 0, 0.5);
  assert.ok(other >= bucket / 4 - 2, `${other} for another neighbour`);
  assert.equal(talk.count(Note.EARNED), 0);
});

test('service packets have an allowance of their own, that readings cannot use up and nobody alone', () => {
  const talk = new Conversation({ known: 4, met: 4, config: { freePerMille: 0, servicePerMille: 10 } });
  const bucket = Math.floor(6000 / timeOnAirMs(talk.node.core.config.profile, 78));
  assert.equal(gifts(talk, A, 5, 0), 0);
  const hog = gifts(talk, A, 80, Class.SERVICE, 0.5);
  assert.ok(hog >= bucket / 2 - 1 && hog <= bucket / 2 + 3, `${hog} of ${bucket}`);
  const told = talk.data(HOME, B, Class.SERVICE | 10, new Uint8Array(50), 0, A);
  talk.hear(told.frame);
  assert.equal(talk.node.core.counters.relayed, hog + 1, "what home says to others is nobody's share");
  assert.ok(gifts(talk, neighbourAddress(2), 20, Class.SERVICE, 0.5) >= bucket / 4 - 3, 'another has its part');
  assert.equal(gifts(talk, A, 5, 0), 0, 'and readings have none of it');
});

test('a mesh that gives readings nothing opens its first channels all the same, and then carries them', () => {
  const world = new World({ nodes: 4, config: { freePerMille: 0 } });
  const [gateway, , , board] = world.stations;
  world.every(6, (n) => board!.send(gateway!, `${n}`));
  const texts = (): number => world.delivered.filter(({ text }) => text !== '').length;
  world.until('a reading over three hops', 120, () => texts() > 0);
  world.until('claimed', 300, () => world.stations.slice(1, 3).every((relay) => relay.balance > 0));
  assert.ok(world.ledger.totals().conserved);
});

test('an emergency passes when nothing else does, on a reserve of its own', () => {
  const talk = new Conversation({ known: 2, met: 2, config: { freePerMille: 0 } });
  assert.equal(gifts(talk, A, 5, 0), 0);
  assert.ok(talk.sent(FrameType.NACK).some((frame) => frame[5] === NackReason.FREE_BUDGET));
  const carried = gifts(talk, A, 100, Class.EMERGENCY, 0.5);
  const bucket = Math.floor(6000 / timeOnAirMs(talk.node.core.config.profile, 78));
  assert.ok(carried >= bucket && carried <= bucket + 8, `${carried} of ${bucket}`);
});

test('an emergency of this node is sent unbacked, so that no relay can refuse it for want of credit', () => {
  const world = new World({ nodes: 3, config: { freePerMille: 20 } });
  const [gateway, relay, board] = world.stations;
  world.every(6, (n) => board!.send(gateway!, `${n}`));
  world.until('backed', 120, () => relay!.notes.some(({ note, value }) => note === Note.RELAYED && value > 0));
  world.quiet();
  const before = relay!.notes.length;
  board!.send(gateway!, 'help', Class.EMERGENCY);
  world.run(10);
  const { value } = relay!.notes
    .slice(before)
    .find(({ note, who }) => note === Note.RELAYED && who === board!.address)!;
  assert.equal(value, 0);
  assert.ok(world.delivered.some(({ text }) => text === 'help'));
});

test('out of counters or packet numbers a node falls silent, and uses none twice', () => {
  const talk = new Conversation({ known: 1, met: 1 });
  talk.hear(talk.hello(A, { routes: [[...u32(HOME), ...u16(2), 1, ...u16(16), ...u16(0)]] }));
  talk.node.core.counter = talk.node.core.counterLease = 0xfffffdff - 20;
  talk.node.endpoint.seq = talk.node.endpoint.seqLease = 0xfffffdff;
  for (let n = 0; n < 30; n++) {
    talk.step(EventKind.SEND, [2, n], HOME, 0);
    talk.wait(20);
    talk.hear(talk.hello(A));
  }
  assert.ok(talk.node.core.counter <= 0xffffffff && talk.node.endpoint.seq <= 0xffffffff);
  assert.ok(talk.node.core.counter > 0xfffffdff && talk.node.endpoint.seq > 0xfffffdff);
  talk.transmitted.length = 0;
  talk.wait(300);
  assert.equal(talk.transmitted.length, 0);
  talk.boot();
  talk.wait(60);
  assert.equal(talk.transmitted.length, 0, 'nor after a reboot');
});

test('a payee far behind is shown the links again from where it can follow, and none that are new', () => {
  const talk = new Conversation();
  const index = talk.node.core.neighbours.find(A);
  const { accounts } = talk.node.core;
  talk.stored.set('fh.cp', new Uint8Array(32768).fill(7));
  talk.node.wallet.lease(index);
  talk.tell(talk.state(NODE, A, chainOf(A)[0]!, { generation: 0, chain: 0, limit: 100 }));
  accounts.setU16(index, Acc.OUT_LINKS, 90);
  talk.wait(3);
  talk.node.wallet.link(index, 10);
  talk.wait(3);
  for (const [held, shown] of [[10, 42], [42, 42], [50, 50]] as const) {
    accounts.setU8(index, Acc.OUT_FLAGS, accounts.u8(index, Acc.OUT_FLAGS) | 4);
    const own = talk.node.wallet.link(index, held)!;
    assert.deepEqual(talk.refusals(talk.linked(FrameType.RESYNC, [0, 0, ...u16(held), ...own])), []);
    assert.equal(accounts.u16(index, Acc.OUT_LINKS), shown);
  }
  assert.ok(accounts.u16(index, Acc.OUT_LEASE) <= 94, 'the lease is what it was');
});

test('times beyond 2^32 ms: queues and deadlines go on', () => {
  const talk = new Conversation({ known: 1, met: 0 });
  talk.nowMs = 2 ** 32 - 20_000;
  talk.step(EventKind.TICK, []);
  talk.meet(A);
  talk.transmitted.length = 0;
  talk.hear(talk.hello(A, { routes: [[...u32(HOME), ...u16(2), 1, ...u16(16), ...u16(0)]] }));
  for (let i = 0; i < 40; i++) {
    talk.step(EventKind.SEND, [2, i], HOME, 0);
    talk.wait(1);
    if (i % 3 === 0) talk.hear(talk.hello(A));
  }
  assert.ok(talk.nowMs > 2 ** 32);
  assert.ok(talk.sent(FrameType.DATA).length > 6);
  talk.wait(200);
  assert.equal(talk.node.relay.pending.countFrom(254), 0, 'all of them ended');
});

test('a day of traffic in a village: nothing grows, the books agree, the day is paid for', () => {
  const config = {
    helloMinMs: 10_000,
    helloMaxMs: 300_000,
    receiptDelayMs: 2000,
    retryS: 60,
    freePerMille: 10,
  };
  const world = new World({ nodes: 5, profile: 'village', config, loss: 0.03, blockS: 600 });
  world.every(300, (n) =>
    world.stations.slice(1).forEach((board, i) => {
      world.scheduler.after(i * 37_000, () => board.send(world.stations[0]!, `${n}`));
    }),
  );
  world.run(6 * 3600);
  const records = world.stations.map(({ store }) => store.names().length);
  const early = world.delivered.length;
  world.run(18 * 3600);
  assert.deepEqual(
    world.stations.map(({ store }) => store.names().length),
    records,
    'no record more than in the morning',
  );
  const arrived = world.delivered.filter(({ text }) => text !== '').length;
  assert.ok(arrived >= 0.85 * 4 * 285, `${arrived} of ${4 * 287}`);
  assert.ok(world.delivered.length > early);
  world.quiet();
  world.checkBooks(6 * 64);
  for (const { mesh, store } of world.stations) {
    assert.ok(mesh.outbox.dropped < 20, `${mesh.outbox.dropped} dropped`);
    assert.ok(store.writes < 4000, `${store.writes} writes to flash a day`);
  }
  const earned = world.stations.slice(1, 4).map(({ balance }) => balance);
  assert.ok(earned[0]! > 0, `${earned}`);
});
