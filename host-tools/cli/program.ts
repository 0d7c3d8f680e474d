// All commands of `fairhop` as one commander program, with the examples and exit codes that their help ends with.
// Every failure becomes two plain lines and an exit code here. Knows who registers, not what they do. Called by main.ts
// and by tests, which look through it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { ROOT } from '../firmware-build/paths.ts';
import { register as registerBackup } from './backup.ts';
import { register as registerBalance } from './balance.ts';
import { register as registerBench } from './bench.ts';
import { register as registerBoards } from './boards.ts';
import { register as registerBuild } from './build.ts';
import { register as registerChain } from './chain.ts';
import { register as registerChannel } from './channel.ts';
import { CliError, EXIT_MEANINGS, ExitCode } from './cli-error.ts';
import { register as registerCompletion } from './completion.ts';
import { register as registerDoctor } from './doctor.ts';
import { EXAMPLES } from './examples.ts';
import { register as registerFlash } from './flash.ts';
import { register as registerFleet } from './fleet.ts';
import { register as registerKeys } from './keys.ts';
import { register as registerMonitor } from './monitor.ts';
import { register as registerNode } from './node.ts';
import { register as registerOwnedNodes } from './owned-nodes.ts';
import { register as registerParams } from './params.ts';
import { register as registerPorts } from './ports.ts';
import { register as registerPropose } from './propose.ts';
import { register as registerProvision } from './provision.ts';
import { register as registerRepl } from './repl.ts';
import { register as registerSend } from './send.ts';
import { register as registerSim } from './sim.ts';
import { register as registerTransfer } from './transfer.ts';
import { register as registerUp } from './up.ts';
import { register as registerVote } from './vote.ts';

const COMMANDS = [
  registerUp,
  registerBuild,
  registerBoards,
  registerPorts,
  registerDoctor,
  registerFlash,
  registerProvision,
  registerMonitor,
  registerSend,
  registerNode,
  registerRepl,
  registerBackup,
  registerOwnedNodes,
  registerChannel,
  registerKeys,
  registerBalance,
  registerTransfer,
  registerPropose,
  registerVote,
  registerParams,
  registerChain,
  registerFleet,
  registerSim,
  registerBench,
  registerCompletion,
];

/** Throws CommanderErrors for what it does not understand; the commands throw CliErrors. */
export function createProgram(): Command {
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
  for (const register of COMMANDS) register(program);
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
    await createProgram().parseAsync(words, { from: 'user' });
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
