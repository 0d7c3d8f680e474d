// Each thing that a board cannot run must be refused with its place and a replacement, and nothing else
// must be. All snippets are compiled as one program, each a file of its own, by the same compiler that
// builds the firmware.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { BuildError } from '../../host-tools/firmware-build/build-error.ts';
import { compileFirmware } from '../../host-tools/firmware-build/compile.ts';
import { FIRMWARE_DIR } from '../../host-tools/firmware-build/paths.ts';

/** [name, source, expected sentence, line]. The line is where the problem must be reported. */
const REFUSED: [string, string, RegExp, number][] = [
  ['label', 'outer: for (;;) { for (;;) break outer; }', /labels/, 1],
  [
    'default-first',
    'declare const n: number;\nswitch (n) { default: print(1); break; case 1: print(2); }',
    /last clause/,
    2,
  ],
  ['debugger', 'debugger;', /debugger/, 1],
  ['enum', 'export enum Colour { Red }', /const enum/, 1],
  ['namespace', 'export namespace N { export const a = 1; }', /namespaces/, 1],
  ['var', '\nvar a = 1;\nprint(a);', /let or const/, 2],
  ['async', 'export async function f(): any { await 1; }', /callbacks/, 1],
  ['generator', 'export function* f(): any { yield 1; }', /generators/, 1],
  ['getter', 'export class A {\n  get b(): number { return 1; }\n}', /write a method/, 2],
  ['setter', 'export const a = { set b(c: number) { print(c); } };', /write a method/, 1],
  ['extends', 'class A {}\nexport class B extends A {}', /in a field/, 2],
  ['rest-parameter', 'export function f(...a: number[]): number { return a.length; }', /pass an array/, 1],
  ['spread-call', 'const a = [1];\nprint(...a);', /concat or apply/, 2],
  ['spread-array', 'const a = [1];\nexport const b = [...a];', /concat or apply/, 2],
  ['spread-object', 'const a = { b: 1 };\nexport const c = { ...a };', /Object\.assign/, 2],
  ['rest-pattern', 'const { a, ...b } = { a: 1, c: 2 };\nprint(a, b);', /name the fields/, 1],
  ['tagged-template', 'declare const f: any;\nf`a`;', /call a function/, 2],
  [
    'private-name',
    'export class A {\n  #b = 1;\n  c(): number { return this.#b; }\n}',
    /write `private`/,
    2,
  ],
  ['arguments', 'export function f(): number { return arguments.length; }', /name the parameters/, 1],
  ['dynamic-import', "export const a: any = import('./label.ts');", /import at the top/, 1],
  ['power', 'declare const n: number;\nprint(2 ** n);', /shift or multiply/, 2],
  ['length', 'const a = [1];\na.length = 0;', /splice or a new array/, 2],
  ['wide-character', "export const a = 'é';", /8-bit/, 1],
  ['wide-escape', "export const a = '\\u20ac';", /8-bit/, 1],
  ['regex-count', 'export const a = /a{2,3}/;', /\{n,m\}/, 1],
  ['regex-lazy', 'export const a = /a+?b/;', /non-greedy/, 1],
  ['regex-group', 'export const a = /(?:ab)/;', /begin with \(\?/, 1],
  ['regex-reference', 'export const a = /(a)\\1/;', /back-references/, 1],
  ['regex-flag', 'export const a = /a/m;', /g and i only/, 1],
  ['builtin-name', 'const Storage = 1;\nprint(Storage);', /interpreter's own name/, 1],
  ['pin-name', 'export function D5(): number { return 1; }', /interpreter's own name/, 1],
  ['text-plus-number', "declare const n: number;\nprint('a' + n);", /String\(n\)/, 2],
  ['number-plus-text', "declare const n: number;\nprint(n + 'a');", /String\(n\)/, 2],
  ['append-number', "declare const n: number;\nlet s = 'a';\ns += n;\nprint(s);", /String\(n\)/, 3],
  ['template-number', 'declare const n: number;\nprint(`a${n}`);', /String\(n\)/, 2],
  ['template-maybe-number', 'declare const n: number | undefined;\nprint(`a${n}`);', /String\(n\)/, 2],
  ['string-of-fraction', 'declare const n: number;\nprint(String(n / 3));', /integer first/, 2],
  ['recursion', 'export function f(n: number): number { return n > 0 ? f(n - 1) : 0; }', /f > f/, 1],
  ['recursion-two', 'export function g(): void { h(); }\nfunction h(): void {\n  g();\n}', /g > h > g/, 1],
  [
    'recursion-method',
    'export class A {\n  b(): void {\n    [1].forEach(() => this.b());\n  }\n}',
    /b > a function > b/,
    3,
  ],
  ['map', 'export const a = new Map();', /'Map'\. \(a board may not have it/, 1],
  ['imul', 'export const a = Math.imul(1, 2);', /imul.*may not have it/, 1],
  ['array-from', 'export const a = Array.from([1]);', /may not have it/, 1],
  ['typed-slice', 'export const a = new Uint8Array(4).slice(1);', /may not have it/, 1],
  ['trunc', 'export const a = Math.trunc(1.5);', /may not have it/, 1],
  ['is-integer', 'export const a = Number.isInteger(1);', /may not have it/, 1],
  ['at', 'export const a = [1].at(-1);', /may not have it/, 1],
  ['bigint', 'export const a = 1n;', /BigInt/, 1],
  ['symbol', "export const a = Symbol('a');", /may not have it/, 1],
  ['promise', 'export const a: any = new Promise(() => {});', /may not have it/, 1],
  ['set-timeout-arguments', "setTimeout(print, 1, 'a');", /TS2554/, 1],
  ['block-function', 'if (1) {\n  function f(): void {}\n  f();\n}', /TS125/, 2],
  ['unused', 'const a = 1;\nexport {};', /TS6133/, 1],
];

const ACCEPTED: [string, string][] = [
  ['string-of-integer', 'declare const n: number;\nprint(`a${String(n)}` + String(n >> 1));'],
  ['byte-escape', "export const a = '\\x00\\xff';"],
  ['regex-class', 'export const a = /^([a-z{]+|[0-9?]*)[(?]$/gi;'],
  ['local-builtin-name', 'export function f(): number { const print = 1; return print; }'],
  ['type-named-like-builtin', 'interface Reader { arguments: number; }\nexport type Pinned = Reader;'],
  ['default-last', 'declare const n: number;\nswitch (n) { case 1: print(1); break; default: print(2); }'],
  ['timer-is-not-recursion', 'function tick(): void { setTimeout(() => tick(), 100); }\ntick();'],
  ['length-of-own-object', 'export function f(a: { size: number }): void { a.size = 1; }'],
  ['optional-and-nullish', 'declare const a: { b?: { c: boolean } };\nprint(a.b?.c ?? false);'],
  ['destructuring', 'const [a, { b = 1 }] = [1, { b: 2 }] as [number, { b?: number }];\nprint(a, b);'],
  [
    'class',
    'export class A {\n  private n = 0;\n  constructor(readonly m = 1) {}\n  f(): number { return ++this.n; }\n}',
  ],
  ['hash', "export const a = require('crypto').SHA256([new Uint8Array(1), new Uint8Array(2)]);"],
];

let problems: readonly string[] = [];

before(() => {
  const folder = join(FIRMWARE_DIR, 'src', 'snippets');
  const texts = new Map<string, string>();
  for (const [name, source] of [...REFUSED, ...ACCEPTED]) {
    texts.set(join(folder, `${name}.ts`), source.includes('export') ? source : `${source}\nexport {};`);
  }
  const entry = join(folder, 'all.ts');
  texts.set(entry, [...texts.keys()].map((path) => `import '${path}';`).join('\n'));
  try {
    compileFirmware(entry, { paths: new Map([...texts.keys()].map((path) => [path, path])), texts });
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    problems = error.problems;
  }
});

function problemsOf(name: string): string[] {
  const prefix = `firmware/src/snippets/${name}.ts:`;
  return problems.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
}

for (const [name, , sentence, line] of REFUSED) {
  test(`refused: ${name}`, () => {
    const found = problemsOf(name);
    const match = found.find((problem) => sentence.test(problem));
    assert.ok(match !== undefined, `expected ${sentence} among:\n${found.join('\n') || '(nothing)'}`);
    assert.equal(Number(match.split(':')[0]), line);
  });
}

for (const [name] of ACCEPTED) {
  test(`accepted: ${name}`, () => assert.deepEqual(problemsOf(name), []));
}
