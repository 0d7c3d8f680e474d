// Raw 32-byte Curve25519 keys as node:crypto's KeyObjects. Public keys come in as JWK, because the library
// decodes that twelve times faster than DER; private ones as PKCS #8 (RFC 8410), because their JWK needs both
// halves.
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
