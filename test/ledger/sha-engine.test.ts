// The generated SHA-256 against two other libraries, over every shape of batch.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { getHash, putHash, ShaEngine } from '../../host-tools/ledger/hash/sha-engine.ts';
import type { Walk } from '../../host-tools/ledger/hash/sha-engine.ts';

const engine = new ShaEngine();
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

function stepOf(prefix: Uint8Array, link: Uint8Array): Uint8Array {
  const message = new Uint8Array([...prefix, ...link]);
  const digest = sha256(message);
  assert.deepEqual(new Uint8Array(createHash('sha256').update(message).digest()), digest);
  return digest.slice(0, 16);
}

test('walks of any lengths, alone and in batches, give the links that two libraries give', () => {
  const marks = fc.uniqueArray(fc.nat({ max: 40 }), { minLength: 1, maxLength: 3 })
    .map((list) => list.sort((a, b) => a - b));
  const walk = fc.record({ prefix: bytes(16), link: bytes(16), marks });
  fc.assert(fc.property(fc.array(walk, { maxLength: 11 }), (list) => {
    const walks: Walk[] = list.map((one) => ({ ...one, links: [] }));
    engine.walkAll(walks);
    for (const { prefix, link, marks: at, links } of walks) {
      let value = link;
      let done = 0;
      at.forEach((mark, i) => {
        for (; done < mark; done++) value = stepOf(prefix, value);
        assert.deepEqual(links[i], value);
      });
    }
  }), { numRuns: 100 });
});

test('tree nodes in any number give the hashes that two libraries give', () => {
  fc.assert(fc.property(fc.array(bytes(32), { minLength: 2, maxLength: 40 }), fc.nat(), (leaves, shift) => {
    const count = leaves.length;
    const hashes = new Int32Array(16 * count);
    const [left, right] = [new Int32Array(2 * count), new Int32Array(2 * count)];
    const parents = leaves.map((leaf, i) => {
      putHash(hashes, i, leaf);
      left[count + i] = i;
      right[count + i] = (i + shift) % count;
      return count + i;
    });
    engine.hashNodes(parents, left, right, hashes);
    for (const parent of parents) {
      const message = new Uint8Array([0x47, ...leaves[left[parent]!]!, ...leaves[right[parent]!]!]);
      assert.deepEqual(getHash(hashes, parent), sha256(message));
      assert.deepEqual(getHash(hashes, parent), new Uint8Array(createHash('sha256').update(message).digest()));
    }
  }), { numRuns: 100 });
});

test('more nodes than the engine\'s memory holds are hashed in turns', () => {
  const count = 5000;
  const hashes = new Int32Array(8 * (count + 1));
  putHash(hashes, 0, new Uint8Array(32).fill(7));
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  engine.hashNodes(nodes, new Int32Array(count + 1), new Int32Array(count + 1), hashes);
  const expected = sha256(new Uint8Array([0x47, ...new Uint8Array(64).fill(7)]));
  for (const node of nodes) assert.deepEqual(getHash(hashes, node), expected);
});
