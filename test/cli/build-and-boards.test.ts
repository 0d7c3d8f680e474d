// The command line as a user meets it: what goes to stdout, what to stderr, and the exit code. Each case runs the
// real `fairhop` in a process of its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { boardIds } from '../../host-tools/firmware-build/boards.ts';
import { ROOT } from '../../host-tools/firmware-build/paths.ts';

const FAIRHOP = join(ROOT, 'host-tools', 'cli', 'fairhop.js');

function fairhop(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [FAIRHOP, ...words], { cwd: ROOT, encoding: 'utf8' });
}

test('--help lists the commands on stdout', () => {
  const { status, stdout, stderr } = fairhop('--help');
  assert.equal(status, 0);
  assert.equal(stderr, '');
  for (const command of ['build', 'boards']) assert.match(stdout, new RegExp(`^ {2}${command} `, 'm'));
});

test('boards --json gives every board file', () => {
  const { status, stdout } = fairhop('boards', '--json');
  assert.equal(status, 0);
  const ids = (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(ids, boardIds());
});

test('boards names each board and what is untried', () => {
  const { status, stdout } = fairhop('boards');
  assert.equal(status, 0);
  for (const id of boardIds()) assert.ok(stdout.includes(id), id);
  assert.match(stdout, /untried \(see boards\/generic-esp32-rfm95\.json\)/);
});

const WRONG: [string, string[], number, RegExp][] = [
  ['an unknown command', ['flie'], 2, /unknown command/],
  ['a missing option', ['build'], 2, /--board/],
  [
    'an unknown board',
    ['build', '--board', 'nope'],
    2,
    /no board "nope"[\s\S]*known boards: .*linux-udp[\s\S]*remedy:/,
  ],
];

for (const [name, words, code, text] of WRONG) {
  test(`${name} ends with code ${code}, a remedy and no stack trace`, () => {
    const { status, stdout, stderr } = fairhop(...words);
    assert.equal(status, code, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, text);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });
}

test('build --json weighs the bundle', () => {
  const { status, stdout, stderr } = fairhop('build', '--board', 'linux-udp', '--json');
  assert.equal(status, 0, stderr);
  const report = JSON.parse(stdout) as {
    file: string;
    bundleBytes: number;
    functions: number;
    jsVars: { total: number; functions: number; names: number; values: number };
    budget: { jsVars: number; bundleBytes: number };
  };
  assert.equal(report.file, join('build', 'firmware', 'linux-udp.js'));
  assert.ok(report.bundleBytes > 10_000 && report.bundleBytes <= report.budget.bundleBytes);
  const { total, functions, names, values } = report.jsVars;
  assert.ok(report.functions > 50 && total === functions + names + values && total <= report.budget.jsVars);
});
