// The ledger as a state machine (SPEC L5): bytes of transactions and blocks in, codes, transfers and changed records
// out. It does no I/O and has no clock: the gateway reads the wire, the stream and the store, and calls this.
import { Bound } from './constants.ts';
import { BlockCode, TxCode } from './codes.ts';
import type { Block } from './block.ts';
import { bodyHash, decodeBlock, encodeBlock, encodeBody } from './block.ts';
import { blockHash, encodeHeader, headerMessage } from './header.ts';
import type { BlockHeader } from './header.ts';
import type { Candidate } from './candidates.ts';
import { prepare, trialOrder } from './candidates.ts';
import { decodeGenesis } from './genesis.ts';
import { LedgerView } from './ledger-view.ts';
import { sameBytes } from './layout.ts';
import { Committer, LeafWriter } from './commit.ts';
import { decodeRecord } from './records.ts';
import { closeBlock } from './rules/close-block.ts';
import type { Context, LedgerDeps, Transfer } from './rules/context.ts';
import { applyTx } from './rules/apply.ts';
import { foundState } from './rules/found.ts';
import { ClaimWalks } from './rules/claim-walks.ts';
import { treeKey } from './tree.ts';
import type { Tx } from './tx.ts';

export interface TxResult {
  code: TxCode;
  tx: Tx | undefined;
  transfers: Transfer[];
}

export interface BuiltBlock {
  block: Uint8Array;
  /** One per candidate, in the candidates' order. */
  results: TxResult[];
  /** Moved by epochs and money rounds rather than by a transaction. */
  transfers: Transfer[];
}

export interface BlockResult {
  code: BlockCode;
  /** One per transaction when the code is OK; of a refused transaction the last entry tells why. */
  results: TxResult[];
  transfers: Transfer[];
}

export interface BuildRequest {
  /** Unix seconds of the slot; the slot must lie after the tip's (`slotAt`). */
  timeS: number;
  rank?: number;
  /** Address of the gateway whose block key `sign` holds. */
  producer: number;
  candidates: Uint8Array[];
  /** So many of the candidates, the first ones, were left out of two blocks for want of room (SPEC L5.4). */
  waited?: number;
  sign(message: Uint8Array): Uint8Array;
}

/** Where a ledger is read back from: all state records in any order, and the last block (none at height 0). */
export interface LedgerReader {
  genesis: Uint8Array;
  records(): Iterable<[key: Uint8Array, value: Uint8Array]>;
  tip: Uint8Array | undefined;
}

export class Ledger extends LedgerView {
  private previousTip: Uint8Array | undefined;
  private lastChanges: Uint8Array = new Uint8Array(0);
  private readonly committer = new Committer(this.deps.crypto, this.tree);

  /** A ledger at height 0. Throws a RangeError for bytes that are no genesis. */
  static fromGenesis(deps: LedgerDeps, genesis: Uint8Array): Ledger {
    const ledger = Ledger.empty(deps, genesis);
    foundState(ledger.context(0, new ClaimWalks(ledger.ledgerId, 0)));
    ledger.sealState(ledger.money.supply);
    return ledger;
  }

  /** The ledger that a store holds. Throws a RangeError that says what is damaged. */
  static load(deps: LedgerDeps, reader: LedgerReader): Ledger {
    const ledger = Ledger.empty(deps, reader.genesis);
    const tip = reader.tip === undefined ? undefined : decodeBlock(reader.tip);
    if (reader.tip !== undefined && tip === undefined) throw new RangeError('the last block is damaged');
    const leaves = new LeafWriter(ledger.tree);
    for (const [key, value] of reader.records()) {
      const record = decodeRecord(key, value);
      if (record === undefined) throw new RangeError('a state record is damaged');
      ledger.state.place(record);
      record.leaf = ledger.tree.insert(treeKey(deps.crypto, key), record);
      leaves.write(record.leaf, value, 0, value.length);
    }
    leaves.finish();
    if (tip !== undefined) ledger.tipHash = blockHash(deps.crypto, tip.headerBytes);
    ledger.checkLoaded(tip);
    return ledger;
  }

  private static empty(deps: LedgerDeps, genesis: Uint8Array): Ledger {
    const params = decodeGenesis(genesis);
    if (params === undefined) throw new RangeError('the genesis is damaged or of another version');
    return new Ledger(deps, genesis, params);
  }

  private checkLoaded(tip: Block | undefined): void {
    const expected = tip === undefined
      ? Ledger.fromGenesis(this.deps, this.genesis).stateRoot()
      : tip.header.stateRoot;
    if (!sameBytes(this.stateRoot(), expected)) throw new RangeError('the state does not match the last block');
    if (this.height !== (tip?.header.height ?? 0)) throw new RangeError('the state has another height');
  }

  /** What a transaction would do in the next block, without doing it: for a pool that wants to refuse early. */
  check(bytes: Uint8Array): TxCode {
    const { candidates, walks } = prepare(this.state, this.ledgerId, [bytes]);
    const result = this.applyOne(this.context(this.height + 1, walks), candidates[0]!);
    this.state.undo();
    return result.code;
  }

