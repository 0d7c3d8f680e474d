// The end of a block for the tree and the store: every changed record becomes bytes once, goes into a log for the
// store, and its leaf is hashed beside three others. Knows nothing of what records mean.
import type { Crypto } from '#protocol';
import { getU16, Purpose, putU16 } from '#protocol';
import { shaEngine } from './hash/sha-engine.ts';
import { concat } from './layout.ts';
import { encodeInto, encodeKeyInto, keySize, recordSize } from './records.ts';
import type { StateRecord } from './records.ts';
import type { Change } from './state.ts';
import type { StateTree } from './tree.ts';
import { treeKey } from './tree.ts';

const KEY_BYTES = 32;
/** Leaves that can wait for their hash: as many as messages of one block fit the engine. */
const WAITING_MAX = 2048;
/** In front of each entry of a log: length of the key, length of the value. */
const ENTRY_HEAD = 3;

/** Hashes leaves of the tree four at a time; `finish` hashes those that wait, and then the tree. */
export class LeafWriter {
  private readonly waiting = new Int32Array(WAITING_MAX);
  private count = 0;

  constructor(private readonly tree: StateTree<StateRecord>) {}

  /** `leaf` now stands for the value in `bytes` from `at`. */
  write(leaf: number, bytes: Uint8Array, at: number, size: number): void {
    const engine = shaEngine();
    if (engine.mustHash(1 + KEY_BYTES + size)) this.hash();
    const message = engine.addMessage(1 + KEY_BYTES + size);
    message[0] = Purpose.TREE_LEAF;
    this.tree.copyKey(leaf, message, 1);
    message.set(bytes.subarray(at, at + size), 1 + KEY_BYTES);
    this.waiting[this.count++] = leaf;
  }

  private hash(): void {
    shaEngine().hashMessages(this.waiting, this.tree.hashes);
    this.count = 0;
  }

  finish(): void {
    this.hash();
    this.tree.settle();
  }
}

/** Records that stay, those of one kind together: their leaves then have one length. */
function inOrder(changes: Change[]): StateRecord[][] {
  const kinds: StateRecord[][] = [];
  for (const { record, present } of changes) if (present) (kinds[record.kind] ??= []).push(record);
  return kinds;
}

export class Committer {
  private readonly leaves: LeafWriter;
  private log = new Uint8Array(65536);
  private used = 0;

  constructor(
    private readonly crypto: Pick<Crypto, 'sha256'>,
    private readonly tree: StateTree<StateRecord>,
  ) {
    this.leaves = new LeafWriter(tree);
  }

  /** Brings the tree up to the records. The answer is the log of the changes, which `entriesOf` reads. */
  commit(changes: Change[]): Uint8Array {
    this.used = 0;
    for (const { record, present } of changes) if (!present) this.remove(record);
    for (const records of inOrder(changes)) for (const record of records ?? []) this.put(record);
    this.leaves.finish();
    return this.log.slice(0, this.used);
  }

  private remove(record: StateRecord): void {
    const size = keySize(record.kind);
    this.reserve(ENTRY_HEAD + size);
    this.head(record, 0);
    if ((record.leaf ?? 0) !== 0) this.tree.remove(record.leaf!);
    record.leaf = 0;
  }

  private put(record: StateRecord): void {
    const [keyBytes, size] = [keySize(record.kind), recordSize(record.kind)];
    this.reserve(ENTRY_HEAD + keyBytes + size);
    const keyAt = this.head(record, size);
    const at = this.used;
    encodeInto(record, this.log, at);
    this.used += size;
    if ((record.leaf ?? 0) === 0) {
      record.leaf = this.tree.insert(treeKey(this.crypto, this.log.subarray(keyAt, at)), record);
    } else {
      this.tree.touch(record.leaf!);
    }
    this.leaves.write(record.leaf!, this.log, at, size);
  }

  /** Writes lengths and key; where the key begins. */
  private head(record: StateRecord, valueSize: number): number {
    const keyAt = this.used + ENTRY_HEAD;
    const size = keySize(record.kind);
    this.log[this.used] = size;
    putU16(this.log, this.used + 1, valueSize);
    encodeKeyInto(record, this.log, keyAt);
    this.used = keyAt + size;
    return keyAt;
  }

  private reserve(bytes: number): void {
    if (this.used + bytes <= this.log.length) return;
    const larger = new Uint8Array(2 * this.log.length);
    larger.set(this.log);
    this.log = larger;
  }
}

/** The entries of a log: key and value as views, undefined for a record that is gone. RangeError when it is damaged. */
export function* entriesOf(log: Uint8Array): Iterable<[key: Uint8Array, value: Uint8Array | undefined]> {
  let at = 0;
  while (at < log.length) {
    const keyAt = at + ENTRY_HEAD;
    if (keyAt > log.length) throw new RangeError('a log of changes is damaged');
    const valueAt = keyAt + log[at]!;
    const end = valueAt + getU16(log, at + 1);
    if (valueAt === keyAt || end > log.length) throw new RangeError('a log of changes is damaged');
    yield [log.subarray(keyAt, valueAt), end === valueAt ? undefined : log.subarray(valueAt, end)];
    at = end;
  }
}

/** The log of these entries: what `entriesOf` reads. */
export function logOf(entries: Iterable<[key: Uint8Array, value: Uint8Array | undefined]>): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const [key, value] of entries) {
    const head = new Uint8Array(ENTRY_HEAD);
    head[0] = key.length;
    putU16(head, 1, value?.length ?? 0);
    pieces.push(head, key);
    if (value !== undefined) pieces.push(value);
  }
  return concat(pieces);
}
