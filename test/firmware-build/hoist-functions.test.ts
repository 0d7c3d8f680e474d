// The pass that moves function declarations up must change the order and nothing else: same result in
// Node, every declaration above the first statement of its body, and a map that still points at the moved
// text.
import assert from 'node:assert/strict';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { test } from 'node:test';
import vm from 'node:vm';
import { hoistFunctions } from '../../host-tools/firmware-build/hoist-functions.ts';

const SOURCE = `(function () {
    'use strict';
    var first = early();
    function early() {
        var inside = deeper(1);
        function deeper(n) {
            return n + 1;
        }
        return inside;
    }
    var method = function () { return last(); };
    function last() { return 'last'; }
    result.push(first, method());
})();
`;

/** Runs the pass as Rollup would, without Rollup. */
function hoist(code: string): { code: string; map: SourceMapPayload } {
  type Pass = (code: string) => { code: string; map: { toString(): string } };
  const pass = hoistFunctions().renderChunk as unknown as Pass;
  const { code: hoisted, map } = pass(code);
  return { code: hoisted, map: JSON.parse(map.toString()) as SourceMapPayload };
}

function resultOf(code: string): unknown {
  const result: unknown[] = [];
  vm.runInNewContext(code, { result });
  return result;
}

function positionOf(code: string, text: string): { line: number; column: number } {
  const before = code.slice(0, code.indexOf(text)).split('\n');
  return { line: before.length - 1, column: (before.at(-1) ?? '').length };
}

test('declarations stand above the first statement of their body, after directives', () => {
  const { code } = hoist(SOURCE);
  const order = [
    "'use strict'",
    'function early',
    'function deeper',
    'var inside',
    'function last',
    'var first',
  ];
  const at = order.map((text) => code.indexOf(text));
  assert.ok(
    at.every((position) => position >= 0),
    code,
  );
  assert.deepEqual(
    [...at].sort((a, b) => a - b),
    at,
    code,
  );
});

test('the moved program does the same', () => {
  assert.deepEqual(resultOf(hoist(SOURCE).code), resultOf(SOURCE));
  assert.deepEqual(resultOf(SOURCE), [2, 'last']);
});

test('every moved name maps back to where it was written', () => {
  const { code, map } = hoist(SOURCE);
  const sourceMap = new SourceMap({ ...map, sources: ['in.js'] });
  for (const text of ['early() {', 'deeper(n)', 'last() {', 'method =', "'last'"]) {
    const moved = positionOf(code, text);
    const entry = sourceMap.findEntry(moved.line, moved.column) as {
      originalLine: number;
      originalColumn: number;
    };
    const written = positionOf(SOURCE, text);
    assert.deepEqual({ line: entry.originalLine, column: entry.originalColumn }, written, text);
  }
});

test('a body with declarations only, or none, stays as it is', () => {
  for (const code of ['function a() {}\nfunction b() {}\n', 'var a = 1;\n', ''])
    assert.equal(hoist(code).code, code);
});
