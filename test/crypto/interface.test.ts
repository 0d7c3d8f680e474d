// What every implementation of Crypto owes its callers beside right answers (SPEC 7.1), and the bounded key
// cache.
import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { plainCrypto } from '#crypto';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';
import { KeyCache } from '../../host-tools/crypto/key-cache.ts';

for (const [name, crypto] of [
  ['node:crypto', nodeCrypto],
  ['plain code', plainCrypto],
] as const) {
  test(`${name}: a digest owns its buffer from offset 0, because callers cut it there`, () => {
    for (const parts of [[], [new Uint8Array(5)], [new Uint8Array(5), new Uint8Array(100)]]) {
      const digest = crypto.sha256(parts);
      assert.equal(digest.constructor, Uint8Array);
      assert.deepEqual([digest.byteOffset, digest.length, digest.buffer.byteLength], [0, 32, 32]);
    }
  });

  test(`${name}: parts may be views, and inputs are left alone`, () => {
    const whole = Uint8Array.from({ length: 64 }, (_, i) => i);
    const before = new Uint8Array(whole);
    const [key, counter, data] = [whole.subarray(0, 16), whole.subarray(16, 32), whole.subarray(32, 60)];
    const digest = crypto.sha256([key, counter, data]);
    assert.deepEqual(digest, crypto.sha256([whole.subarray(0, 60)]));
    assert.deepEqual(crypto.aesCtr(key, counter, crypto.aesCtr(key, counter, data)), new Uint8Array(data));
    assert.deepEqual(whole, before);
  });
}

test('the key cache is bounded and forgets the least recently used', () => {
  const loaded: number[] = [];
  const cache = new KeyCache(2, (raw) => {
    loaded.push(raw[0]!);
    return createSecretKey(raw);
  });
  for (const n of [1, 2, 1, 3, 1, 2]) cache.get(Uint8Array.of(n));
  assert.deepEqual(loaded, [1, 2, 3, 2]);
});
