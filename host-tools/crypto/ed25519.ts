// Ed25519 (RFC 8032) for owners and gateways. Libraries disagree about signatures at the edges, and
// node:crypto about itself between versions; blocks must not. So a strict check of our own comes first, after
// which every library gives the same answer (SPEC 7.4): canonical A and R, neither of small order, S below
// the group order.
import { sign, verify } from 'node:crypto';
import { KeyCache } from './key-cache.ts';
import { KEY_BYTES, privateKeyObject, publicKeyObject, rawPublicKey } from './raw-keys.ts';

export const SIGNATURE_BYTES = 64;

/** p = 2^255 - 19 and L = 2^252 + 27742317777372353535851937790883648493 (RFC 8032, 5.1). */
const FIELD_PRIME = 2n ** 255n - 19n;
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/**
 * The y-coordinates of the eight points whose order divides 8, as canonical encodings without the sign bit: 0
 * (order 4, twice), 1 (the identity), -1 (order 2) and two values of order 8, twice each.
 */
const SMALL_ORDER_Y = new Set([
  0n,
  1n,
  FIELD_PRIME - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d3d706a17c7n,
]);

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

/** True for a canonical encoding (y below p) of a point that is not of small order. */
function isStrictPoint(encoded: Uint8Array): boolean {
  const y = littleEndian(encoded) & (2n ** 255n - 1n);
  return y < FIELD_PRIME && !SMALL_ORDER_Y.has(y);
}

const keys = new KeyCache(1024, (raw) => publicKeyObject('Ed25519', raw));

/**
 * True for exactly the signatures that every node of the network accepts. Bytes of any length, never throws.
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  if (!isStrictPoint(publicKey) || !isStrictPoint(signature.subarray(0, KEY_BYTES))) return false;
  if (littleEndian(signature.subarray(KEY_BYTES)) >= GROUP_ORDER) return false;
  try {
    return verify(null, message, keys.get(publicKey), signature);
  } catch {
    // A public key that is no point of the curve.
    return false;
  }
}

/** 64 bytes; `seed` is the 32-byte private key of RFC 8032. */
export function signEd25519(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, privateKeyObject('Ed25519', seed)));
}

export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  return rawPublicKey(privateKeyObject('Ed25519', seed));
}
