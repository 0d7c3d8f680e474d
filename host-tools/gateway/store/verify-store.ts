// Checks everything in a store against everything else: the blocks by replaying them, the state records and the
// chequebooks by their hashes. Called by `fairhop chain verify` and after an import.
import { bookRoot } from '#protocol';
import type { Crypto } from '#protocol';
import { decodeGenesis, replayChain } from '../../ledger/index.ts';
import type { Ledger, LedgerDeps, Node, Replay } from '../../ledger/index.ts';
import type { ChainStore } from './chain-store.ts';
import { StoreError } from './store.ts';

export interface Verdict extends Replay {
  books: number;
}

/** Throws a StoreError when there is no chain; what is wrong with one is in `fault`. */
export function verifyStore(
  store: ChainStore,
  deps: LedgerDeps & { crypto: Crypto },
  each?: (ledger: Ledger) => void,
): Verdict {
  const genesis = store.genesis();
  if (genesis === undefined) throw new StoreError('the data directory has no chain yet', 'Start the gateway first.');
  if (decodeGenesis(genesis) === undefined) {
    throw new StoreError('the genesis in the store is damaged', 'Restore the data directory from a backup.');
  }
  const replay = replayChain(deps, genesis, store.blocks(1), each);
  if (replay.fault !== undefined) return { ...replay, books: 0 };
  const height = replay.ledger.height;
  const state = stateFault(store, deps, replay.ledger);
  if (state !== undefined) return { ...replay, books: 0, fault: { height, what: state } };
  const { books, fault } = checkBooks(store, deps.crypto, replay.ledger);
  return { ...replay, books, fault: fault === undefined ? undefined : { height, what: fault } };
}

function stateFault(store: ChainStore, deps: LedgerDeps, replayed: Ledger): string | undefined {
  if (store.height() !== replayed.height) return `block ${replayed.height + 1} is missing before the last one`;
  try {
    store.load(deps);
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    throw error;
  }
  return undefined;
}

/** Books of roots that nobody has any more cannot be told from damaged ones, so they count as damaged. */
function checkBooks(store: ChainStore, crypto: Crypto, ledger: Ledger): { books: number; fault: string | undefined } {
  const nodes = [...ledger.nodes()];
  let books = 0;
  for (const [root, book] of store.books()) {
    const owner = nodes.find((node) => matches(crypto, ledger, node, root, book));
    if (owner === undefined) return { books, fault: `the chequebook ${Buffer.from(root).toString('hex')} is damaged` };
    books += 1;
  }
  return { books, fault: undefined };
}

function matches(crypto: Crypto, ledger: Ledger, node: Node, root: Uint8Array, book: Uint8Array): boolean {
  const { ledgerId } = ledger;
  return [[node.bookRoot, node.generation], [node.nextBookRoot, node.nextGeneration]].some(([known, generation]) => {
    if (Buffer.compare(known as Uint8Array, root) !== 0) return false;
    const id = { ledger: ledgerId, address: node.address, generation: generation as number };
    return book.length === 8192 && Buffer.compare(bookRoot(crypto, id, book), root) === 0;
  });
}
