// Water-filling in integers (SPEC L8.3): lifts the poorest first, all of them to one level, with nothing left over.

/**
 * How much each of `debts` (credits below zero, as positive numbers in descending order) gets out of `budget`. The
 * sum is min(budget, sum of debts); what does not divide goes one credit each to the first.
 */
export function waterFill(debts: number[], budget: number): number[] {
  const shares = debts.map(() => 0);
  let left = budget;
  for (let count = 1; count <= debts.length && left > 0; count++) {
    const step = debts[count - 1]! - (debts[count] ?? 0);
    const lift = Math.min(step, Math.floor(left / count));
    for (let i = 0; i < count; i++) shares[i]! += lift;
    left -= lift * count;
    if (lift === step) continue;
    for (let i = 0; i < left; i++) shares[i]! += 1;
    return shares;
  }
  return shares;
}
