// Writing out a method where it is called must change nothing; what cannot be written out is refused, with its name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { inlineAccessors } from '../../host-tools/firmware-build/inline-accessors.ts';

const CODE = `function Box() { this.table = [1, 2, 3, 4, 5, 6]; this.reads = 0; }
Box.prototype.at = function (row, col) { return this.table[row * 3 + col]; };
Box.prototype.put = function (row, col, value) { this.table[row * 3 + col] = value; };
Box.prototype.has = function (row, flag) { return (this.table[row * 3] & flag) !== 0; };
Box.prototype.self = function () { this.reads++; return this; };
Box.prototype.twice = function (row) { return this.at(row, 0) * 2 + row; };
var box = new Box();
box.put(0, 1 + 1, box.at(1, 0) + box.at(0, 1));
var result = [box.self().at(box.at(0, 0) - 1, 2), !box.has(1, 4), box.at(1 & 3, 1), box.twice(1), box.reads, box.table];
`;
const run = (code: string): string => JSON.stringify(vm.runInNewContext(`${code}\nresult;`));

function inlined(code: string, names: string[]): string {
  const pass = inlineAccessors(names).renderChunk as unknown as (code: string) => { code: string };
  return pass(code).code;
}

test('a program without its accessors does the same, calls within calls included', () => {
  const code = inlined(CODE, ['Box.at', 'Box.put', 'Box.has', 'Box.absent']);
  assert.equal(run(CODE), '[6,false,5,9,1,[1,2,6,4,5,6]]');
  assert.equal(run(code), run(CODE));
  assert.ok(!/prototype\.(at|put|has)\b|\.(at|put|has)\(/.test(code), code);
  assert.ok(code.includes('this.table[row * 3] * 2'), 'nothing is added for the first field');
});

test('what cannot be written out is refused, and says why', () => {
  const refused = (code: string, name: string, why: RegExp): void =>
    assert.throws(
      () => inlined(code, [name]),
      (error: Error & { problems?: string[] }) => {
        assert.match(`${error.message} ${JSON.stringify(error)}`, why);
        return true;
      },
    );
  refused(CODE, 'Box.self', /more than one expression/);
  refused(CODE, 'Box.twice', /row does not stand once/);
  refused(`${CODE}result = box.at;`, 'Box.at', /without being called/);
  refused(
    `${CODE}function Bag() {}\nBag.prototype.at = function (i) { return this[i]; };`,
    'Box.at',
    /several classes/,
  );
});
