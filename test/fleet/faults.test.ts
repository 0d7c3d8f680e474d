// Servers, gateways and leaders that die without a word, and a gateway cut off from the engine: no fork, no
// acknowledged transaction lost or applied twice, blocks go on. FAIRHOP_FLEET_LONG=1 makes ten minutes of traffic of
// it, with the slots that `fairhop fleet found` gives a desk. Each time progress took is printed in slots; what is
// asserted are facts of the chain, not times.
import assert from 'node:assert/strict';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { idOf } from '../../host-tools/fleet/pool.ts';
import { namesOf } from '../../host-tools/fleet/names.ts';
import { TxCode, TxKind, decodeBlock, decodeTx } from '../../host-tools/ledger/index.ts';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';
import { fleetGenesis, FleetWorld, type Member } from './fleet-world.ts';
import { LocalCluster, NO_NATS } from '../../host-tools/fleet/local-cluster.ts';

const LONG = process.env.FAIRHOP_FLEET_LONG === '1';
const GATEWAYS = 5;
const ISLAND = 2;
const TRAFFIC_MS = LONG ? 600_000 : 0;
const CUT_MS = LONG ? 60_000 : 3000;
const SLOT_S = LONG ? 3 : 1;
/** Links that a claim moves on, of the 250 a chain has for this test: the long form must not come to their end. */
const STEP = LONG ? 1 : 2;

/** The only way of one gateway to the engine, that can be cut. */
class Cable {
  private readonly sockets = new Set<Socket>();
  private cut = false;

  private constructor(private readonly server: Server) {}

