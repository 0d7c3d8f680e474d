// What a node did lately: turnover, levies, income from outside (SPEC L8.1). Figures belong to an epoch and are rolled
// forward when something touches them, so that idle accounts cost a block nothing.
import type { Node } from '../records.ts';
import type { Context } from './context.ts';

/** floor(a x b / c), exact also where the product is beyond the integers of a Number. */
export function mulDiv(a: number, b: number, c: number): number {
  const product = a * b;
  return Number.isSafeInteger(product) ? Math.floor(product / c) : Number((BigInt(a) * BigInt(b)) / BigInt(c));
}

/** Figures and counters stop where their six bytes end: a ledger that has settled more must not stop with them. */
const FIGURE_MAX = 2 ** 47 - 1;

export function raised(figure: number, by: number): number {
  return Math.min(FIGURE_MAX, figure + by);
}

/** Of a sum over "the last seven epochs" each boundary keeps this part: seven numbers a node would be too many. */
const KEEP = 6;
const OF = 7;
/** After this many idle epochs a window of 2^47 credits has fallen to zero. */
const ROLLS_MAX = 256;

export function epochOf(context: Pick<Context, 'params'>, height: number): number {
  return Math.floor(height / context.params.epoch);
}

function faded(amount: number, epochs: number): number {
  let left = amount;
  for (let i = Math.min(epochs, ROLLS_MAX); i > 0 && left > 0; i--) left = Math.floor((left * KEEP) / OF);
  return left;
}

interface Figures {
  turnover: number;
  turnoverBefore: number;
  paid: number;
  globalLevy: number;
}

/** The node's figures as of `epoch`, without changing it. */
export function figuresAt(node: Node, epoch: number): Figures {
  const passed = epoch - node.epoch;
  if (passed === 0) return node;
  return {
    turnover: 0,
    turnoverBefore: passed === 1 ? node.turnover : 0,
    paid: faded(node.paid, passed),
    globalLevy: faded(node.globalLevy, passed),
  };
}

/** Brings the figures of a node under edit up to the present epoch. */
export function roll(context: Context, node: Node): void {
  const epoch = epochOf(context, context.height);
  if (node.epoch === epoch) return;
  const figures = figuresAt(node, epoch);
  node.turnover = figures.turnover;
  node.turnoverBefore = figures.turnoverBefore;
  node.paid = figures.paid;
  node.globalLevy = figures.globalLevy;
  node.epoch = epoch;
}

/** Turnover of about the last `epoch` heights: this epoch's, and the part of the last one that still counts. */
function recentTurnover(context: Context, node: Node): number {
  const { epoch } = context.params;
  const figures = figuresAt(node, epochOf(context, context.height));
  const left = epoch - (context.height % epoch);
  return figures.turnover + mulDiv(figures.turnoverBefore, left, epoch);
}

/** Below this turnover, in credits, income shows no readiness: prepayments alone bring it (SPEC L8.1). */
export function showsReadiness(context: Context, node: Node): boolean {
  return recentTurnover(context, node) >= Math.floor(context.money.creditLine / 8);
}

/** T: what a node may hold without demurrage, and what its escrow may exceed its line by. Credits. */
export function tolerance(context: Context, node: Node): number {
  const rounds = context.params.epoch / context.params.moneyRound;
  const working = Math.floor(recentTurnover(context, node) / (2 * rounds));
  return Math.max(Math.floor(context.money.creditLine / 8), working);
}

/** Whether a height lies in the last seven epochs (or whatever the genesis says that channels live). */
export function isRecent(context: Context, height: number): boolean {
  return height > 0 && context.height - height <= context.params.channelEpochs * context.params.epoch;
}

/** Readiness to relay was shown: income from outside the own guarantee tree, or a passed audit. */
export function isEligible(context: Context, node: Node): boolean {
  return isRecent(context, node.outsideAt) || isRecent(context, node.auditedAt);
}
