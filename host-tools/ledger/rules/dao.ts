// PROPOSE and VOTE, the count at the end of an epoch and the effect one epoch later (SPEC L7.9). Every parameter has
// bounds here; what a vote cannot reach it cannot break.
import { getU16, getU32 } from '#protocol';
import { Action, Bound, PoolId, Rate, StateKind } from '../constants.ts';
import { TxCode } from '../codes.ts';
import type { Gateway, Node, Owner, Proposal, Rates } from '../records.ts';
import { keyText } from '../records.ts';
import type { ProposeTx, VoteTx } from '../tx.ts';
import { isZero } from '../layout.ts';
import { epochOf } from './activity.ts';
import type { Context } from './context.ts';
import { checkSigned, move } from './context.ts';
import { isLastAdmitted } from './gateway.ts';
import { newOwner } from './join.ts';
import { countedLevies } from './leaders.ts';

/** Epochs a member waits before it may vote; founders do not. */
const TENURE_EPOCHS = 7;
/** Most the treasury gives away in an epoch: this part of the supply. */
const RELEASE_PER_MILLE = 20;

type RateField = Exclude<keyof Rates, 'kind' | 'revision' | 'leaf' | 'journal'>;
export const RATES: Record<Rate, { field: RateField; low: number; high: number }> = {
  [Rate.CREDIT_LINE_P]: { field: 'creditLineP', low: 16, high: 4096 },
  [Rate.PAY_BATCH_P]: { field: 'payBatchP', low: 1, high: 64 },
  [Rate.TRUST_MAX_P]: { field: 'trustMaxP', low: 1, high: 64 },
  [Rate.CLAIM_FIRST]: { field: 'claimFirst', low: 1, high: 1024 },
  [Rate.LEVY_LOCAL]: { field: 'levyLocalPerMille', low: 0, high: 200 },
  [Rate.LEVY_GLOBAL]: { field: 'levyGlobalPerMille', low: 10, high: 200 },
  [Rate.DEMURRAGE]: { field: 'demurragePerMille', low: 0, high: 500 },
};

function mayVote(context: Context, owner: Owner): boolean {
  if (owner.member === 0) return false;
  return owner.memberSince === 0
    || context.height - owner.memberSince >= TENURE_EPOCHS * context.params.epoch;
}

/** Whether a proposal can have an effect at all; bounds are checked again when it takes effect. */
function isPossible(context: Context, tx: Pick<ProposeTx, 'action' | 'subject' | 'value'>): boolean {
  const { state } = context;
  const address = getU32(tx.subject, 0);
  switch (tx.action as Action) {
    case Action.ADMIT_MEMBER:
      return !isZero(tx.subject) && tx.value >= PoolId.FIRST_COMMUNITY && state.pools.has(tx.value);
    case Action.EXPEL_MEMBER: return state.owner(tx.subject)?.member === 1;
    case Action.ADMIT_GATEWAY: return state.gateways.get(address)?.admitted === 0 && tailIsZero(tx.subject, 4);
    case Action.REMOVE_GATEWAY: return state.gateways.get(address)?.admitted !== undefined && tailIsZero(tx.subject, 4);
    case Action.RELEASE: return state.owner(tx.subject) !== undefined && tx.value > 0;
    case Action.LINE: return state.owner(tx.subject) !== undefined && tx.value > 0;
    case Action.SET_RATE: return rateInBounds(context, tx.subject, tx.value);
    case Action.ADD_COMMUNITY: return tx.value <= 0xffff && isZero(tx.subject);
    case Action.SET_SHARE: return tx.value <= 0xffff && tailIsZero(tx.subject, 2) && isCommunity(context, tx.subject);
    default: return false;
  }
}

function tailIsZero(subject: Uint8Array, from: number): boolean {
  return isZero(subject.subarray(from));
}

function isCommunity(context: Context, subject: Uint8Array): boolean {
  const id = getU16(subject, 0);
  return id >= PoolId.FIRST_COMMUNITY && context.state.pools.has(id);
}

