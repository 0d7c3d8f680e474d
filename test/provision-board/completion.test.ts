// Shell completion: the hidden command answers from the commands themselves, and each script is one that its shell
// takes; in bash it is also asked for completions.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMAND, fairhop, inDirectory } from '../monitor/bench.ts';

async function complete(...words: string[]): Promise<string[]> {
  const { status, stdout, stderr } = await fairhop(['__complete', '--', ...words]);
  assert.equal(status, 0, stderr);
  return stdout === '' ? [] : stdout.trimEnd().split('\n');
}

const missing = (shell: string): string | false =>
  spawnSync(shell, ['-c', ':']).status === 0 ? false : `needs the shell ${shell}: install it`;

test('commands, options and values come from the commands themselves', async () => {
  const commands = await complete('');
  for (const name of ['up', 'flash', 'monitor', 'provision']) assert.ok(commands.includes(name), name);
  assert.ok(!commands.includes('__complete'));
  assert.deepEqual(await complete('mon'), ['monitor']);
  assert.deepEqual(await complete('node', 'config', ''), ['get', 'set']);
  assert.deepEqual(await complete('monitor', '--re'), ['--replay']);
  assert.deepEqual(await complete('up', '--engine', ''), ['espruino', 'vm']);
  assert.deepEqual(await complete('completion', 'z'), ['zsh']);
  assert.deepEqual(await complete('flash', '--board', 'linux'), ['linux-udp']);
  assert.deepEqual(await complete('monitor', '--log', ''), []);
});

for (const shell of ['bash', 'zsh', 'fish'])
  test(`the script for ${shell} is one`, { skip: missing(shell) }, async () => {
    const { stdout } = await fairhop(['completion', shell]);
    const checked = spawnSync(shell, ['-n'], { input: stdout });
    assert.equal(checked.status, 0, String(checked.stderr));
  });

test('bash completes a line', { skip: missing('bash') }, () =>
  inDirectory(async (directory) => {
    const program = join(directory, 'fairhop');
    writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${COMMAND}" "$@"\n`);
    chmodSync(program, 0o755);
    const { stdout: script } = await fairhop(['completion', 'bash']);
    const line = 'COMP_WORDS=(fairhop node config ""); COMP_CWORD=3; _fairhop; printf "%s " "${COMPREPLY[@]}"';
    const ran = spawnSync('bash', ['--norc', '-c', `${script}\n${line}`], {
      env: { ...process.env, PATH: `${directory}:${process.env.PATH}` },
    });
    assert.equal(String(ran.stdout).trim(), 'get set', String(ran.stderr));
    assert.equal((await fairhop(['completion', 'tcsh'])).status, 2);
  }));
