// What the ledger remembers, as objects for the rules and as bytes for the tree and the store (SPEC L3). A record's
// bytes are its value in the state tree, so a layout here is consensus. No rule lives in this file.
import { toHex } from '#protocol';
import { LedgerVersion, StateKind } from './constants.ts';
import type { FieldList, Layout } from './layout.ts';
import { layout } from './layout.ts';

/** Who holds money. free = balance + line - escrow - guaranteed, never below zero. Credits. */
interface Holdings {
  balance: number;
  line: number;
  escrow: number;
  guaranteed: number;
}
const HOLDINGS = [['balance', 'i48'], ['line', 'u48'], ['escrow', 'u48'], ['guaranteed', 'u48']] as const;

export interface Owner extends Holdings {
  kind: StateKind.OWNER;
  key: Uint8Array;
  nonce: number;
  /** 1 for a member admitted by vote or by the genesis: the root of a guarantee tree with a basic allowance. */
  member: number;
  memberSince: number;
  community: number;
  /** How many nodes share this member's basic allowance. */
  named: number;
}

export const enum NodeStatus {
  ACTIVE = 1,
  LEAVING = 2,
  /** Left: a tombstone that keeps the address from being used again. */
  GONE = 3,
}

export interface Node extends Holdings {
  kind: StateKind.NODE;
  address: number;
  status: NodeStatus;
  owner: Uint8Array;
  /** Owner key of the guarantor; all zeros is the treasury. */
  guarantor: Uint8Array;
  linkKey: Uint8Array;
  bookRoot: Uint8Array;
  generation: number;
  /** One bit per chain of this generation that was ever opened: a released chain must not be bound again. */
  usedChains: Uint8Array;
  home: number;
  community: number;
  joined: number;
  /** Height of the last claim as payer or payee; 0 before the first. */
  active: number;
  /** Height at which a leave takes effect; 0 without one. */
  leavesAt: number;
  /** Height at which the guarantor's unvouch takes effect; 0 without one. */
  unvouchedAt: number;
  /** A new book waits until this height; 0 without one. */
  rekeysAt: number;
  nextLinkKey: Uint8Array;
  nextBookRoot: Uint8Array;
  nextGeneration: number;
  /** Escrowing channels this node pays on. */
  channels: number;
  /** 1 when the node shares its guarantor's basic allowance. */
  named: number;
  /** Height of the last income from outside the own guarantee tree, and of the last passed audit; 0 without one. */
  outsideAt: number;
  auditedAt: number;
  /** Epoch that the four figures below belong to; rolled forward when a later epoch touches them (SPEC L8.1). */
  epoch: number;
  /** Credits settled as payee in that epoch, and in the one before. */
  turnover: number;
  turnoverBefore: number;
  /** Levies and demurrage paid, and global levies as payee; each epoch boundary keeps six sevenths. */
  paid: number;
  globalLevy: number;
}

export interface Pool extends Holdings {
  kind: StateKind.POOL;
  id: number;
  /** A community's key in the sharing of the global levy. */
  share: number;
}

export interface Channel {
  kind: StateKind.CHANNEL;
  payer: number;
  generation: number;
  chain: number;
  payee: number;
  /** Window code c as the payer signed it: 2^c links. */
  window: number;
  settled: number;
  limit: number;
  expiry: number;
  closing: number;
  /** Height of the last claim that paid; 0 before the first. */
  claimed: number;
  /** Thousandths of a credit of levy not yet taken. */
  localRest: number;
  globalRest: number;
  /** The link `settled`: v_0, the anchor, at first. */
  link: Uint8Array;
}

export interface Gateway {
  kind: StateKind.GATEWAY;
  address: number;
  owner: Uint8Array;
  blockKey: Uint8Array;
  /** Newest revealed key of the TESLA chain, and its slot. */
  teslaAnchor: Uint8Array;
  anchorSlot: number;
  registered: number;
  /** Height of admission plus one; 0 while not admitted. */
  admitted: number;
  strikes: number;
  genesis: number;
  /** Epoch whose last key was revealed last, plus one; 0 before the first. */
  revealed: number;
  /** Weight in the draw of leaders in this epoch. */
  weight: number;
}

