// Ed25519: the published vectors, and the nine signatures on which libraries disagree (SPEC 7.4).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import nacl from 'tweetnacl';
import { ed25519PublicKey, signEd25519, verifyEd25519 } from '../../host-tools/crypto/index.ts';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

/** RFC 8032, section 7.1, tests 1 to 3: secret, public key, message, signature. */
const RFC_8032 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24' +
      '655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee' +
      'b00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d' +
      'c027beceea1ec40a',
  ],
].map((fields) => fields.map(hex)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array][];

test('the published vectors', () => {
  for (const [seed, publicKey, message, signature] of RFC_8032) {
    assert.deepEqual(ed25519PublicKey(seed), publicKey);
    assert.deepEqual(signEd25519(seed, message), signature);
    assert.ok(verifyEd25519(publicKey, message, signature));
  }
});

// --- A point arithmetic of our own, slow and plain, to build what no library would sign
// --------------------------

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (x: bigint, m = P): bigint => ((x % m) + m) % m;
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b))
    if (e & 1n) result = mod(result * b);
  return result;
}
/** By Euclid; Fermat's way takes twenty times as long. */
function inverse(x: bigint): bigint {
  let [a, b, u, v] = [mod(x), P, 1n, 0n];
  while (a > 1n) [a, b, u, v] = [b % a, a, v - (b / a) * u, u];
  return mod(u);
}
const D = mod(-121665n * inverse(121666n));
type Point = [x: bigint, y: bigint];
const IDENTITY: Point = [0n, 1n];

function add([x1, y1]: Point, [x2, y2]: Point): Point {
  const k = mod(D * x1 * x2 * y1 * y2);
  return [mod((x1 * y2 + x2 * y1) * inverse(1n + k)), mod((y1 * y2 + x1 * x2) * inverse(1n - k))];
}

function times(scalar: bigint, point: Point): Point {
  let result = IDENTITY;
  for (let p = point, s = scalar; s > 0n; s >>= 1n, p = add(p, p)) if (s & 1n) result = add(result, p);
  return result;
}

/**
 * Decompression (RFC 8032, 5.1.3) of y and the wanted low bit of x; undefined when there is no such point.
 */
function pointAt(y: bigint, odd: bigint): Point | undefined {
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * power(2n, (P - 1n) / 4n));
  if (mod(x * x) !== square) return undefined;
  return [(x & 1n) === odd ? x : mod(-x), y];
}

const BASE = pointAt(mod(4n * inverse(5n)), 0n)!;
const little = (x: bigint): Uint8Array =>
  new Uint8Array(Buffer.from(x.toString(16).padStart(64, '0'), 'hex').reverse());
const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
const encode = ([x, y]: Point): Uint8Array => little(y | ((x & 1n) << 255n));
const join = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** A point of order 8: any point times L, until the result has the full order. */
const ORDER_8 = ((): Point => {
  for (let y = 2n; ; y++) {
    const point = pointAt(y, 0n);
    if (point === undefined) continue;
    const small = times(L, point);
    if (times(4n, small)[1] !== 1n) return small;
  }
})();

