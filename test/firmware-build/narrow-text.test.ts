// Blanks may go where they separate nothing; lines and everything that is read must stay.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { narrowText } from '../../host-tools/firmware-build/narrow-text.ts';

function narrowed(code: string): string {
  const pass = narrowText().renderChunk as unknown as (code: string) => { code: string };
  return pass(code).code;
}

test('indentation, blanks around signs and empty lines go', () => {
  assert.equal(narrowed('if (a) {\n\n  b = [1, 2];\n}\n'), 'if(a){\nb=[1,2];\n}\n');
});

test('what would become another token keeps a blank', () => {
  const code =
    'var a = 1, b = 2;\nvar r = [a + +b, a - -b, a+ ++b, typeof a, a in { 1 : 2 }, 4 / /x/.lastIndex];\nr;';
  const short = narrowed(code);
  assert.equal(String(vm.runInNewContext(short)), String(vm.runInNewContext(code)));
  assert.ok(short.includes('a+ +b') && short.includes('a- -b'), short);
});

test('texts stay, and undefined is written so that nobody has to look for it', () => {
  const code =
    "var o = { undefined : 'a  b' }, t = o . undefined;\nt === undefined ? 1 : [t, typeof u === 'undefined'];";
  const short = narrowed(code);
  assert.equal(JSON.stringify(vm.runInNewContext(short)), '["a  b",true]');
  assert.ok(short.includes('t===void 0?'), short);
});
