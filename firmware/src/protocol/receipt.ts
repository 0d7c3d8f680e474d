// Preimage and lock: the pair that authenticates a packet to its destination, locks its payment and names it
// to each relay (SPEC 4.2). The preimage is made with the end-to-end key; anybody can check it against the
// lock.
import { Purpose, Wire } from './constants.ts';
import type { Crypto, MacKey } from './crypto.ts';
import { hmac } from './crypto.ts';
import { putU16, putU32 } from './bytes.ts';

/** A part of its own, because the purpose comes first in everything hashed without a key (SPEC 6.1). */
const LOCK_PURPOSE = new Uint8Array([Purpose.LOCK]);

/** x = HMAC(end key, purpose, class, src, dst, seq32, ciphertext) cut to 6 bytes. */
export function preimage(
  crypto: Crypto,
  endKey: MacKey,
  packetClass: number,
  src: number,
  dst: number,
  seq32: number,
  ciphertext: Uint8Array,
): Uint8Array {
  const head = new Uint8Array(14);
  head[0] = Purpose.PREIMAGE;
  head[1] = packetClass;
  putU32(head, 2, src);
  putU32(head, 6, dst);
  putU32(head, 10, seq32);
  return new Uint8Array(hmac(crypto, endKey, [head, ciphertext]).buffer, 0, Wire.LOCK);
}

/**
 * SHA-256(purpose, ledger, src, dst, low half of seq, x) cut to 6 bytes. The low half, because a relay sees
 * no other; the ledger and the addresses are the salt that makes a table of locks useless.
 */
export function lockOf(
  crypto: Crypto,
  ledger: Uint8Array,
  src: number,
  dst: number,
  seq16: number,
  x: Uint8Array,
): Uint8Array {
  const salt = new Uint8Array(10);
  putU32(salt, 0, src);
  putU32(salt, 4, dst);
  putU16(salt, 8, seq16);
  return new Uint8Array(crypto.sha256([LOCK_PURPOSE, ledger, salt, x]).buffer, 0, Wire.LOCK);
}

/** The AES counter block of a packet: src, dst, seq32, then the block number that counter mode counts up. */
export function packetNonce(src: number, dst: number, seq32: number): Uint8Array {
  const nonce = new Uint8Array(16);
  putU32(nonce, 0, src);
  putU32(nonce, 4, dst);
  putU32(nonce, 8, seq32);
  return nonce;
}
