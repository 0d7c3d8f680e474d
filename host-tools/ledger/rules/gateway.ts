// GATEWAY, REVEAL, AUDIT and EVIDENCE: who may write blocks, and what gateways state (SPEC L7.7, 7.8). Registering is
// free for an owner; writing blocks needs a vote.
import type { BookId } from '#protocol';
import { bookPrefix, Purpose, putU32 } from '#protocol';
import { Bound, LedgerPurpose, StateKind } from '../constants.ts';
import { TxCode } from '../codes.ts';
import { blockHash, decodeHeader, headerMessage } from '../header.ts';
import { shaEngine } from '../hash/sha-engine.ts';
import type { Walk } from '../hash/sha-engine.ts';
import { isZero, sameBytes } from '../layout.ts';
import type { Gateway } from '../records.ts';
import { NodeStatus } from '../records.ts';
import type { State } from '../state.ts';
import type { AuditTx, EvidenceTx, GatewayTx, RevealTx } from '../tx.ts';
import { signedMessage } from '../tx.ts';
import { epochOf } from './activity.ts';
import type { Context } from './context.ts';
import { checkSigned } from './context.ts';

function checkGateway(context: Context, tx: GatewayTx, known: Gateway | undefined): TxCode {
  const { state } = context;
  if (tx.address === 0 || tx.address === 0xffffffff) return TxCode.BAD_ADDRESS;
  const node = state.nodes.get(tx.address);
  if (node !== undefined && !sameBytes(node.owner, tx.owner)) return TxCode.ADDRESS_TAKEN;
  if (known !== undefined) {
    const same = sameBytes(known.owner, tx.owner) && sameBytes(known.blockKey, tx.blockKey);
    return same ? TxCode.OK : TxCode.ADDRESS_TAKEN;
  }
  if (state.gateways.size >= Bound.GATEWAYS_REGISTERED) return TxCode.TABLE_FULL;
  if (isZero(tx.blockKey)) return TxCode.SAME_KEY;
  for (const other of state.gateways.values()) if (sameBytes(other.blockKey, tx.blockKey)) return TxCode.SAME_KEY;
  return TxCode.OK;
}

/**
 * Registers a gateway, or gives a registered one a new TESLA chain: that of a founder cannot stand in the genesis,
 * because every step of it is hashed with the ledger's id.
 */
export function applyGateway(context: Context, tx: GatewayTx, bytes: Uint8Array): TxCode {
  const { state, height } = context;
  const owner = state.owner(tx.owner);
  if (owner === undefined) return TxCode.UNKNOWN_OWNER;
  const known = state.gateways.get(tx.address);
  const place = checkGateway(context, tx, known);
  if (place !== TxCode.OK) return place;
  const code = checkSigned(context, owner, tx, bytes);
  if (code !== TxCode.OK) return code;
  state.edit(owner).nonce += 1;
  const gateway = known === undefined ? state.add(newGateway(tx)) : state.edit(known);
  gateway.teslaAnchor = tx.teslaAnchor;
  gateway.anchorSlot = tx.anchorSlot;
  gateway.registered = height;
  gateway.revealed = 0;
  return TxCode.OK;
}

function newGateway(tx: GatewayTx): Gateway {
  return {
    kind: StateKind.GATEWAY, address: tx.address, owner: tx.owner, blockKey: tx.blockKey,
    teslaAnchor: tx.teslaAnchor, anchorSlot: 0, registered: 0, admitted: 0, strikes: 0, genesis: 0, revealed: 0,
    weight: 0,
  };
}

/** The key of the slot that closed the last epoch, which will be hashed into a seed; needs no signature. */
export function applyReveal(context: Context, tx: RevealTx): TxCode {
  const gateway = context.state.gateways.get(tx.gateway);
  if (gateway === undefined) return TxCode.UNKNOWN_GATEWAY;
  const epoch = epochOf(context, context.height);
  const slot = context.state.meta.epochSlot;
  if (gateway.revealed === epoch + 1) return TxCode.NOT_NEWER;
  const steps = slot - gateway.anchorSlot;
  if (steps <= 0 || steps > Bound.REVEAL_STEPS) return TxCode.BAD_LINK;
  const id: BookId = { ledger: context.ledgerId, address: tx.gateway, generation: 0 };
  const prefix = bookPrefix(id, Purpose.HEADER_STEP, 0, 0);
  // Anybody may send one that is false: the engine, because it costs up to 131072 hashes to find out.
  const walk: Walk = { prefix, link: tx.key, marks: [steps], links: [] };
  shaEngine().walkAll([walk]);
  if (!sameBytes(walk.links[0]!, gateway.teslaAnchor)) return TxCode.BAD_LINK;
  context.state.edit(gateway).teslaAnchor = tx.key;
  gateway.anchorSlot = slot;
  gateway.revealed = epoch + 1;
  return TxCode.OK;
}

