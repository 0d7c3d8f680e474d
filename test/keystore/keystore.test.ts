// Secrets at rest: what was sealed opens with its passphrase and with no other, and no changed byte passes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeystoreError, makePassphrase, openKeystore, sealKeystore } from '../../host-tools/keystore/keystore.ts';

const SECRETS = {
  owner: new Uint8Array(32).fill(1),
  'link-00000001': new Uint8Array(32).fill(2),
  empty: new Uint8Array(0),
};
const TEXT = sealKeystore(SECRETS, 'correct horse');

type File = { version: number; kdf: Record<string, unknown>; nonce: string; box: string };
const file = (): File => JSON.parse(TEXT) as File;

function refused(text: string, message = /keystore/): void {
  assert.throws(
    () => openKeystore(text, 'correct horse'),
    (error: unknown) => error instanceof KeystoreError && message.test(error.message),
    text.slice(0, 200),
  );
}

test('round trip', () => {
  assert.deepEqual(openKeystore(TEXT, 'correct horse'), SECRETS);
  assert.notEqual(sealKeystore(SECRETS, 'correct horse'), TEXT, 'salt and nonce are new each time');
  assert.equal(TEXT.includes('01010101'), false);
});

test('a passphrase that somebody typed is stretched; 192 random bits need none of it', () => {
  const costOf = (passphrase: string): unknown =>
    (JSON.parse(sealKeystore(SECRETS, passphrase)) as File).kdf.n;
  const made = makePassphrase();
  assert.notEqual(makePassphrase(), made);
  assert.deepEqual(openKeystore(sealKeystore(SECRETS, made), made), SECRETS);
  assert.equal(costOf(made), 1 << 10);
  for (const typed of ['', made.slice(5), made.slice(0, -1), `${made} `]) assert.equal(costOf(typed), 1 << 16, typed);
});

test('no other passphrase, not even a similar one', () => {
  for (const passphrase of ['', 'correct hors', 'Correct horse', 'correct horse ']) {
    assert.throws(() => openKeystore(TEXT, passphrase), /wrong passphrase/);
  }
});

test('a changed byte anywhere is found', () => {
  const box = Buffer.from(file().box, 'base64');
  // The authenticator, the first byte of the secrets, the middle, the end.
  for (const at of [0, 15, 16, box.length >> 1, box.length - 1]) {
    const changed = Buffer.from(box);
    changed[at]! ^= 0x10;
    refused(JSON.stringify({ ...file(), box: changed.toString('base64') }));
  }
  refused(JSON.stringify({ ...file(), box: box.subarray(0, -1).toString('base64') }));
  refused(JSON.stringify({ ...file(), box: '' }));
  const flip = (hex: string): string => (hex.startsWith('0') ? '1' : '0') + hex.slice(1);
  refused(JSON.stringify({ ...file(), nonce: flip(file().nonce) }));
  refused(JSON.stringify({ ...file(), kdf: { ...file().kdf, salt: flip(file().kdf.salt as string) } }));
  refused(JSON.stringify({ ...file(), kdf: { ...file().kdf, n: 1 << 15 } }));
});

test('a hostile file costs neither memory nor time, and is not taken for ours', () => {
  const started = process.cpuUsage();
  const kdfs: Record<string, unknown>[] = [
    { n: 1 << 30 }, { n: 65537 }, { n: 0 }, { n: -65536 }, { n: '65536' }, { n: 1.5 }, { n: null },
    { n: 1 << 18, r: 16 }, { r: 0 },
    { r: 1e9 }, { p: 0 }, { p: 1e9 }, { p: [1] }, { name: 'none' }, { salt: '' }, { salt: 'zz'.repeat(16) },
    { salt: 'ab'.repeat(1e6) }, { salt: 7 },
  ];
  for (const change of kdfs) refused(JSON.stringify({ ...file(), kdf: { ...file().kdf, ...change } }), /damaged/);
  const { kdf, ...rest } = file();
  const others: unknown[] = [
    rest, null, [], 7, 'text', {}, { ...file(), version: 2 }, { ...file(), kdf: null }, { ...file(), kdf: 'scrypt' },
    { ...file(), nonce: 'x'.repeat(48) }, { ...file(), nonce: null }, { ...file(), box: { length: 5 } },
  ];
  assert.equal(kdf.name, 'scrypt');
  for (const other of others) refused(JSON.stringify(other), /damaged/);
  refused('', /not JSON/);
  refused(TEXT.slice(0, -10), /not JSON/);
  assert.ok(process.cpuUsage(started).user < 2e6, 'no key was derived for any of them');
});
