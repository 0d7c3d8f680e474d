// Frames for everybody and ways on demand: what one node does with each, byte by byte, and what reaches the ends of a
// mesh. A hog of floods takes one half of what is given away and not a packet's share more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventKind, Note, Rt } from '#mesh';
import { Broadcast, Class, ErrorCode, FrameType, RouteReply, RouteRequest, getU32, timeOnAirMs } from '#protocol';
import { Conversation, HOME, NODE, neighbourAddress, u16, u32 } from './conversation.ts';
import { GATEWAY, World, type Station } from './world.ts';

const [A, B] = [neighbourAddress(0), neighbourAddress(1)];
const FAR = 0x55000001;
const EVERYBODY = 0xffffffff;

interface Cast {
  src?: number;
  seq?: number;
  ttl?: number;
  urgency?: number;
  body?: number[];
  alias?: number;
}

function cast(
  talk: Conversation,
  { src = FAR, seq = 1, ttl = 9, urgency = 0, body = [2, 65], alias = 7 }: Cast,
): Uint8Array {
  return talk.flood([FrameType.BROADCAST, alias, urgency | ttl, ...u32(src), ...u16(seq), ...body], src);
}

function asks(talk: Conversation, origin: number, dst: number, alias: number, seq = 2): Uint8Array {
  const route = [...u32(origin), ...u16(seq), 1, ...u16(20), ...u16(64)];
  return talk.flood([FrameType.ROUTE_REQUEST, alias, 9, ...route, ...u32(dst)], origin);
}

function casts(talk: Conversation): { src: number; hops: number }[] {
  return talk.broadcasts.map(({ address, b }) => ({ src: address, hops: b }));
}

test('a broadcast is handed over once and passed on once, one hop less, under a MIC of its origin', () => {
  const talk = new Conversation({ known: 2, met: 2 });
  talk.sent(FrameType.HELLO);
  const frame = cast(talk, {});
  assert.deepEqual(talk.refusals(frame), []);
  for (let again = 0; again < 5; again++) assert.deepEqual(talk.refusals(cast(talk, { alias: 8 })), []);
  talk.wait(2);
  assert.deepEqual(casts(talk), [{ src: FAR, hops: 7 }]);
  const passed = talk.sent(FrameType.BROADCAST);
  assert.equal(passed.length, 1);
  assert.equal(passed[0]![Broadcast.CLASS], 8);
  assert.equal(passed[0]![1], talk.node.core.alias);
  assert.deepEqual(passed[0], cast(talk, { ttl: 8, alias: talk.node.core.alias }));
  assert.deepEqual(
    talk.refusals(cast(talk, { body: [4, 1], seq: 9 })),
    [ErrorCode.UNKNOWN_PAYLOAD],
    'no OPEN for all',
  );
  const forged = cast(talk, { seq: 10 });
  forged[12]! ^= 1;
  assert.deepEqual(talk.refusals(forged), [ErrorCode.BAD_MIC]);
  talk.hear(cast(talk, { ttl: 0, seq: 11 }));
  talk.hear(cast(talk, { src: NODE, seq: 12 }));
  talk.wait(2);
  assert.equal(talk.sent(FrameType.BROADCAST).length, 0, 'spent hops, and an echo of this node');
});

test('three neighbours that passed it on are enough', () => {
  const passed = (others: number[]): number => {
    const talk = new Conversation({ known: 1, met: 1 });
    talk.sent(FrameType.BROADCAST);
    for (let seq = 0; seq < 20; seq++) {
      talk.hear(cast(talk, { seq }));
      for (const alias of others) talk.hear(cast(talk, { seq, ttl: 8, alias }));
      talk.wait(2);
    }
    return talk.sent(FrameType.BROADCAST).length;
  };
  const [alone, among] = [passed([]), passed([11, 12, 13])];
  assert.equal(alone, 20);
  // Some are on the air before the third is heard.
  assert.ok(among <= 14, `${among} of 20`);
});

test('a flood of floods takes one half of what is given away; emergencies and packets keep theirs', () => {
  const talk = new Conversation({ known: 2, met: 2 });
  const frameMs = timeOnAirMs(talk.node.core.config.profile, 15);
  const airMs = (sinceMs: number): number => 3000 + (talk.nowMs - sinceMs) / 100;
  let sinceMs = talk.nowMs;
  let passed = 0;
  for (let seq = 0; seq < 400; seq++) {
    talk.hear(cast(talk, { seq, src: FAR + seq }));
    talk.wait(0.5);
    passed += talk.sent(FrameType.BROADCAST).length;
  }
  assert.ok(passed * frameMs <= airMs(sinceMs), `${passed} of 400`);
  assert.ok(passed >= Math.floor(3000 / frameMs) - 1);
  for (const address of [A, B]) talk.meet(address);
  talk.hear(talk.data(A, B, 10, new Uint8Array(20)).frame);
  assert.equal(talk.node.core.counters.relayed, 1, 'a packet finds the other half');
  talk.hear(cast(talk, { seq: 1000, urgency: Class.EMERGENCY }));
  talk.wait(2);
  assert.equal(talk.sent(FrameType.BROADCAST).length, 1);
  let asked = 0;
  sinceMs = talk.nowMs;
  for (let n = 0; n < 400; n++) {
    talk.hear(asks(talk, A, FAR + n, talk.aliasOf(A)));
    talk.wait(0.5);
    asked += talk.sent(FrameType.ROUTE_REQUEST).length;
  }
  const questionMs = timeOnAirMs(talk.node.core.config.profile, RouteRequest.SIZE);
  assert.ok(asked * questionMs <= airMs(sinceMs), `${asked} questions`);
  assert.equal(talk.count(Note.EARNED) + talk.count(Note.PAID_OUT), 0, 'and no money moved');
});

