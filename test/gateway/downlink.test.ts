// Messages to nodes: newest first in meaning, two at a time a node, never lost for good, never more than the bounds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Payload, StatePayload, putU32 } from '#protocol';
import { Downlink } from '../../host-tools/gateway/downlink.ts';

function state(chain: number, height: number): Uint8Array {
  const bytes = new Uint8Array(StatePayload.SIZE);
  bytes[0] = Payload.STATE;
  putU32(bytes, StatePayload.HEIGHT, height);
  putU32(bytes, StatePayload.PAYER, 77);
  bytes[StatePayload.CHAIN] = chain;
  return bytes;
}

function downlink(known = (_dst: number): boolean => true): Downlink {
  let seq = 0;
  return new Downlink((dst, plaintext) => (known(dst) ? { dst, seq16: ++seq % 65536, bytes: plaintext } : undefined));
}

const heights = (packets: { bytes: Uint8Array }[]): number[] =>
  packets.map(({ bytes }) => bytes[StatePayload.HEIGHT + 3]!);

test('a newer STATE of a channel takes the place of an older one that still waits', () => {
  const down = downlink();
  down.push(5, state(0, 1), 0);
  down.push(5, state(0, 2), 0);
  down.push(5, state(1, 3), 0);
  down.push(5, state(2, 4), 0);
  assert.equal(down.size, 3);
  const packets = down.due(0);
  assert.deepEqual(heights(packets), [2, 3], 'two at a time a node');
  down.push(5, state(0, 5), 0);
  assert.equal(down.size, 4, 'what flies already is not recalled');
  down.lost(5, packets[0]!.seq16, 10);
  assert.equal(down.size, 3, 'but not repeated either, when something newer waits');
  assert.deepEqual(heights(down.due(10)), [4]);
});

test('news of one channel go one after the other, but do not wait for a receipt that is overdue', () => {
  const down = downlink();
  down.push(5, state(0, 1), 0);
  assert.deepEqual(heights(down.due(0)), [1]);
  down.push(5, state(0, 2), 5000);
  assert.deepEqual(down.due(5000), []);
  down.push(5, state(0, 3), 6000);
  assert.deepEqual(heights(down.due(6000)), [3]);
  assert.equal(down.size, 1);
});

test('five in all are under way, the rest follows', () => {
  const down = downlink();
  for (let dst = 1; dst <= 9; dst++) down.push(dst, state(0, dst), 0);
  const first = down.due(0);
  assert.deepEqual(first.map(({ dst }) => dst), [1, 2, 3, 4, 5]);
  assert.deepEqual(down.due(0), []);
  down.delivered(2, first[1]!.seq16);
  down.delivered(2, 999);
  assert.deepEqual(down.due(0).map(({ dst }) => dst), [6]);
  assert.equal(down.size, 8);
});

test('lost ones go again after pauses that double, with a new number each time', () => {
  const down = downlink();
  down.push(5, state(0, 1), 0);
  const seqs = new Set<number>();
  let now = 0;
  const pauses: number[] = [];
  while (down.size > 0) {
    const lostAt = now;
    let packets = down.due(now);
    while (packets.length === 0) packets = down.due((now += 500));
    pauses.push(now - lostAt);
    seqs.add(packets[0]!.seq16);
    down.lost(5, packets[0]!.seq16, now);
  }
  assert.deepEqual(pauses.slice(0, 5), [0, 2000, 4000, 8000, 16_000]);
  assert.equal(Math.max(...pauses), 1_024_000);
  assert.equal(seqs.size, 12);
  assert.equal(down.dropped, 1);
});

test('a packet of which nothing is heard is lost in the end; a reboot of the board loses all at once', () => {
  const down = downlink();
  down.push(5, state(0, 1), 0);
  down.push(6, state(0, 1), 0);
  assert.equal(down.due(0).length, 2);
  assert.equal(down.due(89_999).length, 0);
  assert.equal(down.due(92_000).length, 0, 'the pause begins');
  assert.equal(down.due(94_000).length, 2);
  down.interrupted(94_000);
  assert.equal(down.due(98_000).length, 2);
  down.unsent(5, 98_000);
  assert.equal(down.due(98_000).length, 0);
  assert.equal(down.size, 2);
});

test('a node that is heard again gets at once what waits, and is known to have missed what was dropped', () => {
  const down = downlink();
  assert.equal(down.heard(5, 0), true, 'nobody knows what was told before this process');
  assert.equal(down.heard(5, 0), false);
  down.push(5, state(0, 1), 0);
  let now = 0;
  for (let i = 0; i < 8; i++) {
    const [packet] = down.due((now += 2_000_000));
    down.lost(5, packet!.seq16, now);
  }
  assert.equal(down.due(now + 10_000).length, 0);
  assert.equal(down.heard(5, now + 10_000), false);
  const [packet] = down.due(now + 10_000);
  assert.ok(packet !== undefined);
  down.lost(5, packet.seq16, now);
  while (down.size > 0) for (const { dst, seq16 } of down.due((now += 2_000_000))) down.lost(dst, seq16, now);
  assert.equal(down.dropped, 1);
  assert.equal(down.heard(5, now), true);
});

test('a node that is no longer on the ledger costs nothing, and a thousand messages are the most', () => {
  const down = downlink((dst) => dst !== 9);
  down.push(9, state(0, 1), 0);
  assert.deepEqual(down.due(0), []);
  assert.equal(down.size, 0);
  assert.equal(down.dropped, 1);
  for (let dst = 100; dst < 1200; dst++) down.push(dst, state(0, 1), 0);
  assert.equal(down.size, 1000);
  assert.equal(down.dropped, 101);
  assert.equal(down.heard(1150, 0), true, 'the one for whom there was no room is told later');
});
