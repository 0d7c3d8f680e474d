// Who may do what in the cluster, with the configuration that docs/fleet.md gives: a stranger is refused, a gateway
// writes to its own subjects and nowhere else, nobody but the administrator makes or removes streams.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { nkeys } from '@nats-io/transport-node';
import { connectFleet, parseServers } from '../../host-tools/fleet/connect.ts';
import { LocalCluster, NO_NATS } from '../../host-tools/fleet/local-cluster.ts';
import { namesOf } from '../../host-tools/fleet/names.ts';
import { accessLines } from '../../host-tools/fleet/access.ts';
import { hasLedger, openBucket, prepareStreams } from '../../host-tools/fleet/streams.ts';
import { ledgerIdOf } from '../../host-tools/ledger/index.ts';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';
import { FIRST_GATEWAY, fleetGenesis, FleetWorld, Member } from './fleet-world.ts';

test('a gateway writes to its own subjects only; a stranger does nothing', { skip: NO_NATS }, async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'fairhop-access-'));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));
  const keys = [0, 1, 2].map((i) => {
    const user = nkeys.createUser();
    const file = join(scratch, `${i}.nk`);
    writeFileSync(file, `${new TextDecoder().decode(user.getSeed())}\n`);
    return { file, publicKey: user.getPublicKey() };
  });
  const [admin, one, two] = keys as [(typeof keys)[0], (typeof keys)[0], (typeof keys)[0]];
  const genesis = fleetGenesis(2);
  const ledgerId = ledgerIdOf(nodeCrypto, genesis);
  const gateways = [one, two].map(({ publicKey }, i) => ({ publicKey, address: FIRST_GATEWAY + i }));
  const cluster = await LocalCluster.start({
    servers: 1,
    extra: accessLines(ledgerId, admin.publicKey, gateways),
  });
  t.after(() => cluster.stop());
  const servers = cluster.urls;
  for (const deadline = Date.now() + 20_000; ;)
    try {
      const connection = await connectFleet({ servers, credentials: admin.file }, 'administrator');
      await prepareStreams(connection, genesis);
      await connection.close();
      break;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  await assert.rejects(connectFleet({ servers }, 'stranger'), /lets us in/);
  const names = namesOf(ledgerId);
  const connection = await connectFleet({ servers, credentials: one.file }, 'gateway');
  t.after(() => connection.close());
  assert.equal(await hasLedger(connection, ledgerId), true);
  await openBucket(connection, ledgerId);
  const js = jetstream(connection, { timeout: 1000 });
  await js.publish(names.subject('block', FIRST_GATEWAY), new Uint8Array(8));
  await assert.rejects(
    js.publish(names.subject('block', FIRST_GATEWAY + 1), new Uint8Array(8)),
    'as another gateway',
  );
  await assert.rejects(js.publish(names.genesisSubject, new Uint8Array(8)), 'as founder');
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 1000 });
  await assert.rejects(manager.streams.delete(names.blocks), 'a gateway removes no stream');
  await assert.rejects(manager.streams.purge(names.blocks), 'nor what is in it');
  const master = await connectFleet({ servers, credentials: admin.file }, 'administrator');
  t.after(() => master.close());
  const mastery = await jetstreamManager(master, { checkAPI: false });
  await assert.rejects(mastery.streams.purge(names.blocks), 'the log is purged by nobody');
  // Under these permissions two gateways do all that they do.
  const world = new FleetWorld(cluster, genesis);
  t.after(() => world.stop());
  for (const [i, { file }] of [one, two].entries())
    world.members.push(await new Member(i, genesis).start(servers, file));
  await world.until('blocks', () => world.members.every(({ ledger }) => ledger.height >= 3));
  world.assertAgreed();
  await world.until('each hears the other', () =>
    world.members.every(({ fleet }) => fleet.heads.latest.size === 1),
  );
});

test('addresses of servers are read as people write them', () => {
  assert.deepEqual(parseServers('nats://a:4222, b:4223,tls://[::1]:1'), [
    'nats://a:4222',
    'nats://b:4223',
    'tls://[::1]:1',
  ]);
  for (const wrong of ['', 'http://a', 'nats://a:b', 'a']) assert.throws(() => parseServers(wrong), /no address/);
});
