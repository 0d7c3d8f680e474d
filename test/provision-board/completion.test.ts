// Shell completion: the hidden command answers from the commands themselves, and each script is one that its shell
// takes; in bash it is also asked for completions.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { candidates, register as registerCompletion } from '../../host-tools/cli/completion.ts';
import { register as registerFlash } from '../../host-tools/cli/flash.ts';
import { register as registerMonitor } from '../../host-tools/cli/monitor.ts';
import { register as registerNode } from '../../host-tools/cli/node.ts';
import { register as registerUp } from '../../host-tools/cli/up.ts';
import { COMMAND, fairhop, inDirectory } from '../monitor/bench.ts';

/** The commands in this process; that the program has them all is asked once below. */
function complete(...words: string[]): Promise<string[]> {
  const program = new Command('fairhop');
  for (const register of [registerNode, registerMonitor, registerUp, registerFlash, registerCompletion])
    register(program);
  return candidates(program, words);
}

const missing = (shell: string): string | false =>
  spawnSync(shell, ['-c', ':']).status === 0 ? false : `needs the shell ${shell}: install it`;

test('commands, options and values come from the commands themselves', async () => {
  const { stdout } = await fairhop(['__complete', '--', '']);
  const commands = stdout.trimEnd().split('\n');
  for (const name of ['up', 'flash', 'monitor', 'provision', 'repl', 'send', 'node', 'backup', 'restore'])
    assert.ok(commands.includes(name), name);
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
    const line =
      'COMP_WORDS=(fairhop node config ""); COMP_CWORD=3; _fairhop; printf "%s " "${COMPREPLY[@]}"';
    const ran = spawnSync('bash', ['--norc', '-c', `${script}\n${line}`], {
      env: { ...process.env, PATH: `${directory}:${process.env.PATH}` },
    });
    assert.equal(String(ran.stdout).trim(), 'get set', String(ran.stderr));
    assert.equal((await fairhop(['completion', 'tcsh'])).status, 2);
  }),
);
