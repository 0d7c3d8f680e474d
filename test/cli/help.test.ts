// What the help promises: every command has examples, every line of them is one that the command takes, every exit
// code is told, and completion knows every command.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { EXIT_MEANINGS, ExitCode } from '../../host-tools/cli/cli-error.ts';
import { candidates } from '../../host-tools/cli/completion.ts';
import { EXAMPLES } from '../../host-tools/cli/examples.ts';
import { createProgram, leavesOf } from '../../host-tools/cli/program.ts';
import { ROOT } from '../../host-tools/firmware-build/paths.ts';

/** All that `--help` prints, texts that were added behind it included. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  return text;
}

/** The words of the `fairhop` in a line of shell, quotes taken off; remarks stand behind three blanks. */
function wordsOf(line: string): string[] | undefined {
  const call = /(?:^|\s|\()fairhop\s([^|>)]*)/.exec(line.trim())?.[1]?.split(/ {3,}/)[0];
  return call?.match(/'[^']*'|"[^"]*"|\S+/g)?.map((word) => word.replace(/^(['"])(.*)\1$/, '$2'));
}

/** Types a line without carrying it out: which command would have run? Rejects when none would. */
async function commandFor(words: string[]): Promise<string> {
  const program = await createProgram();
  let ran = '';
  for (const { path, command } of leavesOf(program)) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
    command.action(() => void (ran = path));
  }
  await program.parseAsync(words, { from: 'user' });
  return ran;
}

const leaves = leavesOf(await createProgram());

test('each command says what it does and gives examples that it takes', async () => {
  assert.ok(leaves.length > 30);
  for (const { path, command } of leaves) {
    assert.ok(command.description().length > 5, path);
    const examples = /\nExamples:\n([^]+)$/.exec(helpOf(command))?.[1];
    assert.ok(examples !== undefined, `${path} has no examples`);
    let own = 0;
    for (const line of examples.split('\n').filter((text) => text.startsWith('  '))) {
      const words = wordsOf(line);
      if (words === undefined) continue;
      assert.equal(await commandFor(words).catch((error: unknown) => `${line}: ${String(error)}`), path);
      own++;
    }
    assert.ok(own > 0, `${path}: no example is its own`);
  }
  const known = new Set(leaves.map(({ path }) => path));
  for (const path of Object.keys(EXAMPLES)) assert.ok(known.has(path), `examples of no command: ${path}`);
});

test('every exit code is told, in the help and in docs/operating.md', async () => {
  assert.deepEqual(
    EXIT_MEANINGS.map(([code]) => code),
    Object.values(ExitCode),
  );
  const page = readFileSync(join(ROOT, 'docs', 'operating.md'), 'utf8');
  const help = helpOf(await createProgram());
  for (const [code, meaning] of EXIT_MEANINGS) {
    assert.ok(page.includes(`| ${code} | ${meaning} |`), `docs/operating.md: ${code} ${meaning}`);
    assert.ok(help.includes(` ${code}  ${meaning}\n`) || help.trimEnd().endsWith(` ${code}  ${meaning}`));
  }
});

test('completion offers every command, at its place, and every option', async () => {
  const program = await createProgram();
  for (const { path, command } of leaves) {
    const words = path.split(' ');
    const offered = await candidates(program, [...words.slice(0, -1), '']);
    assert.ok(offered.includes(words.at(-1)!), path);
    const options = await candidates(program, [...words, '--']);
    for (const { long } of command.options) assert.ok(options.includes(long!), `${path} ${long}`);
  }
});
