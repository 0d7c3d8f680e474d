// What the tests of the commands for one board share: the command line as a user runs it, and a virtual board behind
// a real serial port.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { register as registerBackup } from '../../host-tools/cli/backup.ts';
import { CliError, ExitCode } from '../../host-tools/cli/cli-error.ts';
import { register as registerMonitor } from '../../host-tools/cli/monitor.ts';
import { register as registerNode } from '../../host-tools/cli/node.ts';
import { register as registerProvision } from '../../host-tools/cli/provision.ts';
import { register as registerSend } from '../../host-tools/cli/send.ts';
import { RealScheduler } from '../../host-tools/ether/scheduler.ts';
import { ROOT } from '../../host-tools/firmware-build/paths.ts';
import { joinStreams } from '../../host-tools/serial/byte-stream.ts';
import { openPty } from '../../host-tools/serial/pty.ts';
import type { Board } from '../../host-tools/virtual/board.ts';
import { VmBoard } from '../../host-tools/virtual/vm-board.ts';

export const COMMAND = join(ROOT, 'host-tools', 'cli', 'fairhop.js');

const COMMANDS = [registerProvision, registerNode, registerBackup, registerSend, registerMonitor];

export async function inDirectory(work: (directory: string) => unknown): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-board-'));
  try {
    await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `fairhop` with these words. `input` goes to its standard input, which then ends. */
export function fairhop(
  args: string[],
  options: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/**
 * The same in this process, which starts at once: for tests that are about the board and not about the program. One
 * at a time, since it listens to the process's own console.
 */
export async function command(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const ran: Ran = { status: 0, stdout: '', stderr: '' };
  const output = {
    writeOut: (text: string) => void (ran.stdout += text),
    writeErr: (text: string) => void (ran.stderr += text),
  };
  const program = new Command('fairhop').exitOverride().configureOutput(output);
  for (const register of COMMANDS) register(program);
  const { log, error } = console;
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]));
  console.log = (text: string) => void (ran.stdout += `${text}\n`);
  console.error = (text: string) => void (ran.stderr += `${text}\n`);
  Object.assign(process.env, env);
  try {
    await program.parseAsync(['node', 'fairhop', ...args]);
    ran.status = Number(process.exitCode ?? 0);
  } catch (failure) {
    if (failure instanceof CliError)
      [ran.status, ran.stderr] = [
        failure.exitCode,
        `${ran.stderr}${failure.message}\n  remedy: ${failure.remedy}`,
      ];
    else if (failure instanceof CommanderError) ran.status = failure.exitCode === 0 ? 0 : ExitCode.Usage;
    else throw failure;
  } finally {
    process.exitCode = undefined;
    Object.assign(console, { log, error });
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
  return ran;
}

export interface Plugged<B extends Board> {
  board: B;
  path: string;
  unplug(): Promise<void>;
}

/** The board's console on a pty. `unplug` ends both. */
export async function plugged<B extends Board>(board: B): Promise<Plugged<B>> {
  const pty = await openPty();
  const part = joinStreams(pty.stream, board.console);
  await board.start();
  const unplug = async (): Promise<void> => {
    part();
    await board.stop();
    await pty.close();
  };
  return { board, path: pty.path, unplug };
}

export function vmBoard(directory: string, code: string, name = 'bench'): VmBoard {
  return new VmBoard({ name, scheduler: new RealScheduler(), directory: join(directory, name), code });
}

export async function until(good: () => boolean, what: string, withinMs = 15_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!good()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
