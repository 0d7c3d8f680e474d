// Chequebooks shared between gateways: an OPEN is made by the payee's home, which needs the book of a payer that may
// live on another island. In the bucket by root; whatever comes from there is checked against the root on the ledger.
import { Book, bookRoot } from '#protocol';
import { nodeCrypto } from '../crypto/index.ts';
import type { ChainStore } from '../gateway/store/index.ts';
import type { Ledger } from '../ledger/index.ts';

/** What this room needs of the object store. */
export interface BlobStore {
  putBlob(meta: { name: string }, data: Uint8Array): Promise<unknown>;
  getBlob(name: string): Promise<Uint8Array | null>;
}

const nameOf = (root: Uint8Array): string => `book-${Buffer.from(root).toString('hex')}`;
const zero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

export class SharedBooks {
  private readonly shared = new Set<string>();
  private busy = false;

  constructor(
    private readonly ledger: Ledger,
    private readonly store: ChainStore,
    private readonly blobs: BlobStore,
    private readonly home: number,
  ) {}

  /** Puts out the books of our own nodes and fetches those that are missing here. Called now and then; never throws. */
  async exchange(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      for (const { address, home, bookRoot: root, generation } of [...this.ledger.nodes()]) {
        if (zero(root) || this.shared.has(nameOf(root))) continue;
        const own = this.store.book(root);
        const done =
          own !== undefined
            ? home !== this.home || (await this.put(root, own))
            : await this.fetch(address, generation, root);
        if (done) this.shared.add(nameOf(root));
      }
    } catch {
      // The engine does not answer now; the next round asks again.
    } finally {
      this.busy = false;
    }
  }

  private async put(root: Uint8Array, book: Uint8Array): Promise<boolean> {
    if ((await this.blobs.getBlob(nameOf(root)).catch(() => null)) === null)
      await this.blobs.putBlob({ name: nameOf(root) }, book);
    return true;
  }

  private async fetch(address: number, generation: number, root: Uint8Array): Promise<boolean> {
    const book = await this.blobs.getBlob(nameOf(root));
    if (book === null || book.length !== Book.SIZE) return false;
    const made = bookRoot(nodeCrypto, { ledger: this.ledger.ledgerId, address, generation }, book);
    if (Buffer.compare(made, root) !== 0) return false;
    this.store.putBook(root, book);
    return true;
  }
}
