// What the API tells owners of the ledger, and takes from them: the shapes of /api/v1. Types only; owner-source.ts
// fills them, http/owner-routes.ts answers with them, the owner's commands read them. Credits are integers; bytes are
// written in hexadecimal, addresses in eight digits, keys in 64.

/** `GET /api/v1/accounts/{id}`: an owner, a node or a pool. */
export interface AccountView {
  /** `owner:KEY`, `node:ADDRESS` or `pool:NUMBER`. */
  id: string;
  kind: 'owner' | 'node' | 'pool';
  /** Height of the ledger at which these figures hold. */
  height: number;
  balance: number;
  line: number;
  escrow: number;
  guaranteed: number;
  free: number;
  /** What a transfer can move: what was earned and is not reserved. */
  transferable: number;
  /** The owner's next; null for others. */
  nonce: number | null;
  /** Whether an owner is a member, who may vote; null for others. */
  member: boolean | null;
  /** Key of a node's owner; null for others. */
  owner: string | null;
}

/** One of `GET /api/v1/nodes`. */
export interface LedgerNodeView {
  address: string;
  status: 'active' | 'leaving' | 'gone';
  owner: string;
  guarantor: string;
  home: string;
  community: number;
  generation: number;
  balance: number;
  line: number;
  escrow: number;
  guaranteed: number;
  free: number;
  /** Channels on which it pays. */
  channels: number;
  named: boolean;
  joined: number;
  /** Heights of notices that run; 0 without one. */
  leavesAt: number;
  rekeysAt: number;
  unvouchedAt: number;
}

/** One of `GET /api/v1/channels/{address}`. Limit and settled count links. */
export interface ChannelView {
  payer: string;
  generation: number;
  chain: number;
  payee: string;
  settled: number;
  limit: number;
  expiry: number;
  closing: boolean;
}

export interface RateView {
  name: string;
  number: number;
  value: number;
  low: number;
  high: number;
}

/** `GET /api/v1/params`: what a transaction needs to be made, and what votes can change. */
export interface ParamsView {
  ledgerId: string;
  height: number;
  /** Number of the present epoch, heights in one, and the last height of the present one. */
  epoch: number;
  epochHeights: number;
  epochEndsAt: number;
  moneyRoundHeights: number;
  noticeHeights: number;
  blockIntervalS: number;
  region: string;
  spreadingFactor: number;
  pathPrice: number;
  linkValue: number;
  creditLine: number;
  supply: number;
  revision: number;
  rates: RateView[];
  pools: { number: number; balance: number; share: number }[];
  gateways: { address: string; owner: string; admitted: boolean }[];
}

/** One of `GET /api/v1/proposals`. `value` as the ledger has it; the subject is 64 hexadecimal digits. */
export interface ProposalView {
  number: number;
  owner: string;
  action: string;
  subject: string;
  value: number;
  state: 'voting' | 'passed';
  /** Epoch at whose end it is counted, and, once passed, at whose end it takes effect; else 0. */
  countsAt: number;
  effectAt: number;
  /** Ballots so far; they weigh differently when they are counted. */
  yes: number;
  no: number;
}

/** Answer to `POST /api/v1/transactions`: code 0 says that it waits for a block, any other that it was refused. */
export interface SubmitView {
  id: string;
  code: number;
  text: string;
}

/** `GET /api/v1/transactions/{id}`. */
export interface TransactionView extends SubmitView {
  state: 'waiting' | 'included' | 'refused';
  /** Of the block that holds it; 0 otherwise. */
  height: number;
}

export interface BookView {
  root: string;
  bytes: number;
}

/** What the HTTP server may ask of the ledger in the name of owners. Every call answers at once. */
export interface OwnerApi {
  submit(transaction: Uint8Array): SubmitView;
  /** Undefined when nothing is known of it; blocks from height `since` on (0: none) are searched as well. */
  transaction(id: string, since: number): TransactionView | undefined;
  account(id: string): AccountView | undefined;
  /** By ascending address, those above `after`. */
  nodes(after: number, limit: number): LedgerNodeView[];
  /** On which a node pays or is paid; none for a node that the ledger does not have. */
  channels(address: number): ChannelView[];
  params(): ParamsView;
  proposals(): ProposalView[];
  /** Keeps a chequebook that the ledger names; undefined when it names no such one. */
  publish(address: number, generation: number, book: Uint8Array): BookView | undefined;
}
