// Checks everything in a store against everything else: the blocks by replaying them (from the genesis, or from the
// oldest state where old blocks were dropped), the state records and the chequebooks by their hashes. Called by
// `fairhop chain verify` and after an import.
import { bookRoot } from '#protocol';
import type { Crypto } from '#protocol';
import { bodyHash } from '../../ledger/block.ts';
import {
  BlockCode, blockCodeText, blockHash, decodeBlock, decodeGenesis, encodeRecord, headerMessage, Ledger, recordName,
  replayOnto,
} from '../../ledger/index.ts';
import type { LedgerDeps, Node, Replay } from '../../ledger/index.ts';
import type { Entry } from './chain-base.ts';
import type { ChainStore } from './chain-store.ts';
import { DAMAGED } from './sealed-value.ts';
import { StoreError } from './store.ts';

export interface Verdict extends Replay {
  books: number;
  /** Height from which every block was replayed: 0 is the genesis, more the oldest state that is kept. */
  from: number;
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
  const [checkpoint, base] = [store.checkpoint(), store.base.height()];
  const from = store.isShortened ? base! : 0;
  let record: string | undefined;
  const look = (ledger: Ledger): void => {
    if (ledger.height === checkpoint) record ??= recordFault(store.records(), ledger);
    if (ledger.height === base) record ??= recordFault(store.base.records(), ledger);
  };
  const start = from === 0 ? Ledger.fromGenesis(deps, genesis) : baseLedger(store, deps, genesis, from);
  if (typeof start === 'string') throw new StoreError(`the state at height ${from} is damaged: ${start}`, DAMAGED);
  look(start);
  const past = from === 0 ? undefined : pastFault(store, deps, start);
  const replay = replayOnto(start, store.blocks(from + 1), (ledger) => {
    look(ledger);
    each(ledger);
  });
  if (past !== undefined) return { ...replay, fault: past, books: 0, from };
  if (replay.fault !== undefined) return { ...replay, books: 0, from };
  const { books, fault } = checkBooks(store, deps.crypto, replay.ledger);
  const height = heightFault(store, checkpoint, replay.ledger) ?? stageFault(store, base, checkpoint);
  const what = record ?? height ?? fault ?? rowFault(store);
  return { ...replay, books, from, fault: what === undefined ? undefined : { height: replay.ledger.height, what } };
}

/** The oldest state kept, whose root its block must have; what is wrong with it otherwise. */
function baseLedger(store: ChainStore, deps: LedgerDeps, genesis: Uint8Array, height: number): Ledger | string {
  const tip = store.block(height);
  if (tip === undefined) return 'its block is missing';
  try {
    return Ledger.load(deps, { genesis, records: () => store.base.records(), tip });
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

/**
 * Blocks up to the oldest state, which nothing replays: each must be the parent of the next, be whole, and be signed
 * by a gateway that the state knows.
 */
function pastFault(store: ChainStore, deps: LedgerDeps, base: Ledger): Replay['fault'] {
  const first = store.oldestBlock();
  let parent: Uint8Array | undefined;
  let height = first;
  for (const bytes of store.blocks(first, base.height - first + 1)) {
    const block = decodeBlock(bytes);
    if (block === undefined) return { height, what: blockCodeText(BlockCode.MALFORMED) };
    const { header, headerBytes } = block;
    if (header.height !== height) return { height, what: blockCodeText(BlockCode.WRONG_HEIGHT) };
    const follows = parent === undefined || Buffer.compare(header.parent, parent) === 0;
    if (!follows) return { height, what: blockCodeText(BlockCode.WRONG_PARENT) };
    const whole = Buffer.compare(bodyHash(deps.crypto, block.body), header.bodyHash) === 0;
    if (!whole) return { height, what: blockCodeText(BlockCode.WRONG_BODY) };
    const key = base.gateway(header.producer)?.blockKey;
    const signed = key !== undefined && deps.verify(key, headerMessage(base.ledgerId, headerBytes), block.signature);
    if (!signed) return { height, what: blockCodeText(BlockCode.BAD_SIGNATURE) };
    parent = blockHash(deps.crypto, headerBytes);
    height += 1;
  }
  return height === base.height + 1 ? undefined : { height, what: 'the block is missing' };
}

/** What the base needs to move on to the checkpoint. */
function stageFault(store: ChainStore, base: number | undefined, checkpoint: number): string | undefined {
  if (base === undefined) return undefined;
  let last = base;
  for (const [height] of store.base.stages(-1)) {
    if (height <= last) return `what led to the state at height ${height} should be gone`;
    last = height;
  }
  return last === checkpoint ? undefined : `what led to the state at height ${checkpoint} is missing`;
}

/** Stored records against those of a replay up to their height; names the first that differs. */
function recordFault(records: Iterable<Entry>, ledger: Ledger): string | undefined {
  let count = 0;
  for (const [key, value] of records) {
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
