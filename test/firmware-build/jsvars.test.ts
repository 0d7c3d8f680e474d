// The memory estimate against figures measured on the interpreter with the ESP32's 14-byte variables: how much usage
// grew when ten of a kind were loaded from flash at the top level.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'acorn';
import { countFunctions, estimateJsVars } from '../../host-tools/firmware-build/jsvars.ts';

function vars(code: string): number {
  return estimateJsVars(parse(code, { ecmaVersion: 5 })).total;
}

function ten(piece: (i: number) => string): string {
  return Array.from({ length: 10 }, (_, i) => piece(i)).join('\n');
}

/** [what, code, measured growth]. */
const MEASURED: [string, string, number][] = [
  ['functions', ten((i) => `function fn${i}() { return 1 }`), 40],
  ['functions in variables', ten((i) => `var v${i} = function () { return 1 };`), 40],
  ['functions with two parameters', ten((i) => `function fn${i}(a, b) { return 1 }`), 60],
  ['functions with long parameter names', ten((i) => `function fn${i}(xlong, ylong) { return 1 }`), 80],
  ['functions with long bodies', ten((i) => `function fn${i}() { return '${'x'.repeat(200)}' }`), 40],
  ['long names', ten((i) => `function averyveryverylongname${i}(a, b) { return 1 }`), 80],
  ['methods', `function C() {}\n${ten((i) => `C.prototype.m${i} = function (a) { return 1 };`)}`, 55],
  ['small integers', ten((i) => `var va${i} = ${i};`), 10],
  ['large integers', ten((i) => `var va${i} = ${i + 100000};`), 20],
  ['fractions', ten((i) => `var va${i} = ${i}.5;`), 20],
  ['short texts', ten((i) => `var va${i} = 'abcdefgh';`), 20],
  ['long texts', ten((i) => `var va${i} = '${'abcdefgh'.repeat(5)}';`), 60],
  ['objects', ten((i) => `var va${i} = { a: 1, b: 2, c: 3 };`), 50],
  ['objects with a function', ten((i) => `var v${i} = { abc: function () { return 1 } };`), 60],
  ['typed arrays of 64 bytes', ten((i) => `var va${i} = new Uint8Array(64);`), 98],
];

for (const [name, code, measured] of MEASURED) {
  test(`${name}: within a tenth of ${measured}`, () => {
    const estimate = vars(code);
    assert.ok(Math.abs(estimate - measured) <= measured / 10, `estimated ${estimate}, measured ${measured}`);
  });
}

test('only what the top level creates is counted, every function is listed', () => {
  const code = 'function outer() { function inner() { return 1 } return inner; }';
  assert.equal(vars(code), vars('function outer() { return 1 }'));
  assert.equal(countFunctions(parse(code, { ecmaVersion: 5 })), 2);
});
