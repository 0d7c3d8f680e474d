// require('crypto') of a virtual board: what the firmware uses of the interpreter's mbedTLS, and how that one
// fails. Called by espruino-globals.ts; compared with the interpreter in
// test/virtual/espruino-modules.test.ts.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { flatten } from './espruino-bytes.ts';
import type { Machine } from './espruino-globals.ts';

export function cryptoModule(machine: Machine): Record<string, unknown> {
  const { realm } = machine;
  const hash = (name: string) => (source: unknown) =>
    realm.bytes(createHash(name).update(Uint8Array.from(flatten([source]))).digest()).buffer;
  const aes = (encrypt: boolean) => (data: unknown, key: unknown, options: { mode?: string } = {}) => {
    const result = aesBlocks(encrypt, flatten([data]), flatten([key]), options.mode ?? 'CBC');
    if (typeof result !== 'string') return realm.bytes(result).buffer;
    if (machine.effect('print')) machine.print(`ERROR: ${result}\n`);
    return undefined;
  };
  return {
    SHA1: hash('sha1'),
    SHA256: hash('sha256'),
    SHA512: hash('sha512'),
    AES: { encrypt: aes(true), decrypt: aes(false) },
  };
}

/**
 * ECB and CTR, or the reason why not. The interpreter's CTR takes no notice of `iv` and counts from zero; its
 * ECB leaves what follows the last whole block at zero. Other modes exist there; no firmware uses them.
 */
function aesBlocks(encrypt: boolean, data: number[], key: number[], mode: string): Uint8Array | string {
  const bits = key.length * 8;
  if (mode !== 'ECB' && mode !== 'CTR') return `AES mode ${mode} is not modelled`;
  if (![128, 192, 256].includes(bits)) return 'Unknown error: -0x20';
  const create = encrypt ? createCipheriv : createDecipheriv;
  const iv = mode === 'CTR' ? new Uint8Array(16) : null;
  const cipher = create(`aes-${bits}-${mode.toLowerCase()}`, Uint8Array.from(key), iv).setAutoPadding(false);
  const out = new Uint8Array(data.length);
  out.set(cipher.update(Uint8Array.from(data)));
  return out;
}
