// Netting (SPEC L8.6): what guarantee trees earned from each other; cycles and what stays inside a tree cancel.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Netting, TxCode, type TreeNet } from '../../host-tools/ledger/index.ts';
import { person, smallGenesis, World } from './fixture.ts';

const [A, B, C] = [1, 2, 3];

/** A and B under one guarantor, C under another; channels A to B, A to C, C to B. */
function threeNodes(): { world: World; claim(payer: number, chain: number, number: number): TreeNet[] } {
  const [first, second] = [person(1), person(2)];
  const world = new World(smallGenesis({ levyLocalPerMille: 100, levyGlobalPerMille: 50 }, [first, second]));
  const report = new Netting();
  const add = (candidates: Uint8Array[]): void => {
    const { results } = world.block(candidates);
    assert.ok(results.every(({ code }) => code === TxCode.OK));
    report.add(world.ledger, results);
  };
  const joins = [() => world.join(A), () => world.join(B), () => world.join(C, second, second)];
  for (const join of joins) add([join()]);
  add([world.book(A).open(0, B), world.book(A).open(1, C), world.book(C).open(0, B)]);
  const claim = (payer: number, chain: number, number: number): TreeNet[] => {
    add([world.book(payer).claim(chain, number)]);
    return report.nets();
  };
  return { world, claim };
}

test('what crosses the border of a tree counts, levies included, and the nets sum to zero', () => {
  const { world, claim } = threeNodes();
  const { linkValue } = world.ledger.money;
  assert.ok(claim(A, 0, 2).every((tree) => tree.in === 0 && tree.out === 0), 'inside a tree nothing counts');
  const nets = claim(A, 1, 3);
  const founder = Buffer.from(world.founder.key);
  const of = (trees: TreeNet[], isFirst: boolean): number[] => {
    const tree = trees.find(({ guarantor }) => founder.equals(guarantor) === isFirst)!;
    return [tree.in / linkValue, tree.out / linkValue];
  };
  assert.deepEqual([of(nets, true), of(nets, false)], [[0, 3], [3, 0]]);
  const back = claim(C, 0, 2);
  assert.deepEqual([of(back, true), of(back, false)], [[2, 3], [3, 2]]);
  assert.equal(back.reduce((sum, tree) => sum + tree.in - tree.out, 0), 0);
});
