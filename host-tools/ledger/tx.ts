// Transactions as bytes (SPEC L4): one layout per kind, one byte string per meaning. Signatures cover the ledger's
// id and everything in front of the signatures; an id is the hash of the received bytes, never of a re-encoding.
import type { Crypto } from '#protocol';
import { LedgerPurpose, LedgerVersion, TxKind } from './constants.ts';
import { TxCode } from './codes.ts';
import { HEADER } from './header.ts';
import { concat, layout } from './layout.ts';

const HEAD = [['kind', 'u8'], ['version', 'u8']] as const;
const CHANNEL = [['payer', 'u32'], ['generation', 'u8'], ['chain', 'u8']] as const;
/** The signer's next nonce and the last height at which the transaction may be included. */
const SIGNED = [['nonce', 'u32'], ['validUntil', 'u32']] as const;
const SIGNATURE = [['signature', 64]] as const;

const LAYOUTS = {
  [TxKind.JOIN]: layout([
    ...HEAD, ['address', 'u32'], ['owner', 32], ['linkKey', 32], ['bookRoot', 32], ['generation', 'u8'],
    ['home', 'u32'], ['community', 'u16'], ['guarantor', 32], ['line', 'u48'], ['ownerNonce', 'u32'],
    ['guarantorNonce', 'u32'], ['validUntil', 'u32'], ['ownerSignature', 64], ['guarantorSignature', 64],
  ]),
  [TxKind.OPEN]: layout([
    ...HEAD, ...CHANNEL, ['payee', 'u32'], ['window', 'u8'], ['binding', 112], ['anchor', 16], ['path', 256],
  ]),
  [TxKind.CLAIM]: layout([...HEAD, ...CHANNEL, ['number', 'u16'], ['link', 16]]),
  [TxKind.CLOSE]: layout([...HEAD, ...CHANNEL, ...SIGNED, ...SIGNATURE]),
  [TxKind.TRANSFER]: layout([
    ...HEAD, ['fromKind', 'u8'], ['from', 32], ['toKind', 'u8'], ['to', 32], ['amount', 'u48'], ...SIGNED, ...SIGNATURE,
  ]),
  [TxKind.REKEY]: layout([
    ...HEAD, ['address', 'u32'], ['linkKey', 32], ['bookRoot', 32], ['generation', 'u8'], ...SIGNED, ...SIGNATURE,
  ]),
  [TxKind.LEAVE]: layout([...HEAD, ['address', 'u32'], ...SIGNED, ...SIGNATURE]),
  [TxKind.UNVOUCH]: layout([...HEAD, ['address', 'u32'], ...SIGNED, ...SIGNATURE]),
  [TxKind.HOME]: layout([...HEAD, ['address', 'u32'], ['home', 'u32'], ...SIGNED, ...SIGNATURE]),
  [TxKind.GATEWAY]: layout([
    ...HEAD, ['address', 'u32'], ['owner', 32], ['blockKey', 32], ['teslaAnchor', 16], ['anchorSlot', 'u32'],
    ...SIGNED, ...SIGNATURE,
  ]),
  [TxKind.NAME]: layout([...HEAD, ['address', 'u32'], ['named', 'u8'], ...SIGNED, ...SIGNATURE]),
  [TxKind.PROPOSE]: layout([
    ...HEAD, ['owner', 32], ['action', 'u8'], ['subject', 32], ['value', 'u48'],
    ...SIGNED, ...SIGNATURE,
  ]),
  [TxKind.VOTE]: layout([
    ...HEAD, ['owner', 32], ['proposal', 'u32'], ['choice', 'u8'], ...SIGNED, ...SIGNATURE,
  ]),
  [TxKind.AUDIT]: layout([
    ...HEAD, ['auditor', 'u32'], ['subject', 'u32'], ['epoch', 'u32'], ...SIGNATURE,
  ]),
  [TxKind.EVIDENCE]: layout([
    ...HEAD, ['first', HEADER.size], ['firstSignature', 64], ['second', HEADER.size], ['secondSignature', 64],
  ]),
  [TxKind.REVEAL]: layout([...HEAD, ['gateway', 'u32'], ['key', 16]]),
} as const;

type Body<K extends keyof typeof LAYOUTS> = (typeof LAYOUTS)[K] extends { decode(bytes: Uint8Array): infer F }
  ? Omit<Exclude<F, undefined>, 'kind' | 'version'>
  : never;

