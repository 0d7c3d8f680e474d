// The obvious implementation of the ledger's hashing, for comparison: node's createHash, once a step, once a node of
// the tree and once a leaf. Takes the place of the engine for a run of the benchmark; the results are the same.
import { createHash } from 'node:crypto';
import { Purpose } from '#protocol';
import { getHash, putHash, ShaEngine } from '../ledger/hash/sha-engine.ts';
import type { PairWalks } from '../ledger/hash/pair-walks.ts';

/** One step of a payment chain (SPEC 6.2). */
export function obviousStep(prefix: Uint8Array, link: Uint8Array): Uint8Array {
  return createHash('sha256').update(prefix).update(link).digest().subarray(0, 16);
}

function bytesOf(words: Int32Array, at: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  for (let i = 0; i < 4; i++) bytes.writeInt32BE(words[at + i]!, 4 * i);
  return bytes;
}

export class ObviousEngine extends ShaEngine {
  private messages: Uint8Array[] = [];

  override walkPairs({ count, starts, marks, links }: PairWalks): void {
    for (let i = 0; i < count; i++) {
      const prefix = bytesOf(starts, 8 * i);
      let link = bytesOf(starts, 8 * i + 4);
      for (let steps = 0; steps <= marks[2 * i + 1]!; steps++) {
        if (steps > 0) link = obviousStep(prefix, link);
        for (const mark of [0, 1]) {
          if (marks[2 * i + mark] !== steps) continue;
          const view = Buffer.from(link);
          for (let word = 0; word < 4; word++) links[8 * i + 4 * mark + word] = view.readInt32BE(4 * word);
        }
      }
    }
  }

  override hashNodes(nodes: number[], left: Int32Array, right: Int32Array, hashes: Int32Array): void {
    for (const node of nodes) {
      const hash = createHash('sha256').update(Uint8Array.of(Purpose.TREE_NODE));
      hash.update(getHash(hashes, left[node]!)).update(getHash(hashes, right[node]!));
      putHash(hashes, node, hash.digest());
    }
  }

  override mustHash(): boolean {
    return this.messages.length >= 1024;
  }

  override addMessage(length: number): Uint8Array {
    this.messages.push(new Uint8Array(length));
    return this.messages.at(-1)!;
  }

  override hashMessages(nodes: Int32Array, hashes: Int32Array): void {
    this.messages.forEach((message, i) => {
      putHash(hashes, nodes[i]!, createHash('sha256').update(message).digest());
    });
    this.messages = [];
  }
}