  static async to(ports: number[]): Promise<Cable> {
    const server = createServer();
    const cable = new Cable(server);
    let turn = 0;
    server.on('connection', (near) => {
      if (cable.cut) return void near.destroy();
      const far = connectTcp(ports[turn++ % ports.length]!, '127.0.0.1');
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        cable.sockets.add(one);
        one.pipe(other);
        one.on('error', () => other.destroy());
        one.on('close', () => (other.destroy(), cable.sockets.delete(one)));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return cable;
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  sever(): void {
    this.cut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.cut = false;
  }

  close(): void {
    this.sever();
    this.server.close();
  }
}

/** Traffic across islands: each island's nodes are paid by the next one's, and each gateway submits for its own. */
class Traffic {
  readonly acknowledged = new Map<string, Uint8Array>();
  private number = 0;

  constructor(private readonly world: FleetWorld) {}

  private address(index: number, node: number): number {
    return 0x20000000 + 256 * (index + 1) + node;
  }

  private async send(member: Member, transaction: Uint8Array): Promise<void> {
    member.fleet.chain.pool.offer(member.address, transaction);
    try {
      await member.fleet.spread(transaction);
    } catch {
      return; // Nothing was promised.
    }
    this.acknowledged.set(idOf(transaction), transaction);
  }

  async open(): Promise<void> {
    const { world } = this;
    for (const member of world.members)
      for (let node = 0; node < ISLAND; node++)
        await this.send(member, world.join(member, this.address(member.index, node), node));
    const count = GATEWAYS * ISLAND;
    await world.until('joins', () => world.members.every(({ ledger }) => ledger.counters.nodes === count));
    for (const member of world.members)
      for (let node = 0; node < ISLAND; node++) {
        const payer = this.address((member.index + 1) % GATEWAYS, node);
        await this.send(member, world.book(payer).open(0, this.address(member.index, node)));
      }
    await world.until('channels', () =>
      world.members.every(({ ledger }) => ledger.counters.openChannels === count),
    );
  }

  /** One claim more on every channel, submitted by whichever of `members` is its home. */
  async claim(members: Member[]): Promise<void> {
    this.number += STEP;
    await Promise.all(
      members.flatMap((member) =>
        Array.from({ length: ISLAND }, (_, node) => {
          const book = this.world.book(this.address((member.index + 1) % GATEWAYS, node));
          return this.send(member, book.claim(0, Math.min(this.number, 250)));
        }),
      ),
    );
  }
}

/** What was acknowledged is in the chain once, or a later claim on the same channel has taken its place. */
function assertNothingLost(member: Member, acknowledged: Map<string, Uint8Array>): void {
  const applied: string[] = [];
  for (const block of member.store.blocks(1)) applied.push(...decodeBlock(block)!.transactions.map(idOf));
  assert.equal(new Set(applied).size, applied.length, 'nothing is applied twice');
  const inChain = new Set(applied);
  const missing = [...acknowledged].filter(([id]) => !inChain.has(id));
  for (const { settled, limit } of member.ledger.channels()) assert.ok(settled > 0 && settled <= limit);
  console.log(`${acknowledged.size} acknowledged, ${missing.length} of them claims that a later one overtook`);
  for (const [id, bytes] of missing) {
    const decoded = decodeTx(bytes);
    assert.ok(decoded.code === TxCode.OK && decoded.tx.kind === TxKind.CLAIM, `${id} is acknowledged and lost`);
    const { payer, generation, chain, number } = decoded.tx;
    const settled = member.ledger.channel(payer, generation, chain)?.settled ?? 0;
    assert.ok(settled > number, `claim ${number} is lost: the channel is at ${settled}`);
  }
}

test(
  'servers, gateways and leaders die, one is cut off: one chain, nothing lost',
  { skip: NO_NATS },
  async (t) => {
    const cluster = await LocalCluster.start();
    t.after(() => cluster.stop());
    const genesis = fleetGenesis(GATEWAYS, { blockIntervalS: SLOT_S });
    const world = await FleetWorld.start(cluster, GATEWAYS, genesis);
    t.after(() => world.stop());
    const cable = await Cable.to([0, 1, 2].map((index) => cluster.port(index)));
    t.after(() => cable.close());
    const slots = (sinceMs: number): string => `${((Date.now() - sinceMs) / 1000 / SLOT_S).toFixed(1)} slots`;
    const traffic = new Traffic(world);
    await traffic.open();

    const [first, second, third, fourth, fifth] = world.members as [Member, Member, Member, Member, Member];
    await fifth.stop();
    await fifth.start([cable.url]);

    /** Waits until these have a block made after now. */
    const goesOn = async (what: string, members: Member[]): Promise<void> => {
      const height = world.height;
      const sinceMs = Date.now();
      await traffic.claim(members);
      await world.until(what, () => members.every(({ ledger }) => ledger.height > height));
      console.log(`${what}: blocks go on after ${slots(sinceMs)}`);
    };

    await goesOn('all well', world.members);
    for (const deadline = Date.now() + TRAFFIC_MS; Date.now() < deadline; await pause(1000 * SLOT_S))
      await traffic.claim(world.members);

    const leader = await streamLeader(cluster, world);
    await cluster.kill(leader);
    await goesOn(`kill -9 of server n${leader}, which led the log`, world.members);
    cluster.startServer(leader);

    // As kill -9 would: nothing is written, said or closed any more.
    await second.vanish();
    const others = [first, third, fourth, fifth];
    await goesOn('a gateway dies', others);
    const next =
      others.find(({ address, ledger }) => ledger.leader(ledger.counters.slot + 1, 0)?.address === address) ??
      third;
    await next.vanish();
    const left = others.filter((member) => member !== next);
    await goesOn('the leader of the next slot dies', left);

    cable.sever();
    const connected = left.filter((member) => member !== fifth);
    const before = fifth.ledger.height;
    await pause(CUT_MS);
    await goesOn('a gateway is cut off', connected);
    assert.ok(fifth.ledger.height <= before + 1, 'alone it makes no blocks');
    cable.mend();

    await second.start(cluster.urls);
    await next.start(cluster.urls);
    await traffic.claim(world.members);
    const goal = world.height + 2;
    await world.until('all are back', () => world.members.every(({ ledger }) => ledger.height >= goal));
    await world.until('all settled', () => world.members.every(({ fleet }) => fleet.chain.poolSize === 0));
    const height = world.assertAgreed();
    for (const member of world.members) assertNothingLost(member, traffic.acknowledged);
    console.log(`five gateways, one chain of ${height} blocks, ${first.ledger.counters.claims} claims`);
  },
);

async function streamLeader(cluster: LocalCluster, world: FleetWorld): Promise<number> {
  const connection = await connect({ servers: cluster.urls });
  const { cluster: info } = await (
    await jetstreamManager(connection)
  ).streams.info(namesOf(world.ledgerId).blocks);
  await connection.close();
  return Number(info!.leader!.slice(1));
}

test('order, subject and stamp are the same on every replica, whoever leads', { skip: NO_NATS }, async (t) => {
  const cluster = await LocalCluster.start();
  t.after(() => cluster.stop());
  const world = await FleetWorld.start(cluster, 2);
  t.after(() => world.stop());
  const { blocks } = namesOf(world.ledgerId);
  const connection = await connect({ servers: cluster.urls });
  t.after(() => connection.close());
  await world.until('some blocks', () => world.members.every(({ ledger }) => ledger.height >= 5));
  const manager = await jetstreamManager(connection);
  const { last_seq: last } = (await manager.streams.info(blocks)).state;
  const digests = new Map<string, string>();
  for (let tries = 0; digests.size < cluster.size && tries < 60; tries++) {
    const leader = (await manager.streams.info(blocks).catch(() => undefined))?.cluster?.leader;
    if (leader !== undefined && !digests.has(leader)) {
      const read: string[] = [];
      const consumer = await jetstream(connection).consumers.get(blocks, { deliver_policy: DeliverPolicy.All });
      for await (const { seq, subject, data, info } of await consumer.consume({
        max_messages: 64,
        expires: 5000,
      })) {
        read.push(
          `${seq} ${subject} ${info.timestampNanos} ${Buffer.from(nodeCrypto.sha256([data])).toString('hex')}`,
        );
        if (seq === last) break;
      }
      digests.set(leader, read.join('\n'));
    }
    await connection
      .request(`$JS.API.STREAM.LEADER.STEPDOWN.${blocks}`, '', { timeout: 2000 })
      .catch(() => undefined);
    await pause(500);
  }
  assert.equal(digests.size, cluster.size, 'each server has led once');
  assert.equal(new Set(digests.values()).size, 1);
});
