// What ordering through a cluster costs, on three servers on this computer: claims per second against embedded mode and
// against the engine's own appends, latency from submit to applied everywhere, and the pause when a server dies. One
// gateway writes, two verify, all in this process, so that they share one core.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connectFleet } from '../fleet/connect.ts';
import { Fleet } from '../fleet/fleet.ts';
import { LocalCluster } from '../fleet/local-cluster.ts';
import { addressToken, namesOf } from '../fleet/names.ts';
import { NatsLog } from '../fleet/nats-log.ts';
import { fastClock, slotClock, type SlotClock } from '../fleet/slot-clock.ts';
import { prepareStreams } from '../fleet/streams.ts';
import { ChainStore, LmdbStore } from '../gateway/store/index.ts';
import { Ledger, TxCode } from '../ledger/index.ts';
import type { Figure } from './figure.ts';
import { figure } from './figure.ts';
import { DEPS, HOME, largeLedger, sign, type LargeLedger } from './ledger-world.ts';

const CLAIMS = 1000;
const BLOCKS = 40;
const BLOCK_BYTES = 180 + 28 * CLAIMS;
const VERIFIERS = 2;
/** Slots tried for the highest rate, milliseconds: a block has to be made and appended within one. */
const SLOTS_MS = [250, 125, 100, 80, 64, 48];
const RUN_MS = 4000;
const SAMPLES = 25;
const WAIT_MS = 20_000;

interface Gateway {
  fleet: Fleet;
  ledger: Ledger;
  close(): Promise<void>;
}

/** Gateways on the same large ledger; the first has the block key, the others only read. */
async function gateways(cluster: LocalCluster, large: LargeLedger, clock: SlotClock): Promise<Gateway[]> {
  const admin = await connectFleet({ servers: cluster.urls }, 'bench');
  await prepareStreams(admin, large.genesis);
  await admin.close();
  const made: Gateway[] = [];
  for (let i = 0; i <= VERIFIERS; i++) {
    const directory = mkdtempSync(join(tmpdir(), 'fairhop-bench-'));
    const store = ChainStore.over(LmdbStore.open(directory));
    store.create(DEPS, large.genesis);
    const ledger = Ledger.load(DEPS, large);
    const connection = await connectFleet({ servers: cluster.urls }, `bench ${i}`);
    const producer = i === 0 ? HOME : HOME + i;
    const fleet = await Fleet.start({ connection, ledger, store, producer, sign, clock, log: () => {} });
    const ticking = setInterval(() => {
      while (fleet.chain.makeBlock(0) !== undefined);
    }, 2);
    const close = async (): Promise<void> => {
      clearInterval(ticking);
      await fleet.close(500);
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    };
    made.push({ fleet, ledger, close });
  }
  return made;
}

async function end(cluster: LocalCluster, all: Gateway[]): Promise<void> {
  const { ledgerId } = all[0]!.ledger;
  for (const { close } of all) await close();
  const admin = await connectFleet({ servers: cluster.urls }, 'bench');
  const manager = await jetstreamManager(admin, { checkAPI: false });
  const { blocks, pool, heads, bucket } = namesOf(ledgerId);
  for (const stream of [blocks, pool, heads, `OBJ_${bucket}`]) await manager.streams.delete(stream);
  await admin.close();
}

async function until(good: () => boolean): Promise<void> {
  for (const deadline = Date.now() + WAIT_MS; !good(); await pause(1))
    if (Date.now() > deadline) throw new Error('the cluster makes no blocks: see docs/fleet.md');
}

/** Appends of a block's size a second, one after another as blocks are, to a stream of three replicas. */
async function rawAppends(cluster: LocalCluster): Promise<number> {
  const connection = await connectFleet({ servers: cluster.urls }, 'bench');
  const manager = await jetstreamManager(connection, { checkAPI: false });
  await manager.streams.add({ name: 'RAW', subjects: ['raw'], num_replicas: 3 });
  const js = jetstream(connection);
  const block = randomBytes(BLOCK_BYTES);
  for (let i = 0; i < 10; i++) await js.publish('raw', block);
  const sinceMs = performance.now();
  for (let i = 0; i < 5 * BLOCKS; i++) await js.publish('raw', block, { msgID: String(i) });
  const perSecond = (5 * BLOCKS * 1000) / (performance.now() - sinceMs);
  await manager.streams.delete('RAW');
  await connection.close();
  return perSecond;
}

/** Blocks of a thousand claims a second, appended as a gateway does and read by three, but not looked into. */
async function carried(cluster: LocalCluster): Promise<number> {
  const connection = await connectFleet({ servers: cluster.urls }, 'bench');
  const manager = await jetstreamManager(connection, { checkAPI: false });
  await manager.streams.add({ name: 'CARRIED', subjects: ['carried.*'], num_replicas: 3 });
  const log = await NatsLog.open(connection, 'CARRIED', (author) => `carried.${addressToken(author)}`);
  const read = Array.from({ length: VERIFIERS + 1 }, () => 0);
  let back = (): void => {};
  const take = (reader: number, sequence: number): void => {
    read[reader] = sequence;
    if (reader === 0) back();
  };
  const stops = read.map((_, reader) => log.watch(1, ({ sequence }) => take(reader, sequence)));
  const block = randomBytes(BLOCK_BYTES);
  const append = async (sequence: number): Promise<void> => {
    // The next block names this one as its parent, so it cannot be made before this one is back.
    const isBack = new Promise<void>((resolve) => (back = () => void (read[0]! >= sequence && resolve())));
    await Promise.all([log.append(HOME, String(sequence), block), isBack]);
  };
  for (let i = 1; i <= 10; i++) await append(i);
  await until(() => read.every((sequence) => sequence >= 10));
  const sinceMs = performance.now();
  for (let i = 1; i <= 5 * BLOCKS; i++) await append(10 + i);
  await until(() => read.every((sequence) => sequence >= 10 + 5 * BLOCKS));
  const perSecond = (5 * BLOCKS * 1000) / (performance.now() - sinceMs);
  await Promise.all(stops.map((stop) => stop()));
  await manager.streams.delete('CARRIED');
  await connection.close();
  return perSecond;
}

