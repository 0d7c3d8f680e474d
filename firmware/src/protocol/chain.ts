// Hash chains: payment links and the steps of the one-time signature (SPEC 6.1, 6.2). Pure; walked in slices
// by the wallet, because 1024 hashes in one go would hold a board for a second.
import { Book, Prefix, Purpose, Wire } from './constants.ts';
import type { Crypto, MacKey } from './crypto.ts';
import { hmac } from './crypto.ts';
import { copyBytes, cut, putU32 } from './bytes.ts';

/** Whose chains: the ledger, the payer and the generation of its book. */
export interface BookId {
  ledger: Uint8Array;
  address: number;
  generation: number;
}

/** The 16 bytes in front of everything hashed for a book (SPEC 6.1). */
export function bookPrefix(id: BookId, purpose: number, chain: number, digit: number): Uint8Array {
  const prefix = new Uint8Array(Prefix.SIZE);
  prefix[Prefix.PURPOSE] = purpose;
  copyBytes(prefix, Prefix.LEDGER, id.ledger, 0, Wire.LEDGER_ID);
  putU32(prefix, Prefix.ADDRESS, id.address);
  prefix[Prefix.GENERATION] = id.generation;
  prefix[Prefix.CHAIN] = chain;
  prefix[Prefix.DIGIT] = digit;
  return prefix;
}

/** F, one step towards the anchor: SHA-256(prefix, link) cut to 16 bytes. */
export function step(crypto: Crypto, prefix: Uint8Array, link: Uint8Array): Uint8Array {
  return new Uint8Array(crypto.sha256([prefix, link]).buffer, 0, Book.LINK);
}

/** F applied `count` times; `count` 0 returns the link itself. */
export function walk(crypto: Crypto, prefix: Uint8Array, link: Uint8Array, count: number): Uint8Array {
  let value = link;
  for (let i = 0; i < count; i++) value = step(crypto, prefix, value);
  return value;
}

/** v_1024, the secret end of a payment chain (SPEC 6.2). */
export function chainTop(crypto: Crypto, paySecret: MacKey, id: BookId, chain: number): Uint8Array {
  return cut(hmac(crypto, paySecret, [bookPrefix(id, Purpose.CHAIN_SECRET, chain, 0)]), 0, Book.LINK);
}

export function payPrefix(id: BookId, chain: number): Uint8Array {
  return bookPrefix(id, Purpose.PAY_LINK, chain, 0);
}
