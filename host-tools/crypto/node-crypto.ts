// The protocol's Crypto over node:crypto (SPEC 7.1). Used by every host tool; the simulator's virtual boards
// run on it too. Must not know about keys or messages.
import { createCipheriv, hash } from 'node:crypto';
import type { Crypto } from '#protocol';

/** One call into the library beats a hash object: short messages are all overhead. */
function sha256(parts: Uint8Array[]): Uint8Array {
  // A copy, because callers cut results by their buffer and a Buffer may be a piece of a larger one.
  return new Uint8Array(hash('sha256', parts.length === 1 ? parts[0] : Buffer.concat(parts), 'buffer'));
}

function aesCtr(key: Uint8Array, counter: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createCipheriv('aes-128-ctr', key, counter).update(data));
}

export const nodeCrypto: Crypto = { sha256, aesCtr };
