// The fast SHA-256 of the ledger: payment chains of many claims and nodes of the state tree, four at a time in
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
}

function wordAt(bytes: Uint8Array, at: number): number {
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

export class ShaEngine {
  private readonly memory: Int32Array;
  private readonly exports: Exports;

  constructor() {
    const instance = new wasm.Instance(new wasm.Module(sha256Module(Purpose.TREE_NODE)));
    this.exports = instance.exports as Exports;
    this.memory = new Int32Array(this.exports.memory.buffer);
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

let shared: ShaEngine | undefined;

/** One for the whole process: its memory holds nothing between two calls. */
export function shaEngine(): ShaEngine {
  shared ??= new ShaEngine();
  return shared;
}