test('a recording played after the records turned over is passed on once more, no oftener', () => {
  const talk = new Conversation({ known: 1, met: 1 });
  talk.hear(cast(talk, { seq: 1 }));
  for (let seq = 2; seq < 14; seq++) talk.hear(cast(talk, { seq }));
  talk.wait(20);
  talk.sent(FrameType.BROADCAST);
  for (let again = 0; again < 6; again++) talk.hear(cast(talk, { seq: 1 }));
  talk.wait(5);
  assert.equal(talk.sent(FrameType.BROADCAST).length, 1);
});

test('who knows a way answers a question for it; who does not passes it on with its own figures', () => {
  const talk = new Conversation({ known: 2, met: 2 });
  talk.hear(talk.hello(B, { routes: [[...u32(FAR), ...u16(4), 1, ...u16(16), ...u16(64)]] }));
  talk.wait(5);
  talk.transmitted.length = 0;
  talk.hear(asks(talk, HOME, FAR, talk.aliasOf(A)));
  talk.wait(2);
  const [reply] = talk.sent(FrameType.ROUTE_REPLY);
  assert.ok(reply !== undefined && reply.length === RouteReply.SIZE);
  assert.equal(getU32(reply, RouteReply.ROUTE), FAR);
  assert.equal(reply[2], talk.aliasOf(A), 'along the way on which the question came');
  talk.hear(asks(talk, HOME, FAR + 1, talk.aliasOf(A), 4));
  talk.wait(2);
  const [onward] = talk.sent(FrameType.ROUTE_REQUEST);
  assert.equal(onward![RouteRequest.TTL], 8);
  assert.equal(onward![RouteRequest.ROUTE + 6], 2, 'hops from here');
  talk.hear(asks(talk, HOME, NODE, talk.aliasOf(B), 6));
  talk.wait(2);
  const own = talk.sent(FrameType.ROUTE_REPLY);
  assert.equal(own.length, 1);
  assert.equal(getU32(own[0]!, RouteReply.ROUTE), NODE);
});

test("a message to all reaches both ends of a line, each node once; the gateway's host too", () => {
  const world = new World({ nodes: 5 });
  const [gateway, , middle] = world.stations as [Station, Station, Station];
  world.until('routes', 60, () => world.settled());
  middle.send(EVERYBODY, 'storm coming');
  world.run(10);
  for (const station of world.stations) {
    const heard = station.broadcasts.filter(({ text }) => text === 'storm coming');
    assert.equal(heard.length, station === middle ? 0 : 1, `station ${station.index}`);
    if (station === gateway) assert.deepEqual(heard[0], { src: middle.address, text: 'storm coming', hops: 2 });
  }
  assert.ok(world.monitor.byType[FrameType.BROADCAST]! <= 5);
});

test('a destination that no HELLO tells of: the packet waits for a way and arrives', () => {
  const world = new World({ nodes: 5 });
  const [gateway, , , , far] = world.stations as [Station, Station, Station, Station, Station];
  // Nobody's HELLO carries a route to the last station.
  for (const station of world.stations) {
    station.corrupt = ({ greeter, core }) => {
      const pick = greeter['pickRoutes'].bind(greeter);
      greeter['pickRoutes'] = () => pick().filter((row) => getU32(core.routes.table, row * Rt.SIZE) !== far.address);
    };
  }
  world.run(40);
  const middle = world.stations[1]!;
  assert.equal(middle.nextHop(far), undefined);
  middle.send(far, 'found you');
  world.until('arrives', 30, () => far.delivered.some(({ text }) => text === 'found you'));
  assert.ok(world.monitor.byType[FrameType.ROUTE_REPLY]! >= 2);
  assert.equal(middle.count(Note.UNSENDABLE), 0);
  middle.send(GATEWAY + 0x99999, 'nobody');
  assert.equal(middle.count(Note.UNSENDABLE, 3), 1);
  assert.ok(gateway.up && world.ledger.totals().conserved);
});

test('no way anywhere: unsendable after ten seconds, and one question in that time', () => {
  const talk = new Conversation({ known: 1, met: 1 });
  talk.sent(FrameType.ROUTE_REQUEST);
  talk.step(EventKind.SEND, [2, 65], HOME, 0);
  talk.step(EventKind.SEND, [2, 66], HOME, 0);
  assert.equal(talk.notes.filter(({ a, b }) => a === Note.UNSENDABLE && b === 1).length, 1, 'the second at once');
  talk.wait(12);
  assert.equal(talk.notes.filter(({ a, b }) => a === Note.UNSENDABLE && b === 1).length, 2);
  assert.equal(talk.sent(FrameType.ROUTE_REQUEST).length, 1);
});
