// The state tree of the ledger and proofs of single records in it (SPEC 6.5): what is there, and what is not.
// A sparse Merkle tree over 256-bit keys in which a subtree with one leaf is that leaf's hash, so a proof is
// about as deep as the logarithm of the number of records. Gateways make proofs, nodes and light clients
// check them.
import { Proof, ProofEnd, Purpose, Wire } from './constants.ts';
import { ErrorCode } from './errors.ts';
import type { Crypto } from './crypto.ts';
import { cut, equalBytes } from './bytes.ts';

const LEAF_PURPOSE = new Uint8Array([Purpose.TREE_LEAF]);
const NODE_PURPOSE = new Uint8Array([Purpose.TREE_NODE]);

/** Hash of a subtree without any leaf. */
export const EMPTY_SUBTREE: Uint8Array = new Uint8Array(Wire.HASH);

/** Where a record stands: 32 bytes. `kind` is a ProofRecord or a kind of the ledger's own. */
export function recordKey(crypto: Crypto, kind: number, id: Uint8Array): Uint8Array {
  return crypto.sha256([new Uint8Array([Purpose.TREE_KEY, kind]), id]);
}

export function leafHash(crypto: Crypto, key: Uint8Array, value: Uint8Array): Uint8Array {
  return crypto.sha256([LEAF_PURPOSE, key, value]);
}

/** Of a subtree with at least two leaves; either side may be EMPTY_SUBTREE. */
export function nodeHash(crypto: Crypto, left: Uint8Array, right: Uint8Array): Uint8Array {
  return crypto.sha256([NODE_PURPOSE, left, right]);
}

/** Bit `level` of a key, from the top: 1 goes to the right. */
export function keyBit(key: Uint8Array, level: number): number {
  return (key[level >> 3] >> (7 - (level & 7))) & 1;
}

/**
 * Siblings from the root downwards; `end` is empty for EMPTY, the value for LEAF, other key and value for
 * OTHER.
 */
export function writeProof(siblings: Uint8Array[], endKind: ProofEnd, end: Uint8Array): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(siblings.length / 8));
  const given: Uint8Array[] = [];
  for (let level = 0; level < siblings.length; level++) {
    if (equalBytes(siblings[level], 0, EMPTY_SUBTREE, 0, Wire.HASH)) continue;
    bitmap[level >> 3] |= 0x80 >> (level & 7);
    given.push(siblings[level]);
  }
  const hashesAt = Proof.BITMAP + bitmap.length;
  const proof = new Uint8Array(hashesAt + given.length * Wire.HASH + end.length);
  proof[Proof.DEPTH] = siblings.length;
  proof[Proof.END] = endKind;
  proof.set(bitmap, Proof.BITMAP);
  for (let i = 0; i < given.length; i++) proof.set(given[i], hashesAt + i * Wire.HASH);
  proof.set(end, hashesAt + given.length * Wire.HASH);
  return proof;
}

export interface ProofVerdict {
  code: ErrorCode;
  /** The record's value when the proof shows it; undefined when it shows that there is none. */
  value: Uint8Array | undefined;
}

function refused(code: ErrorCode): ProofVerdict {
  return { code: code, value: undefined };
}

/** True when a bit after the used ones is set: then two encodings would mean one proof. */
function strayBits(proof: Uint8Array, depth: number): boolean {
  const used = depth & 7;
  return used !== 0 && (proof[Proof.BITMAP + (depth >> 3)] & (0xff >> used)) !== 0;
}

function countBits(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) for (let rest = bytes[i]; rest > 0; rest &= rest - 1) count++;
  return count;
}

function sharesPath(a: Uint8Array, b: Uint8Array, depth: number): boolean {
  for (let level = 0; level < depth; level++) if (keyBit(a, level) !== keyBit(b, level)) return false;
  return true;
}

/** What stands at the lower end of the path, or undefined when the end contradicts itself. */
function endHash(crypto: Crypto, key: Uint8Array, proof: Uint8Array, at: number): Uint8Array | undefined {
  const length = proof.length - at;
  if (proof[Proof.END] === ProofEnd.EMPTY) return length === 0 ? EMPTY_SUBTREE : undefined;
  if (proof[Proof.END] === ProofEnd.LEAF) return leafHash(crypto, key, cut(proof, at, length));
  if (proof[Proof.END] !== ProofEnd.OTHER || length < Wire.HASH) return undefined;
  const other = cut(proof, at, Wire.HASH);
  if (equalBytes(other, 0, key, 0, Wire.HASH)) return undefined;
  if (!sharesPath(other, key, proof[Proof.DEPTH])) return undefined;
  return leafHash(crypto, other, cut(proof, at + Wire.HASH, length - Wire.HASH));
}

/**
 * Checks a proof (SPEC 6.5) for `key` against the first `rootBytes` bytes of a state root (16 from the air,
 * 32 on a host). At most 257 hashes: one a level, some twenty in a ledger of a million records.
 */
export function verifyProof(
  crypto: Crypto,
  root: Uint8Array,
  rootBytes: number,
  key: Uint8Array,
  proof: Uint8Array,
): ProofVerdict {
  if (proof.length < Proof.BITMAP) return refused(ErrorCode.TOO_SHORT);
  const depth = proof[Proof.DEPTH];
  const hashesAt = Proof.BITMAP + Math.ceil(depth / 8);
  if (proof.length < hashesAt) return refused(ErrorCode.TOO_SHORT);
  if (strayBits(proof, depth)) return refused(ErrorCode.BAD_FLAGS);
  let sibling = hashesAt + countBits(proof, Proof.BITMAP, hashesAt) * Wire.HASH;
  if (proof.length < sibling) return refused(ErrorCode.TOO_SHORT);
  const endAt = sibling;
  let hash = endHash(crypto, key, proof, endAt);
  if (hash === undefined) return refused(ErrorCode.BAD_PROOF);
  for (let level = depth - 1; level >= 0; level--) {
    let beside: Uint8Array = EMPTY_SUBTREE;
    if (proof[Proof.BITMAP + (level >> 3)] & (0x80 >> (level & 7))) {
      sibling -= Wire.HASH;
      beside = cut(proof, sibling, Wire.HASH);
    }
    hash = keyBit(key, level) ? nodeHash(crypto, beside, hash) : nodeHash(crypto, hash, beside);
  }
  if (!equalBytes(hash, 0, root, 0, rootBytes)) return refused(ErrorCode.BAD_PROOF);
  const shown = proof[Proof.END] === ProofEnd.LEAF;
  return { code: ErrorCode.OK, value: shown ? cut(proof, endAt, proof.length - endAt) : undefined };
}
