// The fast SHA-256 of the ledger: payment chains of many claims, nodes and leaves of the state tree, four at a time in
// WebAssembly. Pure like the rest of the room; the same answers as the injected Crypto, which a test compares.
import { Purpose } from '#protocol';
import { GROUPS_MAX, NODE_IN_BYTES, NODE_OUT_AT, NODE_OUT_BYTES, sha256Module } from './sha256-module.ts';

const LANES = 4;
const LINK_BYTES = 16;
const NODE_WORDS = 8;

/** One claim's walk: the link after each of the `marks`, ascending numbers of steps, is put into `links`. */
export interface Walk {
  prefix: Uint8Array;
  link: Uint8Array;
  marks: number[];
  links: Uint8Array[];
}

/** The part of WebAssembly's JavaScript interface that is used; the compiler's library for Node lacks it. */
interface WasmApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: object };
}
const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: WasmApi };

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

/** Pairs of marks on many chains as flat arrays: what the claims of a block need, without an object a claim. */
export interface PairWalks {
  count: number;
  /** Per walk the four words of its prefix and the four of its link. */
  starts: Int32Array;
  /** Per walk the first and the last number of steps to stop at; the first is at most the last. */
  marks: Int32Array;
  /** Per walk the four words of the link at the first mark and of that at the last. */
  links: Int32Array;
}

const BLOCK_BYTES = 64;
/** Steps that a walk may have here: the length of a payment chain. */
const STEPS_MAX = 1024;

export class ShaEngine {
  private readonly memory: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly exports: Exports;
  /** The messages that wait in the memory: how many, and of how many blocks each. */
  private waiting = 0;
  private blocks = 0;

  constructor() {
    const instance = new wasm.Instance(new wasm.Module(sha256Module(Purpose.TREE_NODE)));
    this.exports = instance.exports as Exports;
    this.memory = new Int32Array(this.exports.memory.buffer);
    this.bytes = new Uint8Array(this.exports.memory.buffer);
  }

  /** Walks all chains. Equal lengths share a group of four, because a group runs as long as its longest. */
  walkAll(walks: Walk[]): void {
    const order = walks.filter((walk) => walk.marks.length > 0);
    order.sort((a, b) => a.marks.at(-1)! - b.marks.at(-1)!);
    for (let i = 0; i < order.length; i += LANES) this.walkGroup(order.slice(i, i + LANES));
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

  /** Walks all of `walks`; those of equal length share a group of four. */
  walkPairs(walks: PairWalks): void {
    const order = byLastMark(walks);
    for (let first = 0; first < walks.count; first += LANES) {
      const lanes = Math.min(LANES, walks.count - first);
      for (let lane = 0; lane < lanes; lane++) this.startLane(walks.starts, order[first + lane]!, lane);
      let done = 0;
      for (;;) {
        let next = STEPS_MAX + 1;
        for (let lane = 0; lane < lanes; lane++) {
          const mark = this.stopLane(walks, order[first + lane]!, lane, done);
          if (mark < next) next = mark;
        }
        if (next > STEPS_MAX) break;
        this.exports.walk(next - done);
        done = next;
      }
    }
  }

  private startLane(starts: Int32Array, walk: number, lane: number): void {
    for (let i = 0; i < 8; i++) this.memory[i * LANES + lane] = starts[8 * walk + i]!;
  }

  /** Takes the link if a mark is reached after `done` steps; the next mark of this walk, or more than any. */
  private stopLane(walks: PairWalks, walk: number, lane: number, done: number): number {
    const [first, last] = [walks.marks[2 * walk]!, walks.marks[2 * walk + 1]!];
    if (first === done) for (let i = 0; i < 4; i++) walks.links[8 * walk + i] = this.memory[(4 + i) * LANES + lane]!;
    if (last === done) for (let i = 0; i < 4; i++) walks.links[8 * walk + 4 + i] = this.memory[(4 + i) * LANES + lane]!;
    return first > done ? first : last > done ? last : STEPS_MAX + 1;
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

const ANY_ORDER = Uint32Array.from({ length: LANES }, (_, i) => i);

/** Numbers of the walks, the shortest first: a group runs as long as its longest. */
function byLastMark({ count, marks }: PairWalks): Uint32Array {
  // One group takes them in any order, and a single claim to check is the usual case.
  if (count <= LANES) return ANY_ORDER;
  const places = new Uint32Array(STEPS_MAX + 2);
  for (let i = 0; i < count; i++) places[marks[2 * i + 1]! + 1]! += 1;
  for (let steps = 0; steps <= STEPS_MAX; steps++) places[steps + 1]! += places[steps]!;
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[places[marks[2 * i + 1]!]!++] = i;
  return order;
}

let shared: ShaEngine | undefined;

/** One for the whole process: between two calls from outside its memory holds nothing. */
export function shaEngine(): ShaEngine {
  shared ??= new ShaEngine();
  return shared;
}

/** For the benchmark, which compares this engine with the obvious one. */
export function useEngine(engine: ShaEngine): void {
  shared = engine;
}