  /**
   * Makes and applies the next block from the candidates that are valid; the others get their code and are left
   * out. The ledger then stands at the new height: store `block` and `changes()` together, or call `undoBlock`.
   * The slot of `timeS` must lie after the tip's and be the producer's (`leader`); anything else is the caller's bug
   * and throws.
   */
  buildBlock(request: BuildRequest): BuiltBlock {
    if (!this.canBuildAt(request.timeS)) throw new RangeError('the slot is not after the last block\'s');
    const slot = this.slotAt(request.timeS);
    const rank = request.rank ?? 0;
    if (this.leader(slot, rank)?.address !== request.producer) throw new RangeError('not the turn of this gateway');
    const { candidates, walks } = prepare(this.state, this.ledgerId, request.candidates);
    const context = this.context(this.height + 1, walks);
    const { results, bodies } = this.applyCandidates(context, candidates, request.waited ?? 0);
    closeBlock(context, slot);
    const stateRoot = this.sealState();
    const body = encodeBody(bodies);
    const headerBytes = encodeHeader({
      height: context.height, parent: this.tipHash, slot, rank, producer: request.producer,
      bodyHash: bodyHash(this.deps.crypto, body), stateRoot, transactions: bodies.length, bodyBytes: body.length,
    });
    const signature = request.sign(headerMessage(this.ledgerId, headerBytes));
    this.advance(headerBytes);
    return { block: encodeBlock(headerBytes, signature, body), results, transfers: context.transfers };
  }

  /** Applies somebody's block, or nothing of it. */
  applyBlock(bytes: Uint8Array): BlockResult {
    const block = decodeBlock(bytes);
    if (block === undefined) return { code: BlockCode.MALFORMED, results: [], transfers: [] };
    const code = this.checkHeader(block);
    if (code !== BlockCode.OK) return { code, results: [], transfers: [] };
    const { candidates, walks } = prepare(this.state, this.ledgerId, block.transactions);
    const context = this.context(block.header.height, walks);
    const results: TxResult[] = [];
    for (const candidate of candidates) {
      const result = this.applyOne(context, candidate);
      results.push(result);
      if (result.code !== TxCode.OK) {
        this.state.undo();
        return { code: BlockCode.BAD_TRANSACTION, results, transfers: [] };
      }
    }
    closeBlock(context, block.header.slot);
    const stateRoot = this.sealState();
    if (!sameBytes(stateRoot, block.header.stateRoot)) {
      this.unseal();
      return { code: BlockCode.WRONG_STATE_ROOT, results, transfers: [] };
    }
    this.advance(block.headerBytes);
    return { code: BlockCode.OK, results, transfers: context.transfers };
  }

  /** What the last block changed, or the genesis at height 0: a log for the store, which `entriesOf` reads. */
  changes(): Uint8Array {
    return this.lastChanges;
  }

  /** Takes the last block back, once: it could not be stored, or another one won its height. */
  undoBlock(): void {
    if (this.previousTip === undefined) throw new Error('no block to take back');
    const tip = this.previousTip;
    this.unseal();
    this.tipHash = tip;
  }

  private context(height: number, walks: ClaimWalks): Context {
    const { state, deps, ledgerId, params } = this;
    return { state, deps, ledgerId, params, money: this.money, height, walks, transfers: [] };
  }

  private checkHeader(block: Block): BlockCode {
    const header: BlockHeader = block.header;
    if (header.height !== this.height + 1) return BlockCode.WRONG_HEIGHT;
    if (!sameBytes(header.parent, this.tipHash)) return BlockCode.WRONG_PARENT;
    if (header.slot <= this.state.meta.slot) return BlockCode.WRONG_SLOT;
    const gateway = this.leader(header.slot, header.rank);
    if (gateway === undefined || gateway.address !== header.producer) return BlockCode.WRONG_PRODUCER;
    if (!sameBytes(bodyHash(this.deps.crypto, block.body), header.bodyHash)) return BlockCode.WRONG_BODY;
    const message = headerMessage(this.ledgerId, block.headerBytes);
    if (!this.deps.verify(gateway.blockKey, message, block.signature)) return BlockCode.BAD_SIGNATURE;
    if (block.transactions.length > Bound.BLOCK_TRANSACTIONS) return BlockCode.WRONG_BODY;
    return BlockCode.OK;
  }

  private applyOne(context: Context, candidate: Candidate): TxResult {
    const { bytes, decoded, walk } = candidate;
    if (decoded.code !== TxCode.OK) return { code: decoded.code, tx: undefined, transfers: [] };
    const ofBlock = context.transfers;
    const transfers: Transfer[] = [];
    context.transfers = transfers;
    const code = applyTx(context, decoded.tx, bytes, walk);
    context.transfers = ofBlock;
    return { code, tx: decoded.tx, transfers };
  }

  private applyCandidates(
    context: Context,
    candidates: Candidate[],
    waited: number,
  ): { results: TxResult[]; bodies: Uint8Array[] } {
    const results: TxResult[] = new Array<TxResult>(candidates.length);
    const bodies: Uint8Array[] = [];
    let size = 0;
    for (const index of trialOrder(candidates, waited)) {
      const candidate = candidates[index]!;
      const { bytes } = candidate;
      const full = size + 2 + bytes.length > Bound.BLOCK_BYTES || bodies.length === Bound.BLOCK_TRANSACTIONS;
      const result = full
        ? { code: TxCode.BLOCK_FULL, tx: undefined, transfers: [] }
        : this.applyOne(context, candidate);
      if (result.code === TxCode.OK) {
        bodies.push(bytes);
        size += 2 + bytes.length;
      }
      results[index] = result;
    }
    return { results, bodies };
  }

  /** Brings the tree up to the records and remembers what changed for the store. Returns the root. */
  private sealState(created = 0): Uint8Array {
    this.lastChanges = this.committer.commit(this.state.seal(created));
    return this.tree.root();
  }

  private unseal(): void {
    this.committer.commit(this.state.undoSealed());
    this.previousTip = undefined;
    this.lastChanges = new Uint8Array(0);
  }

  private advance(headerBytes: Uint8Array): void {
    this.previousTip = this.tipHash;
    this.tipHash = blockHash(this.deps.crypto, headerBytes);
  }
}
