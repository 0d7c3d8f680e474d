// The house rules as a test: each ban names its replacement, so that a failure here says what to write
// instead. The rules are in test/tidy; every rule is also tried on a piece of text that breaks it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firmwareProblems } from '../host-tools/firmware-build/compile.ts';
import { arrowProblems, deadFiles } from './tidy/imports.ts';
import { repositoryFiles, type SourceFile } from './tidy/source-files.ts';
import {
  citationProblems,
  dependencyProblems,
  functionProblems,
  headerProblems,
  nameProblems,
  purityProblems,
  sizeProblems,
  wordProblems,
} from './tidy/text-rules.ts';

const FILES = repositoryFiles();
const SHOWN_MAX = 60;

function none(problems: readonly string[]): void {
  const more = problems.length > SHOWN_MAX ? `\nand ${problems.length - SHOWN_MAX} more` : '';
  assert.ok(
    problems.length === 0,
    `${problems.length} problems\n${problems.slice(0, SHOWN_MAX).join('\n')}${more}`,
  );
}

test('imports point one way', () => none(arrowProblems(FILES)));
test('no file is dead', () => none(deadFiles(FILES)));
test('files and lines are short', () => none(FILES.flatMap(sizeProblems)));
test('functions are short', () => none(FILES.flatMap(functionProblems)));
test('names are kebab-case', () => none(FILES.flatMap(nameProblems)));
test('every file says what it owns', () => none(FILES.flatMap(headerProblems)));
test('no banned word', () => none(FILES.flatMap(wordProblems)));
test('the pure rooms know no clock, no chance and no pins', () => none(FILES.flatMap(purityProblems)));
test('cited sections of the specification exist', () => none(citationProblems(FILES)));
test('every dependency is justified', () => none(dependencyProblems(FILES)));
test('all firmware keeps to the language of the board', () => none(firmwareProblems()));

function file(path: string, text: string): SourceFile {
  return { path, text, lines: text.split('\n') };
}

/**
 * [rule, problems it must find in a text made to break it]. Without these a rule could be blind and
 * nobody knew.
 */
const BROKEN: [string, () => string[]][] = [
  [
    'an arrow back to the host',
    () => arrowProblems([file('firmware/src/mesh/a.ts', "import '../../../host-tools/b.ts';")]),
  ],
  [
    'an arrow to a driver',
    () => arrowProblems([file('host-tools/a/b.ts', "import '../../firmware/src/drivers/c.ts';")]),
  ],
  [
    'protocol reaching for the mesh',
    () => arrowProblems([file('firmware/src/protocol/a.ts', "export * from '#mesh';")]),
  ],
  [
    'a way round the alias',
    () => arrowProblems([file('host-tools/a/b.ts', "import '../../firmware/src/protocol/c.ts';")]),
  ],
  [
    'a room using a command',
    () => arrowProblems([file('host-tools/a/b.ts', "import('../cli/build.ts');")]),
  ],
  ['a dead file', () => deadFiles([file('host-tools/a/b.ts', '// b.ts')])],
  ['a long file', () => sizeProblems(file('a.ts', '\n'.repeat(401)))],
  ['a wide line', () => sizeProblems(file('a.ts', 'x'.repeat(121)))],
  ['a long function', () => functionProblems(file('a.ts', `function f() {${'\n'.repeat(70)}}`))],
  ['a camelCase file', () => nameProblems(file('host-tools/myFile.ts', ''))],
  ['a missing header', () => headerProblems(file('a.ts', 'let a = 1;'))],
  ['a marker', () => wordProblems(file('a.md', `${'TO'}${'DO'} later`))],
  ['a machine path', () => wordProblems(file('docs/a.md', `see ${'/wo'}rk/main`))],
  ['a bare skip', () => wordProblems(file('test/a.test.ts', `t.${'skip'}()`))],
  ['a lone test', () => wordProblems(file('test/a.test.ts', `test.${'only'}(`))],
  ['an escape from types', () => wordProblems(file('a.ts', `b as ${'any'};`))],
  ['a clock', () => purityProblems(file('firmware/src/mesh/a.ts', 'const t = Date.now();'))],
  ['chance', () => purityProblems(file('firmware/src/protocol/a.ts', 'Math.random();'))],
  [
    'a stale citation',
    () =>
      citationProblems([file('firmware/src/protocol/SPEC.md', '# 1 A'), file('a.ts', `// ${'SPEC'} 9.9`)]),
  ],
  [
    'an unexplained package',
    () => dependencyProblems([file('package.json', '{"dependencies":{"left-pad":"1.0.0"}}')]),
  ],
];

for (const [name, problems] of BROKEN)
  test(`the rules notice ${name}`, () => assert.equal(problems().length, 1));

test('the rules accept what is right', () => {
  none([
    ...arrowProblems([
      file('firmware/src/mesh/a.ts', "import '#protocol';\nimport './b.ts';"),
      file(
        'host-tools/a/b.ts',
        "import '#mesh';\nimport '../c/d.ts';\nimport 'node:fs';\nimport '../cli/cli-error.ts';",
      ),
    ]),
    ...wordProblems(
      file('test/a.test.ts', `t.${'skip'}('set ESPRUINO'); test('x', { ${'skip'}: REMEDY }, f);`),
    ),
    ...purityProblems(file('firmware/src/mesh/a.ts', 'interface A { print: number; }\na.JSON.Date;')),
    ...citationProblems([
      file('firmware/src/protocol/SPEC.md', '### 4.2 Frames'),
      file('a.ts', '// SPEC 4.2, last line.'),
    ]),
  ]);
});
