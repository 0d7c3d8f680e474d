// What can be asked of a ledger: accounts, channels, sums, leaders, proofs. Nothing here changes it; ledger.ts does.
import type { Crypto } from '#protocol';
import { ProofEnd, recordKey as treeKeyOf, writeProof } from '#protocol';
import type { StateKind } from './constants.ts';
import type { GenesisParams, Money } from './genesis.ts';
import { ledgerIdOf, moneyOf } from './genesis.ts';
import { concat, sameBytes } from './layout.ts';
import type { Account, Ballot, Channel, Gateway, Node, Owner, Pool, Proposal, StateRecord } from './records.ts';
import { channelNumber, encodeRecord, freeOf } from './records.ts';
import type { LedgerDeps } from './rules/context.ts';
import { leaderAt } from './rules/leaders.ts';
import { State } from './state.ts';
import { StateTree } from './tree.ts';

export interface Totals {
  supply: number;
  sum: number;
  conserved: boolean;
}

export class LedgerView {
  readonly ledgerId: Uint8Array;
  protected readonly state = new State();
  protected readonly tree = new StateTree<StateRecord>();
  protected tipHash: Uint8Array;

  protected constructor(
    protected readonly deps: LedgerDeps,
    readonly genesis: Uint8Array,
    readonly params: GenesisParams,
  ) {
    this.ledgerId = ledgerIdOf(deps.crypto, genesis);
    this.tipHash = deps.crypto.sha256([genesis]);
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

  /** The record behind a key of the store, and how many there are. */
  recordAt(key: Uint8Array): StateRecord | undefined {
    return this.state.find(key);
  }

  get recordCount(): number {
    return this.state.size;
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
}
