// How people name accounts: a key's name, eight hexadecimal digits for a node, 64 for an owner, pool:NUMBER. Turns
// such words into the ids of the API and the references of transactions. Pure but for the key ring it asks.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { StateKind, accountReference } from '../ledger/index.ts';
import type { KeyRing } from './key-ring.ts';

export interface AccountName {
  /** As the API names it. */
  id: string;
  kind: StateKind.OWNER | StateKind.NODE | StateKind.POOL;
  /** 32 bytes, as a transaction names it. */
  reference: Uint8Array;
}

/** Throws a CliError for a word that names nothing. */
export function accountNamed(text: string, keys: KeyRing): AccountName {
  const pool = /^pool:(\d{1,5})$/.exec(text)?.[1];
  if (pool !== undefined && Number(pool) <= 0xffff) {
    const id = Number(pool);
    return { id: `pool:${id}`, kind: StateKind.POOL, reference: accountReference({ kind: StateKind.POOL, id }) };
  }
  const address = /^(?:node:)?([0-9a-f]{8})$/i.exec(text)?.[1]?.toLowerCase();
  if (address !== undefined) {
    const reference = accountReference({ kind: StateKind.NODE, address: parseInt(address, 16) });
    return { id: `node:${address}`, kind: StateKind.NODE, reference };
  }
  const key = publicKeyNamed(text, keys);
  return { id: `owner:${key}`, kind: StateKind.OWNER, reference: bytesOf(key) };
}

/** 64 hexadecimal digits, given as such or by the name of a key. */
export function publicKeyNamed(text: string, keys: KeyRing): string {
  const key = /^(?:owner:)?([0-9a-f]{64})$/i.exec(text)?.[1]?.toLowerCase();
  if (key !== undefined) return key;
  const found = keys.find(text);
  if (found !== undefined) return found.publicKey;
  const names = keys.list().map(({ name }) => name).join(', ');
  throw new CliError(
    `"${text}" names no key and no account`,
    `Give a key (${names === '' ? 'none here yet' : names}), a node's 8 digits, an owner's 64, or pool:NUMBER.`,
    ExitCode.Usage,
  );
}

/** Eight hexadecimal digits as a number. Throws a CliError. */
export function addressNamed(text: string): number {
  if (/^[0-9a-f]{8}$/i.test(text)) return parseInt(text, 16);
  throw new CliError(`"${text}" is no address`, 'Give eight hexadecimal digits: `fairhop node list`.', ExitCode.Usage);
}

/** Whole credits. Throws a CliError. */
export function wholeNumber(text: string, what: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value >= least && value <= most) return value;
  throw new CliError(
    `${what} cannot be "${text.slice(0, 40)}"`,
    `Give a whole number from ${least} to ${most}.`,
    ExitCode.Usage,
  );
}

export function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
