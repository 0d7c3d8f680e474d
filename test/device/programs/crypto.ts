// The native cryptography of a board against our plain code, on lengths around every block edge.
// Prints one digest line per case, so that Node's answer must agree as well. Compiled by the pipeline only.
import vectors from '#vectors';
import { hkdf, plainCrypto } from '../../../firmware/src/crypto/index.ts';
import { nativeCrypto } from '../../../firmware/src/drivers/native-crypto.ts';
import { fromHex, toHex } from '../../../firmware/src/protocol/bytes.ts';
import { hmac, macKey } from '../../../firmware/src/protocol/crypto.ts';

function hex(bytes: Uint8Array): string {
  return toHex(bytes, 0, bytes.length);
}

function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 7 + seed * 31 + (i >> 3)) & 255;
  return bytes;
}

function compare(name: string, native: Uint8Array, plain: Uint8Array): void {
  const same = hex(native) === hex(plain) ? 'same' : 'DIFFERENT from plain ' + hex(plain);
  print(name + ' ' + hex(native) + ' ' + same);
}

const lengths: number[] = vectors.lengths;
for (const length of lengths) {
  const data = pattern(length, 1);
  const half = length >> 1;
  const parts = [data.subarray(0, half), data.subarray(half, length)];
  compare('sha256 ' + String(length), nativeCrypto.sha256(parts), plainCrypto.sha256([data]));
  const key = pattern(16, 2);
  const counter = pattern(16, 3);
  // The last byte of the counter must carry into the one before it.
  counter[15] = 255;
  compare(
    'aes ' + String(length),
    nativeCrypto.aesCtr(key, counter, data),
    plainCrypto.aesCtr(key, counter, data),
  );
}

for (const { key, data, tag } of vectors.hmac as { key: string; data: string; tag: string }[]) {
  const keyBytes = fromHex(key) as Uint8Array;
  const dataBytes = fromHex(data) as Uint8Array;
  const native = hmac(nativeCrypto, macKey(keyBytes), [dataBytes]);
  compare('hmac', native, hmac(plainCrypto, macKey(keyBytes), [dataBytes]));
  print(hex(native) === tag ? 'as published' : 'NOT as published');
}

const secret = pattern(32, 4);
const salt = pattern(80, 5);
const info = pattern(11, 6);
compare('hkdf', hkdf(nativeCrypto, salt, secret, info, 80), hkdf(plainCrypto, salt, secret, info, 80));