/** Claims a second when this gateway orders its own blocks. */
async function embedded(large: LargeLedger): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-bench-'));
  const store = ChainStore.over(LmdbStore.open(directory));
  store.create(DEPS, large.genesis);
  const ledger = Ledger.load(DEPS, large);
  const sinceMs = performance.now();
  for (let i = 0; i < BLOCKS; i++) {
    const candidates = large.rounds[i]!;
    const built = ledger.buildBlock({ timeS: 1_700_000_001 + i, producer: HOME, candidates, sign });
    if (built.results.some(({ code }) => code !== TxCode.OK)) throw new Error('a claim was refused');
    store.append(built.block, ledger.changes());
  }
  const perSecond = (BLOCKS * CLAIMS * 1000) / (performance.now() - sinceMs);
  await store.close();
  rmSync(directory, { recursive: true, force: true });
  return perSecond;
}

/** Claims a second, applied and stored by all gateways, with slots of this length. */
async function through(cluster: LocalCluster, large: LargeLedger, slotMs: number): Promise<number> {
  const all = await gateways(cluster, large, fastClock(1, Date.now(), slotMs));
  const [writer] = all as [Gateway];
  let round = 0;
  // The next round of claims goes in as soon as the last is settled.
  const feeding = setInterval(() => {
    if (round >= large.rounds.length || writer.fleet.chain.poolSize > 0) return;
    for (const claim of large.rounds[round]!) writer.fleet.chain.pool.offer(HOME, claim);
    round++;
  }, 1);
  // A slot too short for this computer makes no blocks: then its rate is nothing.
  await until(() => slowest(all) >= CLAIMS).catch(() => undefined);
  const [before, sinceMs] = [slowest(all), performance.now()];
  await pause(RUN_MS);
  const perSecond = ((slowest(all) - before) * 1000) / (performance.now() - sinceMs);
  clearInterval(feeding);
  if (all.some(({ ledger }) => !ledger.totals().conserved)) throw new Error('a credit was made or lost');
  await end(cluster, all);
  return perSecond;
}

const slowest = (all: Gateway[]): number => Math.min(...all.map(({ ledger }) => ledger.counters.claims));

/** Milliseconds from a verifier's submit to applied everywhere, at one-second slots; then the pause of a failover. */
async function latency(
  cluster: LocalCluster,
  large: LargeLedger,
): Promise<{ samples: number[]; failoverS: number }> {
  const all = await gateways(cluster, large, slotClock(1));
  const submitter = all[0]!;
  const samples: number[] = [];
  await until(() => all.every(({ ledger }) => ledger.height > 0));
  for (let i = 0; i < SAMPLES; i++) {
    const [claims, sinceMs] = [slowest(all), performance.now()];
    submitter.fleet.chain.submitAll([large.rounds[0]![i]!]);
    await until(() => slowest(all) > claims);
    samples.push(performance.now() - sinceMs);
    // Not in step with the slots.
    await pause((i * 373) % 1000);
  }
  const { engine } = submitter.fleet;
  const sinceMs = performance.now();
  await cluster.kill(Number(engine.leader!.slice(1)));
  await pause(200);
  const height = Math.max(...all.map(({ ledger }) => ledger.height));
  await until(() => all.every(({ ledger }) => ledger.height > height));
  const failoverS = (performance.now() - sinceMs) / 1000;
  for (const { close } of all) await close();
  return { samples: samples.sort((a, b) => a - b), failoverS };
}

export async function benchFleet(): Promise<Figure[]> {
  const large = largeLedger(CLAIMS, CLAIMS, 1);
  const cluster = await LocalCluster.start();
  try {
    await cluster.ready();
    const raw = await rawAppends(cluster);
    const log = await carried(cluster);
    const alone = await embedded(large);
    let best = 0;
    for (const slotMs of SLOTS_MS) best = Math.max(best, await through(cluster, large, slotMs));
    const { samples, failoverS } = await latency(cluster, large);
    const at = (share: number): number =>
      samples[Math.min(samples.length - 1, Math.floor(share * samples.length))]!;
    return [
      figure('fleet.claims.perSecond', best, 'claims/s', alone),
      figure('fleet.appendRatio', best / CLAIMS / raw, 'x'),
      figure('fleet.rawAppends.perSecond', raw, 'appends/s'),
      figure('fleet.carried.perSecond', log, 'blocks/s', raw),
      figure('fleet.latency.p50', at(0.5), 'ms'),
      figure('fleet.latency.p99', at(0.99), 'ms'),
      figure('fleet.failover.seconds', failoverS, 's'),
    ];
  } finally {
    await cluster.stop();
  }
}
