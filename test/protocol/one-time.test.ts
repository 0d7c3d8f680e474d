// The binding signature (SPEC 6.3): whoever holds the signature of one message cannot make that of another.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Book,
  OneTime,
  Purpose,
  bindingKey,
  bookPrefix,
  copyBytes,
  cut,
  digitsOf,
  equalBytes,
  keyFromSignature,
  macKey,
  sign,
  walk,
} from '#protocol';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';

const ID = { ledger: new Uint8Array(8).fill(1), address: 0x01020304, generation: 2 };
const SECRET = macKey(new Uint8Array(32).fill(5));
const CHAIN = 9;
const KEY = bindingKey(nodeCrypto, SECRET, ID, CHAIN);
const message = fc.uint8Array({ minLength: OneTime.MESSAGE, maxLength: OneTime.MESSAGE });

function isValid(text: Uint8Array, signature: Uint8Array): boolean {
  return equalBytes(keyFromSignature(nodeCrypto, ID, CHAIN, text, signature), 0, KEY, 0, KEY.length);
}

/** The best a forger can do: walk every digit that has to grow, keep the others. */
function forge(from: Uint8Array, signature: Uint8Array, to: Uint8Array): Uint8Array {
  const [have, want] = [digitsOf(from), digitsOf(to)];
  const forged = new Uint8Array(signature);
  for (let digit = 0; digit < OneTime.DIGITS; digit++) {
    const steps = want[digit]! - have[digit]!;
    if (steps <= 0) continue;
    const value = cut(signature, digit * Book.LINK, Book.LINK);
    const prefix = bookPrefix(ID, Purpose.BIND_STEP, CHAIN, digit);
    copyBytes(forged, digit * Book.LINK, walk(nodeCrypto, prefix, value, steps), 0, Book.LINK);
  }
  return forged;
}

test('of two different messages each has a digit that is smaller: the checksum property', () => {
  const smaller = (a: Uint8Array, b: Uint8Array): boolean => a.some((digit, i) => digit < b[i]!);
  fc.assert(
    fc.property(message, message, (a, b) => {
      if (equalBytes(a, 0, b, 0, OneTime.MESSAGE)) return;
      assert.ok(smaller(digitsOf(a), digitsOf(b)) && smaller(digitsOf(b), digitsOf(a)));
    }),
    { numRuns: 20000 },
  );
});

test('the checksum property next to the carry of its two digits', () => {
  // Sums around multiples of 256, where raising one digit by one moves both checksum digits.
  for (const sum of [0, 1, 255, 256, 257, 511, 512, 768, 1024, 1274, 1275]) {
    const text = new Uint8Array(OneTime.MESSAGE);
    let left = OneTime.MESSAGE * OneTime.STEPS - sum;
    for (let i = 0; i < OneTime.MESSAGE; i++, left -= text[i - 1]!) text[i] = Math.min(255, left);
    const digits = digitsOf(text);
    assert.equal(digits[5]! * 256 + digits[6]!, sum);
    for (let i = 0; i < OneTime.MESSAGE; i++) {
      if (text[i] === 255) continue;
      const raised = new Uint8Array(text);
      raised[i]! += 1;
      const after = digitsOf(raised);
      assert.ok(after[5]! < digits[5]! || after[6]! < digits[6]!, `sum ${sum}, digit ${i}`);
    }
  }
});

test('a signature is good for its own message and for no other, forged as well as can be', () => {
  fc.assert(
    fc.property(message, message, (signed, other) => {
      const signature = sign(nodeCrypto, SECRET, ID, CHAIN, signed);
      assert.ok(isValid(signed, signature));
      if (equalBytes(signed, 0, other, 0, OneTime.MESSAGE)) return;
      assert.ok(!isValid(other, signature));
      assert.ok(!isValid(other, forge(signed, signature, other)));
    }),
    { numRuns: 60 },
  );
});

test('the extremes: from and to all zero, all ones, and every single step of one digit', () => {
  const zero = new Uint8Array(5);
  const ones = new Uint8Array(5).fill(255);
  const texts = [zero, ones];
  for (let i = 0; i < 5; i++) {
    for (const value of [1, 254, 255]) texts.push(Uint8Array.from(zero, (_, j) => (i === j ? value : 0)));
    for (const value of [0, 254]) texts.push(Uint8Array.from(ones, (_, j) => (i === j ? value : 255)));
  }
  for (const signed of [zero, ones]) {
    const signature = sign(nodeCrypto, SECRET, ID, CHAIN, signed);
    for (const other of texts) {
      const same = equalBytes(signed, 0, other, 0, 5);
      assert.equal(isValid(other, forge(signed, signature, other)), same);
    }
  }
});

test('two signatures under one key do allow a third: why a chain is leased before it signs', () => {
  const [a, b, third] = [
    [10, 20, 0, 0, 0],
    [20, 10, 0, 0, 0],
    [20, 20, 0, 0, 0],
  ].map((x) => Uint8Array.from(x));
  const [one, two] = [sign(nodeCrypto, SECRET, ID, CHAIN, a!), sign(nodeCrypto, SECRET, ID, CHAIN, b!)];
  // Message digits alone can be mixed freely; what still stands in the way here is the checksum of this
  // very pair.
  const mixed = new Uint8Array(one);
  copyBytes(mixed, 0, two, 0, Book.LINK);
  const wanted = digitsOf(third!);
  for (let digit = 0; digit < OneTime.MESSAGE; digit++) {
    const prefix = bookPrefix(ID, Purpose.BIND_STEP, CHAIN, digit);
    const have = digit === 0 ? 20 : digitsOf(a!)[digit]!;
    const end = walk(nodeCrypto, prefix, cut(mixed, digit * Book.LINK, Book.LINK), OneTime.STEPS - have);
    const own = walk(
      nodeCrypto,
      prefix,
      cut(one, digit * Book.LINK, Book.LINK),
      OneTime.STEPS - digitsOf(a!)[digit]!,
    );
    assert.deepEqual(end, own);
    assert.ok(have <= wanted[digit]!);
  }
});
