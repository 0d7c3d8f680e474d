// AES-128 in counter mode after FIPS 197 and SP 800-38A 6.5, in the board's subset of the language.
// Encryption only: counter mode needs no more. Byte by byte and table-driven, hence not constant-time: hosts
// use node:crypto, boards their native code, and this is what tests and browsers compare them with.

const BLOCK = 16;
const ROUNDS = 10;

/** Multiplication by x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, 4.2.1). */
function double(byte: number): number {
  return ((byte << 1) ^ (byte & 0x80 ? 0x1b : 0)) & 255;
}

/** The S-box from its definition: inverse, then the affine map (FIPS 197, 5.1.1). 3 generates the field. */
function makeSubstitution(): Uint8Array {
  const box = new Uint8Array(256);
  const power = new Uint8Array(256);
  const log = new Uint8Array(256);
  for (let i = 0, value = 1; i < 255; i++) {
    power[i] = value;
    log[value] = i;
    value ^= double(value);
  }
  for (let i = 0; i < 256; i++) {
    const inverse = i === 0 ? 0 : power[(255 - log[i]) % 255];
    let mapped = 0x63;
    for (let turn = 0; turn < 5; turn++) mapped ^= ((inverse << turn) | (inverse >> (8 - turn))) & 255;
    box[i] = mapped;
  }
  return box;
}

const SUBSTITUTION = makeSubstitution();

/** The 11 round keys, 176 bytes (FIPS 197, 5.2). */
function expandKey(key: Uint8Array): Uint8Array {
  const round = new Uint8Array(BLOCK * (ROUNDS + 1));
  round.set(key);
  for (let i = BLOCK, constant = 1; i < round.length; i += 4) {
    const first = i % BLOCK === 0;
    for (let j = 0; j < 4; j++) {
      const last = first ? SUBSTITUTION[round[i - 4 + ((j + 1) & 3)]] : round[i - 4 + j];
      round[i + j] = round[i + j - BLOCK] ^ last ^ (first && j === 0 ? constant : 0);
    }
    if (first) constant = double(constant);
  }
  return round;
}

/** SubBytes and ShiftRows in one pass from `state` into `moved`. */
function substituteAndShift(state: Uint8Array, moved: Uint8Array): void {
  for (let i = 0; i < BLOCK; i++) moved[i] = SUBSTITUTION[state[(i + 4 * (i & 3)) & 15]];
}

/** MixColumns and AddRoundKey from `moved` into `state`; the last round does not mix. */
function mixAndAdd(state: Uint8Array, moved: Uint8Array, round: Uint8Array, at: number, last: boolean): void {
  for (let i = 0; i < BLOCK; i++) {
    const column = i & 12;
    const next = moved[column + ((i + 1) & 3)];
    const rest = next ^ moved[column + ((i + 2) & 3)] ^ moved[column + ((i + 3) & 3)];
    const mixed = last ? moved[i] : double(moved[i] ^ next) ^ rest;
    state[i] = mixed ^ round[at + i];
  }
}

function encryptBlock(round: Uint8Array, block: Uint8Array, state: Uint8Array, moved: Uint8Array): void {
  for (let i = 0; i < BLOCK; i++) state[i] = block[i] ^ round[i];
  for (let r = 1; r <= ROUNDS; r++) {
    substituteAndShift(state, moved);
    mixAndAdd(state, moved, round, r * BLOCK, r === ROUNDS);
  }
}

/** Encrypts or decrypts; the whole 16-byte counter block counts up as one big-endian number. */
export function aesCtr(key: Uint8Array, counter: Uint8Array, data: Uint8Array): Uint8Array {
  const round = expandKey(key);
  const block = new Uint8Array(counter);
  const state = new Uint8Array(BLOCK);
  const moved = new Uint8Array(BLOCK);
  const result = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at++) {
    const offset = at % BLOCK;
    if (offset === 0) {
      encryptBlock(round, block, state, moved);
      for (let i = BLOCK - 1; i >= 0; i--) {
        block[i] = block[i] + 1;
        if (block[i] !== 0) break;
      }
    }
    result[at] = data[at] ^ state[offset];
  }
  return result;
}
