// The ledger as a state machine (SPEC L5): bytes of transactions and blocks in, codes, transfers and changed records
// out. It does no I/O and has no clock: the gateway reads the wire, the stream and the store, and calls this.
import type { Crypto } from '#protocol';
import { ProofEnd, recordKey as treeKeyOf, writeProof } from '#protocol';
import type { StateKind } from './constants.ts';
import { Bound, TxKind } from './constants.ts';
import { BlockCode, TxCode } from './codes.ts';
import type { Block } from './block.ts';
import { bodyHash, decodeBlock, encodeBlock, encodeBody } from './block.ts';
import { blockHash, encodeHeader, headerMessage } from './header.ts';
import type { BlockHeader } from './header.ts';
import type { GenesisParams, Money } from './genesis.ts';
import { decodeGenesis, ledgerIdOf, moneyOf } from './genesis.ts';
import { concat, sameBytes } from './layout.ts';
import type { Account, Ballot, Channel, Gateway, Node, Owner, Pool, Proposal, StateRecord } from './records.ts';
import { channelNumber, decodeRecord, encodeRecord, freeOf, recordKey } from './records.ts';
import { closeBlock } from './rules/close-block.ts';
import type { Context, LedgerDeps, Transfer } from './rules/context.ts';
import { applyTx } from './rules/apply.ts';
import { leaderAt } from './rules/leaders.ts';
import { foundState } from './rules/found.ts';
import { State } from './state.ts';
import type { TreeChange } from './tree.ts';
import { leafHash, StateTree, treeKey } from './tree.ts';
import type { Decoded, Tx } from './tx.ts';
import { decodeTx } from './tx.ts';
import { shaEngine } from './hash/sha-engine.ts';
import type { Walk } from './hash/sha-engine.ts';
import { claimWalk } from './rules/channel.ts';

export interface TxResult {
  code: TxCode;
  tx: Tx | undefined;
  transfers: Transfer[];
}

/** What the store writes in one atomic batch with the block. Keys are kind byte and id; values the record's bytes. */
export interface Changes {
  puts: [key: Uint8Array, value: Uint8Array][];
  deletes: Uint8Array[];
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
  sign(message: Uint8Array): Uint8Array;
}

export interface Totals {
  supply: number;
  sum: number;
  conserved: boolean;
}

/** Where a ledger is read back from: all state records in any order, and the last block (none at height 0). */
export interface LedgerReader {
  genesis: Uint8Array;
  records(): Iterable<[key: Uint8Array, value: Uint8Array]>;
  tip: Uint8Array | undefined;
}

/** Records put into the tree at once when a ledger is read back: bounds what a million of them need on the way. */
const LOAD_BATCH = 16384;

/** A transaction on its way into a block; of a claim also its chain, walked ahead of time. */
interface Candidate {
  bytes: Uint8Array;
  decoded: Decoded;
  walk: Walk | undefined;
}

export class Ledger {
  readonly ledgerId: Uint8Array;
  private readonly state = new State();
  private readonly tree = new StateTree<StateRecord>();
  private tipHash: Uint8Array;
  private previousTip: Uint8Array | undefined;
  private lastChanges: Changes = { puts: [], deletes: [] };

  private constructor(
    private readonly deps: LedgerDeps,
    readonly genesis: Uint8Array,
    readonly params: GenesisParams,
  ) {
    this.ledgerId = ledgerIdOf(deps.crypto, genesis);
    this.tipHash = deps.crypto.sha256([genesis]);
  }

  /** A ledger at height 0. Throws a RangeError for bytes that are no genesis. */
  static fromGenesis(deps: LedgerDeps, genesis: Uint8Array): Ledger {
    const ledger = Ledger.empty(deps, genesis);
    foundState(ledger.context(0, []));
    ledger.sealState(ledger.money.supply);
    return ledger;
  }

