// The fast SHA-256 of the ledger: payment chains of many claims, nodes and leaves of the state tree, four at a time in
// WebAssembly. Pure like the rest of the room; the same answers as the injected Crypto, which a test compares.
import { Purpose } from '#protocol';
import { LANES, walkPairs, type Lanes, type PairWalks } from './pair-walks.ts';
import { GROUPS_MAX, NODE_IN_BYTES, NODE_OUT_AT, NODE_OUT_BYTES, sha256Module } from './sha256-module.ts';
import { wasm } from './wasm-module.ts';

const LINK_BYTES = 16;
const NODE_WORDS = 8;

/** One claim's walk: the link after each of the `marks`, ascending numbers of steps, is put into `links`. */
export interface Walk {
  prefix: Uint8Array;
  link: Uint8Array;
  marks: number[];
  links: Uint8Array[];
}

interface Exports {
  memory: { buffer: ArrayBuffer };
  walk(steps: number): void;
  nodes(groups: number, from: number, to: number): void;
  messages(groups: number, blocks: number, from: number, to: number): void;
}

export function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Big-endian words of a hash, as the engine keeps them. */
export function putHash(words: Int32Array, node: number, hash: Uint8Array): void {
  for (let i = 0; i < NODE_WORDS; i++) words[node * NODE_WORDS + i] = wordAt(hash, 4 * i);
}

export function getHash(words: Int32Array, node: number): Uint8Array {
  const hash = new Uint8Array(32);
  for (let i = 0; i < 32; i++) hash[i] = words[node * NODE_WORDS + (i >> 2)]! >>> (24 - 8 * (i & 3));
  return hash;
}

const BLOCK_BYTES = 64;

export class ShaEngine implements Lanes {
  /** For another thread, which then need not make it again. */
  protected readonly compiled: object;
  readonly memory: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly exports: Exports;
  /** The messages that wait in the memory: how many, and of how many blocks each. */
  private waiting = 0;
  private blocks = 0;

  constructor() {
    this.compiled = new wasm.Module(sha256Module(Purpose.TREE_NODE));
    this.exports = new wasm.Instance(this.compiled).exports as Exports;
    this.memory = new Int32Array(this.exports.memory.buffer);
    this.bytes = new Uint8Array(this.exports.memory.buffer);
  }

  /** Walks all chains. Equal lengths share a group of four, because a group runs as long as its longest. */
  walkAll(walks: Walk[]): void {
    const order = walks.filter((walk) => walk.marks.length > 0);
    order.sort((a, b) => a.marks.at(-1)! - b.marks.at(-1)!);
    for (let i = 0; i < order.length; i += LANES) this.walkGroup(order.slice(i, i + LANES));
  }

  walk(steps: number): void {
    this.exports.walk(steps);
  }

  private walkGroup(group: Walk[]): void {
    group.forEach((walk, lane) => {
      for (let i = 0; i < 4; i++) {
        this.memory[i * LANES + lane] = wordAt(walk.prefix, 4 * i);
        this.memory[(4 + i) * LANES + lane] = wordAt(walk.link, 4 * i);
      }
    });
    const stops = [...new Set(group.flatMap((walk) => walk.marks))].sort((a, b) => a - b);
    let done = 0;
    for (const stop of stops) {
      if (stop > done) this.exports.walk(stop - done);
      done = stop;
      group.forEach((walk, lane) => {
        for (const mark of walk.marks) if (mark === stop) walk.links.push(this.linkOf(lane));
      });
    }
  }

  private linkOf(lane: number): Uint8Array {
    const link = new Uint8Array(LINK_BYTES);
    for (let i = 0; i < LINK_BYTES; i++) {
      link[i] = this.memory[(4 + (i >> 2)) * LANES + lane]! >>> (24 - 8 * (i & 3));
    }
    return link;
  }

  /** The links at the marks of all of `walks`, into their `links`. */
  walkPairs(walks: PairWalks): void {
    walkPairs(this, walks);
  }

  /** True when a message of this length cannot join those that wait: `hashMessages` first. */
  mustHash(length: number): boolean {
    const blocks = blocksFor(length);
    return this.waiting > 0 && (blocks !== this.blocks || (this.waiting + 1) * blocks * BLOCK_BYTES > NODE_OUT_AT);
  }

  /** Where a message of this length is to be written; it waits until `hashMessages`, its number is the answer's. */
  addMessage(length: number): Uint8Array {
    this.blocks = blocksFor(length);
    const size = this.blocks * BLOCK_BYTES;
    const at = this.waiting++ * size;
    this.bytes.fill(0, at + length, at + size);
    this.bytes[at + length] = 0x80;
    this.bytes[at + size - 2] = length >> 5;
    this.bytes[at + size - 1] = length << 3;
    return this.bytes.subarray(at, at + length);
  }

  /** Hashes what waits: the i-th message's hash into `hashes` at `nodes[i]`. */
  hashMessages(nodes: Int32Array, hashes: Int32Array): void {
    const count = this.waiting;
    if (count === 0) return;
    this.exports.messages(Math.ceil(count / LANES), this.blocks, 0, NODE_OUT_AT);
    for (let i = 0; i < count; i++) this.scatter(i, nodes[i]!, hashes);
    this.waiting = 0;
  }

  /** For each of `nodes`: its hash from those of its children, all in `hashes` (8 words each). */
  hashNodes(nodes: number[], left: Int32Array, right: Int32Array, hashes: Int32Array): void {
    for (let first = 0; first < nodes.length; first += GROUPS_MAX * LANES) {
      const count = Math.min(GROUPS_MAX * LANES, nodes.length - first);
      for (let i = 0; i < count; i++) this.gather(i, left[nodes[first + i]!]!, right[nodes[first + i]!]!, hashes);
      this.exports.nodes(Math.ceil(count / LANES), 0, NODE_OUT_AT);
      for (let i = 0; i < count; i++) this.scatter(i, nodes[first + i]!, hashes);
    }
  }

  private gather(index: number, left: number, right: number, hashes: Int32Array): void {
    const at = (index >> 2) * (NODE_IN_BYTES / 4) + (index & 3);
    for (let i = 0; i < NODE_WORDS; i++) {
      this.memory[at + i * LANES] = hashes[left * NODE_WORDS + i]!;
      this.memory[at + (NODE_WORDS + i) * LANES] = hashes[right * NODE_WORDS + i]!;
    }
  }

  private scatter(index: number, node: number, hashes: Int32Array): void {
    const at = (NODE_OUT_AT + (index >> 2) * NODE_OUT_BYTES) / 4 + (index & 3);
    for (let i = 0; i < NODE_WORDS; i++) hashes[node * NODE_WORDS + i] = this.memory[at + i * LANES]!;
  }
}

function blocksFor(length: number): number {
  // A one bit and the length in bits follow the message (FIPS 180-4, 5.1.1).
  return Math.ceil((length + 9) / BLOCK_BYTES);
}

let shared: ShaEngine | undefined;

/** One for the whole process: between two calls from outside its memory holds nothing. */
export function shaEngine(): ShaEngine {
  shared ??= new ShaEngine();
  return shared;
}

/** Another engine from now on: the gateway's, with threads, or the obvious one that the benchmark compares with. */
export function useEngine(engine: ShaEngine): void {
  shared = engine;
}