/** Parameters that votes change; the genesis gives the first ones (SPEC L7.9). */
export interface Rates {
  kind: StateKind.RATES;
  revision: number;
  creditLineP: number;
  payBatchP: number;
  trustMaxP: number;
  claimFirst: number;
  levyLocalPerMille: number;
  levyGlobalPerMille: number;
  demurragePerMille: number;
}

export interface Proposal {
  kind: StateKind.PROPOSAL;
  id: number;
  owner: Uint8Array;
  action: number;
  subject: Uint8Array;
  value: number;
  /** Epoch at whose end the votes are counted, and, once passed (else 0), at whose end it takes effect. */
  countsAt: number;
  effectAt: number;
}

export interface Ballot {
  kind: StateKind.BALLOT;
  proposal: number;
  owner: Uint8Array;
  choice: number;
}

/** One record that changes with every block; its totals make the conservation check independent of a scan. */
export interface Meta {
  kind: StateKind.META;
  height: number;
  slot: number;
  nodes: number;
  openChannels: number;
  claims: number;
  settledLinks: number;
  settledCredits: number;
  paramsVersion: number;
  proposals: number;
  /** Treasury credits released in this epoch. */
  released: number;
  /** Seed of this epoch's draws. */
  seed: Uint8Array;
  /** Slot of the block that closed the last epoch. */
  epochSlot: number;
}

export type Account = Owner | Node | Pool;
export type StateRecord = Account | Channel | Gateway | Meta | Rates | Proposal | Ballot;

const LAYOUTS: Record<StateRecord['kind'], Layout<FieldList>> = {
  [StateKind.META]: layout([
    ['height', 'u32'], ['slot', 'u32'], ['nodes', 'u32'], ['openChannels', 'u32'], ['claims', 'u48'],
    ['settledLinks', 'u48'], ['settledCredits', 'u48'], ['paramsVersion', 'u8'], ['proposals', 'u32'],
    ['released', 'u48'], ['seed', 32], ['epochSlot', 'u32'],
  ]),
  [StateKind.OWNER]: layout([
    ...HOLDINGS, ['nonce', 'u32'], ['member', 'u8'], ['memberSince', 'u32'], ['community', 'u16'],
    ['named', 'u8'],
  ]),
  [StateKind.NODE]: layout([
    ...HOLDINGS, ['status', 'u8'], ['owner', 32], ['guarantor', 32], ['linkKey', 32], ['bookRoot', 32],
    ['generation', 'u8'], ['usedChains', 32], ['home', 'u32'], ['community', 'u16'], ['joined', 'u32'],
    ['active', 'u32'], ['leavesAt', 'u32'], ['unvouchedAt', 'u32'], ['rekeysAt', 'u32'], ['nextLinkKey', 32],
    ['nextBookRoot', 32], ['nextGeneration', 'u8'], ['channels', 'u16'], ['named', 'u8'], ['outsideAt', 'u32'],
    ['auditedAt', 'u32'], ['epoch', 'u32'], ['turnover', 'u48'], ['turnoverBefore', 'u48'],
    ['paid', 'u48'], ['globalLevy', 'u48'],
  ]),
  [StateKind.POOL]: layout([...HOLDINGS, ['share', 'u16']]),
  [StateKind.CHANNEL]: layout([
    ['payee', 'u32'], ['window', 'u8'], ['settled', 'u16'], ['limit', 'u16'], ['expiry', 'u32'],
    ['closing', 'u8'], ['claimed', 'u32'], ['localRest', 'u16'], ['globalRest', 'u16'], ['link', 16],
  ]),
  [StateKind.GATEWAY]: layout([
    ['owner', 32], ['blockKey', 32], ['teslaAnchor', 16], ['anchorSlot', 'u32'], ['registered', 'u32'],
    ['admitted', 'u32'], ['strikes', 'u8'], ['genesis', 'u8'], ['revealed', 'u32'], ['weight', 'u48'],
  ]),
  [StateKind.RATES]: layout([
    ['revision', 'u8'], ['creditLineP', 'u16'], ['payBatchP', 'u8'], ['trustMaxP', 'u8'],
    ['claimFirst', 'u16'], ['levyLocalPerMille', 'u16'], ['levyGlobalPerMille', 'u16'], ['demurragePerMille', 'u16'],
  ]),
  [StateKind.PROPOSAL]: layout([
    ['owner', 32], ['action', 'u8'], ['subject', 32], ['value', 'u48'],
    ['countsAt', 'u32'], ['effectAt', 'u32'],
  ]),
  [StateKind.BALLOT]: layout([['choice', 'u8']]),
};