/** The gateways that audit a node in an epoch: two of different owners where there are two owners (SPEC L7.8). */
export function auditorsOf(context: Context, subject: number): Gateway[] {
  const admitted = admittedGateways(context);
  const drawn: Gateway[] = [];
  const head = new Uint8Array(9);
  head[0] = LedgerPurpose.AUDITORS;
  putU32(head, 1, subject);
  for (let rank = 0; rank < 2; rank++) {
    const open = admitted.filter((gateway) => drawn.every((other) => !sameBytes(other.owner, gateway.owner)));
    if (open.length === 0) break;
    putU32(head, 5, rank);
    const hash = context.deps.crypto.sha256([head, context.state.meta.seed]);
    drawn.push(open[(hash[0]! * 65536 + hash[1]! * 256 + hash[2]!) % open.length]!);
  }
  return drawn;
}

/** Admitted gateways in ascending order of address. */
export function admittedGateways(context: Pick<Context, 'state'>): Gateway[] {
  return [...context.state.gateways.values()]
    .filter((gateway) => gateway.admitted !== 0)
    .sort((a, b) => a.address - b.address);
}

export function isLastAdmitted(state: State, gateway: Gateway): boolean {
  const admitted = admittedGateways({ state });
  return admitted.length === 1 && admitted[0] === gateway;
}

/** A drawn auditor states that the subject relayed an ordinary paid packet. It gates the allowance only. */
export function applyAudit(context: Context, tx: AuditTx, bytes: Uint8Array): TxCode {
  const node = context.state.nodes.get(tx.subject);
  if (node === undefined || node.status !== NodeStatus.ACTIVE) return TxCode.UNKNOWN_NODE;
  const epoch = epochOf(context, context.height);
  const auditor = auditorsOf(context, tx.subject).find((gateway) => gateway.address === tx.auditor);
  if (auditor === undefined || tx.epoch !== epoch) return TxCode.NOT_DRAWN;
  if (node.auditedAt !== 0 && epochOf(context, node.auditedAt) === epoch) return TxCode.NOT_NEWER;
  const message = signedMessage(context.ledgerId, bytes);
  if (!context.deps.verify(auditor.blockKey, message, tx.signature)) return TxCode.BAD_SIGNATURE;
  context.state.edit(node).auditedAt = context.height;
  return TxCode.OK;
}

/** Two signed headers of one producer for one slot: the producer writes no more blocks. */
export function applyEvidence(context: Context, tx: EvidenceTx): TxCode {
  const [first, second] = [decodeHeader(tx.first), decodeHeader(tx.second)];
  if (first === undefined || second === undefined) return TxCode.BAD_EVIDENCE;
  if (first.producer !== second.producer || first.slot !== second.slot) return TxCode.BAD_EVIDENCE;
  const { crypto, verify } = context.deps;
  // In one order only, so that the same evidence has one byte string.
  if (Buffer.compare(blockHash(crypto, tx.first), blockHash(crypto, tx.second)) >= 0) return TxCode.BAD_EVIDENCE;
  const gateway = context.state.gateways.get(first.producer);
  if (gateway === undefined) return TxCode.UNKNOWN_GATEWAY;
  // What it did before it was admitted again was known then; and without any gateway no vote could bring one back.
  if (gateway.admitted === 0 || Math.max(first.height, second.height) < gateway.admitted) return TxCode.NOT_NEWER;
  if (isLastAdmitted(context.state, gateway)) return TxCode.LAST_GATEWAY;
  const signed = (header: Uint8Array, signature: Uint8Array): boolean =>
    verify(gateway.blockKey, headerMessage(context.ledgerId, header), signature);
  if (!signed(tx.first, tx.firstSignature) || !signed(tx.second, tx.secondSignature)) return TxCode.BAD_SIGNATURE;
  context.state.edit(gateway).admitted = 0;
  gateway.strikes = Math.min(255, gateway.strikes + 1);
  return TxCode.OK;
}

