// The protocol's Crypto for simulations: SHA-256 (FIPS 180-4) and AES-128 (FIPS 197) in plain TypeScript without a
// call into the library, whose fixed cost of 2 to 9 us exceeds that of the work itself for messages of a block or two.
// Same answers as nodeCrypto, which a test asserts; not for secrets of the real world. Called through Crypto only.
import type { Crypto } from '#protocol';

const K = new Int32Array(64);
const INITIAL = new Int32Array(8);

/** First 32 bits of the fractions of square and cube roots of the first primes (FIPS 180-4, 4.2.2 and 5.3.3). */
function fillConstants(): void {
  let found = 0;
  for (let candidate = 2; found < 64; candidate++) {
    let prime = true;
    for (let factor = 2; factor * factor <= candidate; factor++) if (candidate % factor === 0) prime = false;
    if (!prime) continue;
    const fraction = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) | 0;
    if (found < 8) INITIAL[found] = fraction(Math.sqrt(candidate));
    K[found++] = fraction(Math.cbrt(candidate));
  }
}
fillConstants();

const W = new Int32Array(64);
const state = new Int32Array(8);
let buffer = new Uint8Array(4096);

function schedule(bytes: Uint8Array, at: number): void {
  for (let i = 0, p = at; i < 16; i++, p += 4) {
    W[i] = (bytes[p]! << 24) | (bytes[p + 1]! << 16) | (bytes[p + 2]! << 8) | bytes[p + 3]!;
  }
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15]!;
    const y = W[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    W[i] = (W[i - 16]! + s0 + W[i - 7]! + s1) | 0;
  }
}

function compress(bytes: Uint8Array, at: number): void {
  schedule(bytes, at);
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!;
  let e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + W[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0;
    d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] = (state[0]! + a) | 0;
  state[1] = (state[1]! + b) | 0;
  state[2] = (state[2]! + c) | 0;
  state[3] = (state[3]! + d) | 0;
  state[4] = (state[4]! + e) | 0;
  state[5] = (state[5]! + f) | 0;
  state[6] = (state[6]! + g) | 0;
  state[7] = (state[7]! + h) | 0;
}

/** The parts one after another in the shared buffer, padded; returns the padded length. */
function gather(parts: Uint8Array[]): number {
  let length = 0;
  for (let i = 0; i < parts.length; i++) length += parts[i]!.length;
  const padded = ((length + 8) >> 6 << 6) + 64;
  if (padded > buffer.length) buffer = new Uint8Array(2 * padded);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const size = part.length;
    // A call into the engine costs more than a loop over a few dozen bytes.
    if (size > 64) buffer.set(part, at);
    else for (let j = 0; j < size; j++) buffer[at + j] = part[j]!;
    at += size;
  }
  buffer[at++] = 0x80;
  while (at < padded - 4) buffer[at++] = 0;
  const bits = length * 8;
  buffer[at++] = bits >>> 24;
  buffer[at++] = bits >>> 16;
  buffer[at++] = bits >>> 8;
  buffer[at] = bits;
  return padded;
}

function sha256(parts: Uint8Array[]): Uint8Array {
  const padded = gather(parts);
  for (let i = 0; i < 8; i++) state[i] = INITIAL[i]!;
  for (let at = 0; at < padded; at += 64) compress(buffer, at);
  const digest = new Uint8Array(32);
  for (let i = 0, at = 0; i < 8; i++, at += 4) {
    const word = state[i]!;
    digest[at] = word >>> 24;
    digest[at + 1] = word >>> 16;
    digest[at + 2] = word >>> 8;
    digest[at + 3] = word;
  }
  return digest;
}

// --- AES-128 in counter mode, over the four round tables of the Rijndael proposal (section 5.2.1)

const SBOX = new Uint8Array(256);
const T0 = new Int32Array(256);

