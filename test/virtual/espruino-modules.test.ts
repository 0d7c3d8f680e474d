// Storage, crypto, E and the typed arrays: one program, its lines recorded from the interpreter, printed by a
// virtual board and, where it is at hand, by the interpreter itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpret, INTERPRETER_REMEDY, interpreterPath } from '../device/interpreter.ts';
import { bench, inTemp } from './boards.ts';

/** FIPS 180-4, example of one block. */
const ABC_SHA256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

/** [expression, what `print` shows of it; a leading ! means that it throws with this message]. */
const CASES: [string, string][] = [
  ['S.read("none")', 'undefined'],
  ['S.readArrayBuffer("none")', 'undefined'],
  ['S.write("f","AB",0,4)', 'true'],
  ['J(S.read("f"))', '"AB\\u00FF\\u00FF"'],
  ['S.write("f","ZZ",1)', '!File already written with different data'],
  ['S.write("f","ZZ",3)', '!Too much data for file size'],
  ['S.write("g","Z",3)', '!Unable to find or create file'],
  ['S.write("g","")', "!Can't create zero length file"],
  ['S.write("g",undefined)', "!Can't get pointer to data to write"],
  ['S.write("u",new Uint8Array([1,2,255]).subarray(1))', 'true'],
  ['S.readArrayBuffer("u")', 'new Uint8Array([2, 255]).buffer'],
  ['S.write("o",{a:1})', 'true'],
  ['S.read("o")', '{"a":1}'],
  ['S.read("o",1,3)', '"a"'],
  ['J(S.list(/^[ou]/))', '["u","o"]'],
  ['S.erase("f")', 'undefined'],
  ['H(C.SHA256("abc"))', ABC_SHA256],
  ['H(C.SHA256([new Uint8Array([97]),"b",[99]]))', ABC_SHA256],
  ['H(C.AES.encrypt(A(16),A(16),{mode:"ECB"}))', '66e94bd4ef8a2c3b884cfa59ca342b2e'],
  ['H(C.AES.decrypt(A(16),A(16),{mode:"ECB"}))', '140f0f1011b5223d79587717ffd9ec3a'],
  ['H(C.AES.encrypt(A(5),A(16),{iv:new Uint8Array(16).fill(7),mode:"CTR"}))', '66e94bd4ef'],
  ['E.CRC32("hello")', '907060870'],
  ['E.toUint8Array("a\\xff",[1,2],{data:[3],count:2},7)', 'new Uint8Array([97, 255, 1, 2, 3, 3, 7])'],
  ['J(E.toString(new Uint8Array([65,0,255]),"b",[66,[67]]))', '"A\\u0000\\u00FFbBC"'],
  ['new Uint8Array([1,2,3]).slice(1) instanceof Array', 'true'],
  ['new Uint8Array([1,2,3]).filter(function(x){return x>1}) instanceof Array', 'true'],
  ['(function(){var a=A(2);a.set([1,2,3],1);return a})()', 'new Uint8Array([0, 1])'],
  ['new DataView(new ArrayBuffer(4)).getUint16(3)', '0'],
  ['new DataView(new ArrayBuffer(4)).setUint32(2,1)', 'undefined'],
  ['[-1.5,1.5,-0.5,2.5,-2.4].map(function(x){return Math.round(x)}).join()', '-2,2,-1,3,-2'],
  ['JSON.stringify({a:1/3,b:[undefined],c:undefined})', '{"a":0.33333333333,"b":[null]}'],
  ['(255).toString(16)+(2/3).toString()', 'ff0.66666666666'],
  ['btoa("\\0\\xff")+atob("QUI=")', 'AP8=AB'],
  ['require("nothing")', '!Module "nothing" not found'],
];

const PROGRAM = `
var S=require("Storage"),C=require("crypto");
function J(v){return JSON.stringify(v);}
function A(n){return new Uint8Array(n);}
function H(b){
  var u=new Uint8Array(b),s="";
  for(var i=0;i<u.length;i++)s+=u[i].toString(16).padStart(2,"0");
  return s;
}
function T(f){try{print(f())}catch(e){print("!"+e.message)}}
${CASES.map(([expression]) => `T(function(){return ${expression}});`).join('\n')}
`;
const EXPECTED = CASES.flatMap(([, printed]) => printed.split('\n'));

test('a virtual board prints what was recorded', () =>
  inTemp((directory) => assert.deepEqual(bench(directory, PROGRAM).run(), EXPECTED)));

test(
  'the interpreter prints what was recorded',
  { skip: interpreterPath() ? false : INTERPRETER_REMEDY },
  async () => assert.deepEqual(await interpret(PROGRAM), EXPECTED),
);
