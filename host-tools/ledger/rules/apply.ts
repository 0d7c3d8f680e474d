// The one switch from a decoded transaction to its rule (SPEC L7), and the check that holds after every one of them.
import { StateKind, TxKind } from '../constants.ts';
import { TxCode } from '../codes.ts';
import type { StateRecord } from '../records.ts';
import { freeOf } from '../records.ts';
import type { Tx } from '../tx.ts';
import { applyClaim, applyClose, applyOpen } from './channel.ts';
import type { Context } from './context.ts';
import { applyPropose, applyVote } from './dao.ts';
import { applyAudit, applyEvidence, applyGateway, applyReveal } from './gateway.ts';
import { applyJoin } from './join.ts';
import { applyHome, applyLeave, applyName, applyRekey, applyUnvouch } from './notices.ts';
import { applyTransfer } from './transfer.ts';

function dispatch(context: Context, tx: Tx, bytes: Uint8Array, walk: number | undefined): TxCode {
  switch (tx.kind) {
    case TxKind.JOIN: return applyJoin(context, tx, bytes);
    case TxKind.OPEN: return applyOpen(context, tx);
    case TxKind.CLAIM: return applyClaim(context, tx, walk);
    case TxKind.CLOSE: return applyClose(context, tx, bytes);
    case TxKind.TRANSFER: return applyTransfer(context, tx, bytes);
    case TxKind.REKEY: return applyRekey(context, tx, bytes);
    case TxKind.LEAVE: return applyLeave(context, tx, bytes);
    case TxKind.UNVOUCH: return applyUnvouch(context, tx, bytes);
    case TxKind.HOME: return applyHome(context, tx, bytes);
    case TxKind.GATEWAY: return applyGateway(context, tx, bytes);
    case TxKind.NAME: return applyName(context, tx, bytes);
    case TxKind.PROPOSE: return applyPropose(context, tx, bytes);
    case TxKind.VOTE: return applyVote(context, tx, bytes);
    case TxKind.AUDIT: return applyAudit(context, tx, bytes);
    case TxKind.EVIDENCE: return applyEvidence(context, tx);
    case TxKind.REVEAL: return applyReveal(context, tx);
  }
}

/** Throws only for our own bugs: a refused transaction that edited, or an account below what it may owe. */
export function applyTx(context: Context, tx: Tx, bytes: Uint8Array, walk: number | undefined): TxCode {
  const { touched } = context.state;
  touched.length = 0;
  const code = dispatch(context, tx, bytes, walk);
  if (code !== TxCode.OK && touched.length > 0) throw new Error(`kind ${tx.kind} edited and then refused`);
  assertSolvent(touched);
  return code;
}

/** free = b + l - e - g is never below zero, for any account that was touched. */
export function assertSolvent(touched: StateRecord[]): void {
  for (const record of touched) {
    switch (record.kind) {
      case StateKind.NODE: case StateKind.OWNER: case StateKind.POOL:
        if (freeOf(record) < 0) throw new Error(`free below zero, kind ${record.kind}`);
    }
  }
}
