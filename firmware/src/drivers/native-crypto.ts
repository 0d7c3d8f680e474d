// The protocol's Crypto over the interpreter's own code (SPEC 7.1). Its hash wants 32 contiguous bytes: on a
// fragmented heap it collects garbage once and then answers undefined, so one more collection is forced here.
// A board that still has no room cannot go on, and says so in a way that the watchdog's handler counts.
import type { Crypto } from '../protocol/crypto.ts';

const native = require('crypto');

function outOfMemory(): Error {
  return new Error('no contiguous memory for cryptography');
}

function sha256(parts: Uint8Array[]): Uint8Array {
  let digest = native.SHA256(parts);
  if (digest === undefined) {
    process.memory();
    digest = native.SHA256(parts);
  }
  if (digest === undefined) throw outOfMemory();
  return new Uint8Array(digest);
}

/**
 * Counter mode from single blocks: the interpreter's own CTR takes no notice of `iv` and always counts from
 * zero, so that two packets would share one key stream (jswrap_crypto.c, 2v29; the device suite compares).
 */
function aesCtr(key: Uint8Array, counter: Uint8Array, data: Uint8Array): Uint8Array {
  const result = new Uint8Array(data.length);
  if (data.length === 0) return result;
  const stream = encryptBlocks(key, counterBlocks(counter, (data.length + 15) >> 4));
  for (let i = 0; i < data.length; i++) result[i] = data[i] ^ stream[i];
  return result;
}

/** `count` blocks of 16 bytes, each one more than the one before, as big-endian numbers (SP 800-38A B.1). */
function counterBlocks(counter: Uint8Array, count: number): Uint8Array {
  const blocks = new Uint8Array(count * 16);
  blocks.set(counter);
  for (let at = 16; at < blocks.length; at += 16) {
    blocks.set(blocks.subarray(at - 16, at), at);
    let i = at + 15;
    blocks[i]++;
    while (blocks[i] === 0 && i > at) blocks[--i]++;
  }
  return blocks;
}

function encryptBlocks(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  let result = native.AES.encrypt(blocks, key, { mode: 'ECB' });
  if (result === undefined) {
    process.memory();
    result = native.AES.encrypt(blocks, key, { mode: 'ECB' });
  }
  if (result === undefined) throw outOfMemory();
  return new Uint8Array(result);
}

export const nativeCrypto: Crypto = { sha256: sha256, aesCtr: aesCtr };
