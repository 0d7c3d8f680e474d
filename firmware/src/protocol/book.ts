// The chequebook as hosts handle it: 256 anchors and binding keys under one Merkle root (SPEC 6.4).
// Provisioning makes it; gateways keep it by its root; OPEN on the ledger proves one leaf of it.
import { Book, Purpose, Wire } from './constants.ts';
import type { Crypto, MacKey } from './crypto.ts';
import type { BookId } from './chain.ts';
import { bookPrefix, chainTop, payPrefix, step } from './chain.ts';
import { bindingKey } from './one-time.ts';
import { copyBytes, cut } from './bytes.ts';

/** What provisioning makes: the public book (8192 bytes) and the board's checkpoints (256 x 8 x 16 bytes). */
export interface MadeBook {
  book: Uint8Array;
  checkpoints: Uint8Array;
}

/** About 720,000 hashes: a host's work, never a board's. Checkpoint j of a chain is link 128 (j + 1). */
export function makeBook(crypto: Crypto, paySecret: MacKey, id: BookId): MadeBook {
  const book = new Uint8Array(Book.SIZE);
  const checkpoints = new Uint8Array(Book.CHAINS * Book.SEGMENTS * Book.LINK);
  for (let chain = 0; chain < Book.CHAINS; chain++) {
    const prefix = payPrefix(id, chain);
    let link = chainTop(crypto, paySecret, id, chain);
    for (let number = Book.LINKS; number > 0; number--) {
      if (number % Book.SEGMENT === 0) {
        const at = chain * Book.SEGMENTS + number / Book.SEGMENT - 1;
        copyBytes(checkpoints, at * Book.LINK, link, 0, Book.LINK);
      }
      link = step(crypto, prefix, link);
    }
    copyBytes(book, chain * Book.LEAF, link, 0, Book.LINK);
    copyBytes(book, chain * Book.LEAF + Book.LINK, bindingKey(crypto, paySecret, id, chain), 0, Book.LINK);
  }
  return { book: book, checkpoints: checkpoints };
}

/** Leaf of one chain: anchor and binding key (16 bytes each) under the chain's own prefix. 32 bytes. */
export function bookLeaf(
  crypto: Crypto,
  id: BookId,
  chain: number,
  anchor: Uint8Array,
  key: Uint8Array,
): Uint8Array {
  return crypto.sha256([bookPrefix(id, Purpose.BOOK_LEAF, chain, 0), anchor, key]);
}

/** Inner node of the tree over a book; `level` 0 joins two leaves. */
function join(crypto: Crypto, id: BookId, level: number, left: Uint8Array, right: Uint8Array): Uint8Array {
  return crypto.sha256([bookPrefix(id, Purpose.BOOK_NODE, 0, level), left, right]);
}

/** All levels, leaves first, root last: 9 arrays of 256, 128, .. 1 hashes. */
function levelsOf(crypto: Crypto, id: BookId, book: Uint8Array): Uint8Array[][] {
  let level: Uint8Array[] = [];
  for (let chain = 0; chain < Book.CHAINS; chain++) {
    const anchor = cut(book, chain * Book.LEAF, Book.LINK);
    const key = cut(book, chain * Book.LEAF + Book.LINK, Book.LINK);
    level.push(bookLeaf(crypto, id, chain, anchor, key));
  }
  const levels = [level];
  for (let depth = 0; depth < Book.DEPTH; depth++) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) above.push(join(crypto, id, depth, level[i], level[i + 1]));
    levels.push(above);
    level = above;
  }
  return levels;
}

export function bookRoot(crypto: Crypto, id: BookId, book: Uint8Array): Uint8Array {
  return levelsOf(crypto, id, book)[Book.DEPTH][0];
}

/** The eight sibling hashes from leaf to root, 256 bytes. */
export function bookPath(crypto: Crypto, id: BookId, book: Uint8Array, chain: number): Uint8Array {
  const levels = levelsOf(crypto, id, book);
  const path = new Uint8Array(Book.DEPTH * Wire.HASH);
  for (let depth = 0; depth < Book.DEPTH; depth++) {
    copyBytes(path, depth * Wire.HASH, levels[depth][(chain >> depth) ^ 1], 0, Wire.HASH);
  }
  return path;
}

/** The root that a leaf and its path lead to. */
export function rootFromPath(
  crypto: Crypto,
  id: BookId,
  chain: number,
  leaf: Uint8Array,
  path: Uint8Array,
): Uint8Array {
  let node = leaf;
  for (let depth = 0; depth < Book.DEPTH; depth++) {
    const sibling = cut(path, depth * Wire.HASH, Wire.HASH);
    const right = (chain >> depth) & 1;
    node = right ? join(crypto, id, depth, sibling, node) : join(crypto, id, depth, node, sibling);
  }
  return node;
}
