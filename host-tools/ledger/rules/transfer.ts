// TRANSFER: an owner gives away what it or its node has earned, never what was only lent (SPEC L7.5).
import { getU16, getU32 } from '#protocol';
import { StateKind } from '../constants.ts';
import { TxCode } from '../codes.ts';
import { sameBytes } from '../layout.ts';
import type { Account } from '../records.ts';
import { freeOf, NodeStatus } from '../records.ts';
import type { TransferTx } from '../tx.ts';
import type { Context } from './context.ts';
import { checkSigned, move } from './context.ts';

const REFERENCE = 32;

/** 32 bytes that name an account of a kind; the bytes that the kind does not use are zero. */
export function accountReference(account: { kind: StateKind; key?: Uint8Array; address?: number; id?: number }) {
  const reference = new Uint8Array(REFERENCE);
  if (account.kind === StateKind.OWNER) reference.set(account.key!);
  if (account.kind === StateKind.NODE) new DataView(reference.buffer).setUint32(0, account.address!);
  if (account.kind === StateKind.POOL) new DataView(reference.buffer).setUint16(0, account.id!);
  return reference;
}

/** The account, `UNKNOWN_*` when there is none, `MALFORMED` when unused bytes are set. */
function accountAt(context: Context, kind: number, reference: Uint8Array): Account | TxCode {
  const tail = kind === StateKind.NODE ? 4 : kind === StateKind.POOL ? 2 : REFERENCE;
  if (reference.subarray(tail).some((byte) => byte !== 0)) return TxCode.MALFORMED;
  switch (kind) {
    case StateKind.OWNER: return context.state.owner(reference) ?? TxCode.UNKNOWN_OWNER;
    case StateKind.POOL: return context.state.pools.get(getU16(reference, 0)) ?? TxCode.UNKNOWN_COMMUNITY;
    case StateKind.NODE: {
      const node = context.state.nodes.get(getU32(reference, 0));
      return node === undefined || node.status === NodeStatus.GONE ? TxCode.UNKNOWN_NODE : node;
    }
    default: return TxCode.MALFORMED;
  }
}

export function applyTransfer(context: Context, tx: TransferTx, bytes: Uint8Array): TxCode {
  const from = accountAt(context, tx.fromKind, tx.from);
  if (typeof from === 'number') return from;
  const to = accountAt(context, tx.toKind, tx.to);
  if (typeof to === 'number') return to;
  if (from.kind === StateKind.POOL) return TxCode.NOT_YOURS;
  const owner = from.kind === StateKind.OWNER ? from : context.state.owner(from.owner);
  if (owner === undefined) return TxCode.UNKNOWN_OWNER;
  const code = checkSigned(context, owner, tx, bytes);
  if (code !== TxCode.OK) return code;
  const same = from.kind === to.kind && sameBytes(tx.from, tx.to);
  // Only what was earned moves: a borrowed line that could be transferred would be stolen at once.
  const most = Math.min(from.balance, freeOf(from));
  if (same || tx.amount === 0 || tx.amount > most) return TxCode.BAD_AMOUNT;
  context.state.edit(owner).nonce += 1;
  move(context, from, to, tx.amount);
  return TxCode.OK;
}
