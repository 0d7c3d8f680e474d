// A new gateway takes over a chain from a snapshot that holds against the log, and goes on from there; a snapshot that
// was tampered with is passed over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectFleet } from '../../host-tools/fleet/connect.ts';
import { LocalCluster, NO_NATS } from '../../host-tools/fleet/local-cluster.ts';
import { namesOf } from '../../host-tools/fleet/names.ts';
import { NatsLog } from '../../host-tools/fleet/nats-log.ts';
import { fastClock } from '../../host-tools/fleet/slot-clock.ts';
import { joinBySnapshot, putSnapshot, type Objects } from '../../host-tools/fleet/snapshot.ts';
import { openBucket, prepareStreams } from '../../host-tools/fleet/streams.ts';
import { LEDGER_DEPS } from '../../host-tools/gateway/chain-service.ts';
import { ChainStore, MemoryStore, verifyStore } from '../../host-tools/gateway/store/index.ts';
import { fleetGenesis, FleetWorld, Member } from './fleet-world.ts';

/** Blocks after which a store has its first checkpoint. */
const CHECKPOINT_BLOCKS = 256;
const SLOT_MS = 60;

test('a new gateway joins from a snapshot, verified against the log', { skip: NO_NATS }, async (t) => {
  const cluster = await LocalCluster.start({ servers: 1 });
  t.after(() => cluster.stop());
  await cluster.ready();
  const genesis = fleetGenesis(1);
  const clock = fastClock(1000, Date.now(), SLOT_MS);
  const world = new FleetWorld(cluster, genesis);
  t.after(() => world.stop());
  const connection = await connectFleet({ servers: cluster.urls }, 'newcomer');
  t.after(() => connection.close());
  await prepareStreams(connection, genesis);
  const member = await new Member(0, genesis, clock).start(cluster.urls);
  world.members.push(member);
  const { chain } = member.fleet;
  chain.submitAll([world.join(member, 0x20000001), world.join(member, 0x20000002, 1)]);
  await world.until('a checkpoint', () => member.ledger.height > CHECKPOINT_BLOCKS + 5);

  const names = namesOf(world.ledgerId);
  const objects = (await openBucket(connection, world.ledgerId)) as Objects;
  const name = await putSnapshot(objects, member.store);
  assert.match(name!, /^snapshot-0000000\d{3}$/);
  const log = await NatsLog.open(connection, names.blocks, (author) => names.subject('block', author));
  const parts = { objects, log, genesis, clock };
  const said: string[] = [];
  const store = ChainStore.over(new MemoryStore());
  assert.equal(await joinBySnapshot({ ...parts, store }, (text) => said.push(text)), true, said.join('\n'));
  const ledger = store.load(LEDGER_DEPS);
  assert.equal(ledger.height, Number(name!.slice(-10)));
  assert.equal(ledger.totals().conserved, true);
  assert.equal(Buffer.compare(store.block(ledger.height)!, member.store.block(ledger.height)!), 0);
  const verdict = verifyStore(store, LEDGER_DEPS);
  assert.equal(verdict.fault, undefined, 'a replay from the genesis comes to the same state');

  // One byte of one record changed: the root does not fit, and nothing is taken over.
  const object = await objects.get(name!);
  const pieces: Uint8Array[] = [];
  for await (const piece of object!.data as unknown as AsyncIterable<Uint8Array>) pieces.push(piece);
  const changed = Buffer.concat(pieces);
  changed[changed.length - 3]! ^= 1;
  const forged = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(changed);
      controller.close();
    },
  });
  await objects.put({ name: name! }, forged);
  const other = ChainStore.over(new MemoryStore());
  assert.equal(await joinBySnapshot({ ...parts, store: other }, (text) => said.push(text)), false);
  assert.equal(other.genesis(), undefined);
});
