// The money round (SPEC L8.2, 8.3): the global levy goes to the communities, hoards pay demurrage, and what came in
// pays down the lines of those who relay and cannot earn enough. All of it ordinary transfers.
import { PoolId } from '../constants.ts';
import type { Account, Node, Owner, Pool } from '../records.ts';
import { freeOf, keyText, NodeStatus } from '../records.ts';
import { epochOf, figuresAt, isEligible, isRecent, mulDiv, raised, roll, tolerance } from './activity.ts';
import type { Context } from './context.ts';
import { move } from './context.ts';
import { communityPools } from './leaders.ts';
import { waterFill } from './water-fill.ts';

const PER_MILLE = 1000;
/** Epochs over which a guarantee tree's payments come back to it. */
const RETURN_EPOCHS = 7;

export function moneyRound(context: Context, nodes: Node[]): void {
  shareGlobalLevy(context);
  for (const node of nodes) demurNode(context, node);
  demurOwners(context, nodes);
  payAllowances(context, nodes);
}

/** What does not divide stays in the global pool for the next round. */
function shareGlobalLevy(context: Context): void {
  const { state } = context;
  const global = state.pools.get(PoolId.GLOBAL)!;
  const communities = communityPools(state);
  const shares = communities.reduce((sum, pool) => sum + pool.share, 0);
  const { balance } = global;
  for (const { id, share } of communities) {
    move(context, global, state.pools.get(id)!, mulDiv(balance, share, shares));
  }
}

/** min(floor(base x rate), free), 0 for whoever holds no more than it may. */
function demurrage(context: Context, account: Account, base: number): number {
  if (base <= 0) return 0;
  const due = mulDiv(base, context.state.rates.demurragePerMille, PER_MILLE);
  return Math.min(due, freeOf(account));
}

function demurNode(context: Context, node: Node): void {
  if (node.balance <= 0) return;
  const due = demurrage(context, node, node.balance - tolerance(context, node) - node.guaranteed);
  if (due <= 0) return;
  roll(context, context.state.edit(node));
  node.paid = raised(node.paid, due);
  move(context, node, context.state.pools.get(node.community)!, due);
}

/** Owners have no tolerance, but what they guarantee to nodes that settled something lately is not a hoard. */
function demurOwners(context: Context, nodes: Node[]): void {
  const guaranteed = new Map<string, number>();
  for (const node of nodes) {
    if (!isRecent(context, node.active)) continue;
    const key = keyText(node.guarantor);
    guaranteed.set(key, (guaranteed.get(key) ?? 0) + node.line);
  }
  const owners = [...context.state.owners].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, owner] of owners) {
    const due = demurrage(context, owner, owner.balance - (guaranteed.get(key) ?? 0));
    if (due > 0) move(context, owner, context.state.pools.get(owner.community)!, due);
  }
}

/** The nodes that one guarantor vouches for in one community, and what they may get in this round. */
interface Tree {
  guarantor: string;
  pool: Pool;
  nodes: Node[];
  paid: number;
  earned: number;
  basic: number;
}

function treesOf(context: Context, nodes: Node[]): Tree[] {
  const trees = new Map<string, Tree>();
  const epoch = epochOf(context, context.height);
  for (const node of nodes) {
    if (node.status !== NodeStatus.ACTIVE) continue;
    const guarantor = keyText(node.guarantor);
    const name = `${node.community}:${guarantor}`;
    const pool = context.state.pools.get(node.community)!;
    const tree = trees.get(name) ?? { guarantor, pool, nodes: [], paid: 0, earned: 0, basic: 0 };
    tree.nodes.push(node);
    tree.paid += figuresAt(node, epoch).paid;
    trees.set(name, tree);
  }
  return [...trees.values()].sort((a, b) => a.pool.id - b.pool.id || (a.guarantor < b.guarantor ? -1 : 1));
}

/** Poorest first, then by address: the order in which water-filling serves. */
function needy(context: Context, nodes: Node[]): Node[] {
  return nodes
    .filter((node) => node.balance < 0 && isEligible(context, node))
    .sort((a, b) => a.balance - b.balance || a.address - b.address);
}

function needOf(nodes: Node[]): number {
  return nodes.reduce((sum, node) => sum - node.balance, 0);
}

/** What a tree asks for: its payments of the last epochs back, and a member's basic allowance for its named nodes. */
function budget(context: Context, tree: Tree): void {
  const rounds = context.params.epoch / context.params.moneyRound;
  const owner: Owner | undefined = context.state.owners.get(tree.guarantor);
  const member = owner !== undefined && owner.member === 1 && owner.community === tree.pool.id;
  const poor = needy(context, tree.nodes);
  const named = needOf(poor.filter((node) => node.named === 1));
  tree.basic = member ? Math.min(Math.floor(context.money.creditLine / rounds), named) : 0;
  tree.earned = Math.min(Math.floor(tree.paid / (RETURN_EPOCHS * rounds)), needOf(poor) - tree.basic);
}

function payAllowances(context: Context, nodes: Node[]): void {
  const trees = treesOf(context, nodes);
  for (const tree of trees) budget(context, tree);
  for (const { id } of communityPools(context.state)) {
    const pool = context.state.pools.get(id)!;
    const here = trees.filter((tree) => tree.pool === pool);
    const asked = here.reduce((sum, tree) => sum + tree.basic + tree.earned, 0);
    const available = Math.min(asked, pool.balance);
    for (const tree of here) payTree(context, tree, available, asked);
  }
}

/** Every tree gets the same part of what it asks for; what is rounded away stays in the pool. */
function payTree(context: Context, tree: Tree, available: number, asked: number): void {
  if (asked === 0) return;
  const scaled = (amount: number): number => mulDiv(amount, available, asked);
  const [basic, earned] = [scaled(tree.basic), scaled(tree.earned)];
  pour(context, tree.pool, needy(context, tree.nodes.filter((node) => node.named === 1)), basic);
  pour(context, tree.pool, needy(context, tree.nodes), earned);
}

function pour(context: Context, pool: Pool, nodes: Node[], amount: number): void {
  const shares = waterFill(nodes.map((node) => -node.balance), amount);
  nodes.forEach((node, i) => move(context, pool, node, shares[i]!));
}
