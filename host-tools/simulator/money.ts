// Figures about money at one moment: how unequal, how much per active node, and what a set of players gained over its
// border. Reads the ledger and the accounts of the boards; changes nothing.
import { Acc } from '#mesh';
import type { World } from './world.ts';

export interface Sample {
  /** Of what honest nodes could spend (balance + line), 0 to 1, in thousandths. */
  giniPerMille: number;
  /** Spendable money per node that is not a gateway, in hundredths of P. */
  moneyCentiP: number;
}

/** Gini coefficient of non-negative values, 0 (equal) to 1. */
export function gini(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const sum = sorted.reduce((total, value) => total + value, 0);
  if (sum === 0) return 0;
  const weighted = sorted.reduce((total, value, i) => total + value * (2 * (i + 1) - sorted.length - 1), 0);
  return weighted / (sorted.length * sum);
}

function spendable(world: World, index: number): number {
  const account = world.chain.ledger.account(world.nodes[index]!.address);
  return account === undefined ? 0 : Math.max(0, account.balance + account.line);
}

export function sampleOf(world: World): Sample {
  const values: number[] = [];
  let sum = 0;
  let count = 0;
  for (const { index } of world.nodes) {
    if (index < world.params.gateways) continue;
    const value = spendable(world, index);
    sum += value;
    count++;
    if (world.isHonest(index)) values.push(value);
  }
  const price = world.chain.ledger.money.pathPrice;
  return {
    giniPerMille: Math.round(1000 * gini(values)),
    moneyCentiP: Math.round((100 * sum) / (count * price)),
  };
}

/** Credits that a set of nodes, and the owner of its own guarantee tree, hold after all links revealed are claimed. */
export function balanceOf(world: World, set: ReadonlySet<number>): number {
  const { ledger } = world.chain;
  let sum = 0;
  for (const index of set) sum += ledger.account(world.nodes[index]!.address)?.balance ?? 0;
  if (world.cast.ownTree !== undefined) sum += ledger.account(world.founding.owners.at(-1)!.key)?.balance ?? 0;
  return sum + unclaimedInto(world, set);
}

/** Links that payees hold and have not claimed yet: they will move over the border of the set. */
function unclaimedInto(world: World, set: ReadonlySet<number>): number {
  const { ledger } = world.chain;
  const keeps = 1000 - world.params.levyLocalPerMille - world.params.levyGlobalPerMille;
  let sum = 0;
  for (const node of world.nodes) {
    const { accounts, neighbours } = node.mesh.core;
    for (let nb = 0; nb < accounts.table.length / Acc.SIZE; nb++) {
      if (!neighbours.used(nb)) continue;
      const payer = world.indexOf(neighbours.address(nb));
      if (payer === undefined || set.has(payer) === set.has(node.index)) continue;
      const channel = ledger.channel(
        neighbours.address(nb), accounts.u8(nb, Acc.IN_GENERATION), accounts.u8(nb, Acc.IN_CHAIN),
      );
      if (channel === undefined || channel.payee !== node.address) continue;
      const links = Math.min(accounts.u16(nb, Acc.IN_LINKS), channel.limit) - channel.settled;
      const value = Math.max(0, links) * ledger.money.linkValue;
      sum += set.has(node.index) ? Math.floor((value * keeps) / 1000) : -value;
    }
  }
  return sum;
}
