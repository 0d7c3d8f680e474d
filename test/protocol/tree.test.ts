// The ledger's state tree and the protocol's proofs are two programs written apart: what the one proves,
// the other must accept, in the encoding that goes over the air (SPEC 6.5).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ErrorCode, ProofEnd, leafHash, recordKey, verifyProof, writeProof } from '#protocol';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';
import { putHash } from '../../host-tools/ledger/hash/sha-engine.ts';
import { StateTree, leafHash as ledgerLeaf, treeKey } from '../../host-tools/ledger/tree.ts';

const id = (n: number): Uint8Array => Uint8Array.of(n >> 24, n >> 16, n >> 8, n);

function onAir(tree: StateTree<Uint8Array>, key: Uint8Array): Uint8Array {
  const { siblings, leaf } = tree.prove(key);
  if (leaf === undefined) return writeProof(siblings, ProofEnd.EMPTY, new Uint8Array(0));
  const own = Buffer.compare(leaf.key, key) === 0;
  return own
    ? writeProof(siblings, ProofEnd.LEAF, leaf.item)
    : writeProof(siblings, ProofEnd.OTHER, Buffer.concat([leaf.key, leaf.item]));
}

test('both name records and leaves alike', () => {
  const key = recordKey(nodeCrypto, 3, id(77));
  assert.deepEqual(key, treeKey(nodeCrypto, Uint8Array.of(3, ...id(77))));
  assert.deepEqual(leafHash(nodeCrypto, key, id(5)), ledgerLeaf(nodeCrypto, key, id(5)));
});

test('every record and every absence of random ledgers is proven, and no other value passes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 0x7fffffff }), { maxLength: 60 }), (numbers) => {
      const tree = new StateTree<Uint8Array>();
      for (const n of numbers) {
        const key = recordKey(nodeCrypto, 3, id(n));
        const item = id(n ^ 0x55);
        const leaf = tree.insert(key, item);
        putHash(tree.hashes, leaf, leafHash(nodeCrypto, key, item));
      }
      tree.settle();
      const present = numbers.map((n): [number, number] => [n, 3]);
      for (const [n, kind] of [...present, [1, 5], [2, 5], [3, 5]] as [number, number][]) {
        const key = recordKey(nodeCrypto, kind, id(n));
        const proof = onAir(tree, key);
        for (const bytes of [16, 32]) {
          const verdict = verifyProof(nodeCrypto, tree.root(), bytes, key, proof);
          assert.deepEqual(verdict, { code: ErrorCode.OK, value: kind === 3 ? id(n ^ 0x55) : undefined });
        }
        const changed = new Uint8Array(proof);
        changed[changed.length - 1]! ^= 1;
        const verdict = verifyProof(nodeCrypto, tree.root(), 32, key, changed);
        assert.ok(verdict.code !== ErrorCode.OK || proof.length === 2, 'a changed proof passed');
      }
    }),
    { numRuns: 40 },
  );
});
