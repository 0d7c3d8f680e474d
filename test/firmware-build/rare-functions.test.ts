// Making a function when it is called must change nothing but when it is made; and the list names only what exists.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import vm from 'node:vm';
import { FIRMWARE_DIR } from '../../host-tools/firmware-build/paths.ts';
import { rareFunctions } from '../../host-tools/firmware-build/rare-functions.ts';
import { RARE } from '../../host-tools/firmware-build/rare-list.ts';

/** Runs the pass as Rollup would, without Rollup. */
function rared(code: string, groups: string[][]): string {
  const pass = rareFunctions(groups).renderChunk as unknown as (code: string) => { code: string };
  return pass(code).code;
}

const CODE = `function Box(n) { this.n = n; this.inner = undefined; }
Box.prototype.grow = function (by) { this.n += by; return this; };
Box.prototype.shrink = function (by) { return this.grow(-by).grow(0); };
Box.prototype.both = function () { return twice(this.shrink(twice(1)).n); };
function twice(n) { return 2 * n; }
function start(n) { var box = new Box(n); box.inner = new Box(1); return box; }
var box = start(10);
var result = [box.inner.grow(twice(box.grow(2).n)).n, box.shrink(5).n, box.both(), 'shrink' in box];
`;
const run = (code: string): string => JSON.stringify(vm.runInNewContext(`${code}\nresult;`));

test('rare methods and functions do the same, nested calls and receivers included', () => {
  const rare = rared(CODE, [
    ['Box.grow', 'Box.shrink'],
    ['twice', 'start'],
  ]);
  assert.equal(run(CODE), '[25,7,10,true]');
  assert.equal(run(rare), '[25,7,10,false]');
  assert.ok(!/Box\.prototype\.(grow|shrink)|function (twice|start)\b/.test(rare), rare);
});

test('what is passed on without being called cannot be rare, and says so', () => {
  assert.throws(() => rared(`${CODE}result = box.grow;`, [['Box.grow', 'Box.shrink']]), /without being called/);
  assert.throws(() => rared(`${CODE}result = twice;`, [['twice', 'start']]), /without being called/);
});

test('a method name that two classes share is refused', () => {
  const two = `${CODE}function Other() {}\nOther.prototype.grow = function () {};\n`;
  assert.throws(() => rared(two, [['Box.grow', 'Box.shrink']]), /several classes/);
});

test('every name on the list is one of the firmware, and stands there once', () => {
  const sources = readdirSync(join(FIRMWARE_DIR, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(FIRMWARE_DIR, 'src', name), 'utf8'));
  const names = RARE.flat();
  assert.equal(new Set(names).size, names.length);
  for (const name of names) {
    const [owner, method] = name.split('.') as [string, string?];
    const pattern = method === undefined ? `function ${owner}\\(` : `^  (?:private )?${method}\\(`;
    const home = sources.filter((text) => method === undefined || text.includes(`class ${owner} `));
    assert.ok(
      home.some((text) => new RegExp(pattern, 'm').test(text)),
      name,
    );
  }
});
