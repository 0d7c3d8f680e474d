// The people of a data directory by their names: the founder, whose key the gateway's keystore holds, and others,
// whose keys are made the first time they are named. Signing keys leave this file only as signatures.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ed25519PublicKey, signEd25519 } from '../crypto/index.ts';
import { StoreError } from '../gateway/store/index.ts';
import { readSealed, writeSealed } from './provision-files.ts';

export const FOUNDER = 'founder';

export interface Owner {
  name: string;
  key: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export function founderOf(seed: Uint8Array): Owner {
  return ownerOf(FOUNDER, seed);
}

/** Undefined for a name that has no key here. Throws a StoreError when the key cannot be read. */
export function findOwner(directory: string, founder: Owner, name: string): Owner | undefined {
  if (name === FOUNDER) return founder;
  const seed = readSealed(directory, ownerPath(directory, name))?.owner;
  return seed === undefined ? undefined : ownerOf(name, seed);
}

/** Makes and keeps a key. The name is one that has none yet. */
export function newOwner(directory: string, name: string): Owner {
  if (!isOwnerName(name))
    throw new StoreError(`"${name}" is no owner's name`, 'Use small letters, digits and "-".');
  const seed = new Uint8Array(randomBytes(32));
  writeSealed(directory, ownerPath(directory, name), { owner: seed });
  return ownerOf(name, seed);
}

/** An owner's name is part of a file's name. */
export function isOwnerName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,31}$/.test(name);
}

function ownerOf(name: string, seed: Uint8Array): Owner {
  return { name, key: ed25519PublicKey(seed), sign: (message) => signEd25519(seed, message) };
}

function ownerPath(directory: string, name: string): string {
  return join(directory, 'provision', `owner-${name}.json`);
}
