// REKEY, LEAVE, UNVOUCH, HOME and NAME: what owners and guarantors say about a node (SPEC L7.6). The first three are
// notices of seven epochs, counted from inclusion: an instant one would void the channels of those who rely on it.
import { Bound } from '../constants.ts';
import { TxCode } from '../codes.ts';
import { sameBytes } from '../layout.ts';
import type { Account, Node, Owner } from '../records.ts';
import { NodeStatus } from '../records.ts';
import type { HomeTx, LeaveTx, NameTx, RekeyTx, UnvouchTx } from '../tx.ts';
import type { Context } from './context.ts';
import { checkSigned, guarantorOf, move, ownerOf } from './context.ts';

function noticeEnd(context: Context): number {
  return context.height + context.params.channelEpochs * context.params.epoch;
}

/** The node, when it exists and has not begun to leave. */
function activeNode(context: Context, address: number): Node | undefined {
  const node = context.state.nodes.get(address);
  return node?.status === NodeStatus.ACTIVE ? node : undefined;
}

export function applyRekey(context: Context, tx: RekeyTx, bytes: Uint8Array): TxCode {
  const node = activeNode(context, tx.address);
  if (node === undefined) return TxCode.UNKNOWN_NODE;
  if (node.rekeysAt !== 0) return TxCode.NOTICE_GIVEN;
  // Larger only: a generation that came back would make its released chains bindable a second time.
  if (tx.generation <= node.generation) return TxCode.WRONG_GENERATION;
  const owner = ownerOf(context, node);
  const code = checkSigned(context, owner, tx, bytes);
  if (code !== TxCode.OK) return code;
  context.state.edit(owner).nonce += 1;
  context.state.edit(node).rekeysAt = noticeEnd(context);
  node.nextLinkKey = tx.linkKey;
  node.nextBookRoot = tx.bookRoot;
  node.nextGeneration = tx.generation;
  return TxCode.OK;
}

export function applyLeave(context: Context, tx: LeaveTx, bytes: Uint8Array): TxCode {
  const node = activeNode(context, tx.address);
  if (node === undefined) return TxCode.UNKNOWN_NODE;
  if (node.channels > 0) return TxCode.OPEN_CHANNELS;
  const owner = ownerOf(context, node);
  const code = checkSigned(context, owner, tx, bytes);
  if (code !== TxCode.OK) return code;
  context.state.edit(owner).nonce += 1;
  context.state.edit(node).status = NodeStatus.LEAVING;
  node.leavesAt = noticeEnd(context);
  return TxCode.OK;
}

export function applyUnvouch(context: Context, tx: UnvouchTx, bytes: Uint8Array): TxCode {
  const node = activeNode(context, tx.address);
  if (node === undefined) return TxCode.UNKNOWN_NODE;
  if (node.unvouchedAt !== 0) return TxCode.NOTICE_GIVEN;
  const guarantor = context.state.owner(node.guarantor);
  if (guarantor === undefined) return TxCode.NOT_YOURS;
  const code = checkSigned(context, guarantor, tx, bytes);
  if (code !== TxCode.OK) return code;
  context.state.edit(guarantor).nonce += 1;
  context.state.edit(node).unvouchedAt = noticeEnd(context);
  return TxCode.OK;
}

export function applyHome(context: Context, tx: HomeTx, bytes: Uint8Array): TxCode {
  const node = activeNode(context, tx.address);
  if (node === undefined) return TxCode.UNKNOWN_NODE;
  if (!context.state.gateways.has(tx.home)) return TxCode.UNKNOWN_GATEWAY;
  const owner = ownerOf(context, node);
  const code = checkSigned(context, owner, tx, bytes);
  if (code !== TxCode.OK) return code;
  context.state.edit(owner).nonce += 1;
  context.state.edit(node).home = tx.home;
  return TxCode.OK;
}

/** A member names, or no longer names, a node it vouches for; named nodes share its basic allowance. */
export function applyName(context: Context, tx: NameTx, bytes: Uint8Array): TxCode {
  const node = activeNode(context, tx.address);
  if (node === undefined) return TxCode.UNKNOWN_NODE;
  if (tx.named > 1) return TxCode.MALFORMED;
  const member = context.state.owner(node.guarantor);
  if (member === undefined || member.member === 0 || node.community !== member.community) return TxCode.NOT_YOURS;
  const code = checkSigned(context, member, tx, bytes);
  if (code !== TxCode.OK) return code;
  if (tx.named === node.named) return TxCode.NOTICE_GIVEN;
  if (tx.named === 1 && member.named >= Bound.NAMED) return TxCode.TABLE_FULL;
  context.state.edit(member).nonce += 1;
  rename(context, node, member, tx.named);
  return TxCode.OK;
}

function rename(context: Context, node: Node, member: Owner, named: number): void {
  context.state.edit(member).named += named - node.named;
  context.state.edit(node).named = named;
}

/** At the end of an epoch: notices whose time has come. Nodes in ascending order of address (SPEC L8). */
export function applyNotices(context: Context, nodes: Node[]): void {
  const due = (height: number): boolean => height !== 0 && height <= context.height;
  for (const node of nodes) {
    if (due(node.rekeysAt)) finishRekey(context, node);
    if (due(node.unvouchedAt)) lowerLine(context, node);
    if (due(node.leavesAt) && node.channels === 0) finishLeave(context, node);
  }
}

function finishRekey(context: Context, node: Node): void {
  context.state.edit(node).rekeysAt = 0;
  node.linkKey = node.nextLinkKey;
  node.bookRoot = node.nextBookRoot;
  node.generation = node.nextGeneration;
  node.usedChains = new Uint8Array(32);
  node.nextLinkKey = new Uint8Array(32);
  node.nextBookRoot = new Uint8Array(32);
  node.nextGeneration = 0;
}

/** The line falls to what is in use, now and at the end of every later epoch. */
function lowerLine(context: Context, node: Node): void {
  const inUse = Math.max(0, node.escrow + node.guaranteed - node.balance);
  if (inUse >= node.line) return;
  const guarantor = guarantorOf(context, node.guarantor)!;
  context.state.edit(guarantor).guaranteed -= node.line - inUse;
  context.state.edit(node).line = inUse;
}

/** What the node has goes to its owner; what it owes falls on its guarantor, within the line it vouched for. */
function finishLeave(context: Context, node: Node): void {
  const { state } = context;
  const guarantor: Account = guarantorOf(context, node.guarantor)!;
  if (node.balance > 0) move(context, node, ownerOf(context, node), node.balance);
  if (node.balance < 0) move(context, guarantor, node, -node.balance);
  state.edit(guarantor).guaranteed -= node.line;
  const member = state.owner(node.guarantor);
  if (node.named === 1 && member !== undefined) rename(context, node, member, 0);
  state.edit(node).line = 0;
  node.status = NodeStatus.GONE;
  node.leavesAt = 0;
  node.rekeysAt = 0;
  node.unvouchedAt = 0;
  state.edit(state.meta).nodes -= 1;
}

/** True when both keys name the same guarantor: nodes of one guarantee tree. */
export function sameTree(a: Node, b: Node): boolean {
  return sameBytes(a.guarantor, b.guarantor);
}
