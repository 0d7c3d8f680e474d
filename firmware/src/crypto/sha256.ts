// SHA-256 after FIPS 180-4 in the board's subset of the language: the fallback where no native code exists,
// and the second opinion in tests. About 0.2 s a block in the interpreter, so a board runs its native one
// instead. Knows nothing of frames or keys; called through the Crypto interface alone.

const BLOCK = 64;
const WORDS = 16;
const ROUNDS = 64;
const DIGEST = 32;

/**
 * First 32 bits of the fraction of each root (FIPS 180-4, 4.2.2 and 5.3.3): shorter than the tables it
 * prints.
 */
function fractions(count: number, exponent: number): Int32Array {
  const words = new Int32Array(count);
  let found = 0;
  for (let candidate = 2; found < count; candidate++) {
    let prime = true;
    for (let factor = 2; factor * factor <= candidate; factor++) if (candidate % factor === 0) prime = false;
    if (!prime) continue;
    const root = Math.pow(candidate, exponent);
    words[found++] = Math.floor((root - Math.floor(root)) * 4294967296) | 0;
  }
  return words;
}

const ROUND_CONSTANTS = fractions(ROUNDS, 1 / 3);
const INITIAL = fractions(8, 1 / 2);

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/** Sums stay exact in a double and `| 0` brings them back to 32 bits (FIPS 180-4, 6.2.2). */
function compress(state: Int32Array, w: Int32Array): void {
  for (let t = WORDS; t < ROUNDS; t++) {
    const x = w[t - 15];
    const y = w[t - 2];
    const small0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const small1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w[t] = (w[t - 16] + small0 + w[t - 7] + small1) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let t = 0; t < ROUNDS; t++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const temp1 = (h + big1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[t] + w[t]) | 0;
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const temp2 = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + temp1) | 0;
    d = c; c = b; b = a; a = (temp1 + temp2) | 0;
  }
  state[0] = (state[0] + a) | 0; state[1] = (state[1] + b) | 0;
  state[2] = (state[2] + c) | 0; state[3] = (state[3] + d) | 0;
  state[4] = (state[4] + e) | 0; state[5] = (state[5] + f) | 0;
  state[6] = (state[6] + g) | 0; state[7] = (state[7] + h) | 0;
}

/** The parts one after another, padded to whole blocks: 0x80, zeros, length in bits (FIPS 180-4, 5.1.1). */
function padded(parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (let i = 0; i < parts.length; i++) length += parts[i].length;
  const message = new Uint8Array(Math.ceil((length + 9) / BLOCK) * BLOCK);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    message.set(parts[i], at);
    at += parts[i].length;
  }
  message[at] = 0x80;
  for (let i = 1, bits = length * 8; bits > 0; i++) {
    message[message.length - i] = bits % 256;
    bits = Math.floor(bits / 256);
  }
  return message;
}

/** SHA-256 of the parts one after another; 32 bytes. */
export function sha256(parts: Uint8Array[]): Uint8Array {
  const message = padded(parts);
  const state = new Int32Array(INITIAL);
  const w = new Int32Array(ROUNDS);
  for (let at = 0; at < message.length; at += BLOCK) {
    for (let t = 0; t < WORDS; t++) {
      const i = at + 4 * t;
      w[t] = (message[i] << 24) | (message[i + 1] << 16) | (message[i + 2] << 8) | message[i + 3];
    }
    compress(state, w);
  }
  const digest = new Uint8Array(DIGEST);
  for (let i = 0; i < DIGEST; i++) digest[i] = state[i >> 2] >> (24 - 8 * (i & 3));
  return digest;
}