function challenge(r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint {
  return number(createHash('sha512').update(r).update(a).update(message).digest()) % L;
}

const SECRET = 123456789012345678901234567890n;
const HONEST = times(SECRET, BASE);
const MESSAGE = hex('6d657373616765');

/**
 * S for a chosen R = r B + t and public key A = a B + u: satisfies the equation up to the small parts t and
 * u.
 */
function forged(t: Point, u: Point): { key: Uint8Array; signature: Uint8Array; digest: bigint } {
  const nonce = 987654321n;
  const key = encode(add(HONEST, u));
  const r = encode(add(times(nonce, BASE), t));
  const digest = challenge(r, key, MESSAGE);
  return { key, signature: join(r, little(mod(nonce + digest * SECRET, L))), digest };
}

test('signatures at the edges are refused, whatever the library thinks', () => {
  const [, publicKey, message, signature] = RFC_8032[1]!;
  const identity = encode(IDENTITY);
  const plusL = join(signature.subarray(0, 32), little(number(signature.subarray(32)) + L));
  const refused = (name: string, a: Uint8Array, m: Uint8Array, s: Uint8Array): void =>
    assert.equal(verifyEd25519(a, m, s), false, name);

  assert.ok(nacl.sign.detached.verify(message, plusL, publicKey), 'the malleable one is really malleable');
  refused('S + L', publicKey, message, plusL);
  refused('small-order key and R, S = 0, any message', identity, MESSAGE, join(identity, little(0n)));
  refused('the same under a key that is not canonical', little(P + 1n), MESSAGE, join(identity, little(0n)));
  refused('the identity with a sign bit', little(1n | (1n << 255n)), MESSAGE, join(identity, little(0n)));

  const honest = encode(HONEST);
  const digest = challenge(identity, honest, MESSAGE);
  refused('an honest key and R = identity', honest, MESSAGE, join(identity, little(mod(digest * SECRET, L))));
  const smallR = encode(ORDER_8);
  const digest8 = challenge(smallR, honest, MESSAGE);
  refused('an honest key and R of order 8', honest, MESSAGE, join(smallR, little(mod(digest8 * SECRET, L))));
  const mixedR = forged(ORDER_8, IDENTITY);
  refused('R with a small part', mixedR.key, MESSAGE, mixedR.signature);
  const mixedA = forged(IDENTITY, ORDER_8);
  assert.notEqual(mixedA.digest % 8n, 0n, 'the small part does not vanish');
  refused('a key with a small part', mixedA.key, MESSAGE, mixedA.signature);
  refused('R that is not canonical', honest, MESSAGE, join(little(P + 3n), little(5n)));

  const good = forged(IDENTITY, IDENTITY);
  assert.ok(verifyEd25519(good.key, MESSAGE, good.signature), 'the arithmetic of this test is right');
});

test('all eight points of small order are refused as keys and as R', () => {
  const good = forged(IDENTITY, IDENTITY);
  for (let i = 0n; i < 8n; i++) {
    const point = encode(times(i, ORDER_8));
    assert.equal(verifyEd25519(point, MESSAGE, join(point, little(0n))), false, `key ${i}`);
    assert.equal(verifyEd25519(good.key, MESSAGE, join(point, good.signature.subarray(32))), false, `R ${i}`);
  }
});

test('wrong lengths, points off the curve and changed bytes are refused without a throw', () => {
  const [, publicKey, message, signature] = RFC_8032[2]!;
  assert.equal(verifyEd25519(publicKey.subarray(1), message, signature), false);
  assert.equal(verifyEd25519(publicKey, message, signature.subarray(1)), false);
  assert.equal(verifyEd25519(new Uint8Array(0), message, new Uint8Array(0)), false);
  let y = 2n;
  while (pointAt(y, 0n) !== undefined) y++;
  assert.equal(verifyEd25519(little(y), message, signature), false);
  for (let i = 0; i < 64; i++) {
    const changed = new Uint8Array(signature);
    changed[i]! ^= 1 << (i % 8);
    assert.equal(verifyEd25519(publicKey, message, changed), false, `byte ${i}`);
  }
});

test('tweetnacl agrees on a hundred honest signatures and on their mutations', () => {
  for (let i = 0; i < 100; i++) {
    const seed = createHash('sha256').update(`seed ${i}`).digest();
    const pair = nacl.sign.keyPair.fromSeed(seed);
    const message = createHash('sha256')
      .update(`message ${i}`)
      .digest()
      .subarray(0, i % 33);
    assert.deepEqual(ed25519PublicKey(seed), pair.publicKey);
    const signature = signEd25519(seed, message);
    assert.deepEqual(signature, nacl.sign.detached(message, pair.secretKey));
    signature[i % 64]! ^= 0x10;
    assert.equal(verifyEd25519(pair.publicKey, message, signature), false);
  }
});
