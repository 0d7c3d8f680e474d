// OPEN, CLAIM and CLOSE: payment channels between two nodes (SPEC L7.2 to 7.4). A claim needs no signature: the
// link is the proof and the payee was bound by the open, so any gateway may post it and a duplicate does nothing.
import { Book, bookLeaf, bookPrefix, digitsOf, OneTime, openMessage, Purpose, rootFromPath, Window } from '#protocol';
import type { BookId, Crypto } from '#protocol';
import { PoolId } from '../constants.ts';
import { TxCode } from '../codes.ts';
import { shaEngine } from '../hash/sha-engine.ts';
import type { Walk } from '../hash/sha-engine.ts';
import { sameBytes } from '../layout.ts';
import type { Channel, Node } from '../records.ts';
import { blankChannel, channelNumber, freeOf, NodeStatus } from '../records.ts';
import type { ClaimTx, CloseTx, OpenTx } from '../tx.ts';
import type { Context } from './context.ts';
import { raised, roll, showsReadiness, tolerance } from './activity.ts';
import { checkSigned, move, ownerOf } from './context.ts';
import { sameTree } from './notices.ts';

const PER_MILLE = 1000;
/** Opening limit, and least refill target, in P. */
const OPEN_P = 4;
/** A pure refill must raise the limit by this many P: otherwise it would cost the air more than it moves. */
const REFILL_P = 2;

function deadlineHeights(context: Context): number {
  return context.params.channelEpochs * context.params.epoch;
}

/** Last height at which a claim is accepted; the escrow returns at the first epoch boundary after it. */
export function releaseHeight(context: Pick<Context, 'params'>, channel: Channel): number {
  return channel.expiry + context.params.channelEpochs * context.params.epoch;
}

/** Links the payer could put into escrow now. */
function linksAffordable(context: Context, payer: Node): number {
  const room = payer.line + tolerance(context, payer) - payer.escrow;
  return Math.max(0, Math.floor(Math.min(freeOf(payer), room) / context.money.linkValue));
}

function isUsed(node: Node, chain: number): boolean {
  return ((node.usedChains[chain >> 3]! >> (chain & 7)) & 1) === 1;
}

/** The one-time key behind an OPEN's signature (SPEC 6.3), its seven digits walked side by side. */
function bindingKeyOf(context: Context, id: BookId, tx: OpenTx): Uint8Array {
  const walks: Walk[] = [];
  digitsOf(openMessage(tx.payee, tx.window)).forEach((steps, digit) => {
    const link = tx.binding.subarray(digit * Book.LINK, (digit + 1) * Book.LINK);
    const prefix = bookPrefix(id, Purpose.BIND_STEP, tx.chain, digit);
    walks.push({ prefix, link, marks: [OneTime.STEPS - steps], links: [] });
  });
  shaEngine().walkAll(walks);
  const parts = [bookPrefix(id, Purpose.BIND_KEY, tx.chain, 0), ...walks.map(({ links: [end] }) => end!)];
  return context.deps.crypto.sha256(parts).slice(0, Book.LINK);
}

function bindingHolds(context: Context, tx: OpenTx, payer: Node): boolean {
  const crypto = context.deps.crypto as Crypto;
  const id: BookId = { ledger: context.ledgerId, address: tx.payer, generation: tx.generation };
  const leaf = bookLeaf(crypto, id, tx.chain, tx.anchor, bindingKeyOf(context, id, tx));
  return sameBytes(rootFromPath(crypto, id, tx.chain, leaf, tx.path), payer.bookRoot);
}

function checkOpen(context: Context, tx: OpenTx, payer: Node | undefined): TxCode {
  if (tx.payer === tx.payee) return TxCode.SELF_CHANNEL;
  const payee = context.state.nodes.get(tx.payee);
  if (payer === undefined || payer.status !== NodeStatus.ACTIVE) return TxCode.UNKNOWN_NODE;
  if (payee === undefined || payee.status !== NodeStatus.ACTIVE) return TxCode.UNKNOWN_NODE;
  if (payer.generation !== tx.generation) return TxCode.WRONG_GENERATION;
  if (isUsed(payer, tx.chain)) return TxCode.CHANNEL_EXISTS;
  return tx.window > Window.CODE_MAX ? TxCode.BAD_WINDOW : TxCode.OK;
}

