// Snapshots (SPEC F4): the ledger's records after a block, in the bucket, so that a new gateway need not replay the
// chain. A snapshot is never believed: its records must have the state root of a block that the log's hashes and
// signatures lead to from the genesis.
import { pack, unpack } from 'msgpackr';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { nodeCrypto } from '../crypto/index.ts';
import { LEDGER_DEPS } from '../gateway/chain-service.ts';
import type { ChainStore } from '../gateway/store/index.ts';
import { bodyHash } from '../ledger/block.ts';
import { blockHash, decodeBlock, headerMessage, Ledger } from '../ledger/index.ts';
import { positionNote } from './fleet-chain.ts';
import { Judge, type Position } from './judge.ts';
import type { LogEntry, OrderedLog } from './ordered-log.ts';
import { rankStartMs, type SlotClock } from './slot-clock.ts';

/** What this room needs of the object store. */
export interface Objects {
  put(meta: { name: string }, bytes: ReadableStream<Uint8Array>): Promise<unknown>;
  get(
    name: string,
  ): Promise<{ data: ReadableStream<Uint8Array>; error: Promise<Error | null | undefined> } | null>;
  list(): Promise<{ name: string }[]>;
  delete(name: string): Promise<unknown>;
}

const NAME = /^snapshot-(\d{10})$/;
const KEPT = 2;
const CHUNK_BYTES = 128 * 1024;
const HEAD_BYTES_MAX = 1 << 20;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function lengthPrefixed(bytes: Uint8Array): Uint8Array[] {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}

/** Head (the block), then key and value of every record, each with its length in front. */
function* partsOf(store: ChainStore, height: number): Iterable<Uint8Array> {
  yield* lengthPrefixed(new Uint8Array(pack({ version: 1, tip: store.block(height)! })));
  for (const [key, value] of store.records()) {
    yield* lengthPrefixed(key);
    yield* lengthPrefixed(value);
  }
}

function* chunksOf(parts: Iterable<Uint8Array>): Iterable<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for (const part of parts) {
    waiting.push(part);
    size += part.length;
    if (size < CHUNK_BYTES) continue;
    yield Buffer.concat(waiting);
    [waiting, size] = [[], 0];
  }
  yield Buffer.concat(waiting);
}

/**
 * Puts the store's last checkpoint into the bucket and drops older ones; undefined before the first. One read
 * transaction: blocks may go on.
 */
export async function putSnapshot(objects: Objects, store: ChainStore): Promise<string | undefined> {
  const height = store.checkpoint();
  if (height === 0) return undefined;
  const name = `snapshot-${String(height).padStart(10, '0')}`;
  const chunks = chunksOf(partsOf(store, height))[Symbol.iterator]();
  await objects.put(
    { name },
    new ReadableStream({
      pull(controller) {
        const { value, done } = chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
    }),
  );
  const names = (await snapshotNames(objects)).slice(KEPT);
  for (const old of names) await objects.delete(old);
  return name;
}

/** Newest first. */
export async function snapshotNames(objects: Objects): Promise<string[]> {
  const list = await objects.list().catch(() => []);
  return list
    .map(({ name }) => name)
    .filter((name) => NAME.test(name))
    .sort()
    .reverse();
}

interface Snapshot {
  tip: Uint8Array;
  records: [key: Uint8Array, value: Uint8Array][];
}

async function getSnapshot(objects: Objects, name: string): Promise<Snapshot | undefined> {
  const object = await objects.get(name);
  if (object === null) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of object.data as unknown as AsyncIterable<Uint8Array>) pieces.push(piece);
  if (((await object.error) ?? null) !== null) return undefined;
  const items = [...itemsOf(Buffer.concat(pieces))];
  const head = items.shift();
  if (head === undefined || head.length > HEAD_BYTES_MAX || items.length % 2 !== 0) return undefined;
  const { version, tip } = unpack(Buffer.from(head)) as { version: number } & Snapshot;
  if (version !== 1 || !(tip instanceof Uint8Array)) return undefined;
  const records: Snapshot['records'] = [];
  for (let i = 0; i < items.length; i += 2) records.push([items[i]!, items[i + 1]!]);
  return { tip: new Uint8Array(tip), records };
}

