// Blocks as bytes (SPEC L5): a fixed header, the producer's signature over it, and a body of length-prefixed
// transactions. Decoding checks form only; whether a block is right is the ledger's business.
import type { Crypto } from '#protocol';
import { getU16, putU16 } from '#protocol';
import { Bound, LedgerPurpose } from './constants.ts';
import type { BlockHeader } from './header.ts';
import { decodeHeader, HEADER } from './header.ts';
import { concat } from './layout.ts';

const SIGNATURE = 64;

export interface Block {
  header: BlockHeader;
  headerBytes: Uint8Array;
  signature: Uint8Array;
  body: Uint8Array;
  transactions: Uint8Array[];
}

export function bodyHash(crypto: Pick<Crypto, 'sha256'>, body: Uint8Array): Uint8Array {
  return crypto.sha256([new Uint8Array([LedgerPurpose.BODY]), body]);
}

export function encodeBody(transactions: Uint8Array[]): Uint8Array {
  const body = new Uint8Array(transactions.reduce((sum, transaction) => sum + 2 + transaction.length, 0));
  let at = 0;
  for (const transaction of transactions) {
    putU16(body, at, transaction.length);
    body.set(transaction, at + 2);
    at += 2 + transaction.length;
  }
  return body;
}

export function encodeBlock(headerBytes: Uint8Array, signature: Uint8Array, body: Uint8Array): Uint8Array {
  return concat([headerBytes, signature, body]);
}

/** Undefined for bytes that are not exactly one block of this version. The parts are views of `bytes`. */
export function decodeBlock(bytes: Uint8Array): Block | undefined {
  if (bytes.length > HEADER.size + SIGNATURE + Bound.BLOCK_BYTES) return undefined;
  const headerBytes = bytes.subarray(0, HEADER.size);
  const header = decodeHeader(headerBytes);
  if (header === undefined) return undefined;
  const body = bytes.subarray(HEADER.size + SIGNATURE);
  if (bytes.length < HEADER.size + SIGNATURE || body.length !== header.bodyBytes) return undefined;
  const transactions = splitBody(body);
  if (transactions === undefined || transactions.length !== header.transactions) return undefined;
  return { header, headerBytes, signature: bytes.subarray(HEADER.size, HEADER.size + SIGNATURE), body, transactions };
}

function splitBody(body: Uint8Array): Uint8Array[] | undefined {
  const transactions: Uint8Array[] = [];
  let at = 0;
  while (at < body.length) {
    if (at + 2 > body.length) return undefined;
    const end = at + 2 + getU16(body, at);
    if (end > body.length || end === at + 2) return undefined;
    transactions.push(body.subarray(at + 2, end));
    at = end;
  }
  return transactions;
}
