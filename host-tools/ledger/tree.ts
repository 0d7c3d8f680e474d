// The sparse Merkle tree over state records (SPEC 6.5): 256-bit keys, a subtree with one leaf is that leaf
// moved up, an empty subtree is 32 zero bytes. Changed leaf by leaf and hashed once a block, so that what paths share
// is hashed once. Flat arrays instead of objects: a million accounts must fit a small gateway.
import type { Crypto } from '#protocol';
import { keyBit, Purpose } from '#protocol';
import { getHash, shaEngine } from './hash/sha-engine.ts';

type Sha256 = Pick<Crypto, 'sha256'>;

/** What leads from the root to where a key is or would be; siblings top down, zeros where a side is empty. */
export interface TreeProof<T> {
  siblings: Uint8Array[];
  /** The leaf found there: the key's own, a neighbour's that proves absence, or none. */
  leaf: { key: Uint8Array; item: T } | undefined;
}

const EMPTY = 0;
/** In `left` of a leaf. */
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

function sameKey(keys: Uint8Array, at: number, key: Uint8Array): boolean {
  for (let i = 0; i < HASH; i++) if (keys[at + i] !== key[i]) return false;
  return true;
}

/**
 * A leaf keeps its number as long as it is in the tree, so that whoever changes a record needs neither its key nor a
 * way down from the top: `touch` marks the way up, which ends where another change of the block has marked it.
 */
export class StateTree<T> {
  private left = new Int32Array(1024);
  /** Right child of an inner node; of a leaf the number of its key. */
  private right = new Int32Array(1024);
  private up = new Int32Array(1024);
  /** Of an inner node the bits of the key above it, which never changes. */
  private depth = new Uint8Array(1024);
  private marked = new Uint8Array(1024);
  /** Eight big-endian words a node; node 0 is the empty subtree. `insert` may put a larger array in its place. */
  hashes = new Int32Array(1024 * WORDS);
  private keys = new Uint8Array(512 * HASH);
  /** By number of key. */
  private readonly items: (T | undefined)[] = [];
  private top = EMPTY;
  private used = 1;
  private usedKeys = 0;
  private readonly free: number[] = [];
  private readonly freeKeys: number[] = [];
  /** Inner nodes given up since the last `settle`: not used again before it, so that a mark never means another. */
  private readonly given: number[] = [];
  /** Inner nodes to hash again, by depth: the deepest first, all of a depth at once. */
  private readonly dirty: number[][] = [];

  /** Only right when every touched leaf has its hash and `settle` has run. */
  root(): Uint8Array {
    return getHash(this.hashes, this.top);
  }

  /** A new leaf for a key that has none; its hash is to be put into `hashes` at the answered number. */
  insert(key: Uint8Array, item: T): number {
    const leaf = this.makeLeaf(key, item);
    let above = EMPTY;
    let node = this.top;
    for (let depth = 0; node !== EMPTY && this.left[node] !== LEAF; depth++) {
      above = node;
      node = keyBit(key, depth) === 1 ? this.right[node]! : this.left[node]!;
    }
    const below = node === EMPTY ? leaf : this.fork(node, leaf, key, above === EMPTY ? 0 : this.depth[above]! + 1);
    if (above === EMPTY) this.top = below;
    else if (keyBit(key, this.depth[above]!) === 1) this.right[above] = below;
    else this.left[above] = below;
    this.up[below] = above;
    this.touch(leaf);
    return leaf;
  }

  /** Inner nodes from `depth` down to where an old leaf and a new one part; the uppermost. */
  private fork(old: number, leaf: number, key: Uint8Array, depth: number): number {
    const at = this.right[old]! * HASH;
    if (sameKey(this.keys, at, key)) throw new Error('the key has a leaf already');
    const oldKey = this.keys.subarray(at, at + HASH);
    const uppermost = this.take();
    let node = uppermost;
    for (let level = depth; ; level++) {
      this.depth[node] = level;
      const right = keyBit(key, level) === 1;
      const parts = right !== (keyBit(oldKey, level) === 1);
      const next = parts ? leaf : this.take();
      this.left[node] = right ? (parts ? old : EMPTY) : next;
      this.right[node] = right ? next : parts ? old : EMPTY;
      this.up[next] = node;
      if (parts) break;
      node = next;
    }
    this.up[old] = node;
    return uppermost;
  }

