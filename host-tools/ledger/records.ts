// What the ledger remembers, as objects for the rules and as bytes for the tree and the store (SPEC L3). A record's
// bytes are its value in the state tree, so a layout here is consensus. No rule lives in this file.
import { toHex } from '#protocol';
import { LedgerVersion, StateKind } from './constants.ts';
import type { FieldList, Layout } from './layout.ts';
import { layout } from './layout.ts';

/** What the running program keeps with a record; never encoded. */
interface Kept {
  /** Its leaf in the state tree; 0 or undefined outside it. */
  leaf?: number;
  /** The journal that has it (state.ts). */
  journal?: number;
}

/** Who holds money. free = balance + line - escrow - guaranteed, never below zero. Credits. */
interface Holdings extends Kept {
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

export interface Channel extends Kept {
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

export interface Gateway extends Kept {
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
export interface Rates extends Kept {
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

export interface Proposal extends Kept {
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

export interface Ballot extends Kept {
  kind: StateKind.BALLOT;
  proposal: number;
  owner: Uint8Array;
  choice: number;
}

/** One record that changes with every block; its totals make the conservation check independent of a scan. */
export interface Meta extends Kept {
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

export function isKind(kind: number): kind is StateRecord['kind'] {
  return kind >= StateKind.META && kind <= StateKind.BALLOT;
}

export function keySize(kind: StateRecord['kind']): number {
  return 1 + IDS[kind].size;
}

export function recordSize(kind: StateRecord['kind']): number {
  return 1 + LAYOUTS[kind].size;
}

/** Kind byte and id: the record's name in the store, and what the tree's key is the hash of. */
export function encodeKeyInto(record: StateRecord, bytes: Uint8Array, at: number): void {
  bytes[at] = record.kind;
  IDS[record.kind].encodeInto(record as never, bytes, at + 1);
}

export function encodeInto(record: StateRecord, bytes: Uint8Array, at: number): void {
  bytes[at] = LedgerVersion.RECORD;
  LAYOUTS[record.kind].encodeInto(record as never, bytes, at + 1);
}

export function recordKey(record: StateRecord): Uint8Array {
  const key = new Uint8Array(keySize(record.kind));
  encodeKeyInto(record, key, 0);
  return key;
}

export function encodeRecord(record: StateRecord): Uint8Array {
  const value = new Uint8Array(recordSize(record.kind));
  encodeInto(record, value, 0);
  return value;
}

/** Undefined for anything that `recordKey` and `encodeRecord` cannot have made. */
export function decodeRecord(key: Uint8Array, value: Uint8Array): StateRecord | undefined {
  const kind = key[0] as StateRecord['kind'];
  const [id, body] = [IDS[kind], LAYOUTS[kind]];
  if (id === undefined || body === undefined || key.length !== 1 + id.size) return undefined;
  if (value.length !== 1 + body.size || value[0] !== LedgerVersion.RECORD) return undefined;
  const record = blankRecord(kind);
  return id.decodeInto(key, 1, record) && body.decodeInto(value, 1, record) ? record : undefined;
}

/** Filled into a literal of its shape: an object that grows field by field takes four times the memory. */
export function blankRecord(kind: StateRecord['kind']): StateRecord {
  if (kind === StateKind.NODE) return blankNode(0);
  return kind === StateKind.CHANNEL ? blankChannel(0, 0, 0) : ({ kind } as unknown as StateRecord);
}

const NONE = new Uint8Array(32);

/** Every field of the value, and not what the program keeps with it: what a journal takes and gives back. */
export function copyRecord(from: StateRecord, to: StateRecord): void {
  IDS[from.kind].copy(from, to);
  LAYOUTS[from.kind].copy(from, to);
}

export function blankChannel(payer: number, generation: number, chain: number): Channel {
  return {
    kind: StateKind.CHANNEL, leaf: 0, journal: 0, payer, generation, chain, payee: 0, window: 0, settled: 0, limit: 0,
    expiry: 0, closing: 0, claimed: 0, localRest: 0, globalRest: 0, link: NONE,
  };
}

/** A node with an address and nothing else: what a join fills in. */
export function blankNode(address: number): Node {
  return {
    kind: StateKind.NODE, leaf: 0, journal: 0, address, status: NodeStatus.ACTIVE,
    balance: 0, line: 0, escrow: 0, guaranteed: 0, owner: NONE, guarantor: NONE, linkKey: NONE, bookRoot: NONE,
    generation: 0, usedChains: NONE, home: 0, community: 0, joined: 0, active: 0, leavesAt: 0, unvouchedAt: 0,
    rekeysAt: 0, nextLinkKey: NONE, nextBookRoot: NONE, nextGeneration: 0, channels: 0, named: 0, outsideAt: 0,
    auditedAt: 0, epoch: 0, turnover: 0, turnoverBefore: 0, paid: 0, globalLevy: 0,
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

const KIND_NAMES = ['', 'meta', 'owner', 'node', 'pool', 'channel', 'gateway', 'rates', 'proposal', 'ballot'];

/** `node:0000002a`: how a record is named when its bytes are damaged. */
export function recordName(key: Uint8Array): string {
  return `${KIND_NAMES[key[0]!] ?? 'unknown'}:${keyText(key.subarray(1))}`;
}

export function freeOf(account: Account): number {
  return account.balance + account.line - account.escrow - account.guaranteed;
}
