// The ledger as owners see it: pure functions from a ledger to the shapes of owner-view.ts. The gateway's API answers
// with them, and the owner's commands use them on a stored chain when no gateway runs.
import type { Account, Ledger, Node } from '../ledger/index.ts';
import { accountName, Action, NodeStatus, Rate, RATE_BOUNDS, StateKind } from '../ledger/index.ts';
import { addressText } from '../provision/identity.ts';
import type { AccountView, ChannelView, LedgerNodeView, ParamsView, ProposalView, RateView } from './owner-view.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Names of what a vote can do, as commands and the API write them. */
export const ACTION_NAMES: Record<Action, string> = {
  [Action.ADMIT_MEMBER]: 'admit-member',
  [Action.EXPEL_MEMBER]: 'expel-member',
  [Action.ADMIT_GATEWAY]: 'admit-gateway',
  [Action.REMOVE_GATEWAY]: 'remove-gateway',
  [Action.RELEASE]: 'release',
  [Action.LINE]: 'line',
  [Action.SET_RATE]: 'set-rate',
  [Action.ADD_COMMUNITY]: 'add-community',
  [Action.SET_SHARE]: 'set-share',
};

export const RATE_NAMES: Record<Rate, string> = {
  [Rate.CREDIT_LINE_P]: 'credit-line-p',
  [Rate.PAY_BATCH_P]: 'pay-batch-p',
  [Rate.TRUST_MAX_P]: 'trust-max-p',
  [Rate.CLAIM_FIRST]: 'claim-first',
  [Rate.LEVY_LOCAL]: 'levy-local-per-mille',
  [Rate.LEVY_GLOBAL]: 'levy-global-per-mille',
  [Rate.DEMURRAGE]: 'demurrage-per-mille',
};

const ID = /^(?:owner:([0-9a-f]{64})|node:([0-9a-f]{8})|pool:(\d{1,5}))$/;

export function isAccountId(id: string): boolean {
  return ID.test(id);
}

/** Undefined for an account that the ledger does not have, or text that names none. */
export function accountView(ledger: Ledger, id: string): AccountView | undefined {
  const [, key, address, pool] = ID.exec(id) ?? [];
  let account: Account | undefined;
  if (key !== undefined) account = ledger.account(new Uint8Array(Buffer.from(key, 'hex')));
  else if (address !== undefined) account = ledger.account(parseInt(address, 16));
  else if (pool !== undefined) account = ledger.pool(Number(pool));
  if (account === undefined) return undefined;
  const { balance, line, escrow, guaranteed } = account;
  const free = ledger.free(account);
  const owner = account.kind === StateKind.OWNER ? account : undefined;
  return {
    id: accountName(account),
    kind: owner !== undefined ? 'owner' : account.kind === StateKind.NODE ? 'node' : 'pool',
    height: ledger.height,
    balance,
    line,
    escrow,
    guaranteed,
    free,
    // A pool moves by the ledger's own rules only (SPEC L7.5).
    transferable: account.kind === StateKind.POOL ? 0 : Math.max(0, Math.min(balance, free)),
    nonce: owner?.nonce ?? null,
    member: owner === undefined ? null : owner.member === 1,
    owner: account.kind === StateKind.NODE ? hex(account.owner) : null,
  };
}

const STATUS_NAMES: Record<NodeStatus, LedgerNodeView['status']> = {
  [NodeStatus.ACTIVE]: 'active',
  [NodeStatus.LEAVING]: 'leaving',
  [NodeStatus.GONE]: 'gone',
};

export function nodeView(ledger: Ledger, node: Node): LedgerNodeView {
  const { community, generation, balance, line, escrow, guaranteed, channels } = node;
  const { joined, leavesAt, rekeysAt, unvouchedAt } = node;
  return {
    address: addressText(node.address),
    status: STATUS_NAMES[node.status],
    owner: hex(node.owner),
    guarantor: hex(node.guarantor),
    home: addressText(node.home),
    community,
    generation,
    balance,
    line,
    escrow,
    guaranteed,
    free: ledger.free(node),
    channels,
    named: node.named === 1,
    joined,
    leavesAt,
    rekeysAt,
    unvouchedAt,
  };
}

export function channelViews(ledger: Ledger, address: number): ChannelView[] {
  return ledger.channelsOf(address).map(({ payer, generation, chain, payee, settled, limit, expiry, closing }) => ({
    payer: addressText(payer), generation, chain, payee: addressText(payee), settled, limit, expiry,
    closing: closing !== 0,
  }));
}

export function paramsView(ledger: Ledger): ParamsView {
  const { params, money, rates, height } = ledger;
  const epoch = Math.floor(height / params.epoch);
  return {
    ledgerId: hex(ledger.ledgerId),
    height,
    epoch,
    epochHeights: params.epoch,
    epochEndsAt: (epoch + 1) * params.epoch - 1,
    moneyRoundHeights: params.moneyRound,
    noticeHeights: params.channelEpochs * params.epoch,
    blockIntervalS: params.blockIntervalS,
    region: params.region,
    spreadingFactor: params.spreadingFactor,
    pathPrice: money.pathPrice,
    linkValue: money.linkValue,
    creditLine: money.creditLine,
    supply: money.supply,
    revision: rates.revision,
    rates: rateViews(ledger),
    pools: [...ledger.pools()].map(({ id, balance, share }) => ({ number: id, balance, share })),
    gateways: [...ledger.gateways()].map(({ address, owner, admitted }) => ({
      address: addressText(address),
      owner: hex(owner),
      admitted: admitted !== 0,
    })),
  };
}

function rateViews({ rates }: Ledger): RateView[] {
  return Object.entries(RATE_BOUNDS).map(([number, { field, low, high }]) => ({
    name: RATE_NAMES[Number(number) as Rate],
    number: Number(number),
    value: rates[field],
    low,
    high,
  }));
}

export function proposalViews(ledger: Ledger): ProposalView[] {
  const ballots = [...ledger.ballots()];
  const count = (proposal: number, choice: number): number =>
    ballots.filter((ballot) => ballot.proposal === proposal && ballot.choice === choice).length;
  return [...ledger.proposals()].sort((a, b) => a.id - b.id).map((proposal) => ({
    number: proposal.id,
    owner: hex(proposal.owner),
    action: ACTION_NAMES[proposal.action as Action] ?? String(proposal.action),
    subject: hex(proposal.subject),
    value: proposal.value,
    state: proposal.effectAt === 0 ? 'voting' : 'passed',
    countsAt: proposal.countsAt,
    effectAt: proposal.effectAt,
    yes: count(proposal.id, 1),
    no: count(proposal.id, 0),
  }));
}
