// A check on values that nothing else checks: blocks, records and chequebooks prove themselves by hashes that the
// chain knows, notes and packets of the gateway do not. Four bytes against damage, not against an attacker.
import { createHash } from 'node:crypto';
import { StoreError } from './store.ts';

const SEAL_BYTES = 4;

function sealOf(key: Uint8Array, value: Uint8Array): Buffer {
  return createHash('sha256').update(key).update(value).digest().subarray(0, SEAL_BYTES);
}

/** The value with its seal behind it. */
export function seal(key: Uint8Array, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(value.length + SEAL_BYTES);
  sealed.set(value);
  sealed.set(sealOf(key, value), value.length);
  return sealed;
}

export function hasSeal(key: Uint8Array, sealed: Uint8Array): boolean {
  if (sealed.length < SEAL_BYTES) return false;
  const end = sealed.length - SEAL_BYTES;
  return sealOf(key, sealed.subarray(0, end)).equals(sealed.subarray(end));
}

/** The value without its seal. Throws a StoreError that names `what` when they do not match. */
export function unsealed(key: Uint8Array, sealed: Uint8Array, what: string): Uint8Array {
  if (!hasSeal(key, sealed)) throw new StoreError(`${what} in the store is damaged`, DAMAGED);
  return sealed.slice(0, sealed.length - SEAL_BYTES);
}

/** What to do about a store that is not what was written. */
export const DAMAGED =
  'Restore the data directory from a backup, or move it away and import an export of the chain.';