  /** The ledger that a store holds. Throws a RangeError that says what is damaged. */
  static load(deps: LedgerDeps, reader: LedgerReader): Ledger {
    const ledger = Ledger.empty(deps, reader.genesis);
    const tip = reader.tip === undefined ? undefined : decodeBlock(reader.tip);
    if (reader.tip !== undefined && tip === undefined) throw new RangeError('the last block is damaged');
    let leaves: TreeChange<StateRecord>[] = [];
    for (const [key, value] of reader.records()) {
      const record = decodeRecord(key, value);
      if (record === undefined) throw new RangeError('a state record is damaged');
      ledger.state.place(record);
      if (leaves.push(ledger.leafOf(record, key, value)) < LOAD_BATCH) continue;
      ledger.tree.update(leaves);
      leaves = [];
    }
    ledger.tree.update(leaves);
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

  /** Credits as they follow from the genesis and the voted rates. */
  get money(): Money {
    const { creditLineP, payBatchP, trustMaxP } = this.state.rates;
    return moneyOf({ ...this.params, creditLineP, payBatchP, trustMaxP }, this.params.creditLineP);
  }

  /** The voted parameters as they are now; `params` are those of the genesis. */
  get rates(): Readonly<State['rates']> {
    return this.state.rates;
  }

  /** Who may write the block of a slot: the leader at rank 0, then those who stand in. */
  leader(slot: number, rank: number): Gateway | undefined {
    return leaderAt(this.deps.crypto, this.state, slot, rank);
  }

  proposals(): IterableIterator<Proposal> {
    return this.state.proposals.values();
  }

  ballots(): IterableIterator<Ballot> {
    return this.state.ballots.values();
  }

  get height(): number {
    return this.state.meta.height;
  }

  /** Hash of the tip's header; at height 0 the hash of the genesis. */
  get tip(): Uint8Array {
    return this.tipHash;
  }

  stateRoot(): Uint8Array {
    return this.tree.root();
  }

  slotAt(timeS: number): number {
    return Math.floor(timeS / this.params.blockIntervalS);
  }

  /** Whether a block can be built at this time: its slot must lie after the tip's. */
  canBuildAt(timeS: number): boolean {
    return this.slotAt(timeS) > this.state.meta.slot;
  }

  // --- reading -------------------------------------------------------------------------------------------------

  account(id: number): Node | undefined;
  account(id: Uint8Array): Owner | undefined;
  account(id: number | Uint8Array): Node | Owner | undefined {
    return typeof id === 'number' ? this.state.nodes.get(id) : this.state.owner(id);
  }

  pool(id: number): Pool | undefined {
    return this.state.pools.get(id);
  }

  gateway(address: number): Gateway | undefined {
    return this.state.gateways.get(address);
  }

  channel(payer: number, generation: number, chain: number): Channel | undefined {
    return this.state.channels.get(channelNumber(payer, generation, chain));
  }

  /** Channels on which a node pays or is paid. */
  channelsOf(address: number): Channel[] {
    const numbers = this.state.channelsByNode.get(address) ?? new Set<number>();
    return [...numbers].map((number) => this.state.channels.get(number)!);
  }

  nodes(): IterableIterator<Node> {
    return this.state.nodes.values();
  }

  owners(): IterableIterator<Owner> {
    return this.state.owners.values();
  }

  pools(): IterableIterator<Pool> {
    return this.state.pools.values();
  }

  gateways(): IterableIterator<Gateway> {
    return this.state.gateways.values();
  }

  channels(): IterableIterator<Channel> {
    return this.state.channels.values();
  }

  /** Counters since genesis: nodes, open channels, claims, settled links and credits. */
  get counters(): Readonly<State['meta']> {
    return this.state.meta;
  }

  free(account: Account): number {
    return freeOf(account);
  }

  /** The sum of all balances against the supply of the genesis; a scan of every account. */
  totals(): Totals {
    let sum = 0;
    for (const accounts of [this.state.owners, this.state.nodes, this.state.pools]) {
      for (const account of accounts.values()) sum += account.balance;
    }
    return { supply: this.money.supply, sum, conserved: sum === this.money.supply };
  }

  /** A proof of SPEC 6.5 that a record is, or is not, under the present state root. */
  prove(kind: StateKind, id: Uint8Array): Uint8Array {
    const key = treeKeyOf(this.deps.crypto as Crypto, kind, id);
    const { siblings, leaf } = this.tree.prove(key);
    if (leaf === undefined) return writeProof(siblings, ProofEnd.EMPTY, new Uint8Array(0));
    const value = encodeRecord(leaf.item);
    if (sameBytes(leaf.key, key)) return writeProof(siblings, ProofEnd.LEAF, value);
    return writeProof(siblings, ProofEnd.OTHER, concat([leaf.key, value]));
  }

  // --- changing ------------------------------------------------------------------------------------------------

  /** What a transaction would do in the next block, without doing it: for a pool that wants to refuse early. */
  check(bytes: Uint8Array): TxCode {
    const [candidate] = this.prepare([bytes]);
    const result = this.applyOne(this.context(this.height + 1, []), candidate!);
    this.state.undo();
    return result.code;
  }

  /**
   * Makes and applies the next block from the candidates that are valid; the others get their code and are left
   * out. The ledger then stands at the new height: store `block` and `changes()` together, or call `undoBlock`.
   * The slot of `timeS` must lie after the tip's; anything else is the caller's bug and throws.
   */
  buildBlock(request: BuildRequest): BuiltBlock {
    if (!this.canBuildAt(request.timeS)) throw new RangeError('the slot is not after the last block\'s');
    const slot = this.slotAt(request.timeS);
    const context = this.context(this.height + 1, []);
    const { results, bodies } = this.applyCandidates(context, request.candidates);
    closeBlock(context, slot);
    const stateRoot = this.sealState();
    const body = encodeBody(bodies);
    const headerBytes = encodeHeader({
      height: context.height, parent: this.tipHash, slot, rank: request.rank ?? 0, producer: request.producer,
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
    const context = this.context(block.header.height, []);
    const results: TxResult[] = [];
    for (const candidate of this.prepare(block.transactions)) {
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

  /** Records changed by the last block, or by the genesis at height 0. */
  changes(): Changes {
    return this.lastChanges;
  }

  /** Takes the last block back, once: it could not be stored, or another one won its height. */
  undoBlock(): void {
    if (this.previousTip === undefined) throw new Error('no block to take back');
    const tip = this.previousTip;
    this.unseal();
    this.tipHash = tip;
  }

  private context(height: number, transfers: Transfer[]): Context {
    const { state, deps, ledgerId, params } = this;
    return { state, deps, ledgerId, params, money: this.money, height, transfers };
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

  /** Decodes, and walks the chains of all claims together, which is where most of a block's time would go. */
  private prepare(transactions: Uint8Array[]): Candidate[] {
    const candidates = transactions.map((bytes): Candidate => ({ bytes, decoded: decodeTx(bytes), walk: undefined }));
    const walks: Walk[] = [];
    for (const candidate of candidates) {
      const { decoded } = candidate;
      if (decoded.code !== TxCode.OK || decoded.tx.kind !== TxKind.CLAIM) continue;
      candidate.walk = claimWalk(this.state, this.ledgerId, decoded.tx);
      if (candidate.walk !== undefined) walks.push(candidate.walk);
    }
    shaEngine().walkAll(walks);
    return candidates;
  }

  private applyOne(context: Context, candidate: Candidate): TxResult {
    const { bytes, decoded, walk } = candidate;
    if (decoded.code !== TxCode.OK) return { code: decoded.code, tx: undefined, transfers: [] };
    const own: Context = { ...context, transfers: [] };
    const code = applyTx(own, decoded.tx, bytes, walk);
    return { code, tx: decoded.tx, transfers: own.transfers };
  }

  private applyCandidates(context: Context, transactions: Uint8Array[]): { results: TxResult[]; bodies: Uint8Array[] } {
    const candidates = this.prepare(transactions);
    const results: TxResult[] = new Array<TxResult>(candidates.length);
    const bodies: Uint8Array[] = [];
    let size = 0;
    for (const index of trialOrder(candidates)) {
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

  private leafOf(record: StateRecord, key: Uint8Array, value: Uint8Array | undefined): TreeChange<StateRecord> {
    const { crypto } = this.deps;
    const inTree = treeKey(crypto, key);
    return { key: inTree, leaf: value === undefined ? undefined : leafHash(crypto, inTree, value), item: record };
  }

  /** Brings the tree up to the records and remembers them for the store. Returns the root. */
  private sealState(created = 0): Uint8Array {
    this.lastChanges = { puts: [], deletes: [] };
    const leaves: TreeChange<StateRecord>[] = [];
    for (const { record, present } of this.state.seal(created)) {
      const key = recordKey(record);
      const value = present ? encodeRecord(record) : undefined;
      if (value === undefined) this.lastChanges.deletes.push(key);
      else this.lastChanges.puts.push([key, value]);
      leaves.push(this.leafOf(record, key, value));
    }
    this.tree.update(leaves);
    return this.tree.root();
  }

  private unseal(): void {
    const leaves = this.state.undoSealed().map(({ record, present }) =>
      this.leafOf(record, recordKey(record), present ? encodeRecord(record) : undefined));
    this.tree.update(leaves);
    this.previousTip = undefined;
    this.lastChanges = { puts: [], deletes: [] };
  }

  private advance(headerBytes: Uint8Array): void {
    this.previousTip = this.tipHash;
    this.tipHash = blockHash(this.deps.crypto, headerBytes);
  }
}

/**
 * The order in which candidates are tried: claims last, the highest number first. Of several claims on one channel
 * only one counts, and a false one with a high number must not keep a true one out.
 */
function trialOrder(candidates: Candidate[]): number[] {
  const others: number[] = [];
  const claims: { index: number; number: number }[] = [];
  candidates.forEach(({ decoded }, index) => {
    if (decoded.code !== TxCode.OK || decoded.tx.kind !== TxKind.CLAIM) others.push(index);
    else claims.push({ index, number: decoded.tx.number });
  });
  claims.sort((a, b) => b.number - a.number || a.index - b.index);
  return others.concat(claims.map((claim) => claim.index));
}
