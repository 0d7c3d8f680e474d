// The only door of this room: where the gateway keeps its chain.
export { ChainStore, type ChainStats } from './chain-store.ts';
export { blockNote } from './chain-keys.ts';
export { LevelStore } from './level-store.ts';
export { LmdbStore } from './lmdb-store.ts';
export {
  openChain, openStore, readChain, removeStore, STORE_KINDS, type StoreChoice, type StoreKind,
} from './open-store.ts';
export { MemoryStore } from './memory-store.ts';
export { afterPrefix, StoreError, type Batch, type Range, type Store, type StoreStats } from './store.ts';
export { verifyStore, type Verdict } from './verify-store.ts';
export { verifyApart, type VerifiedChain } from './verify-process.ts';
