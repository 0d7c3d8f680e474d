// The streams and the bucket of one ledger (SPEC F1), made once: by the first gateway where it may, else by whoever
// administers the cluster (`fairhop fleet prepare`). Also how a new gateway finds the ledgers of a cluster.
import { setTimeout as pause } from 'node:timers/promises';
import { DiscardPolicy, JetStreamApiError, jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import { Objm, type ObjectStore } from '@nats-io/obj';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { nodeCrypto } from '../crypto/index.ts';
import { Bound, ledgerIdOf } from '../ledger/index.ts';
import { ledgerOfStream, namesOf, type Names } from './names.ts';

const REPLICAS = 3;
const ANSWER_MS = 5000;
const MINUTE_MS = 60_000;
const PATIENCE_MS = 30_000;
const FIRST_ENTRY_MS = 15_000;
const FIRST_ENTRY_PAUSE_MS = 100;
/** Header and signature of a block in front of its body. */
const BLOCK_HEAD_BYTES = 180;
const TX_BYTES_MAX = 1024;
const HEAD_BYTES_MAX = 256;
/** For so long the engine takes a transaction that comes again as the same one. */
export const POOL_WINDOW_MS = 10 * MINUTE_MS;
/** What of one gateway's transactions the engine keeps; a flood pushes out its author's own. */
const POOL_ENTRIES_PER_GATEWAY = 20_000;

type Config = Partial<StreamConfig> & { name: string; subjects: string[] };

function configs(names: Names, replicas: number): Config[] {
  const common = { storage: StorageType.File, num_replicas: replicas };
  return [
    {
      ...common,
      name: names.blocks,
      subjects: [names.genesisSubject, names.all('block')],
      discard: DiscardPolicy.New,
      deny_delete: true,
      deny_purge: true,
      duplicate_window: nanos(2 * MINUTE_MS),
      max_msg_size: BLOCK_HEAD_BYTES + Bound.BLOCK_BYTES + 256,
    },
    {
      ...common,
      name: names.pool,
      subjects: [names.all('tx')],
      discard: DiscardPolicy.Old,
      max_age: nanos(60 * MINUTE_MS),
      duplicate_window: nanos(POOL_WINDOW_MS),
      max_msg_size: TX_BYTES_MAX,
      max_msgs_per_subject: POOL_ENTRIES_PER_GATEWAY,
    },
    {
      ...common,
      name: names.heads,
      subjects: [names.all('head')],
      max_msgs_per_subject: 1,
      max_msg_size: HEAD_BYTES_MAX,
    },
  ];
}

export async function managerOf(connection: NatsConnection): Promise<JetStreamManager> {
  return jetstreamManager(connection, { checkAPI: false, timeout: ANSWER_MS });
}

function isMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === 10059;
}

/** Ledger ids, 16 hex digits each, that the cluster holds. */
export async function ledgersOf(connection: NatsConnection): Promise<string[]> {
  const found: string[] = [];
  for await (const name of (await managerOf(connection)).streams.names()) {
    const id = ledgerOfStream(name);
    if (id !== undefined) found.push(id);
  }
  return found.sort();
}

export async function hasLedger(connection: NatsConnection, ledgerId: Uint8Array): Promise<boolean> {
  try {
    await patiently(async () => (await managerOf(connection)).streams.info(namesOf(ledgerId).blocks));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw unavailable(error);
  }
}

/** The first entry of the log, checked against the id. Throws a CliError when it is another one's, or not there yet. */
export async function genesisOf(connection: NatsConnection, ledgerId: Uint8Array): Promise<Uint8Array> {
  const genesis = await firstEntry(await managerOf(connection), namesOf(ledgerId).blocks);
  if (genesis === undefined || Buffer.compare(ledgerIdOf(nodeCrypto, genesis), ledgerId) !== 0)
    throw new CliError(
      "the fleet's log does not begin with the genesis of this ledger",
      'ask who runs the servers',
      ExitCode.CheckFailed,
    );
  return genesis;
}

/** Another founder may just be about to write it, or the engine about to choose a leader. */
async function firstEntry(manager: JetStreamManager, stream: string): Promise<Uint8Array | undefined> {
  for (const deadline = Date.now() + FIRST_ENTRY_MS; ; await pause(FIRST_ENTRY_PAUSE_MS)) {
    const entry = await manager.streams.getMessage(stream, { seq: 1 }).catch(() => null);
    if (entry !== null || Date.now() > deadline) return entry?.data;
  }
}

/** Makes what is missing; what is there stays as it is. Throws a CliError. */
export async function prepareStreams(connection: NatsConnection, genesis: Uint8Array): Promise<void> {
  const ledgerId = ledgerIdOf(nodeCrypto, genesis);
  const names = namesOf(ledgerId);
  const manager = await managerOf(connection);
  const [blocks, ...others] = configs(names, REPLICAS) as [Config, ...Config[]];
  try {
    for (const config of others) await patiently(() => addStream(manager, config));
    // The log last: where it is, the rest is too.
    await patiently(() => addStream(manager, blocks));
    await patiently(() => openBucket(connection, ledgerId, true));
    await patiently(() => writeGenesis(connection, names, genesis));
  } catch (error) {
    throw unavailable(error);
  }
  await genesisOf(connection, ledgerId);
}

async function writeGenesis(connection: NatsConnection, names: Names, genesis: Uint8Array): Promise<void> {
  const options = { msgID: 'genesis', expect: { lastSequence: 0 } };
  try {
    await jetstream(connection, { timeout: ANSWER_MS }).publish(names.genesisSubject, genesis, options);
  } catch (error) {
    // Another founder, or an earlier start, was first: what is there is checked by the caller.
    if (!(error instanceof JetStreamApiError && error.code === 10071)) throw error;
  }
}

/** An engine that is just starting, or choosing a leader, is asked again; what it refuses is refused. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await pause(FIRST_ENTRY_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      const refused = error instanceof JetStreamApiError || error instanceof CliError;
      if (refused || /permission/i.test(String(error)) || Date.now() > deadline) throw error;
    }
  }
}

async function addStream(manager: JetStreamManager, config: Config): Promise<void> {
  try {
    await manager.streams.info(config.name);
    return;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    await manager.streams.add(config);
  } catch (error) {
    // A single server: nothing to replicate to.
    if (!(error instanceof JetStreamApiError && error.code === 10074)) throw error;
    await manager.streams.add({ ...config, num_replicas: 1 });
  }
}

function unavailable(error: unknown): CliError {
  if (error instanceof CliError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new CliError(
    `the fleet's streams cannot be used: ${text.split('\n')[0]}`,
    'check that most of its servers run with JetStream, and the permissions (docs/fleet.md)',
    ExitCode.NoGateway,
  );
}

/** Snapshots and chequebooks. Everything in it is checked by hashes that are on the ledger. */
export async function openBucket(
  connection: NatsConnection,
  ledgerId: Uint8Array,
  create = false,
): Promise<ObjectStore> {
  const { bucket } = namesOf(ledgerId);
  const objects = new Objm(jetstream(connection, { timeout: ANSWER_MS }));
  if (!create) return objects.open(bucket, false);
  const { config } = await (await managerOf(connection)).streams.info(namesOf(ledgerId).blocks);
  return objects.create(bucket, { storage: StorageType.File, replicas: config.num_replicas });
}
