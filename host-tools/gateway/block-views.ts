// Blocks as the API shows them, made from the store, so that a restarted gateway answers for its whole chain. What a
// block settled cannot be told from its bytes (that takes the state before it), so it is kept beside it.
import { pack, unpack } from 'msgpackr';
import { nodeCrypto } from '../crypto/index.ts';
import type { BlockHeader } from '../ledger/index.ts';
import { blockHash, decodeBlock } from '../ledger/index.ts';
import type { Work } from './chain-service.ts';
import { blockNote, type ChainStore } from './store/index.ts';
import type { BlockView } from './view.ts';

/** The note that goes down with a block; none for a block that settled nothing. */
export function workNotes(height: number, { claims, settledCredits }: Work): [name: string, value: Uint8Array][] {
  return claims === 0 ? [] : [[blockNote(height), new Uint8Array(pack([claims, settledCredits]))]];
}

/** `at` is the beginning of the block's slot. */
export function blockView(header: BlockHeader, hash: Uint8Array, work: Work, blockIntervalS: number): BlockView {
  return {
    height: header.height,
    at: new Date(header.slot * blockIntervalS * 1000).toISOString(),
    hash: Buffer.from(hash).toString('hex'),
    stateRoot: Buffer.from(header.stateRoot).toString('hex'),
    transactions: header.transactions,
    ...work,
  };
}

/** At most `limit` blocks below a height, newest first. */
export function storedBlocks(store: ChainStore, below: number, limit: number, blockIntervalS: number): BlockView[] {
  const first = Math.min(below - 1, store.height());
  const views: BlockView[] = [];
  for (let height = first; height > 0 && views.length < limit; height--) {
    const bytes = store.block(height);
    const block = bytes === undefined ? undefined : decodeBlock(bytes);
    if (block === undefined) break;
    const kept = store.note(blockNote(height));
    const [claims, settledCredits] = kept === undefined ? [0, 0] : (unpack(Buffer.from(kept)) as [number, number]);
    const hash = blockHash(nodeCrypto, block.headerBytes);
    views.push(blockView(block.header, hash, { claims, settledCredits }, blockIntervalS));
  }
  return views;
}
