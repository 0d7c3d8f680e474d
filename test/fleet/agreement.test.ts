// Five gateways on a real cluster, each with its own store and island: one chain, one state, no credit made or lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FleetWorld } from './fleet-world.ts';
import { LocalCluster, NO_NATS } from '../../host-tools/fleet/local-cluster.ts';
import { NatsLog } from '../../host-tools/fleet/nats-log.ts';
import { idOf } from '../../host-tools/fleet/pool.ts';

test('five gateways agree on one chain, whoever writes and whoever submits', { skip: NO_NATS }, async (context) => {
  const appended = context.mock.method(NatsLog.prototype, 'append');
  const cluster = await LocalCluster.start();
  try {
    const world = await FleetWorld.start(cluster, 5);
    try {
      const addresses = world.members.map(({ index }) => 0x20000001 + index);
      await Promise.all(
        world.members.map(async (member, i) => {
          const join = world.join(member, addresses[i]!);
          // As the owners' API does with what waits, after every block.
          for (let block = 0; block < 3; block++) {
            member.fleet.chain.submit(join);
            await member.fleet.spread(join);
          }
          const again = appended.mock.calls.filter(({ arguments: [, id] }) => id === idOf(join));
          assert.equal(again.length, 1, 'the engine heard of it once');
        }),
      );
      await world.until('five joins', () => world.members.every(({ ledger }) => ledger.counters.nodes === 5));
      // Each island's node is paid by the next island's; the payee's own gateway submits.
      for (const [i, member] of world.members.entries()) {
        member.fleet.chain.submitAll([world.book(addresses[(i + 1) % 5]!).open(0, addresses[i]!)]);
      }
      await world.until('five channels', () =>
        world.members.every(({ ledger }) => ledger.counters.openChannels === 5),
      );
      for (let number = 4; number <= 16; number += 4) {
        for (const [i, member] of world.members.entries()) {
          member.fleet.chain.submitAll([world.book(addresses[(i + 1) % 5]!).claim(0, number)]);
        }
        await world.until(`claim ${number}`, () =>
          world.members.every(({ ledger }) => [...ledger.channels()].every(({ settled }) => settled >= number)),
        );
      }
      world.assertAgreed();
      assert.deepEqual(
        world.members.map(({ ledger }) => ledger.counters.settledLinks),
        [80, 80, 80, 80, 80],
      );
      const writers = world.members.filter(({ fleet }) => fleet.chain.counts.ownBlocks > 0).length;
      assert.ok(writers >= 3, `${writers} gateways wrote blocks`);
      for (const { fleet } of world.members) assert.equal(fleet.heads.differing.size, 0);
    } finally {
      await world.stop();
    }
  } finally {
    await cluster.stop();
  }
});
