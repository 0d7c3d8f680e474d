// The people of a data directory by their names: the founder, whose key the gateway's keystore holds, and others,
// whose keys are made the first time they are named: `keys/NAME.json`, the same files that `fairhop keys` works with.
// Signing keys leave this file only as signatures.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ed25519PublicKey, signEd25519 } from '../crypto/index.ts';
import { fileError, RESTORE } from '../gateway/desk-files.ts';
import { StoreError } from '../gateway/store/index.ts';
import { KeystoreError } from '../keystore/keystore.ts';
import { createPrivateFile, readTextFile } from '../keystore/private-file.ts';
import { isKeyName, openKeyFile, parseKeyFile, sealKeyFile } from '../owner/key-file.ts';
import { dataPassphrase, readSealed } from './provision-files.ts';

export const FOUNDER = 'founder';
/** Its name in older versions of the owner's commands. */
export const FOUNDER_TOO = 'owner';

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
  if (name === FOUNDER || name === FOUNDER_TOO) return founder;
  moveOldKey(directory, name);
  const seed = readSealed(directory, oldPath(directory, name))?.owner ?? keptSeed(directory, name);
  return seed === undefined ? undefined : ownerOf(name, seed);
}

/** Makes and keeps a key. The name is one that has none yet. */
export function newOwner(directory: string, name: string): Owner {
  if (!isOwnerName(name) || name === FOUNDER_TOO)
    throw new StoreError(`"${name}" is no owner's name`, 'Use small letters, digits and "-", a letter first.');
  const seed = new Uint8Array(randomBytes(32));
  keepSeed(directory, name, seed);
  return ownerOf(name, seed);
}

/** An owner's name is a key's name; those of nodes' secrets are kept apart. */
export function isOwnerName(name: string): boolean {
  return isKeyName(name) && !name.startsWith('node-');
}

/**
 * Older versions kept an owner's key beside the records of its boards. It is moved to where all keys are; one whose
 * name is taken there by another key, or is none there, stays and still signs for its boards.
 */
export function moveOldKey(directory: string, name: string): void {
  const old = oldPath(directory, name);
  if (!isOwnerName(name) || !existsSync(old) || existsSync(keyPath(directory, name))) return;
  const seed = readSealed(directory, old)?.owner;
  if (seed === undefined) return;
  keepSeed(directory, name, seed);
  rmSync(old);
}

function keepSeed(directory: string, name: string, seed: Uint8Array): void {
  const file = keyPath(directory, name);
  const text = sealKeyFile(name, ed25519PublicKey(seed), { seed }, dataPassphrase(directory));
  try {
    mkdirSync(join(directory, 'keys'), { recursive: true, mode: 0o700 });
    if (!createPrivateFile(file, text)) throw new StoreError(`${file} exists already`, 'Choose another name.');
  } catch (error) {
    throw fileError(file, error);
  }
}

function keptSeed(directory: string, name: string): Uint8Array | undefined {
  const file = keyPath(directory, name);
  const text = readTextFile(file);
  if (text === undefined) return undefined;
  const parsed = parseKeyFile(text);
  if (parsed === undefined) throw new StoreError(`${file} is no key file, or damaged`, RESTORE);
  try {
    return openKeyFile(parsed, dataPassphrase(directory)).seed;
  } catch (error) {
    if (!(error instanceof KeystoreError)) throw error;
    const remedy = 'Set FAIRHOP_PASSPHRASE to the passphrase that this key was made with.';
    throw new StoreError(`${file}: ${error.message}`, remedy);
  }
}

function ownerOf(name: string, seed: Uint8Array): Owner {
  return { name, key: ed25519PublicKey(seed), sign: (message) => signEd25519(seed, message) };
}

function keyPath(directory: string, name: string): string {
  return join(directory, 'keys', `${name}.json`);
}

function oldPath(directory: string, name: string): string {
  return join(directory, 'provision', `owner-${name}.json`);
}
