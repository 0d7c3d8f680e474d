// The store of a data directory, for everybody who opens one: which library keeps it is found out from its files, and
// chosen only where there is none yet.
import { ChainStore } from './chain-store.ts';
import { LevelStore } from './level-store.ts';
import { LmdbStore } from './lmdb-store.ts';
import { StoreError, type Store } from './store.ts';

/** lmdb is the faster one, level the one that wears a card less. */
export const STORE_KINDS = ['lmdb', 'level'] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

export interface StoreChoice {
  /** Of a new store, lmdb without it; an old one must be of this kind when it is given. */
  kind?: StoreKind;
  /** Blocks older than so many are dropped; all are kept without it. */
  keepBlocks?: number;
}

function kindOf(directory: string): StoreKind | undefined {
  if (LmdbStore.isIn(directory)) return 'lmdb';
  return LevelStore.isIn(directory) ? 'level' : undefined;
}

/** Opens or creates the store of a data directory and locks it. Throws a StoreError. */
export function openStore(directory: string, kind?: StoreKind): Store {
  const found = kindOf(directory);
  if (kind !== undefined && found !== undefined && kind !== found)
    throw new StoreError(
      `the data directory ${directory} keeps its chain with ${found}, not with ${kind}`,
      `Leave --store out; \`fairhop chain export\` and \`import --store ${kind}\` make a chain of the other kind.`,
    );
  return (found ?? kind) === 'level' ? LevelStore.open(directory) : LmdbStore.open(directory);
}

/** The chain in it. */
export function openChain(directory: string, { kind, keepBlocks }: StoreChoice = {}): ChainStore {
  return ChainStore.over(openStore(directory, kind), keepBlocks);
}

/**
 * Opens an existing chain for reading. One in lmdb can be read beside a gateway that writes it; one in level is refused
 * while a gateway has it. With `whole` it is checked for damage that reading would not meet. Throws a StoreError.
 */
export function readChain(directory: string, { whole = false } = {}): ChainStore {
  const level = kindOf(directory) === 'level';
  const store = level ? LevelStore.open(directory, { create: false, whole }) : LmdbStore.openReadOnly(directory);
  return ChainStore.over(store);
}

/** Deletes the store of a directory; it must be closed. */
export function removeStore(directory: string): void {
  LmdbStore.remove(directory);
  LevelStore.remove(directory);
}
