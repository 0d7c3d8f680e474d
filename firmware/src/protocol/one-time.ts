// The one-time signature that binds a payment chain to a neighbour (SPEC 6.3): Winternitz, w = 256, over five
// bytes. Two signatures under one key allow forgeries, so the wallet leases a chain in flash before it signs.
import { Book, OneTime, Purpose } from './constants.ts';
import type { Crypto, MacKey } from './crypto.ts';
import { hmac } from './crypto.ts';
import type { BookId } from './chain.ts';
import { bookPrefix, walk } from './chain.ts';
import { copyBytes, cut, putU32 } from './bytes.ts';

/** What OPEN signs: the payee's address and the window code (SPEC 6.3). */
export function openMessage(payee: number, windowCode: number): Uint8Array {
  const message = new Uint8Array(OneTime.MESSAGE);
  putU32(message, 0, payee);
  message[OneTime.MESSAGE - 1] = windowCode;
  return message;
}

/** The five message digits and the two checksum digits; raising any message digit lowers the checksum. */
export function digitsOf(message: Uint8Array): Uint8Array {
  const digits = new Uint8Array(OneTime.DIGITS);
  let checksum = 0;
  for (let i = 0; i < OneTime.MESSAGE; i++) {
    digits[i] = message[i];
    checksum += OneTime.STEPS - message[i];
  }
  digits[OneTime.MESSAGE] = checksum >> 8;
  digits[OneTime.MESSAGE + 1] = checksum;
  return digits;
}

/** Where digit `digit`'s chain of steps begins. */
export function digitSecret(
  crypto: Crypto,
  paySecret: MacKey,
  id: BookId,
  chain: number,
  digit: number,
): Uint8Array {
  return cut(hmac(crypto, paySecret, [bookPrefix(id, Purpose.BIND_SECRET, chain, digit)]), 0, Book.LINK);
}

/** The signature in one go, 112 bytes: for hosts. A board makes the same digit by digit (mesh/wallet.ts). */
export function sign(
  crypto: Crypto,
  paySecret: MacKey,
  id: BookId,
  chain: number,
  message: Uint8Array,
): Uint8Array {
  const digits = digitsOf(message);
  const signature = new Uint8Array(OneTime.SIGNATURE);
  for (let digit = 0; digit < OneTime.DIGITS; digit++) {
    const secret = digitSecret(crypto, paySecret, id, chain, digit);
    const value = walk(crypto, bookPrefix(id, Purpose.BIND_STEP, chain, digit), secret, digits[digit]);
    copyBytes(signature, digit * Book.LINK, value, 0, Book.LINK);
  }
  return signature;
}

/**
 * The compressed key, 16 bytes, that this signature of this message belongs to. Valid when the book has it.
 */
export function keyFromSignature(
  crypto: Crypto,
  id: BookId,
  chain: number,
  message: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  const digits = digitsOf(message);
  const parts = [bookPrefix(id, Purpose.BIND_KEY, chain, 0)];
  for (let digit = 0; digit < OneTime.DIGITS; digit++) {
    const value = cut(signature, digit * Book.LINK, Book.LINK);
    const prefix = bookPrefix(id, Purpose.BIND_STEP, chain, digit);
    parts.push(walk(crypto, prefix, value, OneTime.STEPS - digits[digit]));
  }
  return cut(crypto.sha256(parts), 0, Book.LINK);
}

/** The compressed key from the secret: what goes into the book. */
export function bindingKey(crypto: Crypto, paySecret: MacKey, id: BookId, chain: number): Uint8Array {
  const parts = [bookPrefix(id, Purpose.BIND_KEY, chain, 0)];
  for (let digit = 0; digit < OneTime.DIGITS; digit++) {
    const secret = digitSecret(crypto, paySecret, id, chain, digit);
    parts.push(walk(crypto, bookPrefix(id, Purpose.BIND_STEP, chain, digit), secret, OneTime.STEPS));
  }
  return cut(crypto.sha256(parts), 0, Book.LINK);
}
