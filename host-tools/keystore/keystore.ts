// Secrets at rest: scrypt turns a passphrase into a key, tweetnacl's secretbox (XSalsa20-Poly1305) encrypts. One JSON
// file holds named secrets; it never leaves this room unencrypted. Used by the gateway and the owner's commands.
import { randomBytes, scryptSync } from 'node:crypto';
import nacl from 'tweetnacl';

interface KeystoreFile {
  version: 1;
  kdf: { name: 'scrypt'; n: number; r: number; p: number; salt: string };
  nonce: string;
  box: string;
}

/** About a tenth of a second and 64 MiB: dear for somebody who guesses, not for an owner who types it once. */
const SCRYPT = { n: 1 << 16, r: 8, p: 1 };
const SCRYPT_MEMORY_MAX = 256 * 1024 * 1024;

/** A keystore that cannot be opened; the message says whether the passphrase or the file is at fault. */
export class KeystoreError extends Error {}

function keyOf(passphrase: string, kdf: KeystoreFile['kdf']): Uint8Array {
  const { n, r, p } = kdf;
  const salt = Buffer.from(kdf.salt, 'hex');
  const key = scryptSync(passphrase.normalize('NFC'), salt, nacl.secretbox.keyLength, {
    N: n,
    r,
    p,
    maxmem: SCRYPT_MEMORY_MAX,
  });
  return new Uint8Array(key);
}

/** Names and secrets (any bytes) to the text of a keystore file. */
export function sealKeystore(secrets: Record<string, Uint8Array>, passphrase: string): string {
  const kdf = { name: 'scrypt' as const, ...SCRYPT, salt: randomBytes(16).toString('hex') };
  const nonce = new Uint8Array(randomBytes(nacl.secretbox.nonceLength));
  const plain = JSON.stringify(
    Object.fromEntries(Object.entries(secrets).map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')])),
  );
  const box = nacl.secretbox(new TextEncoder().encode(plain), nonce, keyOf(passphrase, kdf));
  const file: KeystoreFile = {
    version: 1,
    kdf,
    nonce: Buffer.from(nonce).toString('hex'),
    box: Buffer.from(box).toString('base64'),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** The reverse. Throws a KeystoreError. */
export function openKeystore(text: string, passphrase: string): Record<string, Uint8Array> {
  const file = parse(text);
  const box = new Uint8Array(Buffer.from(file.box, 'base64'));
  const plain = nacl.secretbox.open(
    box,
    new Uint8Array(Buffer.from(file.nonce, 'hex')),
    keyOf(passphrase, file.kdf),
  );
  if (plain === null) throw new KeystoreError('wrong passphrase, or the keystore was changed');
  const secrets = JSON.parse(new TextDecoder().decode(plain)) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(secrets).map(([name, hex]) => [name, new Uint8Array(Buffer.from(hex, 'hex'))]),
  );
}

/** Bounds on the parameters keep a hostile file from asking for all memory. */
function parse(text: string): KeystoreFile {
  let file: KeystoreFile;
  try {
    file = JSON.parse(text) as KeystoreFile;
  } catch {
    throw new KeystoreError('the keystore is not JSON: it is damaged');
  }
  const { kdf } = file;
  const good =
    file.version === 1 &&
    kdf?.name === 'scrypt' &&
    typeof file.box === 'string' &&
    typeof file.nonce === 'string' &&
    file.nonce.length === 2 * nacl.secretbox.nonceLength &&
    kdf.n <= 1 << 18 &&
    kdf.r <= 16 &&
    kdf.p <= 4;
  if (!good) throw new KeystoreError('the keystore is damaged or of another version');
  return file;
}