export type JoinTx = Body<TxKind.JOIN> & { kind: TxKind.JOIN };
export type OpenTx = Body<TxKind.OPEN> & { kind: TxKind.OPEN };
export type ClaimTx = Body<TxKind.CLAIM> & { kind: TxKind.CLAIM };
export type CloseTx = Body<TxKind.CLOSE> & { kind: TxKind.CLOSE };
export type TransferTx = Body<TxKind.TRANSFER> & { kind: TxKind.TRANSFER };
export type RekeyTx = Body<TxKind.REKEY> & { kind: TxKind.REKEY };
export type LeaveTx = Body<TxKind.LEAVE> & { kind: TxKind.LEAVE };
export type UnvouchTx = Body<TxKind.UNVOUCH> & { kind: TxKind.UNVOUCH };
export type HomeTx = Body<TxKind.HOME> & { kind: TxKind.HOME };
export type GatewayTx = Body<TxKind.GATEWAY> & { kind: TxKind.GATEWAY };
export type NameTx = Body<TxKind.NAME> & { kind: TxKind.NAME };
export type ProposeTx = Body<TxKind.PROPOSE> & { kind: TxKind.PROPOSE };
export type VoteTx = Body<TxKind.VOTE> & { kind: TxKind.VOTE };
export type AuditTx = Body<TxKind.AUDIT> & { kind: TxKind.AUDIT };
export type EvidenceTx = Body<TxKind.EVIDENCE> & { kind: TxKind.EVIDENCE };
export type RevealTx = Body<TxKind.REVEAL> & { kind: TxKind.REVEAL };
export type Tx =
  | JoinTx | OpenTx | ClaimTx | CloseTx | TransferTx | RekeyTx | LeaveTx | UnvouchTx | HomeTx
  | GatewayTx | NameTx | ProposeTx | VoteTx | AuditTx | EvidenceTx | RevealTx;

/** Bytes of signature at the end of a kind; OPEN, CLAIM, EVIDENCE and REVEAL carry their proof inside. */
const SIGNATURE_BYTES: Partial<Record<TxKind, number>> = {
  [TxKind.JOIN]: 128, [TxKind.OPEN]: 0, [TxKind.CLAIM]: 0, [TxKind.EVIDENCE]: 0,
  [TxKind.REVEAL]: 0,
};

export function signatureBytes(kind: TxKind): number {
  return SIGNATURE_BYTES[kind] ?? 64;
}

/** Fields out of range are the caller's bug and throw; the signatures may still be zero (see `signedMessage`). */
export function encodeTx(tx: Tx): Uint8Array {
  const codec = LAYOUTS[tx.kind] as { encode(value: object): Uint8Array };
  return codec.encode({ ...tx, version: LedgerVersion.TX });
}

export type Decoded = { code: TxCode.OK; tx: Tx } | { code: Exclude<TxCode, TxCode.OK> };

export function decodeTx(bytes: Uint8Array): Decoded {
  const codec = (LAYOUTS as Partial<Record<number, { decode(bytes: Uint8Array): object | undefined }>>)[bytes[0] ?? 0];
  if (codec === undefined) return { code: TxCode.UNKNOWN_KIND };
  if (bytes[1] !== LedgerVersion.TX) return { code: TxCode.BAD_VERSION };
  const fields = codec.decode(bytes) as (Tx & { version: number }) | undefined;
  return fields === undefined ? { code: TxCode.MALFORMED } : { code: TxCode.OK, tx: fields };
}

/** What a signer signs: purpose, ledger id, and the transaction up to its signatures (SPEC L4.1). */
export function signedMessage(ledgerId: Uint8Array, bytes: Uint8Array): Uint8Array {
  const covered = bytes.subarray(0, bytes.length - signatureBytes(bytes[0]!));
  return concat([new Uint8Array([LedgerPurpose.TX_SIGN]), ledgerId, covered]);
}

const ID_PURPOSE = new Uint8Array([LedgerPurpose.TX_ID]);

/** 32 bytes over the received bytes, signatures included. */
export function txId(crypto: Pick<Crypto, 'sha256'>, bytes: Uint8Array): Uint8Array {
  return crypto.sha256([ID_PURPOSE, bytes]);
}

type Signer = (message: Uint8Array) => Uint8Array;
type Unsigned<T> = Omit<T, 'kind' | 'signature'>;
type SignedKind = Exclude<Tx['kind'], TxKind.JOIN | TxKind.OPEN | TxKind.CLAIM | TxKind.EVIDENCE | TxKind.REVEAL>;

/** Any transaction with one signature, complete. */
export function signTx<K extends SignedKind>(
  ledgerId: Uint8Array,
  kind: K,
  fields: Unsigned<Extract<Tx, { kind: K }>>,
  sign: Signer,
): Uint8Array {
  const bytes = encodeTx({ ...fields, kind, signature: new Uint8Array(64) } as unknown as Tx);
  bytes.set(sign(signedMessage(ledgerId, bytes)), bytes.length - 64);
  return bytes;
}

/** A join needs two signatures over the same message; with one person as owner and guarantor they are equal. */
export function signJoin(
  ledgerId: Uint8Array,
  fields: Omit<JoinTx, 'kind' | 'ownerSignature' | 'guarantorSignature'>,
  owner: Signer,
  guarantor: Signer,
): Uint8Array {
  const empty = new Uint8Array(64);
  const bytes = encodeTx({ ...fields, kind: TxKind.JOIN, ownerSignature: empty, guarantorSignature: empty });
  const message = signedMessage(ledgerId, bytes);
  bytes.set(owner(message), bytes.length - 128);
  bytes.set(guarantor(message), bytes.length - 64);
  return bytes;
}

export function encodeOpen(fields: Omit<OpenTx, 'kind'>): Uint8Array {
  return encodeTx({ ...fields, kind: TxKind.OPEN });
}

export function encodeClaim(fields: Omit<ClaimTx, 'kind'>): Uint8Array {
  return encodeTx({ ...fields, kind: TxKind.CLAIM });
}