function rateInBounds({ state }: Context, subject: Uint8Array, value: number): boolean {
  const rate = (RATES as Partial<Record<number, { low: number; high: number }>>)[subject[0]!];
  if (rate === undefined || !tailIsZero(subject, 1) || value < rate.low || value > rate.high) return false;
  const { levyLocalPerMille, levyGlobalPerMille } = state.rates;
  switch (subject[0]) {
    case Rate.LEVY_LOCAL: return value + levyGlobalPerMille <= Bound.LEVY_PER_MILLE;
    case Rate.LEVY_GLOBAL: return value + levyLocalPerMille <= Bound.LEVY_PER_MILLE;
    default: return true;
  }
}

export function applyPropose(context: Context, tx: ProposeTx, bytes: Uint8Array): TxCode {
  const { state } = context;
  const owner = state.owner(tx.owner);
  if (owner === undefined) return TxCode.UNKNOWN_OWNER;
  if (!mayVote(context, owner)) return TxCode.NO_VOTE;
  if (!isPossible(context, tx)) return TxCode.BAD_PROPOSAL;
  if (state.proposals.size >= Bound.PROPOSALS) return TxCode.TABLE_FULL;
  const code = checkSigned(context, owner, tx, bytes);
  if (code !== TxCode.OK) return code;
  state.edit(owner).nonce += 1;
  const meta = state.edit(state.meta);
  meta.proposals += 1;
  state.add({
    kind: StateKind.PROPOSAL, id: meta.proposals, owner: tx.owner, action: tx.action, subject: tx.subject,
    value: tx.value, countsAt: epochOf(context, context.height) + 1, effectAt: 0,
  });
  return TxCode.OK;
}

export function applyVote(context: Context, tx: VoteTx, bytes: Uint8Array): TxCode {
  const { state } = context;
  const owner = state.owner(tx.owner);
  if (owner === undefined) return TxCode.UNKNOWN_OWNER;
  const proposal = state.proposals.get(tx.proposal);
  if (proposal === undefined) return TxCode.UNKNOWN_PROPOSAL;
  if (tx.choice > 1) return TxCode.MALFORMED;
  if (proposal.effectAt !== 0) return TxCode.VOTING_OVER;
  if (!mayVote(context, owner)) return TxCode.NO_VOTE;
  if (state.ballot(tx.proposal, tx.owner) !== undefined) return TxCode.VOTED;
  const code = checkSigned(context, owner, tx, bytes);
  if (code !== TxCode.OK) return code;
  state.edit(owner).nonce += 1;
  state.add({ kind: StateKind.BALLOT, proposal: tx.proposal, owner: tx.owner, choice: tx.choice });
  return TxCode.OK;
}

/** Members' weights at this moment: 1 each and 1 per P of counted global levy, at most a tenth of the sum each. */
function weights(context: Context, nodes: Node[]): Map<string, number> {
  const levies = countedLevies(context, nodes);
  const all = new Map<string, number>();
  let total = 0;
  for (const [key, owner] of context.state.owners) {
    if (!mayVote(context, owner)) continue;
    const weight = 1 + Math.floor((levies.get(key) ?? 0) / context.money.pathPrice);
    all.set(key, weight);
    total += weight;
  }
  const most = Math.max(1, Math.floor(total / 10));
  for (const [key, weight] of all) all.set(key, Math.min(weight, most));
  return all;
}

/** At the end of an epoch: counts what is due, then carries out what was passed an epoch ago. Ascending numbers. */
export function closeVotes(context: Context, nodes: Node[]): void {
  const epoch = epochOf(context, context.height);
  const proposals = [...context.state.proposals.values()].sort((a, b) => a.id - b.id);
  const due = proposals.filter((proposal) => proposal.effectAt === 0 && proposal.countsAt <= epoch);
  const voters = due.length === 0 ? new Map<string, number>() : weights(context, nodes);
  for (const proposal of proposals) {
    if (proposal.effectAt !== 0 && proposal.effectAt <= epoch) {
      execute(context, proposal);
      context.state.remove(proposal);
    }
  }
  for (const proposal of due) count(context, proposal, voters, epoch);
}

