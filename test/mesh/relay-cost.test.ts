// What a relay in a running line spends on each packet it carries: hashes counted where they are made, HELLOs,
// receipts, payments and repetitions included. The limit is the board's: milliseconds each in an interpreter.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Note } from '#mesh';
import type { Crypto } from '#protocol';
import { World, type Station } from './world.ts';

const HASHES_MAX = 8;

/** Counts into a station's tally every hash that its node asks for. */
function counting(station: Station): { hashes: number } {
  const tally = { hashes: 0 };
  station.corrupt = ({ core, wallet }) => {
    const { crypto } = core;
    const counted: Crypto = {
      sha256: (parts) => {
        tally.hashes++;
        return crypto.sha256(parts);
      },
      aesCtr: (key, counter, data) => crypto.aesCtr(key, counter, data),
    };
    core.crypto = counted;
    wallet.crypto = counted;
  };
  return tally;
}

test('a relay makes at most eight hashes a packet it carries, all it does included', () => {
  const world = new World({ nodes: 4, config: { helloMaxMs: 60_000 } });
  const [gateway, near, middle, far] = world.stations as [Station, Station, Station, Station];
  const tallies = [near, middle].map(counting);
  world.every(3, (n) => far.send(gateway, `reading ${n}`));
  world.until('paid for', 300, () => middle.notes.some(({ note, value }) => note === Note.EARNED && value > 0));
  world.run(120);
  const before = tallies.map(({ hashes }) => hashes);
  const relayed = [near, middle].map(({ mesh }) => mesh.core.counters.relayed);
  world.run(600);
  [near, middle].forEach((relay, i) => {
    const packets = relay.mesh.core.counters.relayed - relayed[i]!;
    const perPacket = (tallies[i]!.hashes - before[i]!) / packets;
    assert.ok(packets > 150, `${packets} packets`);
    assert.ok(
      perPacket > 3 && perPacket <= HASHES_MAX,
      `station ${i + 1}: ${perPacket.toFixed(2)} hashes a packet`,
    );
  });
  assert.ok(world.ledger.totals().conserved);
});
