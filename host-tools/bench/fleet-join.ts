// How long a new gateway takes to join a long chain from a snapshot: a chain of a million claims is made, its blocks
// are appended to the log of a real cluster each within its slot, its last checkpoint is put into the bucket; then a
// gateway with an empty directory verifies, takes over and catches up. made-chain.ts makes the chain.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectFleet } from '../fleet/connect.ts';
import { Fleet } from '../fleet/fleet.ts';
import { LocalCluster } from '../fleet/local-cluster.ts';
import { namesOf } from '../fleet/names.ts';
import { NatsLog } from '../fleet/nats-log.ts';
import { fastClock, type SlotClock } from '../fleet/slot-clock.ts';
import { joinBySnapshot, putSnapshot, type Objects } from '../fleet/snapshot.ts';
import { openBucket, prepareStreams } from '../fleet/streams.ts';
import { ChainStore, LmdbStore } from '../gateway/store/index.ts';
import { decodeBlock, type Ledger } from '../ledger/index.ts';
import type { Figure } from './figure.ts';
import { figure } from './figure.ts';
import { DEPS, HOME, sign } from './ledger-world.ts';
import { makeChain } from './made-chain.ts';

/** Time for one append, with room for a busy computer. */
const SLOT_MS = 1000;
const NEWCOMER = HOME + 1;

type Connection = Awaited<ReturnType<typeof connectFleet>>;

function openLog(connection: Connection, ledgerId: Uint8Array): Promise<NatsLog> {
  const names = namesOf(ledgerId);
  return NatsLog.open(connection, names.blocks, (author) => names.subject('block', author));
}

/** Every block in its slot, as a gateway of its time would have done. */
async function appendAll(log: NatsLog, store: ChainStore, clock: SlotClock): Promise<void> {
  for (const block of store.blocks(1)) {
    const { header } = decodeBlock(block)!;
    await pause(Math.max(0, clock.startMs(header.slot) + 10 - Date.now()));
    await log.append(HOME, `block ${header.height}`, block);
    if (clock.slotOf(Date.now()) > header.slot) throw new Error('an append came too late for its slot: try again');
  }
}

interface Joined {
  ledger: Ledger;
  snapshotS: number;
  allS: number;
}

async function joinAs(
  cluster: LocalCluster,
  genesis: Uint8Array,
  ledgerId: Uint8Array,
  clock: SlotClock,
  directory: string,
  goal: number,
): Promise<Joined> {
  const sinceMs = performance.now();
  const secondsSince = (): number => (performance.now() - sinceMs) / 1000;
  const store = ChainStore.over(LmdbStore.open(directory));
  const connection = await connectFleet({ servers: cluster.urls }, 'newcomer');
  try {
    const objects = (await openBucket(connection, ledgerId)) as Objects;
    const parts = { objects, log: await openLog(connection, ledgerId), store, genesis, clock };
    if (!(await joinBySnapshot(parts, () => {}))) throw new Error('the snapshot was not taken');
    const ledger = store.load(DEPS);
    const snapshotS = secondsSince();
    const fleet = await Fleet.start({
      connection,
      ledger,
      store,
      producer: NEWCOMER,
      sign,
      clock,
      log: () => {},
    });
    while (ledger.height < goal) if (fleet.chain.makeBlock(0) === undefined) await pause(2);
    const allS = secondsSince();
    await fleet.close(500);
    return { ledger, snapshotS, allS };
  } finally {
    await connection.close();
    await store.close();
  }
}

/** Throws when the newcomer comes to another state. */
export async function measureJoin(claims: number): Promise<Figure[]> {
  const [made, fresh] = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'fairhop-join-'))) as [string, string];
  const store = ChainStore.over(LmdbStore.open(made));
  const ledger = makeChain(store, claims);
  const cluster = await LocalCluster.start();
  try {
    await cluster.ready();
    const connection = await connectFleet({ servers: cluster.urls }, 'founder');
    await prepareStreams(connection, ledger.genesis);
    const { ledgerId } = ledger;
    const first = decodeBlock(store.block(1)!)!.header.slot;
    const clock = fastClock(first, Date.now() + 1000, SLOT_MS);
    await appendAll(await openLog(connection, ledgerId), store, clock);
    await putSnapshot((await openBucket(connection, ledgerId)) as Objects, store);
    const joined = await joinAs(cluster, ledger.genesis, ledgerId, clock, fresh, ledger.height);
    await connection.close();
    const same = Buffer.compare(joined.ledger.stateRoot(), ledger.stateRoot()) === 0;
    if (!same || !joined.ledger.totals().conserved) throw new Error('the newcomer came to another state');
    return [
      figure('join.claims', joined.ledger.counters.claims, 'claims'),
      figure('join.blocks', ledger.height, 'blocks'),
      figure('join.snapshotHeight', store.checkpoint(), 'blocks'),
      figure('join.snapshot.seconds', joined.snapshotS, 's'),
      figure('join.seconds', joined.allS, 's'),
    ];
  } finally {
    await cluster.stop();
    await store.close();
    for (const directory of [made, fresh]) rmSync(directory, { recursive: true, force: true });
  }
}

export const benchJoin = (): Promise<Figure[]> => measureJoin(1_000_000);
