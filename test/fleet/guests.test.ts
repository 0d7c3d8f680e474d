// A gateway that is not of the genesis: it reads and verifies from the start, what it writes counts for nothing, and
// once it is registered and admitted by vote it takes its turns like the others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jetstream } from '@nats-io/jetstream';
import { ed25519PublicKey } from '../../host-tools/crypto/index.ts';
import { LocalCluster, NO_NATS } from '../../host-tools/fleet/local-cluster.ts';
import { namesOf } from '../../host-tools/fleet/names.ts';
import { fastClock } from '../../host-tools/fleet/slot-clock.ts';
import { fleetMetrics, fleetView } from '../../host-tools/fleet/status.ts';
import { Action, signTx, TxKind } from '../../host-tools/ledger/index.ts';
import { fleetGenesis, FleetWorld, Member, ownerOf } from './fleet-world.ts';

const SLOT_MS = 100;
const EPOCH = 10;

test('a guest reads, is admitted by vote, and then writes', { skip: NO_NATS }, async (t) => {
  const cluster = await LocalCluster.start({ servers: 1 });
  t.after(() => cluster.stop());
  const genesis = fleetGenesis(2, { epoch: EPOCH, moneyRound: EPOCH });
  const world = await FleetWorld.start(cluster, 0, genesis);
  t.after(() => world.stop());
  const clock = fastClock(1000, Date.now(), SLOT_MS);
  for (let i = 0; i < 3; i++) world.members.push(await new Member(i, genesis, clock).start(cluster.urls));
  const [first, second, guest] = world.members as [Member, Member, Member];

  await world.until('the guest follows', () => guest.ledger.height >= 5);
  const subject = namesOf(world.ledgerId).subject('block', guest.address);
  await jetstream(guest.connection).publish(subject, first.store.block(1)!);
  const skippedBy = ({ fleet }: Member): number | undefined =>
    fleet.chain.counts.skipped.get(guest.address)?.get('not a gateway');
  await world.until('what it writes is skipped', () => world.members.every((member) => skippedBy(member) === 1));

  const owner = ownerOf(0);
  const send = async (
    kind: TxKind.GATEWAY | TxKind.PROPOSE | TxKind.VOTE,
    fields: object,
    done: () => boolean,
  ): Promise<void> => {
    const { ledger } = first;
    const common = { owner: owner.key, nonce: ledger.account(owner.key)!.nonce, validUntil: ledger.height + 1000 };
    const transaction = signTx(world.ledgerId, kind, { ...common, ...fields } as never, owner.sign);
    first.fleet.chain.submitAll([transaction]);
    await world.until(`transaction ${kind}`, done);
  };
  const known = (): ReturnType<typeof first.ledger.gateway> => first.ledger.gateway(guest.address);
  const keys = { blockKey: ed25519PublicKey(guest.seed), teslaAnchor: new Uint8Array(16), anchorSlot: 1000 };
  await send(TxKind.GATEWAY, { address: guest.address, ...keys }, () => known() !== undefined);
  const height = world.height;
  await world.until('blocks without it', () => second.ledger.height > height + 3);
  assert.equal(guest.fleet.chain.counts.ownBlocks, 0, 'registered is not admitted');

  const subjectOf = new Uint8Array(32);
  new DataView(subjectOf.buffer).setUint32(0, guest.address);
  const proposal = first.ledger.counters.proposals + 1;
  const proposed = { action: Action.ADMIT_GATEWAY, subject: subjectOf, value: 0 };
  await send(TxKind.PROPOSE, proposed, () => first.ledger.counters.proposals === proposal);
  await send(TxKind.VOTE, { proposal, choice: 1 }, () => true);
  await world.until('its admission', () => world.members.every(() => (known()?.admitted ?? 0) > 0));
  await world.until('a block of its own', () => guest.fleet.chain.counts.ownBlocks > 0);
  world.assertAgreed();

  const view = fleetView(first.fleet, Date.now());
  const peer = view.peers.find(({ gateway }) => gateway === guest.address.toString(16));
  assert.equal(peer!.admitted, true);
  const text = fleetMetrics(view);
  for (const name of [
    'height',
    'lag_entries',
    'peers',
    'peer_height',
    'peer_strikes',
    'peer_skipped_total',
    'alarm',
  ])
    assert.match(text, new RegExp(`^fairhop_fleet_${name}(\\{gateway="[0-9a-f]{8}"\\})? \\d+$`, 'm'), name);
});
