// JOIN: a new node with its line, reserved from the guarantor's free credit (SPEC L7.1).
import { PoolId, StateKind } from '../constants.ts';
import { TxCode } from '../codes.ts';
import { isZero, sameBytes } from '../layout.ts';
import type { Node, Owner } from '../records.ts';
import { blankNode, freeOf } from '../records.ts';
import type { JoinTx } from '../tx.ts';
import { signedMessage } from '../tx.ts';
import type { Context } from './context.ts';
import { NONCE_END } from './context.ts';

const ADDRESS_BROADCAST = 0xffffffff;

function checkPlace(context: Context, tx: JoinTx): TxCode {
  const { state } = context;
  if (tx.address === 0 || tx.address === ADDRESS_BROADCAST) return TxCode.BAD_ADDRESS;
  if (state.nodes.has(tx.address)) return TxCode.ADDRESS_TAKEN;
  const gateway = state.gateways.get(tx.address);
  if (gateway !== undefined && !sameBytes(gateway.owner, tx.owner)) return TxCode.ADDRESS_TAKEN;
  if (!state.gateways.has(tx.home)) return TxCode.UNKNOWN_GATEWAY;
  if (tx.community < PoolId.FIRST_COMMUNITY || !state.pools.has(tx.community)) return TxCode.UNKNOWN_COMMUNITY;
  return tx.line > context.money.creditLine ? TxCode.LINE_TOO_LARGE : TxCode.OK;
}

/** Both nonces are covered: a replayed join would reserve the guarantor's credit a second time. */
function checkSigners(context: Context, tx: JoinTx, bytes: Uint8Array, guarantor: Owner): TxCode {
  if (tx.validUntil < context.height) return TxCode.TOO_LATE;
  if (tx.ownerNonce !== (context.state.owner(tx.owner)?.nonce ?? 0)) return TxCode.BAD_NONCE;
  if (tx.guarantorNonce !== guarantor.nonce) return TxCode.BAD_NONCE;
  if (tx.ownerNonce === NONCE_END || tx.guarantorNonce === NONCE_END) return TxCode.BAD_NONCE;
  const message = signedMessage(context.ledgerId, bytes);
  if (!context.deps.verify(tx.owner, message, tx.ownerSignature)) return TxCode.BAD_SIGNATURE;
  if (sameBytes(tx.owner, tx.guarantor)) {
    return sameBytes(tx.ownerSignature, tx.guarantorSignature) ? TxCode.OK : TxCode.BAD_SIGNATURE;
  }
  return context.deps.verify(tx.guarantor, message, tx.guarantorSignature) ? TxCode.OK : TxCode.BAD_SIGNATURE;
}

export function applyJoin(context: Context, tx: JoinTx, bytes: Uint8Array): TxCode {
  const place = checkPlace(context, tx);
  if (place !== TxCode.OK) return place;
  const { state } = context;
  const guarantor = isZero(tx.guarantor) ? undefined : state.owner(tx.guarantor);
  if (guarantor === undefined) return TxCode.UNKNOWN_OWNER;
  const signers = checkSigners(context, tx, bytes, guarantor);
  if (signers !== TxCode.OK) return signers;
  if (freeOf(guarantor) < tx.line) return TxCode.NO_FREE_CREDIT;

  state.edit(guarantor).guaranteed += tx.line;
  const owner = state.owner(tx.owner) ?? state.add(newOwner(tx.owner));
  state.edit(owner).nonce += 1;
  if (owner !== guarantor) guarantor.nonce += 1;
  state.add(newNode(tx, context.height));
  state.edit(state.meta).nodes += 1;
  return TxCode.OK;
}

export function newOwner(key: Uint8Array): Owner {
  return {
    kind: StateKind.OWNER, key, nonce: 0, balance: 0, line: 0, escrow: 0, guaranteed: 0,
    member: 0, memberSince: 0, community: PoolId.FIRST_COMMUNITY, named: 0,
  };
}

function newNode(tx: JoinTx, height: number): Node {
  const { address, owner, guarantor, linkKey, bookRoot, generation, home, community, line } = tx;
  return {
    ...blankNode(address), owner, guarantor, linkKey, bookRoot, generation, home, community, line, joined: height,
  };
}
