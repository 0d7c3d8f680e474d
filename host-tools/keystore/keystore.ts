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

/** Some tenths of a second and 64 MiB: dear for somebody who guesses, not for an owner who types it once. */
const TYPED = { n: 1 << 16, r: 8, p: 1 };
/** Nobody guesses 192 random bits, however cheap a guess is: stretching them only makes the owner wait. */
const MADE = { n: 1 << 10, r: 8, p: 1 };
const MADE_BYTES = 24;
const MADE_FORM = /^made-[A-Za-z0-9_-]{32}$/;
const SCRYPT_MEMORY_MAX = 256 * 1024 * 1024;
const SALT_BYTES = 16;

/** A keystore that cannot be opened; the message says whether the passphrase or the file is at fault. */
export class KeystoreError extends Error {}

/** A passphrase for a machine to keep: 192 random bits in a form of its own, which a keystore need not stretch. */
export const makePassphrase = (): string => `made-${randomBytes(MADE_BYTES).toString('base64url')}`;

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
  const cost = MADE_FORM.test(passphrase) ? MADE : TYPED;
  const kdf = { name: 'scrypt' as const, ...cost, salt: randomBytes(SALT_BYTES).toString('hex') };
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
  const { kdf, nonce, box } = parse(text);
  const plain = nacl.secretbox.open(
    new Uint8Array(Buffer.from(box, 'base64')),
    new Uint8Array(Buffer.from(nonce, 'hex')),
    keyOf(passphrase, kdf),
  );
  if (plain === null) throw new KeystoreError('wrong passphrase, or the keystore was changed');
  const secrets = JSON.parse(new TextDecoder().decode(plain)) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(secrets).map(([name, hex]) => [name, new Uint8Array(Buffer.from(hex, 'hex'))]),
  );
}

const isHex = (text: unknown, bytes: number): boolean =>
  typeof text === 'string' && text.length === 2 * bytes && /^[0-9a-f]*$/.test(text);

const isBetween = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;

/** Bounds on the parameters keep a hostile file from asking for all memory or an hour of work. */
function isKdf(kdf: unknown): kdf is KeystoreFile['kdf'] {
  if (typeof kdf !== 'object' || kdf === null) return false;
  const { name, n, r, p, salt } = kdf as Record<string, unknown>;
  if (name !== 'scrypt' || !isHex(salt, SALT_BYTES)) return false;
  if (!isBetween(n, 2, 1 << 18) || !isBetween(r, 1, 16) || !isBetween(p, 1, 4)) return false;
  // RFC 7914, 2: n is a power of two; the memory is 128 n r bytes, and the library wants some beside it.
  return (n & (n - 1)) === 0 && 128 * r * (n + p + 2) <= SCRYPT_MEMORY_MAX;
}

function parse(text: string): KeystoreFile {
  let file: Partial<KeystoreFile> | null;
  try {
    file = JSON.parse(text) as Partial<KeystoreFile> | null;
  } catch {
    throw new KeystoreError('the keystore is not JSON: it is damaged');
  }
  const good =
    file?.version === 1 &&
    isKdf(file.kdf) &&
    typeof file.box === 'string' &&
    isHex(file.nonce, nacl.secretbox.nonceLength);
  if (!good) throw new KeystoreError('the keystore is damaged or of another version');
  return file as KeystoreFile;
}
