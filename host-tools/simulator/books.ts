// Chequebooks for simulations (SPEC 6.4): the first chains are real - anchor, binding key, checkpoints - and the rest
// of the 256 leaves are filler under the same Merkle root, so OPEN proofs are real and a book costs milliseconds.
// A node that uses up its real chains gets its next OPEN refused by the ledger, which the world counts.
import type { BookId, MacKey } from '#protocol';
import {
  Book, OneTime, Purpose, bookPrefix, bookRoot, chainTop, copyBytes, cut, digitSecret, payPrefix,
} from '#protocol';
import { shaEngine, type Walk } from '../ledger/hash/sha-engine.ts';
import { fastCrypto } from './fast-crypto.ts';

export interface SimBook {
  book: Uint8Array;
  root: Uint8Array;
  checkpoints: Uint8Array;
}

/** From the top down: the links that the board keeps, then the anchor. */
const KEPT = Array.from({ length: Book.SEGMENTS + 1 }, (_, i) => i * Book.SEGMENT);

/** About 2,800 hashes a real chain, four at a time. */
export function simBook(paySecret: MacKey, id: BookId, chains: number): SimBook {
  const numbers = Array.from({ length: chains }, (_, chain) => chain);
  const pay = numbers.map((chain): Walk => ({
    prefix: payPrefix(id, chain), link: chainTop(fastCrypto, paySecret, id, chain), marks: KEPT, links: [],
  }));
  const binding = numbers.map((chain) => digitWalks(paySecret, id, chain));
  shaEngine().walkAll([...pay, ...binding.flat()]);
  const book = new Uint8Array(Book.SIZE);
  const checkpoints = new Uint8Array(chains * Book.SEGMENTS * Book.LINK);
  for (const chain of numbers) {
    const { links } = pay[chain]!;
    for (let segment = 0; segment < Book.SEGMENTS; segment++) {
      checkpoints.set(links[Book.SEGMENTS - 1 - segment]!, (chain * Book.SEGMENTS + segment) * Book.LINK);
    }
    const parts = [bookPrefix(id, Purpose.BIND_KEY, chain, 0), ...binding[chain]!.map((walk) => walk.links[0]!)];
    book.set(links[Book.SEGMENTS]!, chain * Book.LEAF);
    copyBytes(book, chain * Book.LEAF + Book.LINK, cut(fastCrypto.sha256(parts), 0, Book.LINK), 0, Book.LINK);
  }
  return { book, checkpoints, root: bookRoot(fastCrypto, id, book) };
}

/** All steps of the one-time key's seven digits (SPEC 6.3). */
function digitWalks(paySecret: MacKey, id: BookId, chain: number): Walk[] {
  return Array.from({ length: OneTime.DIGITS }, (_, digit) => ({
    prefix: bookPrefix(id, Purpose.BIND_STEP, chain, digit),
    link: digitSecret(fastCrypto, paySecret, id, chain, digit), marks: [OneTime.STEPS], links: [],
  }));
}
