// The command line `fairhop`: collects the commands, runs the one asked for, and turns every failure into
// two plain lines and an exit code. Commands parse flags and print; their work lives in the other rooms.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { ROOT } from '../firmware-build/paths.ts';
import { register as registerBoards } from './boards.ts';
import { register as registerBuild } from './build.ts';
import { CliError, ExitCode } from './cli-error.ts';
import { register as registerPorts } from './ports.ts';
import { register as registerDoctor } from './doctor.ts';
import { register as registerFlash } from './flash.ts';
import { register as registerChain } from './chain.ts';
import { register as registerBench } from './bench.ts';
import { register as registerSim } from './sim.ts';
import { register as registerUp } from './up.ts';
import { register as registerMonitor } from './monitor.ts';
import { register as registerProvision } from './provision.ts';
import { register as registerRepl } from './repl.ts';
import { register as registerBackup } from './backup.ts';
import { register as registerSend } from './send.ts';
import { register as registerNode } from './node.ts';
import { register as registerCompletion } from './completion.ts';
import { register as registerKeys } from './keys.ts';
import { register as registerBalance } from './balance.ts';
import { register as registerTransfer } from './transfer.ts';
import { register as registerOwnedNodes } from './owned-nodes.ts';
import { register as registerPropose } from './propose.ts';
import { register as registerVote } from './vote.ts';
import { register as registerParams } from './params.ts';

const COMMANDS = [
  registerUp, registerBuild, registerBoards, registerPorts, registerDoctor, registerFlash, registerProvision,
  registerMonitor, registerSend, registerNode, registerRepl, registerBackup, registerOwnedNodes, registerKeys,
  registerBalance, registerTransfer, registerPropose, registerVote, registerParams, registerChain, registerSim,
  registerBench, registerCompletion,
];

function createProgram(): Command {
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
  return program;
}

/** The exit code; prints to stderr unless it is 0. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
  if (error instanceof CliError) {
    console.error(`fairhop: ${error.message}\n  remedy: ${error.remedy}`);
    return error.exitCode;
  }
  const text = error instanceof Error ? error.message : String(error);
  console.error(`fairhop: unexpected: ${text.split('\n')[0]}`);
  if (process.env.FAIRHOP_DEBUG === '1') console.error(error);
  else console.error('  this is a bug; run again with FAIRHOP_DEBUG=1 for the stack');
  return ExitCode.Unexpected;
}

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}
