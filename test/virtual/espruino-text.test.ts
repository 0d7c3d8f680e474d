// How values are written: figures recorded from the interpreter, and, where it is at hand, thousands of
// random values compared with it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../host-tools/ether/prng.ts';
import {
  fixedText, jsonText, jsText, numberText, printText,
} from '../../host-tools/virtual/espruino-text.ts';
import { interpret, INTERPRETER_REMEDY, interpreterPath } from '../device/interpreter.ts';

test('numbers as recorded from the interpreter', () => {
  const recorded: [number, string][] = [
    [0.1, '0.1'], [0.123456789012345, '0.12345678901'], [1e21, '10e+20'], [1.5e300, '1.5e+300'],
    [1e-7, '1e-7'],
    [123456789.123, '123456789.12299999594'], [1 / 3, '0.33333333333'], [2 / 3, '0.66666666666'],
    [1e15 + 0.5, '1000000000000000.5'], [0.1 + 0.2, '0.3'], [1.0000001, '1.0000001'], [0.9999999999, '1'],
    [99.99999999, '100'], [1e-6, '0.000001'], [4294967296, '4294967296'], [-2147483649, '-2147483649'],
    [100000000.5, '100000000.5'], [-0, '0'], [0, '0'], [NaN, 'NaN'], [-Infinity, '-Infinity'],
  ];
  for (const [value, text] of recorded) assert.equal(numberText(value), text);
  const fixed = [[1.5, 0], [1.25, 1], [1.005, 2], [-1.5, 1], [2.999, 1], [1e21, 2], [0, 3], [5, 0]];
  assert.equal(
    fixed.map(([value, decimals]) => fixedText(value, decimals)).join(),
    '1,1.3,1.00,-1.5,2.9,1000000000000000000000.00,0.000,5',
  );
});

test('objects as recorded from the interpreter', () => {
  const value = {
    a: undefined, b: () => 1, c: NaN, e: new Date(0), f: new Uint8Array([1, 2]), g: new ArrayBuffer(2),
    h: '\u00e9\x01\x7f"\\/\t', i: [undefined], k: true,
  };
  assert.equal(
    jsonText(value),
    '{"c":null,"e":"1970-01-01T00:00:00.000Z","f":[1,2],"g":[0,0],"h":"\\u00E9\\u0001\\u007F\\"\\\\/\\t",' +
      '"i":[null],"k":true}',
  );
  const odd = {
    a: 1, 'b c': 2, d: 'x\n\0\xff"\'\\', e: null, f: undefined, g: NaN, i: new Uint8Array([1]), o: -0.5,
  };
  assert.equal(jsText(odd), '{a:1,"b c":2,d:"x\\n\\0\\xFF\\"\'\\\\",e:null,g:NaN,i:[1],o:-0.5}');
  assert.equal(jsText('\x001\x01\x1f ~\x80'), '"\\x001\\1\\x1F ~\\x80"');
  const printed = printText([{ a: 1, b: [1, 'x'] }, 's', 1.5, undefined]);
  assert.equal(printed, '{ "a": 1, "b": [ 1, "x" ] } s 1.5 undefined');
});

test(
  'random numbers and strings are written as on the interpreter',
  { skip: interpreterPath() ? false : INTERPRETER_REMEDY },
  async () => {
    const prng = new Prng(9);
    // Numbers come in as bits: the interpreter reads decimal fractions with an error of its own.
    const bits = new Uint32Array(2);
    const words: [number, number][] = Array.from({ length: 1500 }, (_, i) => {
      const exponent = i % 3 === 0 ? prng.below(2047) : 1023 - 40 + prng.below(100);
      return [prng.nextU32(), ((exponent << 20) | prng.below(1 << 20) | (prng.below(2) << 31)) >>> 0];
    });
    const expected = words.map(([low, high]) => {
      bits[0] = low;
      bits[1] = high;
      const value = new Float64Array(bits.buffer)[0];
      return `${numberText(value)} ${Math.abs(value) < 1e9 ? fixedText(value, 3) : ''}`;
    });
    const strings = Array.from({ length: 100 }, () =>
      String.fromCharCode(...Array.from({ length: 12 }, () => prng.below(127))),
    );
    for (const string of strings) expected.push(`${jsonText([string])} ${jsText([string])}`);
    const code = `
      var w=${JSON.stringify(words)},d=new DataView(new ArrayBuffer(8));
      for(var i=0;i<w.length;i++){d.setUint32(0,w[i][0],true);d.setUint32(4,w[i][1],true);
        var v=d.getFloat64(0,true);print(String(v)+" "+(Math.abs(v)<1e9?v.toFixed(3):""));}
      var s=${JSON.stringify(strings).replace(/\x7f/g, '\\u007f')};
      for(var i=0;i<s.length;i++)print(JSON.stringify([s[i]])+" "+E.toJS([s[i]]));`;
    const printed = await interpret(code);
    assert.equal(printed.length, expected.length);
    assert.deepEqual(printed.filter((line, i) => line !== expected[i]), []);
  },
);