/** Passed with more yes than no (twice as much for an expulsion) and a quarter of all weight voting. */
function count(context: Context, proposal: Proposal, voters: Map<string, number>, epoch: number): void {
  const { state } = context;
  const sums = [0, 0];
  for (const ballot of [...state.ballots.values()]) {
    if (ballot.proposal !== proposal.id) continue;
    sums[ballot.choice]! += voters.get(keyText(ballot.owner)) ?? 0;
    state.remove(ballot);
  }
  const [no, yes] = sums as [number, number];
  const total = [...voters.values()].reduce((sum, weight) => sum + weight, 0);
  const needed = proposal.action === Action.EXPEL_MEMBER ? 2 * no : no + 1;
  if (yes >= needed && yes > 0 && 4 * (yes + no) >= total) state.edit(proposal).effectAt = epoch + 1;
  else state.remove(proposal);
}

function execute(context: Context, proposal: Proposal): void {
  // What was possible when proposed may have become impossible since; then nothing happens.
  if (!isPossible(context, proposal)) return;
  const { state } = context;
  const { action, subject, value } = proposal;
  const gateway = state.gateways.get(getU32(subject, 0));
  switch (action as Action) {
    case Action.ADMIT_MEMBER: return admitMember(context, subject, value);
    case Action.EXPEL_MEMBER: state.edit(state.owner(subject)!).member = 0; return;
    case Action.ADMIT_GATEWAY: state.edit(gateway!).admitted = context.height + 1; return;
    case Action.REMOVE_GATEWAY: return removeGateway(context, gateway!);
    case Action.RELEASE: return release(context, subject, value);
    case Action.LINE: return grantLine(context, subject, value);
    case Action.SET_RATE: return setRate(context, subject[0] as Rate, value);
    case Action.ADD_COMMUNITY: return addCommunity(context, value);
    case Action.SET_SHARE: return setShare(context, getU16(subject, 0), value);
  }
}

/** The last one stays: without a gateway there is no block in which a vote could admit another. */
function removeGateway({ state }: Context, gateway: Gateway): void {
  if (!isLastAdmitted(state, gateway)) state.edit(gateway).admitted = 0;
}

function admitMember(context: Context, key: Uint8Array, community: number): void {
  const { state } = context;
  const owner = state.owner(key) ?? state.add(newOwner(key));
  state.edit(owner).member = 1;
  owner.memberSince = context.height;
  owner.community = community;
}

/** Treasury money to an owner, as far as this epoch's part of the supply and the treasury allow. */
function release(context: Context, key: Uint8Array, value: number): void {
  const { state, money } = context;
  const treasury = state.pools.get(PoolId.TREASURY)!;
  const most = Math.floor((money.supply * RELEASE_PER_MILLE) / 1000) - state.meta.released;
  const free = treasury.balance - treasury.guaranteed;
  const amount = Math.max(0, Math.min(value, most, free));
  state.edit(state.meta).released += amount;
  move(context, treasury, state.owner(key)!, amount);
}

/** The treasury vouches for an owner, who may then vouch for nodes; counted like a release. */
function grantLine(context: Context, key: Uint8Array, value: number): void {
  const { state, money } = context;
  const treasury = state.pools.get(PoolId.TREASURY)!;
  const most = Math.floor((money.supply * RELEASE_PER_MILLE) / 1000) - state.meta.released;
  const amount = Math.max(0, Math.min(value, most, treasury.balance - treasury.guaranteed));
  state.edit(state.meta).released += amount;
  state.edit(treasury).guaranteed += amount;
  state.edit(state.owner(key)!).line += amount;
}

/** A line once granted is not changed by a vote: a new credit line counts for later joins. */
function setRate(context: Context, rate: Rate, value: number): void {
  const { state } = context;
  const rates = state.edit(state.rates);
  rates[RATES[rate].field] = value;
  rates.revision = (rates.revision + 1) & 255;
  state.edit(state.meta).paramsVersion = rates.revision;
}

function addCommunity(context: Context, share: number): void {
  const { state } = context;
  const id = PoolId.FIRST_COMMUNITY + state.pools.size - 2;
  if (state.pools.size - 2 >= Bound.COMMUNITIES) return;
  state.add({ kind: StateKind.POOL, id, balance: 0, line: 0, escrow: 0, guaranteed: 0, share });
}

/** Never to a sum of zero: the global levy must have somewhere to go. */
function setShare(context: Context, id: number, share: number): void {
  const { state } = context;
  let others = 0;
  for (const pool of state.pools.values()) if (pool.id !== id) others += pool.share;
  if (others + share > 0) state.edit(state.pools.get(id)!).share = share;
}