export function applyOpen(context: Context, tx: OpenTx): TxCode {
  const payer = context.state.nodes.get(tx.payer);
  const code = checkOpen(context, tx, payer);
  if (code !== TxCode.OK || payer === undefined) return code;
  const { pathPrice, linkValue } = context.money;
  const wanted = Math.min(2 ** tx.window, Math.floor((OPEN_P * pathPrice) / linkValue));
  const limit = Math.min(wanted, linksAffordable(context, payer));
  if (limit === 0) return TxCode.NO_ROOM_TO_OPEN;
  if (!bindingHolds(context, tx, payer)) return TxCode.BAD_BINDING;

  const { state } = context;
  const usedChains = payer.usedChains.slice();
  usedChains[tx.chain >> 3]! |= 1 << (tx.chain & 7);
  state.edit(payer).usedChains = usedChains;
  payer.escrow += limit * linkValue;
  payer.channels += 1;
  state.edit(state.meta).openChannels += 1;
  const channel = blankChannel(tx.payer, tx.generation, tx.chain);
  const expiry = context.height + deadlineHeights(context);
  state.add(Object.assign(channel, { payee: tx.payee, window: tx.window, limit, expiry, link: tx.anchor }));
  return TxCode.OK;
}

function checkClaim(context: Context, tx: ClaimTx, channel: Channel): TxCode {
  if (context.height > releaseHeight(context, channel)) return TxCode.CHANNEL_EXPIRED;
  if (channel.claimed === context.height) return TxCode.SUPERSEDED;
  if (tx.number > Book.LINKS) return TxCode.OVER_CHAIN;
  return tx.number < channel.settled ? TxCode.NOT_NEWER : TxCode.OK;
}

export function applyClaim(context: Context, tx: ClaimTx, walk: number | undefined): TxCode {
  const channel = context.state.channels.get(channelNumber(tx.payer, tx.generation, tx.chain));
  if (channel === undefined) return TxCode.UNKNOWN_CHANNEL;
  const code = checkClaim(context, tx, channel);
  if (code !== TxCode.OK) return code;
  const payer = context.state.nodes.get(channel.payer);
  const payee = context.state.nodes.get(channel.payee);
  if (payer === undefined || payee === undefined || payee.status === NodeStatus.GONE) return TxCode.UNKNOWN_NODE;
  const to = Math.min(tx.number, channel.limit);
  if (to === channel.settled) return applyRefill(context, tx, channel, payer, walk);
  const link = context.walks.proven(walk, tx, channel, to);
  if (link === undefined) return TxCode.BAD_LINK;
  settle(context, channel, payer, payee, to, link);
  return TxCode.OK;
}

/** Pays the links up to `to`, then lets escrow follow use (SPEC L7.3). */
function settle(context: Context, channel: Channel, payer: Node, payee: Node, to: number, link: Uint8Array): void {
  const { state, money, height } = context;
  const links = to - channel.settled;
  const amount = links * money.linkValue;
  state.edit(channel);
  state.edit(payer).escrow -= amount;
  payLevied(context, channel, payer, payee, amount);
  channel.settled = to;
  channel.link = link;
  channel.claimed = height;
  if (channel.closing === 0 && payer.status === NodeStatus.ACTIVE) {
    raiseLimit(context, channel, payer, refillTarget(context, channel, amount));
    channel.expiry = height + deadlineHeights(context);
  }
  payer.active = height;
  payee.active = height;
  if (!sameTree(payer, payee) && showsReadiness(context, payee)) payee.outsideAt = height;
  const meta = state.edit(state.meta);
  meta.claims = raised(meta.claims, 1);
  meta.settledLinks = raised(meta.settledLinks, links);
  meta.settledCredits = raised(meta.settledCredits, amount);
}

