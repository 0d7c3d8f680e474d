// The ledger's side of the owners' API (owner-view.ts): takes transactions into the pool, follows each until a block
// holds it or refuses it, and keeps the chequebooks that the ledger names. Knows no HTTP; run.ts makes one.
import { pack, unpack } from 'msgpackr';
import { Book, bookRoot } from '#protocol';
import { nodeCrypto } from '../crypto/index.ts';
import { codeText, decodeBlock, TxCode, txId, type Ledger } from '../ledger/index.ts';
import type { Chain } from './chain-service.ts';
import type { Gateway } from './gateway.ts';
import { accountView, channelViews, nodeView, paramsView, proposalViews } from './ledger-views.ts';
import type {
  AccountView, BookView, ChannelView, LedgerNodeView, OwnerApi, ParamsView, ProposalView, SubmitView, TransactionView,
} from './owner-view.ts';
import type { ChainStore } from './store/index.ts';

/** Fates remembered, the oldest forgotten first. What is older is found in the chain (`since`). */
const FOLLOWED_MAX = 1024;
/** Blocks searched for a transaction whose fate is not remembered: a few milliseconds. */
const SEARCHED_MAX = 1000;
const POOL_FULL = 'too many transactions wait here: send it again later';
/** What was taken and waits, in the order it came: kept before it is acknowledged. */
const WAITING_NOTE = 'waiting';

interface Followed {
  bytes: Uint8Array;
  view: TransactionView;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export class OwnerSource implements OwnerApi {
  private readonly followed = new Map<string, Followed>();
  private readonly waiting = new Set<string>();
  /** Addresses in ascending order as of a height: paging must not sort a million of them for every page. */
  private sorted = { height: -1, addresses: new Uint32Array(0) };

  constructor(
    private readonly chain: Chain,
    private readonly store: ChainStore,
    events: Pick<Gateway, 'subscribe'>,
  ) {
    this.resume();
    events.subscribe((event) => {
      if (event.type === 'block') this.settle(event.data.height);
    });
  }

  private get ledger(): Ledger {
    return this.chain.ledger;
  }

  /** Code OK is a promise: it waits in the store, and a gateway that is killed goes on with it. */
  submit(transaction: Uint8Array): SubmitView {
    const id = hex(txId(nodeCrypto, transaction));
    const isNew = !this.waiting.has(id);
    if (isNew && this.waiting.size >= FOLLOWED_MAX) return { id, code: TxCode.BLOCK_FULL, text: POOL_FULL };
    const code = this.chain.submit(transaction);
    if (code === TxCode.BLOCK_FULL) return { id, code, text: POOL_FULL };
    if (code !== TxCode.OK) return { id, code, text: codeText(code) };
    const view: TransactionView = { id, code, text: 'waits for the next block', state: 'waiting', height: 0 };
    this.follow(id, transaction, view);
    if (isNew) this.keep();
    return { id, code, text: view.text };
  }

  private follow(id: string, bytes: Uint8Array, view: TransactionView): void {
    this.followed.delete(id);
    this.followed.set(id, { bytes, view });
    if (view.state === 'waiting') this.waiting.add(id);
    // Of what is decided already; what waits is bounded by itself.
    for (const old of this.followed.keys()) {
      if (this.followed.size <= 2 * FOLLOWED_MAX) break;
      if (!this.waiting.has(old)) this.followed.delete(old);
    }
  }

  private keep(): void {
    const waiting = [...this.waiting].map((id) => this.followed.get(id)!.bytes);
    this.store.putNote(WAITING_NOTE, new Uint8Array(pack(waiting)));
  }

  /** What a former life of this gateway has taken. A block may hold it already: then its nonce is used up. */
  private resume(): void {
    const note = this.store.note(WAITING_NOTE);
    for (const bytes of note === undefined ? [] : (unpack(Buffer.from(note)) as Uint8Array[])) {
      const transaction = new Uint8Array(bytes);
      const id = hex(txId(nodeCrypto, transaction));
      if (this.chain.submit(transaction) !== TxCode.OK) continue;
      const text = 'waits for the next block';
      this.follow(id, transaction, { id, code: TxCode.OK, text, state: 'waiting', height: 0 });
    }
  }

  /** After each block: what waited is in it, waits on, or is refused for good. */
  private settle(height: number): void {
    if (this.waiting.size === 0) return;
    const before = this.waiting.size;
    for (const id of idsOf(this.store.block(height))) {
      const followed = this.followed.get(id);
      if (followed === undefined || !this.waiting.delete(id)) continue;
      followed.view = includedAt(height, id);
    }
    for (const id of this.waiting) {
      const { bytes } = this.followed.get(id)!;
      // Queued anew: one that only this block has made valid left the pool as refused.
      const code = this.chain.submit(bytes);
      if (code === TxCode.OK || code === TxCode.BLOCK_FULL) continue;
      this.waiting.delete(id);
      this.followed.set(id, { bytes, view: { id, code, text: codeText(code), state: 'refused', height: 0 } });
    }
    if (this.waiting.size !== before) this.keep();
  }

  transaction(id: string, since: number): TransactionView | undefined {
    const followed = this.followed.get(id);
    if (followed !== undefined) return followed.view;
    if (since === 0) return undefined;
    let height = since;
    for (const block of this.store.blocks(since, SEARCHED_MAX)) {
      if (idsOf(block).includes(id)) return includedAt(height, id);
      height++;
    }
    return undefined;
  }

  account(id: string): AccountView | undefined {
    return accountView(this.ledger, id);
  }

  nodes(after: number, limit: number): LedgerNodeView[] {
    const addresses = this.addresses();
    let low = 0;
    for (let high = addresses.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (addresses[middle]! > after) high = middle;
      else low = middle + 1;
    }
    return [...addresses.subarray(low, low + limit)].map((address) =>
      nodeView(this.ledger, this.ledger.account(address)!));
  }

  private addresses(): Uint32Array {
    const { height } = this.ledger;
    if (this.sorted.height !== height) {
      const addresses = Uint32Array.from(this.ledger.nodes(), ({ address }) => address).sort();
      this.sorted = { height, addresses };
    }
    return this.sorted.addresses;
  }

  channels(address: number): ChannelView[] {
    return channelViews(this.ledger, address);
  }

  params(): ParamsView {
    return paramsView(this.ledger);
  }

  proposals(): ProposalView[] {
    return proposalViews(this.ledger);
  }

  publish(address: number, generation: number, book: Uint8Array): BookView | undefined {
    const node = this.ledger.account(address);
    if (node === undefined || book.length !== Book.SIZE) return undefined;
    const root = bookRoot(nodeCrypto, { ledger: this.ledger.ledgerId, address, generation }, book);
    // Anything else would let strangers fill the disk (SPEC L7.1, L7.6).
    if (hex(root) !== hex(node.bookRoot) && hex(root) !== hex(node.nextBookRoot)) return undefined;
    this.store.putBook(root, book);
    return { root: hex(root), bytes: book.length };
  }
}

function includedAt(height: number, id: string): TransactionView {
  return { id, code: TxCode.OK, text: codeText(TxCode.OK), state: 'included', height };
}

function idsOf(block: Uint8Array | undefined): string[] {
  const decoded = block === undefined ? undefined : decodeBlock(block);
  return (decoded?.transactions ?? []).map((transaction) => hex(txId(nodeCrypto, transaction)));
}