function fillSbox(): void {
  let p = 1;
  let q = 1;
  do {
    p = (p ^ (p << 1) ^ (p & 0x80 ? 0x11b : 0)) & 255;
    q ^= q << 1;
    q ^= q << 2;
    q = (q ^ (q << 4)) & 255;
    if (q & 0x80) q ^= 0x09;
    SBOX[p] = q ^ rotate8(q, 1) ^ rotate8(q, 2) ^ rotate8(q, 3) ^ rotate8(q, 4) ^ 0x63;
  } while (p !== 1);
  SBOX[0] = 0x63;
  for (let i = 0; i < 256; i++) {
    const s = SBOX[i]!;
    const twice = ((s << 1) ^ (s & 0x80 ? 0x11b : 0)) & 255;
    T0[i] = (twice << 24) | (s << 16) | (s << 8) | (twice ^ s);
  }
}

function rotate8(x: number, by: number): number {
  return ((x << by) | (x >>> (8 - by))) & 255;
}
fillSbox();

const roundKeys = new Int32Array(44);

function expandKey(key: Uint8Array): void {
  for (let i = 0; i < 4; i++) {
    roundKeys[i] = (key[4 * i]! << 24) | (key[4 * i + 1]! << 16) | (key[4 * i + 2]! << 8) | key[4 * i + 3]!;
  }
  let rcon = 1;
  for (let i = 4; i < 44; i++) {
    let word = roundKeys[i - 1]!;
    if (i % 4 === 0) {
      word = (word << 8) | (word >>> 24);
      word = substitute(word, word, word, word) ^ (rcon << 24);
      rcon = (rcon << 1) ^ (rcon & 0x80 ? 0x11b : 0);
    }
    roundKeys[i] = roundKeys[i - 4]! ^ word;
  }
}

/** S-box on one byte of each word, from the highest to the lowest. */
function substitute(a: number, b: number, c: number, d: number): number {
  return (SBOX[a >>> 24]! << 24) | (SBOX[(b >>> 16) & 255]! << 16) | (SBOX[(c >>> 8) & 255]! << 8) | SBOX[d & 255]!;
}

function column(a: number, b: number, c: number, d: number): number {
  const y = T0[(b >>> 16) & 255]!;
  const z = T0[(c >>> 8) & 255]!;
  const w = T0[d & 255]!;
  return T0[a >>> 24]! ^ ((y >>> 8) | (y << 24)) ^ ((z >>> 16) | (z << 16)) ^ ((w >>> 24) | (w << 8));
}

const cipherBlock = new Int32Array(4);

function encrypt(c0: number, c1: number, c2: number, c3: number): void {
  let a = c0 ^ roundKeys[0]!, b = c1 ^ roundKeys[1]!, c = c2 ^ roundKeys[2]!, d = c3 ^ roundKeys[3]!;
  for (let k = 4; k < 40; k += 4) {
    const e = column(a, b, c, d) ^ roundKeys[k]!;
    const f = column(b, c, d, a) ^ roundKeys[k + 1]!;
    const g = column(c, d, a, b) ^ roundKeys[k + 2]!;
    d = column(d, a, b, c) ^ roundKeys[k + 3]!;
    a = e; b = f; c = g;
  }
  cipherBlock[0] = substitute(a, b, c, d) ^ roundKeys[40]!;
  cipherBlock[1] = substitute(b, c, d, a) ^ roundKeys[41]!;
  cipherBlock[2] = substitute(c, d, a, b) ^ roundKeys[42]!;
  cipherBlock[3] = substitute(d, a, b, c) ^ roundKeys[43]!;
}

function aesCtr(key: Uint8Array, counter: Uint8Array, data: Uint8Array): Uint8Array {
  expandKey(key);
  const words = new Int32Array(4);
  for (let i = 0; i < 16; i++) words[i >> 2] = (words[i >> 2]! << 8) | counter[i]!;
  const result = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at++) {
    if ((at & 15) === 0) {
      encrypt(words[0]!, words[1]!, words[2]!, words[3]!);
      for (let i = 3; i >= 0 && (words[i] = (words[i]! + 1) | 0) === 0; i--);
    }
    result[at] = data[at]! ^ (cipherBlock[(at & 15) >> 2]! >>> (24 - 8 * (at & 3)));
  }
  return result;
}

export const fastCrypto: Crypto = { sha256, aesCtr };
