// Moving what only `optionalParts` needs into it must change nothing but when it is made.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { lazyParts } from '../../host-tools/firmware-build/lazy-parts.ts';

/** Runs the pass as Rollup would, without Rollup. */
function moved(code: string): string {
  const pass = lazyParts().renderChunk as unknown as (code: string) => { code: string };
  return pass(code).code;
}

const CODE = `var shared = 2;
function both(n) { return n * shared; }
var made = [];
var onlyThere = note('made');
function note(what) { made.push(what); return what.length; }
function helper(n) { return helper2(n) + onlyThere; }
function helper2(n) { return n > 0 ? helper(n - 1) : both(1); }
function Part(n) { this.n = n; }
Part.prototype.sum = function () { return helper(this.n); };
function Kept() { this.part = undefined; }
Kept.prototype.run = function () { return both(3); };
function optionalParts() {
  return { Part: Part };
}
var kept = new Kept();
var before = [kept.run(), made.length];
var parts = optionalParts();
var result = [before, new parts.Part(2).sum(), made.length, new parts.Part(1) instanceof parts.Part];
`;

const run = (code: string): string => JSON.stringify(vm.runInNewContext(`${code}\nresult;`));

test('what only the loader reaches is made when it is called, and does the same', () => {
  const lazy = moved(CODE);
  assert.equal(run(CODE), '[[6,1],14,1,true]');
  assert.equal(run(lazy), '[[6,0],14,1,true]');
  const inside = lazy.slice(lazy.indexOf('function optionalParts'), lazy.indexOf('var kept'));
  for (const name of ['onlyThere', 'helper(', 'helper2(', 'Part.prototype']) assert.ok(inside.includes(name), name);
  for (const name of ['function both', 'Kept.prototype']) assert.ok(!inside.includes(name), name);
});

test('a part that something else needs stays where it is, with all that it needs', () => {
  const used = `${CODE}\nvar early = new Part(1).sum();\nresult.push(early);`;
  assert.equal(moved(used), used);
  assert.equal(run(moved(used)), run(used));
});

test('without a loader nothing moves', () => {
  const code = CODE.replaceAll('optionalParts', 'otherParts');
  assert.equal(moved(code), code);
});
