// One key in one file: its name and public key in the clear, its secrets encrypted (host-tools/keystore). The same
// text is the key in a data directory and its backup. Pure: text in, text out; key-ring.ts reads and writes.
import { openKeystore, sealKeystore } from '../keystore/keystore.ts';

export interface KeyFile {
  version: 1;
  name: string;
  /** 64 hexadecimal digits: Ed25519 of an owner, X25519 of a node. */
  publicKey: string;
  keystore: object;
}

export type Secrets = Record<string, Uint8Array>;

export function sealKeyFile(name: string, publicKey: Uint8Array, secrets: Secrets, passphrase: string): string {
  const file: KeyFile = {
    version: 1,
    name,
    publicKey: Buffer.from(publicKey).toString('hex'),
    keystore: JSON.parse(sealKeystore(secrets, passphrase)) as object,
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** Undefined for anything that `sealKeyFile` cannot have made. */
export function parseKeyFile(text: string): KeyFile | undefined {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof file !== 'object' || file === null) return undefined;
  const { version, name, publicKey, keystore } = file as Record<string, unknown>;
  const good =
    version === 1 &&
    typeof name === 'string' &&
    isKeyName(name) &&
    typeof publicKey === 'string' &&
    /^[0-9a-f]{64}$/.test(publicKey) &&
    typeof keystore === 'object' &&
    keystore !== null;
  return good ? (file as KeyFile) : undefined;
}

/** Throws a KeystoreError for a wrong passphrase or a damaged file. */
export function openKeyFile(file: KeyFile, passphrase: string): Secrets {
  return openKeystore(JSON.stringify(file.keystore), passphrase);
}

/** A key's name is a file's name; one that reads as an address or a key would be mistaken for it. */
export function isKeyName(name: string): boolean {
  return /^[a-z][a-z0-9-]{0,31}$/.test(name) && !/^[0-9a-f]{8}$/.test(name);
}
