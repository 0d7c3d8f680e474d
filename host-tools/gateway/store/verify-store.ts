// Checks everything in a store against everything else: the blocks by replaying them, the state records and the
// chequebooks by their hashes. Called by `fairhop chain verify` and after an import.
import { bookRoot } from '#protocol';
import type { Crypto } from '#protocol';
import { decodeGenesis, encodeRecord, Ledger, recordName, replayChain } from '../../ledger/index.ts';
import type { LedgerDeps, Node, Replay } from '../../ledger/index.ts';
import type { ChainStore } from './chain-store.ts';
import { DAMAGED } from './sealed-value.ts';
import { StoreError } from './store.ts';

export interface Verdict extends Replay {
  books: number;
}

/** Throws a StoreError when there is no chain; what is wrong with one is in `fault`. */
export function verifyStore(
  store: ChainStore,
  deps: LedgerDeps & { crypto: Crypto },
  each: (ledger: Ledger) => void = () => undefined,
): Verdict {
  const genesis = store.genesis();
  if (genesis === undefined) throw new StoreError('the data directory has no chain yet', 'Start the gateway first.');
  if (decodeGenesis(genesis) === undefined) throw new StoreError('the genesis in the store is damaged', DAMAGED);
  const checkpoint = store.checkpoint();
  let record = checkpoint === 0 ? recordFault(store, Ledger.fromGenesis(deps, genesis)) : undefined;
  const replay = replayChain(deps, genesis, store.blocks(1), (ledger) => {
    if (ledger.height === checkpoint) record = recordFault(store, ledger);
    each(ledger);
  });
  if (replay.fault !== undefined) return { ...replay, books: 0 };
  const { books, fault } = checkBooks(store, deps.crypto, replay.ledger);
  const what = record ?? heightFault(store, checkpoint, replay.ledger) ?? fault ?? rowFault(store);
  return { ...replay, books, fault: what === undefined ? undefined : { height: replay.ledger.height, what } };
}

/** The stored records against those of a replay up to the checkpoint; names the first that differs. */
function recordFault(store: ChainStore, ledger: Ledger): string | undefined {
  let count = 0;
  for (const [key, value] of store.records()) {
    const known = ledger.recordAt(key);
    if (known === undefined) return `the state record ${recordName(key)} belongs to nobody`;
    if (Buffer.compare(value, encodeRecord(known)) !== 0) return `the state record ${recordName(key)} is damaged`;
    count += 1;
  }
  const missing = ledger.recordCount - count;
  return missing === 0 ? undefined : `${missing} state records are missing`;
}

function heightFault(store: ChainStore, checkpoint: number, replayed: Ledger): string | undefined {
  if (store.height() !== replayed.height) return `block ${replayed.height + 1} is missing before the last one`;
  return checkpoint > replayed.height ? 'the last block is missing' : undefined;
}

/** What the replay never looks at: notes and packets of the gateway, and rows that nobody writes. */
function rowFault(store: ChainStore): string | undefined {
  for (const name of store.damagedNotes()) return `the ${name} is damaged`;
  for (const name of store.strangeRows()) return `the row ${name} belongs to no table`;
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
