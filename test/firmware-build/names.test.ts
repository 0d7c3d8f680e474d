// Short names and written-out constants: what may be renamed, what may not, and that the program means the same.
import assert from 'node:assert/strict';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import vm from 'node:vm';
import { parse } from 'acorn';
import type { Plugin } from 'rollup';
import { loadBoard } from '../../host-tools/firmware-build/boards.ts';
import { compileFirmware } from '../../host-tools/firmware-build/compile.ts';
import { inlineConstants } from '../../host-tools/firmware-build/inline-constants.ts';
import { makeBundle } from '../../host-tools/firmware-build/make-bundle.ts';
import { ROOT } from '../../host-tools/firmware-build/paths.ts';
import { scopesOf, type Scope } from '../../host-tools/firmware-build/scopes.ts';
import { NAME_CHARS_MAX, shortenNames } from '../../host-tools/firmware-build/shorten-names.ts';
import { virtualModules } from '../../host-tools/firmware-build/virtual-modules.ts';

type Pass = (code: string) => { code: string; map: SourceMapPayload };

const run = (plugin: Plugin, code: string): ReturnType<Pass> => (plugin.renderChunk as unknown as Pass)(code);
const shortened = (code: string, ...kept: string[]): string =>
  run(
    shortenNames((name) => kept.includes(name)),
    code,
  ).code;

/** What the program leaves in `result`. */
function result(code: string): unknown {
  const context: { result?: unknown } = {};
  vm.runInNewContext(code, context);
  return context.result;
}

describe('short names', () => {
  test('variables, parameters and properties become the beginning of themselves', () => {
    const code = 'function receive(message) { return message.length + message.counter; }';
    assert.equal(shortened(code), 'function rec(m) { return m.length + m.cou; }');
  });

  test('properties that somebody else sees stay', () => {
    assert.equal(shortened('var o = { address: 1, counter: 2 };', 'address'), 'var o = { address: 1, cou: 2 };');
  });

  test('a short name is not taken twice, neither from a neighbour nor from a builtin', () => {
    const code = 'var counter = 1, countess = 2, process = 3, edition = 4; counter + countess + print(cou);';
    const names = /var (\w+) = 1, (\w+) = 2, \w+ = 3, (\w+) =/.exec(shortened(code))!.slice(1);
    assert.equal(new Set([...names, 'cou']).size, 4);
    assert.notEqual(names[2], 'edit', 'the interpreter has a function of that name');
  });

  const MEANINGS = [
    'var turns = 1; function f() { var turn = 5; return turns + turn; } result = f();',
    'var first = 1; function outer(firsts) { return (function (firstly) { return first + firsts + firstly; })(10); } ' +
      'result = outer(100);',
    'var error = "a"; try { throw "b"; } catch (errors) { error += errors; } result = error;',
    'function Thing(size) { this.sizes = size; } ' +
      'Thing.prototype.double = function () { return this.sizes * 2; }; result = new Thing(4).double();',
    'var holder = { value: 3, values: [1, 2], val1: 9 }; result = holder.value + holder.values[1] + holder.val1;',
    'var list = ""; for (var index in { alpha: 1, al: 2 }) list += index.length; result = list.length;',
    'result = 0; var step = function again(count) { if (count) { result += count; again(count - 1); } }; ' +
      'step(4);',
  ];
  for (const code of MEANINGS) {
    test(`the same is meant by: ${code}`, () => assert.deepEqual(result(shortened(code)), result(code)));
  }

  test('the map has the long names', () => {
    const { code, map } = run(
      shortenNames(() => false),
      'function receive(message) { return message.counter; }',
    );
    const source = new SourceMap(JSON.parse(JSON.stringify(map)) as SourceMapPayload);
    const nameAt = (text: string): unknown => (source.findEntry(0, code.indexOf(text)) as { name?: string }).name;
    assert.deepEqual(['rec', 'm)', 'cou'].map(nameAt), ['receive', 'message', 'counter']);
  });
});

describe('constants', () => {
  const inlined = (code: string): string => run(inlineConstants(), code).code;

  test('numbers that never change are written where they are used', () => {
    const code = 'var MOST = 12;\nvar turn = 1;\nturn = 2;\nfunction f(a) { return a * MOST + turn; }\n';
    assert.equal(inlined(code), 'var turn = 1;\nturn = 2;\nfunction f(a) { return a * 12 + turn; }\n');
  });

  test('a text is, when it is used once', () => {
    assert.equal(inlined('var A = "a";\nprint(A);\n'), 'print("a");\n');
    const twice = 'var A = "a";\nprint(A, A);\n';
    assert.equal(inlined(twice), twice);
  });

  test('what another function calls by the same name is something else', () => {
    const code = 'var MOST = 12;\nfunction f(MOST) { return MOST; }\nresult = f(1) + MOST;\n';
    assert.equal(result(inlined(code)), 13);
  });
});

describe('the firmware', () => {
  const MAIN = join(ROOT, 'firmware', 'src', 'main.ts');

  test('names that cross a border are public, others are not', () => {
    const names = compileFirmware(MAIN, virtualModules(loadBoard('linux-udp'))).publicNames;
    // A setting from JSON, one of its profile, a field of a status line, one of a line's parts, the interpreter's own.
    for (const name of ['trustMaxLinks', 'spreadingFactor', 'varsTotal', 'airtimeMs', 'subarray', 'writeTo']) {
      assert.ok(names.has(name), name);
    }
    for (const name of ['composeData', 'outbox', 'counterLease']) assert.ok(!names.has(name), name);
  });

  test('no variable of a bundle has a long name', async () => {
    const { code } = await makeBundle(loadBoard('linux-udp'), MAIN, join(ROOT, 'build', 'names.js'));
    const long: string[] = [];
    const visit = ({ bindings, inner }: Scope): void => {
      long.push(...[...bindings.keys()].filter((name) => name.length > NAME_CHARS_MAX));
      inner.forEach(visit);
    };
    visit(scopesOf(parse(code, { ecmaVersion: 5 })));
    assert.deepEqual(long, []);
  });
});
