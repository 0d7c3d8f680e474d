// X25519 and the keys of a pair: RFC 7748, both sides alike, and public keys that would give the secret away.
import assert from 'node:assert/strict';
import { hkdfSync } from 'node:crypto';
import { test } from 'node:test';
import nacl from 'tweetnacl';
import { pairKeys, x25519, x25519PublicKey } from '../../host-tools/crypto/index.ts';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

test('RFC 7748: the two vectors of section 5.2', () => {
  const vectors = [
    [
      'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    ],
    [
      '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
      'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    ],
  ];
  for (const [scalar, point, result] of vectors)
    assert.deepEqual(x25519(hex(scalar!), hex(point!)), hex(result!));
});

test('RFC 7748: a thousand iterations of section 5.2', () => {
  let k = hex('09' + '00'.repeat(31));
  let u = k;
  for (let i = 0; i < 1000; i++) [k, u] = [x25519(k, u)!, k];
  assert.deepEqual(k, hex('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51'));
});

test('both sides derive the same three keys, by HKDF with the labels of the SPEC', () => {
  const [a, b] = [new Uint8Array(32).fill(0x5a), new Uint8Array(32).fill(0xc3)];
  assert.deepEqual(x25519PublicKey(a), nacl.scalarMult.base(a));
  const secret = x25519(a, x25519PublicKey(b))!;
  assert.deepEqual(secret, x25519(b, x25519PublicKey(a)));
  assert.deepEqual(secret, nacl.scalarMult(a, x25519PublicKey(b)));
  const keys = pairKeys(secret);
  const label = (text: string): Uint8Array => new Uint8Array(hkdfSync('sha256', secret, '', text, 16));
  assert.deepEqual(keys, {
    link: label('fairhop 1 link'),
    endAuth: label('fairhop 1 end auth'),
    endCipher: label('fairhop 1 end cipher'),
  });
});

test('points of small order and wrong lengths give no secret', () => {
  const secret = new Uint8Array(32).fill(7);
  // RFC 7748, section 7: 0, 1 and p - 1, and a point of order 8, give an all-zero result.
  const order8 = 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800';
  for (const point of ['00'.repeat(32), '01' + '00'.repeat(31), 'ec' + 'ff'.repeat(30) + '7f', order8]) {
    assert.equal(x25519(secret, hex(point)), undefined, point);
  }
  assert.equal(x25519(secret, new Uint8Array(31)), undefined);
  assert.throws(() => x25519(new Uint8Array(31), new Uint8Array(32)), /32 bytes/);
});
