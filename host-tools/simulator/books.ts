// Chequebooks for simulations (SPEC 6.4): the first chains are real - anchor, binding key, checkpoints - and the rest
// of the 256 leaves are filler under the same Merkle root, so OPEN proofs are real and a book costs milliseconds.
// A node that uses up its real chains gets its next OPEN refused by the ledger, which the world counts.
import type { BookId, MacKey } from '#protocol';
import { Book, bindingKey, bookRoot, chainTop, copyBytes, payPrefix, step } from '#protocol';
import { fastCrypto } from './fast-crypto.ts';

export interface SimBook {
  book: Uint8Array;
  root: Uint8Array;
  checkpoints: Uint8Array;
}

/** About 2,800 hashes a real chain. */
export function simBook(paySecret: MacKey, id: BookId, chains: number): SimBook {
  const book = new Uint8Array(Book.SIZE);
  const checkpoints = new Uint8Array(chains * Book.SEGMENTS * Book.LINK);
  for (let chain = 0; chain < chains; chain++) {
    const prefix = payPrefix(id, chain);
    let link = chainTop(fastCrypto, paySecret, id, chain);
    for (let number = Book.LINKS; number > 0; number--) {
      if (number % Book.SEGMENT === 0) {
        copyBytes(checkpoints, (chain * Book.SEGMENTS + number / Book.SEGMENT - 1) * Book.LINK, link, 0, Book.LINK);
      }
      link = step(fastCrypto, prefix, link);
    }
    copyBytes(book, chain * Book.LEAF, link, 0, Book.LINK);
    copyBytes(book, chain * Book.LEAF + Book.LINK, bindingKey(fastCrypto, paySecret, id, chain), 0, Book.LINK);
  }
  return { book, checkpoints, root: bookRoot(fastCrypto, id, book) };
}
