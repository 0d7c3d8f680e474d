// The symmetric cryptography the protocol needs, as one injected interface (SPEC 7.1): Espruino's native code
// on a board, node:crypto on a host, plain TypeScript anywhere. No public-key operation ever runs on a node.

export interface Crypto {
  /**
   * SHA-256 of the parts one after another (FIPS 180-4): 32 bytes in a buffer of their own, from its offset
   * 0.
   */
  sha256(parts: Uint8Array[]): Uint8Array;
  /**
   * AES-128 in counter mode (SP 800-38A 6.5); `key` and `counter` are 16 bytes. The result is a new array.
   */
  aesCtr(key: Uint8Array, counter: Uint8Array, data: Uint8Array): Uint8Array;
}

/** An HMAC key with its two padded blocks made once: each tag then costs two hashes and no loop. */
export interface MacKey {
  inner: Uint8Array;
  outer: Uint8Array;
}

const BLOCK = 64;

/** RFC 2104 for SHA-256. A key of more than 64 bytes is a bug of the caller; ours have 16 or 32. */
export function macKey(key: Uint8Array): MacKey {
  const inner = new Uint8Array(BLOCK).fill(0x36);
  const outer = new Uint8Array(BLOCK).fill(0x5c);
  for (let i = 0; i < key.length; i++) {
    inner[i] = key[i] ^ 0x36;
    outer[i] = key[i] ^ 0x5c;
  }
  return { inner: inner, outer: outer };
}

/** HMAC-SHA-256, 32 bytes (RFC 2104, vectors of RFC 4231). */
export function hmac(crypto: Crypto, key: MacKey, parts: Uint8Array[]): Uint8Array {
  return crypto.sha256([key.outer, crypto.sha256([key.inner].concat(parts))]);
}
