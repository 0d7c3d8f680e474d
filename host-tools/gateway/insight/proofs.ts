// Proofs and blocks for whoever wants to check: a record under the newest state root with the header that names it, and
// a block taken apart. Reads the ledger and the store; the check itself is the reader's (the page does it).
import { nodeCrypto } from '../../crypto/index.ts';
import {
  accountName, blockHash, decodeBlock, decodeTx, recordKey, StateKind, TxCode, TxKind, txId, type Account, type Ledger,
  type Tx,
} from '../../ledger/index.ts';
import { addressText } from '../../provision/identity.ts';
import type { ChainStore } from '../store/index.ts';
import type { BlockDetail, ProofView, TransactionLine } from './insight-view.ts';

const ID = /^(?:owner:([0-9a-f]{64})|node:([0-9a-f]{8})|pool:(\d{1,5}))$/;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function kindAndKey(id: string): { kind: StateKind; key: Uint8Array } | undefined {
  const [, owner, node, pool] = ID.exec(id) ?? [];
  if (owner !== undefined) return { kind: StateKind.OWNER, key: new Uint8Array(Buffer.from(owner, 'hex')) };
  if (node !== undefined) return { kind: StateKind.NODE, key: new Uint8Array(Buffer.from(node, 'hex')) };
  if (pool === undefined || Number(pool) > 0xffff) return undefined;
  return { kind: StateKind.POOL, key: new Uint8Array([Number(pool) >> 8, Number(pool) & 255]) };
}

function accountOf(ledger: Ledger, kind: StateKind, key: Uint8Array): Account | undefined {
  if (kind === StateKind.OWNER) return ledger.account(key);
  const number = key.reduce((sum, byte) => sum * 256 + byte, 0);
  return kind === StateKind.NODE ? ledger.account(number) : ledger.pool(number);
}

/** Of presence or of absence; undefined for text that names no account, and before the first block. */
export function proofView(ledger: Ledger, store: ChainStore, id: string): ProofView | undefined {
  const named = kindAndKey(id);
  const bytes = store.block(ledger.height);
  const block = bytes === undefined ? undefined : decodeBlock(bytes);
  if (named === undefined || block === undefined) return undefined;
  const { kind, key } = named;
  const account = accountOf(ledger, kind, key);
  return {
    id: account === undefined ? id : accountName(account),
    height: ledger.height,
    stateRoot: hex(ledger.stateRoot()),
    blockHash: hex(blockHash(nodeCrypto, block.headerBytes)),
    header: hex(block.headerBytes),
    kind,
    key: hex(account === undefined ? key : recordKey(account).subarray(1)),
    proof: hex(ledger.prove(kind, key)),
    balance: account?.balance ?? null,
  };
}

export function blockDetail(store: ChainStore, height: number): BlockDetail | undefined {
  const bytes = store.block(height);
  const block = bytes === undefined ? undefined : decodeBlock(bytes);
  if (bytes === undefined || block === undefined) return undefined;
  const { header } = block;
  return {
    height: header.height,
    hash: hex(blockHash(nodeCrypto, block.headerBytes)),
    parent: hex(header.parent),
    slot: header.slot,
    producer: addressText(header.producer),
    rank: header.rank,
    bytes: bytes.length,
    transactions: block.transactions.map(transactionLine),
  };
}

const KIND_NAMES: Record<TxKind, string> = {
  [TxKind.JOIN]: 'join', [TxKind.OPEN]: 'open', [TxKind.CLAIM]: 'claim', [TxKind.CLOSE]: 'close',
  [TxKind.TRANSFER]: 'transfer', [TxKind.REKEY]: 'rekey', [TxKind.LEAVE]: 'leave', [TxKind.UNVOUCH]: 'unvouch',
  [TxKind.HOME]: 'home', [TxKind.GATEWAY]: 'gateway', [TxKind.NAME]: 'name', [TxKind.PROPOSE]: 'propose',
  [TxKind.VOTE]: 'vote', [TxKind.AUDIT]: 'audit', [TxKind.EVIDENCE]: 'evidence', [TxKind.REVEAL]: 'reveal',
};

function transactionLine(bytes: Uint8Array): TransactionLine {
  const decoded = decodeTx(bytes);
  const id = hex(txId(nodeCrypto, bytes));
  if (decoded.code !== TxCode.OK) return { id, kind: 'unknown', bytes: bytes.length, text: '' };
  return { id, kind: KIND_NAMES[decoded.tx.kind], bytes: bytes.length, text: sentence(decoded.tx) };
}

function sentence(tx: Tx): string {
  switch (tx.kind) {
    case TxKind.JOIN: return `node ${addressText(tx.address)} joins with a line of ${tx.line}`;
    case TxKind.OPEN: return `${addressText(tx.payer)} opens chain ${tx.chain} to ${addressText(tx.payee)}`;
    case TxKind.CLAIM: return `chain ${tx.chain} of ${addressText(tx.payer)} is settled up to link ${tx.number}`;
    case TxKind.CLOSE: return `${addressText(tx.payer)} closes chain ${tx.chain}`;
    case TxKind.TRANSFER: return `${tx.amount} credits`;
    case TxKind.PROPOSE: return `puts something to the vote (action ${tx.action})`;
    case TxKind.VOTE: return `votes ${tx.choice === 1 ? 'yes' : 'no'} on proposal ${tx.proposal}`;
    case TxKind.AUDIT: return `${addressText(tx.auditor)} vouches for ${addressText(tx.subject)}`;
    case TxKind.REVEAL: return `gateway ${addressText(tx.gateway)} reveals a header key`;
    case TxKind.EVIDENCE: return 'two headers of one producer for one height';
    case TxKind.NAME: return `node ${addressText(tx.address)} ${tx.named === 1 ? 'shares' : 'leaves'} the allowance`;
    default: return `node ${addressText(tx.address)}`;
  }
}
