// Taking classes out of their wrappers must keep what they do, and must leave alone whatever only looks like one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { flattenClasses } from '../../host-tools/firmware-build/flatten-classes.ts';

/** Runs the pass as Rollup would, without Rollup. */
function flatten(code: string): string {
  const pass = flattenClasses().renderChunk as unknown as (code: string) => { code: string };
  return pass(code).code;
}

function resultOf(code: string): unknown {
  return vm.runInNewContext(`${code}\nresult;`);
}

const CLASS = `var Counter = (function () {
    function Counter(step) {
        this.step = step;
    }
    Counter.prototype.next = function () {
        return new Counter(this.step + 1);
    };
    Counter.first = function () { return new Counter(1); };
    return Counter;
}());
`;

test('a class stands free and does the same', () => {
  const code = `${CLASS}var result = Counter.first().next().step;`;
  const flat = flatten(code);
  assert.ok(flat.startsWith('function Counter(step)'), flat);
  assert.doesNotMatch(flat, /return Counter;|\}\(\)\)/);
  assert.equal(resultOf(flat), 2);
  assert.equal(resultOf(code), 2);
});

test("a class that Rollup renamed takes the new name, but not its properties' names", () => {
  const renamed = CLASS.replace('var Counter', 'var Counter$1').replace('this.step = step;', 'this.Counter = step;');
  const flat = flatten(`${renamed}var result = [Counter$1.first().Counter, typeof Counter];`);
  assert.match(flat, /function Counter\$1\(step\)[\s\S]*this\.Counter = step/);
  assert.deepEqual(JSON.stringify(resultOf(flat)), '[1,"undefined"]');
});

const LEFT_ALONE = {
  'a wrapper with a variable': 'var A = (function () { function A() {} var b = 1; return A; }());',
  'a wrapper with an argument': 'var A = (function (b) { function A() {} return A; }(1));',
  'a wrapper that returns something else': 'var A = (function () { function B() {} return C; }());',
  'a plain call': 'var A = make();',
  'two variables': 'var A = (function () { function A() {} return A; }()), b = 1;',
  'a class whose name is a parameter inside': 'var A = (function () { function A(A) {} return A; }());',
  'a class whose name is a variable inside':
    'var A = (function () { function A() {} A.prototype.m = function () { var A = 1; }; return A; }());',
};

for (const [name, code] of Object.entries(LEFT_ALONE)) {
  test(`left alone: ${name}`, () => assert.equal(flatten(code), code));
}
