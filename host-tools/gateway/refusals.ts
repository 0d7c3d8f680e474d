// What to say of a transaction that a block did not take. Most of what nodes hand in is repeated until it has an
// effect, so a copy that came too late is no news to anybody; the rest is told in the ledger's own words. Pure.
import { TxCode, TxKind, codeText, decodeTx, type Tx } from '../ledger/index.ts';

/** The effect is there already, or a newer one in its place. */
const LATE: Partial<Record<TxKind, TxCode[]>> = {
  [TxKind.CLAIM]: [TxCode.SUPERSEDED, TxCode.NOT_NEWER, TxCode.REFILL_TOO_SMALL],
  [TxKind.OPEN]: [TxCode.CHANNEL_EXISTS],
  [TxKind.JOIN]: [TxCode.ADDRESS_TAKEN],
  [TxKind.REVEAL]: [TxCode.NOT_NEWER],
  [TxKind.AUDIT]: [TxCode.NOT_NEWER, TxCode.NOT_DRAWN],
  // Handed in again by itself, with the next nonce.
  [TxKind.GATEWAY]: [TxCode.BAD_NONCE, TxCode.TOO_LATE],
};

/** Undefined when nobody has to know. */
export function refusalText(
  transaction: Uint8Array,
  code: TxCode,
  nameOf: (address: number) => string,
): string | undefined {
  const decoded = decodeTx(transaction);
  if (decoded.code !== TxCode.OK) return `bytes that are no transaction were refused: ${codeText(decoded.code)}`;
  if (LATE[decoded.tx.kind]?.includes(code) === true) return undefined;
  return `${what(decoded.tx, nameOf)} was refused: ${codeText(code)}`;
}

function what(tx: Tx, nameOf: (address: number) => string): string {
  switch (tx.kind) {
    case TxKind.JOIN: return `the join of ${nameOf(tx.address)}`;
    case TxKind.OPEN: return `the open of ${nameOf(tx.payer)} to ${nameOf(tx.payee)}`;
    case TxKind.CLAIM: return `a claim on chain ${tx.chain} of ${nameOf(tx.payer)}`;
    case TxKind.CLOSE: return `the closing of chain ${tx.chain} of ${nameOf(tx.payer)}`;
    case TxKind.TRANSFER: return `a transfer of ${tx.amount} credits`;
    case TxKind.REKEY: return `the rekey of ${nameOf(tx.address)}`;
    case TxKind.LEAVE: return `the leave of ${nameOf(tx.address)}`;
    case TxKind.UNVOUCH: return `the end of a line, for ${nameOf(tx.address)},`;
    case TxKind.HOME: return `a new home for ${nameOf(tx.address)}`;
    case TxKind.NAME: return `the naming of ${nameOf(tx.address)}`;
    case TxKind.GATEWAY: return `the registration of gateway ${nameOf(tx.address)}`;
    case TxKind.PROPOSE: return 'a proposal';
    case TxKind.VOTE: return `a vote on proposal ${tx.proposal}`;
    case TxKind.AUDIT: return `the audit of ${nameOf(tx.subject)}`;
    case TxKind.EVIDENCE: return 'evidence of two blocks in one slot';
    case TxKind.REVEAL: return `the reveal of gateway ${nameOf(tx.gateway)}`;
  }
}
