// The only door of this room: cryptography on hosts. Boards have drivers/native-crypto.ts instead.
export { nodeCrypto } from './node-crypto.ts';
export { ed25519PublicKey, signEd25519, SIGNATURE_BYTES, verifyEd25519 } from './ed25519.ts';
export { pairKeys, x25519, x25519PublicKey, type PairKeys } from './x25519.ts';
