// The store of a data directory, for everybody who opens one.
import { ChainStore } from './chain-store.ts';
import { LmdbStore } from './lmdb-store.ts';

export interface StoreChoice {
  /** Blocks older than so many are dropped; all are kept without it. */
  keepBlocks?: number;
}

/** Opens or creates the chain of a data directory and locks it. Throws a StoreError. */
export function openChain(directory: string, { keepBlocks }: StoreChoice = {}): ChainStore {
  return ChainStore.over(LmdbStore.open(directory), keepBlocks);
}

/** Opens an existing chain for reading, beside a gateway that may be writing it. Throws a StoreError. */
export function readChain(directory: string): ChainStore {
  return ChainStore.over(LmdbStore.openReadOnly(directory));
}
