// The sparse Merkle tree over state records (SPEC 6.5): 256-bit keys, a subtree with one leaf is that leaf
// moved up, an empty subtree is 32 zero bytes. Updated in batches, so that the upper levels are hashed once per block.
// Flat arrays instead of objects: a million accounts must fit a small gateway.
import type { Crypto } from '#protocol';
import { keyBit, Purpose } from '#protocol';
import { getHash, putHash, shaEngine } from './hash/sha-engine.ts';

type Sha256 = Pick<Crypto, 'sha256'>;

export interface TreeChange<T> {
  key: Uint8Array;
  /** Hash of the leaf, or undefined to delete it. */
  leaf: Uint8Array | undefined;
  /** What the leaf stands for; the tree only keeps it. */
  item: T;
}

/** What leads from the root to where a key is or would be; siblings top down, zeros where a side is empty. */
export interface TreeProof<T> {
  siblings: Uint8Array[];
  /** The leaf found there: the key's own, a neighbour's that proves absence, or none. */
  leaf: { key: Uint8Array; item: T } | undefined;
}

const EMPTY = 0;
const LEAF = -1;
const HASH = 32;
const WORDS = 8;
const LEAF_PREFIX = new Uint8Array([Purpose.TREE_LEAF]);
const KEY_PREFIX = new Uint8Array([Purpose.TREE_KEY]);

export function treeKey(crypto: Sha256, recordKey: Uint8Array): Uint8Array {
  return crypto.sha256([KEY_PREFIX, recordKey]);
}

export function leafHash(crypto: Sha256, key: Uint8Array, value: Uint8Array): Uint8Array {
  return crypto.sha256([LEAF_PREFIX, key, value]);
}

function compareKeys(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < HASH; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

export class StateTree<T> {
  private left = new Int32Array(1024);
  /** Right child of an inner node; of a leaf the number of its key. */
  private right = new Int32Array(1024);
  /** Eight big-endian words a node; node 0 is the empty subtree. */
  private hashes = new Int32Array(1024 * WORDS);
  private keys = new Uint8Array(512 * HASH);
  /** By number of key. */
  private readonly items: T[] = [];
  private top = EMPTY;
  private used = 1;
  private usedKeys = 0;
  private readonly free: number[] = [];
  private readonly freeKeys: number[] = [];
  /** Inner nodes to hash again, by depth: the deepest first, all of a depth at once. */
  private dirty: number[][] = [];

  root(): Uint8Array {
    return getHash(this.hashes, this.top);
  }

  /** Applies all changes at once. A key may appear only once. */
  update(changes: TreeChange<T>[]): void {
    changes.sort((a, b) => compareKeys(a.key, b.key));
    this.top = this.updateAt(this.top, 0, changes, 0, changes.length);
    const engine = shaEngine();
    for (let depth = this.dirty.length - 1; depth >= 0; depth--) {
      engine.hashNodes(this.dirty[depth] ?? [], this.left, this.right, this.hashes);
    }
    this.dirty = [];
  }

  prove(key: Uint8Array): TreeProof<T> {
    const siblings: Uint8Array[] = [];
    let node = this.top;
    for (let depth = 0; node !== EMPTY && this.left[node] !== LEAF; depth++) {
      const right = keyBit(key, depth) === 1;
      siblings.push(getHash(this.hashes, right ? this.left[node]! : this.right[node]!));
      node = right ? this.right[node]! : this.left[node]!;
    }
    if (node === EMPTY) return { siblings, leaf: undefined };
    return { siblings, leaf: { key: this.keyOf(node).slice(), item: this.items[this.right[node]!]! } };
  }

  private keyOf(leaf: number): Uint8Array {
    const at = this.right[leaf]! * HASH;
    return this.keys.subarray(at, at + HASH);
  }

  private updateAt(node: number, depth: number, changes: TreeChange<T>[], low: number, high: number): number {
    if (low === high) return node;
    if (node === EMPTY) return this.build(depth, changes, low, high);
    if (this.left[node] === LEAF) return this.updateLeaf(node, depth, changes, low, high);
    const middle = this.split(depth, changes, low, high);
    const left = this.updateAt(this.left[node]!, depth + 1, changes, low, middle);
    const right = this.updateAt(this.right[node]!, depth + 1, changes, middle, high);
    return this.combine(left, right, node, depth);
  }

  private updateLeaf(node: number, depth: number, changes: TreeChange<T>[], low: number, high: number): number {
    const key = this.keyOf(node).slice();
    const part = changes.slice(low, high);
    if (!part.some((change) => compareKeys(change.key, key) === 0)) {
      part.push({ key, leaf: getHash(this.hashes, node), item: this.items[this.right[node]!]! });
      part.sort((a, b) => compareKeys(a.key, b.key));
    }
    this.release(node);
    return this.build(depth, part, 0, part.length);
  }

  /** A subtree from nothing; deletions of what is not there have no effect. */
  private build(depth: number, changes: TreeChange<T>[], low: number, high: number): number {
    if (low === high) return EMPTY;
    if (high - low === 1) return this.makeLeaf(changes[low]!);
    const middle = this.split(depth, changes, low, high);
    const left = this.build(depth + 1, changes, low, middle);
    return this.combine(left, this.build(depth + 1, changes, middle, high), EMPTY, depth);
  }

  /** First index whose key has a one at this depth; the range is sorted and agrees above it. */
  private split(depth: number, changes: TreeChange<T>[], low: number, high: number): number {
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keyBit(changes[middle]!.key, depth) === 1) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Joins two subtrees, into `node` when there is one to reuse. A lone leaf moves up instead. */
  private combine(left: number, right: number, node: number, depth: number): number {
    const lone = left === EMPTY ? right : right === EMPTY ? left : EMPTY;
    if (lone !== EMPTY && this.left[lone] === LEAF || (left === EMPTY && right === EMPTY)) {
      if (node !== EMPTY) this.release(node);
      return lone;
    }
    const at = node === EMPTY ? this.take() : node;
    this.left[at] = left;
    this.right[at] = right;
    (this.dirty[depth] ??= []).push(at);
    return at;
  }

  private makeLeaf(change: TreeChange<T>): number {
    if (change.leaf === undefined) return EMPTY;
    const number = this.freeKeys.pop() ?? this.usedKeys++;
    if ((number + 1) * HASH > this.keys.length) this.keys = grown(this.keys);
    this.keys.set(change.key, number * HASH);
    this.items[number] = change.item;
    const at = this.take();
    this.left[at] = LEAF;
    this.right[at] = number;
    putHash(this.hashes, at, change.leaf);
    return at;
  }

  private take(): number {
    const at = this.free.pop() ?? this.used++;
    if (at >= this.left.length) {
      const [left, right] = [new Int32Array(2 * this.left.length), new Int32Array(2 * this.left.length)];
      left.set(this.left);
      right.set(this.right);
      this.left = left;
      this.right = right;
      const hashes = new Int32Array(2 * this.hashes.length);
      hashes.set(this.hashes);
      this.hashes = hashes;
    }
    return at;
  }

  private release(node: number): void {
    if (this.left[node] === LEAF) this.freeKeys.push(this.right[node]!);
    this.free.push(node);
  }
}

function grown(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * bytes.length);
  larger.set(bytes);
  return larger;
}
