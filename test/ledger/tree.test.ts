// The incremental state tree against the plain recursive definition, and its proofs against the wire's verifier.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EMPTY_SUBTREE, ErrorCode, keyBit, nodeHash, recordKey, verifyProof } from '#protocol';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';
import { putHash } from '../../host-tools/ledger/hash/sha-engine.ts';
import { StateTree } from '../../host-tools/ledger/tree.ts';
import { encodeRecord, StateKind } from '../../host-tools/ledger/index.ts';
import { World } from './fixture.ts';

function plainRoot(leaves: [Uint8Array, Uint8Array][], depth = 0): Uint8Array {
  if (leaves.length === 0) return EMPTY_SUBTREE;
  if (leaves.length === 1) return leaves[0]![1];
  const side = (bit: number): Uint8Array =>
    plainRoot(leaves.filter(([key]) => keyBit(key, depth) === bit), depth + 1);
  return nodeHash(nodeCrypto, side(0), side(1));
}

/** Few distinct keys that share long prefixes, so that leaves split, move up and vanish. */
const key = fc.tuple(fc.constantFrom(0, 1, 128, 192), fc.constantFrom(0, 0, 0, 255), fc.nat({ max: 15 }))
  .map(([first, middle, last]) => new Uint8Array([first, ...new Array<number>(30).fill(middle), last]));
const change = fc.record({ key, leaf: fc.option(fc.nat({ max: 250 }), { nil: undefined }) });

test('any batches of puts and deletes give the root of the definition', () => {
  fc.assert(fc.property(fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 8 }), (batches) => {
    const tree = new StateTree<string>();
    const model = new Map<string, [Uint8Array, Uint8Array]>();
    const numbers = new Map<string, number>();
    for (const batch of batches) {
      const once = new Map(batch.map((one) => [one.key.join(), one]));
      for (const [name, { key: at, leaf }] of once) {
        const known = numbers.get(name);
        if (leaf === undefined) {
          if (known !== undefined) tree.remove(known);
          numbers.delete(name);
          model.delete(name);
          continue;
        }
        const hash = new Uint8Array(32).fill(leaf + 1);
        const number = known ?? tree.insert(at, name);
        if (known !== undefined) tree.touch(known);
        putHash(tree.hashes, number, hash);
        numbers.set(name, number);
        model.set(name, [at, hash]);
      }
      tree.settle();
      assert.deepEqual(tree.root(), plainRoot([...model.values()]));
    }
  }), { numRuns: 300 });
});

test('a proof shows a record\'s value, or its absence, under the state root and no other', () => {
  const world = new World();
  world.joinAll([1, 2, 3, 4, 5, 6, 7]);
  const { ledger } = world;
  for (let address = 1; address <= 40; address++) {
    const id = new Uint8Array([0, 0, 0, address]);
    const at = recordKey(nodeCrypto, StateKind.NODE, id);
    const proof = ledger.prove(StateKind.NODE, id);
    const node = ledger.account(address);
    const verdict = verifyProof(nodeCrypto, ledger.stateRoot(), 16, at, proof);
    assert.equal(verdict.code, ErrorCode.OK);
    assert.deepEqual(verdict.value, node === undefined ? undefined : encodeRecord(node));
    for (let i = 0; i < proof.length; i += 11) {
      const bad = proof.slice();
      bad[i]! ^= 1;
      assert.notEqual(verifyProof(nodeCrypto, ledger.stateRoot(), 16, at, bad).code, ErrorCode.OK, `byte ${i}`);
    }
  }
});
