// The small files of a data directory: written whole or not at all, read back with every field checked, and each
// failure told with its remedy. Knows their form, not what follows from them; desk.ts calls it.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KeystoreError, makePassphrase, openKeystore, sealKeystore } from '../keystore/keystore.ts';
import { StoreError } from './store/index.ts';

export interface Member {
  name: string;
  address: number;
}

/** `desk.json`: who is here. */
export interface DeskFile {
  version: 1;
  genesis: string;
  networkKey: string;
  gateway: number;
  /** The gateway's board first. */
  members: Member[];
}

export type SecretsByName = Record<string, Uint8Array>;

export const RESTORE = 'Restore the data directory from a backup, or start with another one (--data DIR).';
const PASSPHRASE_REMEDY = 'Set FAIRHOP_PASSPHRASE to the passphrase the keystore was made with.';
const MEMBERS_MAX = 250;

/** What the operating system refused, in words. Errors of our own pass through. */
export function fileError(path: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new StoreError(`the disk is full: ${path} was not written`, 'Free some space and start again.');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StoreError(
        `${path} cannot be read or written (${code})`,
        'Give yourself the right to write there, or choose another place with --data DIR.',
      );
    default:
      return new StoreError(
        `${path} cannot be used (${code})`,
        'Choose another place with --data DIR.',
      );
  }
}

/** Through a temporary name: a crash or a power cut leaves the old file or the new one. Throws a StoreError. */
function writeWhole(file: string, text: string): void {
  try {
    writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
    // The new name is durable when the directory is.
    const directory = openSync(dirname(file), 'r');
    fsyncSync(directory);
    closeSync(directory);
  } catch (error) {
    throw fileError(file, error);
  }
}

/** Undefined when there is none. Throws a StoreError when it cannot be read. */
function readWhole(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError(file, error);
  }
}

/** From the environment; without it one of our own, made once and readable by its owner only. */
function passphraseOf(directory: string): string {
  const given = process.env.FAIRHOP_PASSPHRASE;
  if (given !== undefined && given !== '') return given;
  const file = join(directory, 'passphrase');
  const kept = readWhole(file);
  if (kept !== undefined) return kept.trim();
  if (readWhole(join(directory, 'keystore.json')) !== undefined)
    throw new StoreError('the keystore needs its passphrase', PASSPHRASE_REMEDY);
  const made = makePassphrase();
  writeWhole(file, made);
  return made;
}

/** Empty before the keystore exists. Throws a StoreError. */
export function readSecrets(directory: string): SecretsByName {
  const passphrase = passphraseOf(directory);
  const text = readWhole(join(directory, 'keystore.json'));
  if (text === undefined) return {};
  try {
    return openKeystore(text, passphrase);
  } catch (error) {
    if (!(error instanceof KeystoreError)) throw error;
    throw new StoreError(error.message, /passphrase/.test(error.message) ? PASSPHRASE_REMEDY : RESTORE);
  }
}

export function writeSecrets(directory: string, secrets: SecretsByName): void {
  writeWhole(join(directory, 'keystore.json'), sealKeystore(secrets, passphraseOf(directory)));
}

/** Undefined before the founding is complete. Throws a StoreError. */
export function readDesk(directory: string): DeskFile | undefined {
  const file = join(directory, 'desk.json');
  const text = readWhole(file);
  if (text === undefined) return undefined;
  let desk: unknown;
  try {
    desk = JSON.parse(text);
  } catch {
    desk = undefined;
  }
  if (!isDesk(desk)) throw new StoreError(`${file} is damaged`, RESTORE);
  return desk;
}

export function writeDesk(directory: string, desk: DeskFile): void {
  writeWhole(join(directory, 'desk.json'), `${JSON.stringify(desk, undefined, 2)}\n`);
}

function isDesk(value: unknown): value is DeskFile {
  if (typeof value !== 'object' || value === null) return false;
  const { version, genesis, networkKey, gateway, members } = value as Record<string, unknown>;
  if (version !== 1 || !isHex(genesis) || !isHex(networkKey) || networkKey.length !== 32) return false;
  if (!isAddress(gateway) || !Array.isArray(members) || members.length > MEMBERS_MAX) return false;
  const addresses = new Set(members.filter(isMember).map(({ address }) => address));
  return addresses.size === members.length && (members.length === 0 || members[0].address === gateway);
}

/** A member's name is a directory's name too. */
function isMember(value: unknown): value is Member {
  if (typeof value !== 'object' || value === null) return false;
  const { name, address } = value as Record<string, unknown>;
  return typeof name === 'string' && /^[a-z0-9][a-z0-9-]{0,31}$/.test(name) && isAddress(address);
}

function isHex(value: unknown): value is string {
  return typeof value === 'string' && value.length % 2 === 0 && /^[0-9a-f]+$/.test(value);
}

function isAddress(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 32;
}