  /** Takes a leaf out. A leaf that is then alone in its subtree moves up to where that began. */
  remove(leaf: number): void {
    let node = this.up[leaf]!;
    this.freeLeaf(leaf);
    if (node === EMPTY) {
      this.top = EMPTY;
      return;
    }
    const beside = this.left[node] === leaf ? this.right[node]! : this.left[node]!;
    if (this.left[beside] !== LEAF) {
      this.replace(node, leaf, EMPTY);
      this.mark(node);
      return;
    }
    let below = node;
    for (;;) {
      const above = this.up[below]!;
      this.given.push(below);
      if (above === EMPTY) break;
      node = above;
      const other = this.left[node] === below ? this.right[node]! : this.left[node]!;
      if (other !== EMPTY) {
        this.replace(node, below, beside);
        this.up[beside] = node;
        this.mark(node);
        return;
      }
      below = node;
    }
    this.top = beside;
    this.up[beside] = EMPTY;
  }

  private replace(node: number, child: number, other: number): void {
    if (this.left[node] === child) this.left[node] = other;
    else this.right[node] = other;
  }

  /** The leaf's hash in `hashes` is new, or will be before `settle`. */
  touch(leaf: number): void {
    this.mark(this.up[leaf]!);
  }

  private mark(from: number): void {
    for (let node = from; node !== EMPTY && this.marked[node] === 0; node = this.up[node]!) {
      this.marked[node] = 1;
      (this.dirty[this.depth[node]!] ??= []).push(node);
    }
  }

  /** Hashes everything above the touched leaves, each node once. */
  settle(): void {
    const engine = shaEngine();
    for (let depth = this.dirty.length - 1; depth >= 0; depth--) {
      const nodes = this.dirty[depth];
      if (nodes === undefined || nodes.length === 0) continue;
      engine.hashNodes(nodes, this.left, this.right, this.hashes);
      for (const node of nodes) this.marked[node] = 0;
      nodes.length = 0;
    }
    for (const node of this.given) this.free.push(node);
    this.given.length = 0;
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
    const found = new Uint8Array(HASH);
    this.copyKey(node, found, 0);
    return { siblings, leaf: { key: found, item: this.items[this.right[node]!]! } };
  }

  copyKey(leaf: number, to: Uint8Array, at: number): void {
    const from = this.right[leaf]! * HASH;
    for (let i = 0; i < HASH; i++) to[at + i] = this.keys[from + i]!;
  }

  private makeLeaf(key: Uint8Array, item: T): number {
    const number = this.freeKeys.pop() ?? this.usedKeys++;
    if ((number + 1) * HASH > this.keys.length) this.keys = doubled(this.keys);
    this.keys.set(key, number * HASH);
    this.items[number] = item;
    const at = this.take();
    this.left[at] = LEAF;
    this.right[at] = number;
    return at;
  }

  private freeLeaf(leaf: number): void {
    const number = this.right[leaf]!;
    this.items[number] = undefined;
    this.freeKeys.push(number);
    this.given.push(leaf);
  }

  private take(): number {
    const at = this.free.pop() ?? this.used++;
    if (at >= this.left.length) {
      this.left = doubled(this.left);
      this.right = doubled(this.right);
      this.up = doubled(this.up);
      this.depth = doubled(this.depth);
      this.marked = doubled(this.marked);
      this.hashes = doubled(this.hashes);
    }
    return at;
  }
}

function doubled<A extends Int32Array | Uint8Array>(old: A): A {
  const larger = new (old.constructor as new (length: number) => A)(2 * old.length);
  larger.set(old);
  return larger;
}