function* itemsOf(bytes: Buffer): Iterable<Uint8Array> {
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (at + 4 + length > bytes.length) return;
    yield new Uint8Array(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
}

/**
 * Fills an empty store from the newest snapshot that holds against the log. False when there is none: the caller then
 * begins at the genesis. `tell` hears what it is doing.
 */
export async function joinBySnapshot(
  {
    objects,
    log,
    store,
    genesis,
    clock,
  }: {
    objects: Objects;
    log: OrderedLog;
    store: ChainStore;
    genesis: Uint8Array;
    clock: SlotClock;
  },
  tell: (text: string) => void,
): Promise<boolean> {
  for (const name of await snapshotNames(objects)) {
    const snapshot = await getSnapshot(objects, name).catch(() => undefined);
    const ledger = snapshot === undefined ? undefined : ledgerOf(genesis, snapshot);
    if (snapshot === undefined || ledger === undefined) {
      tell(`${name} is damaged: its records do not have the state root of its block`);
      continue;
    }
    tell(`${name}: ${snapshot.records.length} records; checking its ${ledger.height} blocks against the log`);
    const chain = await readChain(log, ledger, snapshot, clock);
    if (chain === undefined) {
      tell(`${name} is not of this log`);
      continue;
    }
    store.adopt(genesis, chain.blocks, snapshot.records, [positionNote(chain.position)]);
    return true;
  }
  return false;
}

/** Undefined when the records do not make the root that the block names. */
function ledgerOf(genesis: Uint8Array, { tip, records }: Snapshot): Ledger | undefined {
  try {
    return Ledger.load(LEDGER_DEPS, { genesis, tip, records: () => records });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Seen {
  sequence: number;
  parent: string;
}

/** The blocks from the genesis to the snapshot's, found in the log backwards by their parents' hashes. */
async function readChain(
  log: OrderedLog,
  ledger: Ledger,
  snapshot: Snapshot,
  clock: SlotClock,
): Promise<{ blocks: Uint8Array[]; position: Position } | undefined> {
  const tip = hex(ledger.tip);
  const judge = new Judge(ledger, clock);
  const seen = new Map<string, Seen>();
  const bytes = new Map<number, Uint8Array>();
  await readWhile(log, (entry) => {
    judge.admit(entry);
    const block = decodeBlock(entry.bytes);
    if (block === undefined || block.header.producer !== entry.author) return true;
    if (entry.stampMs < rankStartMs(clock, block.header.slot, block.header.rank)) return true;
    const hash = hex(blockHash(nodeCrypto, block.headerBytes));
    if (seen.has(hash)) return true;
    seen.set(hash, { sequence: entry.sequence, parent: hex(block.header.parent) });
    bytes.set(entry.sequence, entry.bytes);
    return hash !== tip;
  });
  const blocks: Uint8Array[] = [];
  const first = hex(nodeCrypto.sha256([ledger.genesis]));
  for (let hash = tip; hash !== first;) {
    const found = seen.get(hash);
    const block = found === undefined ? undefined : bytes.get(found.sequence);
    if (found === undefined || block === undefined || !isSigned(ledger, block)) return undefined;
    blocks.push(block);
    hash = found.parent;
  }
  if (blocks.length !== ledger.height || Buffer.compare(blocks[0]!, snapshot.tip) !== 0) return undefined;
  return { blocks: blocks.reverse(), position: judge.position };
}

/** Body and signature; gateways are never deleted, so the present table has every producer's key. */
function isSigned(ledger: Ledger, bytes: Uint8Array): boolean {
  const { header, headerBytes, signature, body } = decodeBlock(bytes)!;
  const gateway = ledger.gateway(header.producer);
  if (gateway === undefined || Buffer.compare(bodyHash(nodeCrypto, body), header.bodyHash) !== 0) return false;
  return LEDGER_DEPS.verify(gateway.blockKey, headerMessage(ledger.ledgerId, headerBytes), signature);
}

const READ_MS = 600_000;

/** Entries from the first on, until `more` says that it has seen enough or the log's present end. */
async function readWhile(log: OrderedLog, more: (entry: LogEntry) => boolean): Promise<void> {
  const head = await log.head();
  let timer: NodeJS.Timeout | undefined;
  let stop = async (): Promise<void> => {};
  let enough = head === 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const late = new CliError('the log could not be read in time', 'try again', ExitCode.NoGateway);
      timer = setTimeout(() => reject(late), READ_MS);
      if (enough) resolve();
      stop = log.watch(1, (entry) => {
        if (enough) return;
        enough = !more(entry) || entry.sequence >= head;
        if (enough) resolve();
      });
    });
  } finally {
    clearTimeout(timer);
    await stop();
  }
}
