// Owners whose keys provisioning has made (provision/owners.ts): their names and public keys as the records of their
// boards tell them, and the seed when one is to sign. Called by the key ring only.
import { join } from 'node:path';
import { readRecords, readSealed } from '../provision/provision-files.ts';
import { FOUNDER } from '../provision/owners.ts';

/** Throws a StoreError for a damaged record. */
export function provisionedOwners(directory: string): { name: string; publicKey: string }[] {
  const owners = new Map<string, string>();
  for (const { owner, ownerKey } of readRecords(directory)) if (owner !== FOUNDER) owners.set(owner, ownerKey);
  return [...owners].map(([name, publicKey]) => ({ name, publicKey }));
}

/** For one that an older version has kept elsewhere (provision/owners.ts). Throws a StoreError. */
export function provisionedSeed(directory: string, name: string): Uint8Array | undefined {
  return readSealed(directory, join(directory, 'provision', `owner-${name}.json`))?.owner;
}
