// Raw 32-byte Curve25519 keys as node:crypto's KeyObjects. They come in as JWK (RFC 8037), which the library decodes
// about ten times faster than DER. A private JWK has both halves; Node looks at the secret one only. Should a version
// of it ever look at both, private keys come in as PKCS #8 (RFC 8410), which has the secret half alone.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

export const KEY_BYTES = 32;

export type Curve = 'Ed25519' | 'X25519';

/**
 * PKCS #8 up to the 32 secret bytes; the curves differ in the last byte of the object identifier (RFC 8410,
 * 3).
 */
const PKCS8_HEAD = {
  Ed25519: '302e020100300506032b657004220420',
  X25519: '302e020100300506032b656e04220420',
};

export function publicKeyObject(curve: Curve, raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: curve, x }, format: 'jwk' });
}

export function privateKeyObject(curve: Curve, seed: Uint8Array): KeyObject {
  if (seed.length !== KEY_BYTES) throw new Error(`a ${curve} secret has 32 bytes, not ${seed.length}`);
  return looksAtSecretOnly ? fromJwk(curve, seed) : fromPkcs8(curve, seed);
}

const NO_PUBLIC_HALF = Buffer.alloc(KEY_BYTES).toString('base64url');

function fromJwk(curve: Curve, seed: Uint8Array): KeyObject {
  const d = Buffer.from(seed).toString('base64url');
  return createPrivateKey({ key: { kty: 'OKP', crv: curve, x: NO_PUBLIC_HALF, d }, format: 'jwk' });
}

function fromPkcs8(curve: Curve, seed: Uint8Array): KeyObject {
  return createPrivateKey({
    key: Buffer.concat([Buffer.from(PKCS8_HEAD[curve], 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
}

/** The 32 public bytes that belong to a private key. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x as string, 'base64url'));
}

const looksAtSecretOnly = ((): boolean => {
  const seed = new Uint8Array(KEY_BYTES).fill(1);
  try {
    return (['Ed25519', 'X25519'] as const).every((curve) => {
      const [key, sure] = [fromJwk(curve, seed), fromPkcs8(curve, seed)].map((one) => rawPublicKey(one));
      return Buffer.compare(key!, sure!) === 0;
    });
  } catch {
    return false;
  }
})();
