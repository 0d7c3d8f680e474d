// Figures about money at one moment: how unequal, and how much per active node. Reads the ledger; changes nothing.
// What players gained is gain.ts.
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
