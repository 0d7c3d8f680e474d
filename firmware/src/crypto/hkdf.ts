// HKDF with SHA-256 (RFC 5869). Hosts derive the pairwise keys with it (SPEC 7.2); a board never does.
import type { Crypto } from '../protocol/crypto.ts';
import { hmac, macKey } from '../protocol/crypto.ts';

const HASH = 32;
const BLOCK = 64;
const EXPAND_MAX = 255 * HASH;

/** RFC 2104 hashes a key of more than one block first; salts and inputs of RFC 5869 may be that long. */
function anyKey(crypto: Crypto, key: Uint8Array): ReturnType<typeof macKey> {
  return macKey(key.length > BLOCK ? crypto.sha256([key]) : key);
}

/** `length` bytes (at most 8160) of key material; an empty salt stands for 32 zero bytes (RFC 5869, 2.2). */
export function hkdf(
  crypto: Crypto,
  salt: Uint8Array,
  keyMaterial: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  if (length > EXPAND_MAX) throw new Error('hkdf: more than 255 blocks asked for');
  const expand = macKey(hmac(crypto, anyKey(crypto, salt), [keyMaterial]));
  const result = new Uint8Array(length);
  let previous: Uint8Array = new Uint8Array(0);
  for (let at = 0, block = 1; at < length; at += HASH, block++) {
    previous = hmac(crypto, expand, [previous, info, new Uint8Array([block])]);
    result.set(previous.subarray(0, Math.min(HASH, length - at)), at);
  }
  return result;
}
