// All commands of `fairhop` as one commander program, with the examples and exit codes that their help ends with.
// Every failure becomes two plain lines and an exit code here. Knows who registers, not what they do. Called by main.ts
// and by tests, which look through it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { ROOT } from '../firmware-build/paths.ts';
import { CliError, EXIT_MEANINGS, ExitCode } from './cli-error.ts';
import { EXAMPLES } from './examples.ts';

interface Room {
  register(program: Command): void;
}

/** In the order of the help. Only what is asked for is loaded: most commands need little of all that there is. */
const COMMANDS: Record<string, () => Promise<Room>[]> = {
  up: () => [import('./up.ts')],
  build: () => [import('./build.ts')],
  boards: () => [import('./boards.ts')],
  ports: () => [import('./ports.ts')],
  doctor: () => [import('./doctor.ts')],
  flash: () => [import('./flash.ts')],
  provision: () => [import('./provision.ts')],
  monitor: () => [import('./monitor.ts')],
  send: () => [import('./send.ts')],
  node: () => [import('./node.ts'), import('./owned-nodes.ts')],
  repl: () => [import('./repl.ts')],
  backup: () => [import('./backup.ts')],
  restore: () => [import('./backup.ts')],
  channel: () => [import('./channel.ts')],
  keys: () => [import('./keys.ts')],
  balance: () => [import('./balance.ts')],
  transfer: () => [import('./transfer.ts')],
  propose: () => [import('./propose.ts')],
  vote: () => [import('./vote.ts')],
  params: () => [import('./params.ts')],
  chain: () => [import('./chain.ts')],
  fleet: () => [import('./fleet.ts')],
  sim: () => [import('./sim.ts')],
  bench: () => [import('./bench.ts')],
};

/** What completes the names of all commands, for which it has to know them. */
const ALL = () => [...Object.values(COMMANDS).flatMap((load) => load()), import('./completion.ts')];

/**
 * With the commands that the first of `words` needs, or all. The program throws CommanderErrors for what it does not
 * understand; the commands throw CliErrors.
 */
export async function createProgram(words: readonly string[] = []): Promise<Command> {
  const load = Object.hasOwn(COMMANDS, words[0] ?? '') ? COMMANDS[words[0]!]! : ALL;
  const rooms = new Set(await Promise.all(load()));
  const { version, description } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
    description: string;
  };
  const program = new Command('fairhop')
    .description(description)
    .version(version)
    .helpCommand(false)
    .showHelpAfterError('(`fairhop --help` lists the commands)')
    .exitOverride();
  for (const { register } of rooms) register(program);
  for (const { path, command } of leavesOf(program)) {
    const examples = EXAMPLES[path];
    if (examples !== undefined) command.addHelpText('after', `\nExamples:\n${indented(examples)}`);
  }
  const codes = EXIT_MEANINGS.map(([code, meaning]) => `${String(code).padStart(3)}  ${meaning}`);
  return program.addHelpText('after', `\nExit codes:\n${indented(codes)}`);
}

/** Sets the process's exit code; a failure is told on stderr. `words`: what follows `fairhop`. */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  try {
    const program = await createProgram(words);
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
  if (error instanceof CliError) {
    console.error(`fairhop: ${harmless(error.message)}\n  remedy: ${harmless(error.remedy)}`);
    return error.exitCode;
  }
  const text = error instanceof Error ? error.message : String(error);
  console.error(`fairhop: unexpected: ${harmless(text.split('\n')[0]!)}`);
  if (process.env.FAIRHOP_DEBUG === '1') console.error(error);
  else console.error('  this is a bug; run again with FAIRHOP_DEBUG=1 for the stack');
  return ExitCode.Unexpected;
}

const MESSAGE_CHARS_MAX = 1000;

/** Messages quote files and boards: what would steer a terminal goes, and so does what nobody reads to its end. */
function harmless(text: string): string {
  const plain = text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?');
  return plain.length > MESSAGE_CHARS_MAX ? `${plain.slice(0, MESSAGE_CHARS_MAX)}...` : plain;
}

export interface Leaf {
  /** Words that lead to it, such as "node config get". */
  path: string;
  command: Command;
}

/** Every command that can be run, hidden ones left out; one with an action and sub-commands counts too. */
export function leavesOf(command: Command, words: string[] = []): Leaf[] {
  const visible = command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help');
  const below = visible.flatMap((one) => leavesOf(one, [...words, one.name()]));
  const isLeaf = words.length > 0 && (visible.length === 0 || command.registeredArguments.length > 0);
  return isLeaf ? [{ path: words.join(' '), command }, ...below] : below;
}

const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n');
