// X25519 (RFC 7748) between keys registered on the ledger, and the three symmetric keys that follow from it
// (SPEC 7.2). Runs at provisioning and in home gateways only: one such operation would hold a board for
// minutes.
import { diffieHellman } from 'node:crypto';
import { Wire } from '#protocol';
import { hkdf } from '#crypto';
import { nodeCrypto } from './node-crypto.ts';
import { KEY_BYTES, privateKeyObject, publicKeyObject, rawPublicKey } from './raw-keys.ts';

export function x25519PublicKey(secret: Uint8Array): Uint8Array {
  return rawPublicKey(privateKeyObject('X25519', secret));
}

/**
 * The shared secret (32 bytes), or undefined for a public key that would make it known to all (RFC 7748,
 * 6.1).
 */
export function x25519(secret: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  if (publicKey.length !== KEY_BYTES) return undefined;
  const privateKey = privateKeyObject('X25519', secret);
  try {
    return new Uint8Array(diffieHellman({ privateKey, publicKey: publicKeyObject('X25519', publicKey) }));
  } catch {
    return undefined;
  }
}

/** What two nodes share: the MIC key of their link, and authentication and encryption from end to end. */
export interface PairKeys {
  link: Uint8Array;
  endAuth: Uint8Array;
  endCipher: Uint8Array;
}

const NO_SALT = new Uint8Array(0);

function labelled(sharedSecret: Uint8Array, label: string): Uint8Array {
  return hkdf(nodeCrypto, NO_SALT, sharedSecret, Buffer.from(label, 'ascii'), Wire.KEY);
}

/** The same for both sides: direction is told apart by addresses inside MIC, preimage and nonce. */
export function pairKeys(sharedSecret: Uint8Array): PairKeys {
  return {
    link: labelled(sharedSecret, 'fairhop 1 link'),
    endAuth: labelled(sharedSecret, 'fairhop 1 end auth'),
    endCipher: labelled(sharedSecret, 'fairhop 1 end cipher'),
  };
}