/** The levy's fractions stay in the channel: taken from zero each time, small claims would go free. */
function payLevied(context: Context, channel: Channel, payer: Node, payee: Node, amount: number): void {
  const { state } = context;
  const local = amount * state.rates.levyLocalPerMille + channel.localRest;
  const global = amount * state.rates.levyGlobalPerMille + channel.globalRest;
  channel.localRest = local % PER_MILLE;
  channel.globalRest = global % PER_MILLE;
  const localLevy = Math.floor(local / PER_MILLE);
  const globalLevy = Math.floor(global / PER_MILLE);
  roll(context, state.edit(payee));
  payee.turnover = raised(payee.turnover, amount);
  payee.paid = raised(payee.paid, localLevy + globalLevy);
  payee.globalLevy = raised(payee.globalLevy, globalLevy);
  move(context, payer, payee, amount - localLevy - globalLevy);
  move(context, payer, state.pools.get(payee.community)!, localLevy);
  move(context, payer, state.pools.get(PoolId.GLOBAL)!, globalLevy);
}

function refillTarget(context: Context, channel: Channel, justSettled: number): number {
  const { pathPrice, linkValue } = context.money;
  const used = Math.floor(Math.max(OPEN_P * pathPrice, 4 * justSettled) / linkValue);
  return Math.min(Book.LINKS, channel.settled + Math.min(2 ** channel.window, used));
}

/** Raises the limit towards `target` as far as the payer's free credit allows; a limit never falls. */
function raiseLimit(context: Context, channel: Channel, payer: Node, target: number): void {
  const links = Math.min(Math.max(0, target - channel.limit), linksAffordable(context, payer));
  context.state.edit(payer).escrow += links * context.money.linkValue;
  channel.limit += links;
}

/** Nothing left to settle: legal when it gives a channel that ran dry new escrow. The expiry stays. */
function applyRefill(
  context: Context,
  tx: ClaimTx,
  channel: Channel,
  payer: Node,
  walk: number | undefined,
): TxCode {
  const { pathPrice, linkValue } = context.money;
  if (channel.closing !== 0 || payer.status !== NodeStatus.ACTIVE) return TxCode.CLOSING;
  if (context.height > channel.expiry) return TxCode.CHANNEL_EXPIRED;
  const target = refillTarget(context, channel, 0);
  const links = Math.min(Math.max(0, target - channel.limit), linksAffordable(context, payer));
  if (links === 0 || links * linkValue < REFILL_P * pathPrice) return TxCode.REFILL_TOO_SMALL;
  if (context.walks.proven(walk, tx, channel, channel.settled) === undefined) return TxCode.BAD_LINK;
  raiseLimit(context, context.state.edit(channel), payer, target);
  return TxCode.OK;
}

/** A flag only: a shortened expiry would rob a payee that trusts its last STATE. */
export function applyClose(context: Context, tx: CloseTx, bytes: Uint8Array): TxCode {
  const channel = context.state.channels.get(channelNumber(tx.payer, tx.generation, tx.chain));
  const payer = context.state.nodes.get(tx.payer);
  if (channel === undefined || payer === undefined) return TxCode.UNKNOWN_CHANNEL;
  const owner = ownerOf(context, payer);
  const code = checkSigned(context, owner, tx, bytes);
  if (code !== TxCode.OK) return code;
  if (channel.closing !== 0) return TxCode.CLOSING;
  context.state.edit(channel).closing = 1;
  context.state.edit(owner).nonce += 1;
  return TxCode.OK;
}

/** At the end of an epoch: channels past their release give the unused escrow back and are forgotten. */
export function releaseChannels(context: Context): void {
  const { state } = context;
  for (const channel of [...state.channels.values()]) {
    if (releaseHeight(context, channel) > context.height) continue;
    const payer = state.edit(state.nodes.get(channel.payer)!);
    payer.escrow -= (channel.limit - channel.settled) * context.money.linkValue;
    payer.channels -= 1;
    state.edit(state.meta).openChannels -= 1;
    state.remove(channel);
  }
}
