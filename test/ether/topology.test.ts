// Placements: the village keeps its promise of three hops, the random mesh is connected, path loss and
// sensitivity have the values of the sources they cite.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../host-tools/ether/prng.ts';
import { pathLossDb, rangeM, sensitivityDbm, VILLAGE_PATH_LOSS } from '../../host-tools/ether/path-loss.ts';
import { defaultVillage, grid, hopsFrom, line, randomGeometric } from '../../host-tools/ether/topology.ts';

test('the village is connected and somebody lives three hops away', () => {
  for (const count of [4, 5, 8, 12, 30]) {
    const hops = hopsFrom(defaultVillage(count, 1000), 1000, 0);
    assert.equal(hops.length, count);
    assert.ok(hops.every((h) => h >= 0), `${count}: ${hops}`);
    assert.equal(hops[3], 3);
  }
  assert.deepEqual(defaultVillage(8, 1000), defaultVillage(8, 1000));
  assert.equal(defaultVillage(2, 1000).length, 2);
});

test('a random mesh is connected and repeats with its seed', () => {
  for (const seed of [1, 2, 3]) {
    const positions = randomGeometric(200, 500, seed);
    assert.ok(hopsFrom(positions, 500, 0).every((h) => h >= 0));
    assert.deepEqual(positions, randomGeometric(200, 500, seed));
  }
});

test('lines and grids', () => {
  assert.deepEqual(hopsFrom(line(5, 90), 100, 0), [0, 1, 2, 3, 4]);
  assert.deepEqual(hopsFrom(grid(3, 2, 90), 100, 0), [0, 1, 2, 1, 2, 3]);
  assert.deepEqual(hopsFrom(line(3, 110), 100, 1), [-1, 0, -1]);
});

test('sensitivity at 125 kHz is within 2 dB of the SX1276 datasheet, table 10', () => {
  const datasheetDbm: [number, number][] = [[7, -123], [8, -126], [9, -129], [10, -132], [12, -136]];
  for (const [sf, dbm] of datasheetDbm) {
    assert.ok(Math.abs(sensitivityDbm(sf, 125000) - dbm) <= 2, `SF${sf}`);
  }
});

test('range is the inverse of loss', () => {
  const metres = rangeM(VILLAGE_PATH_LOSS, 14, -124);
  assert.ok(Math.abs(14 - pathLossDb(VILLAGE_PATH_LOSS, metres) + 124) < 1e-9);
  assert.ok(metres > 900 && metres < 1300);
});

test('random numbers: fair, in bounds, known', () => {
  const prng = new Prng(1);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 100000; i++) counts[prng.below(10)]++;
  for (const count of counts) assert.ok(Math.abs(count - 10000) < 5 * 95, String(counts));
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < 20000; i++) {
    const draw = prng.gaussian();
    sum += draw;
    squares += draw * draw;
  }
  assert.ok(Math.abs(sum / 20000) < 0.05 && Math.abs(squares / 20000 - 1) < 0.05);
  assert.notEqual(new Prng(1).nextU32(), new Prng(2).nextU32());
});