const IDS: Record<StateRecord['kind'], Layout<FieldList>> = {
  [StateKind.META]: layout([]),
  [StateKind.OWNER]: layout([['key', 32]]),
  [StateKind.NODE]: layout([['address', 'u32']]),
  [StateKind.POOL]: layout([['id', 'u16']]),
  [StateKind.CHANNEL]: layout([['payer', 'u32'], ['generation', 'u8'], ['chain', 'u8']]),
  [StateKind.GATEWAY]: layout([['address', 'u32']]),
  [StateKind.RATES]: layout([]),
  [StateKind.PROPOSAL]: layout([['id', 'u32']]),
  [StateKind.BALLOT]: layout([['proposal', 'u32'], ['owner', 32]]),
};

const SLAB_BYTES = 65536;
let slab = new Uint8Array(SLAB_BYTES);
let slabUsed = 0;

/** Zeroed bytes from a shared slab: an ArrayBuffer for every record of every block would be most of its cost. */
function allocate(size: number): Uint8Array {
  if (slabUsed + size > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    slabUsed = 0;
  }
  slabUsed += size;
  return slab.subarray(slabUsed - size, slabUsed);
}

/** Kind byte and id: the record's name in the store, and what the tree's key is the hash of. */
export function recordKey(record: StateRecord): Uint8Array {
  const layoutOfId = IDS[record.kind];
  const key = allocate(1 + layoutOfId.size);
  key[0] = record.kind;
  layoutOfId.encodeInto(record as never, key, 1);
  return key;
}

export function encodeRecord(record: StateRecord): Uint8Array {
  const body = LAYOUTS[record.kind];
  const value = allocate(1 + body.size);
  value[0] = LedgerVersion.RECORD;
  body.encodeInto(record as never, value, 1);
  return value;
}

/** Undefined for anything that `recordKey` and `encodeRecord` cannot have made. */
export function decodeRecord(key: Uint8Array, value: Uint8Array): StateRecord | undefined {
  const kind = key[0] as StateRecord['kind'];
  const [id, body] = [IDS[kind], LAYOUTS[kind]];
  if (id === undefined || body === undefined || key.length !== 1 + id.size) return undefined;
  if (value.length !== 1 + body.size || value[0] !== LedgerVersion.RECORD) return undefined;
  // A node is filled into a literal of its shape: an object that grows field by field takes four times the memory.
  const record = kind === StateKind.NODE ? blankNode(0) : ({ kind } as unknown as StateRecord);
  return id.decodeInto(key, 1, record) && body.decodeInto(value, 1, record) ? record : undefined;
}

const NONE = new Uint8Array(32);

/** A node with an address and nothing else: what a join fills in. */
export function blankNode(address: number): Node {
  return {
    kind: StateKind.NODE, address, status: NodeStatus.ACTIVE, balance: 0, line: 0, escrow: 0, guaranteed: 0,
    owner: NONE, guarantor: NONE, linkKey: NONE, bookRoot: NONE, generation: 0, usedChains: NONE, home: 0,
    community: 0, joined: 0, active: 0, leavesAt: 0, unvouchedAt: 0, rekeysAt: 0, nextLinkKey: NONE,
    nextBookRoot: NONE, nextGeneration: 0, channels: 0, named: 0, outsideAt: 0, auditedAt: 0, epoch: 0,
    turnover: 0, turnoverBefore: 0, paid: 0, globalLevy: 0,
  };
}

/** The number of a channel in a Map: payer, generation and chain fit 48 bits. */
export function channelNumber(payer: number, generation: number, chain: number): number {
  return payer * 65536 + generation * 256 + chain;
}

export function keyText(key: Uint8Array): string {
  return toHex(key, 0, key.length);
}

/** `node:0000002a`, `owner:<64 hex>`, `pool:16`: how accounts are named towards people and in exports. */
export function accountName(account: Account): string {
  switch (account.kind) {
    case StateKind.OWNER: return 'owner:' + keyText(account.key);
    case StateKind.NODE: return 'node:' + account.address.toString(16).padStart(8, '0');
    case StateKind.POOL: return 'pool:' + String(account.id);
  }
}

export function freeOf(account: Account): number {
  return account.balance + account.line - account.escrow - account.guaranteed;
}
