// What provisioning keeps in a data directory, beside the gateway's own files and without its lock, so that boards
// can be provisioned while a gateway runs:
//   provision/ADDRESS.json            who the board is, its public chequebook, its join
//   provision/ADDRESS.keystore.json   its secrets, encrypted: the backup
// Each is written whole or not at all. Knows their form, not what follows from them.
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaErrors, type Schema } from '../firmware-build/json-schema.ts';
import { fileError, RESTORE } from '../gateway/desk-files.ts';
import { StoreError } from '../gateway/store/index.ts';
import { KeystoreError, openKeystore, sealKeystore } from '../keystore/keystore.ts';
import { addressText } from './identity.ts';

/**
 * `writing`: the board may hold part of it and has never run as this node. `written`: the board runs as this node.
 * `replaced`: its board has become somebody else.
 */
export type RecordState = 'writing' | 'written' | 'replaced';

/** Byte strings in hexadecimal, the chequebook in base64. */
export interface ProvisionRecord {
  version: 1;
  state: RecordState;
  address: number;
  name: string;
  owner: string;
  ownerKey: string;
  guarantor: string;
  generation: number;
  linkKey: string;
  bookRoot: string;
  book: string;
  /** SHA-256 of the pay secret: how a board that was interrupted is recognised. */
  payHash: string;
  /** The signed transaction; empty while the board is being written. */
  join: string;
  createdAt: string;
}

const hexOf = (bytes: number): Schema => ({ type: 'string', pattern: `^[0-9a-f]{${2 * bytes}}$` });

export const RECORD_SCHEMA: Schema = {
  type: 'object',
  additionalProperties: false,
  required: [
    'version',
    'state',
    'address',
    'name',
    'owner',
    'ownerKey',
    'guarantor',
    'generation',
    'linkKey',
    'bookRoot',
    'book',
    'payHash',
    'join',
    'createdAt',
  ],
  properties: {
    version: { type: 'integer', minimum: 1, maximum: 1 },
    state: { type: 'string', enum: ['writing', 'written', 'replaced'] },
    address: { type: 'integer', minimum: 1, maximum: 0xfffffffe },
    name: { type: 'string', pattern: '^[ -~]{1,32}$' },
    owner: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,31}$' },
    ownerKey: hexOf(32),
    guarantor: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,31}$' },
    generation: { type: 'integer', minimum: 0, maximum: 255 },
    linkKey: hexOf(32),
    bookRoot: hexOf(32),
    book: { type: 'string', pattern: '^[A-Za-z0-9+/]+=*$' },
    payHash: hexOf(32),
    join: { type: 'string', pattern: '^([0-9a-f]{2})*$' },
    createdAt: { type: 'string', minLength: 1 },
  },
};

const PASSPHRASE_REMEDY = 'Set FAIRHOP_PASSPHRASE to the passphrase of this data directory.';

/** That of the data directory (desk.ts). Throws a StoreError when there is none. */
export function dataPassphrase(directory: string): string {
  const given = process.env.FAIRHOP_PASSPHRASE;
  if (given !== undefined && given !== '') return given;
  const kept = readOrUndefined(join(directory, 'passphrase'))?.trim();
  if (kept === undefined || kept === '')
    throw new StoreError('the keystore needs its passphrase', PASSPHRASE_REMEDY);
  return kept;
}

export function recordPath(directory: string, address: number): string {
  return join(directory, 'provision', `${addressText(address)}.json`);
}

export function backupPath(directory: string, address: number): string {
  return join(directory, 'provision', `${addressText(address)}.keystore.json`);
}

/** All records, in the order of their addresses. Throws a StoreError for a damaged one. */
export function readRecords(directory: string): ProvisionRecord[] {
  return listed(directory)
    .filter((name) => /^[0-9a-f]{8}\.json$/.test(name))
    .sort()
    .map((name) => recordOf(join(directory, 'provision', name)));
}

export function writeRecord(directory: string, record: ProvisionRecord): void {
  writeWhole(directory, recordPath(directory, record.address), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Throws a StoreError for a wrong passphrase or a damaged file. Undefined when there is none. */
export function readSealed(directory: string, path: string): Record<string, Uint8Array> | undefined {
  const text = readOrUndefined(path);
  if (text === undefined) return undefined;
  try {
    return openKeystore(text, dataPassphrase(directory));
  } catch (error) {
    if (!(error instanceof KeystoreError)) throw error;
    throw new StoreError(
      `${path}: ${error.message}`,
      /passphrase/.test(error.message) ? PASSPHRASE_REMEDY : RESTORE,
    );
  }
}

export function writeSealed(directory: string, path: string, secrets: Record<string, Uint8Array>): void {
  writeWhole(directory, path, sealKeystore(secrets, dataPassphrase(directory)));
}

/** Through a temporary name. Throws a StoreError. */
export function writeWhole(directory: string, path: string, text: string): void {
  try {
    mkdirSync(join(directory, 'provision'), { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw fileError(path, error);
  }
}

function recordOf(path: string): ProvisionRecord {
  let value: unknown;
  try {
    value = JSON.parse(readOrUndefined(path) ?? '');
  } catch {
    value = undefined;
  }
  const problems = schemaErrors(value, RECORD_SCHEMA);
  if (problems.length > 0) throw new StoreError(`${path} is damaged: ${problems[0]}`, RESTORE);
  return value as ProvisionRecord;
}

function listed(directory: string): string[] {
  try {
    return readdirSync(join(directory, 'provision'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError(directory, error);
  }
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError(path, error);
  }
}
