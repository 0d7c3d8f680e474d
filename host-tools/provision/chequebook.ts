// A chequebook in a tenth of a second: the same bytes as the protocol's makeBook (SPEC 6.4), which hashes step by step
// and is the definition; here the ledger's engine walks four chains at a time. A test compares the two.
import type { BookId, MacKey, MadeBook } from '#protocol';
import { Book, OneTime, Purpose, bookPrefix, chainTop, cut, digitSecret, payPrefix } from '#protocol';
import { nodeCrypto } from '../crypto/index.ts';
import { shaEngine, type Walk } from '../ledger/hash/sha-engine.ts';

/** Steps from v_1024 to each checkpoint, links 1024, 896 .. 128, and to the anchor. */
const PAY_MARKS = Array.from({ length: Book.SEGMENTS + 1 }, (_, segment) => segment * Book.SEGMENT);

export function makeChequebook(paySecret: MacKey, id: BookId): MadeBook {
  const payments: Walk[] = [];
  const bindings: Walk[] = [];
  for (let chain = 0; chain < Book.CHAINS; chain++) {
    const link = chainTop(nodeCrypto, paySecret, id, chain);
    payments.push({ prefix: payPrefix(id, chain), link, marks: PAY_MARKS, links: [] });
    for (let digit = 0; digit < OneTime.DIGITS; digit++) {
      const secret = digitSecret(nodeCrypto, paySecret, id, chain, digit);
      const prefix = bookPrefix(id, Purpose.BIND_STEP, chain, digit);
      bindings.push({ prefix, link: secret, marks: [OneTime.STEPS], links: [] });
    }
  }
  shaEngine().walkAll(payments);
  shaEngine().walkAll(bindings);
  return assemble(id, payments, bindings);
}

function assemble(id: BookId, payments: Walk[], bindings: Walk[]): MadeBook {
  const book = new Uint8Array(Book.SIZE);
  const checkpoints = new Uint8Array(Book.CHAINS * Book.SEGMENTS * Book.LINK);
  payments.forEach(({ links }, chain) => {
    for (let segment = 0; segment < Book.SEGMENTS; segment++) {
      checkpoints.set(links[Book.SEGMENTS - 1 - segment]!, (chain * Book.SEGMENTS + segment) * Book.LINK);
    }
    book.set(links[Book.SEGMENTS]!, chain * Book.LEAF);
    const digits = bindings.slice(chain * OneTime.DIGITS, (chain + 1) * OneTime.DIGITS);
    const parts = [bookPrefix(id, Purpose.BIND_KEY, chain, 0), ...digits.map(({ links: [end] }) => end!)];
    book.set(cut(nodeCrypto.sha256(parts), 0, Book.LINK), chain * Book.LEAF + Book.LINK);
  });
  return { book, checkpoints };
}
