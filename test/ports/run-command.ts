// Runs one of the commands as a user does: a process of its own, its exit code, what it says where.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const TSX = import.meta.resolve('tsx');
const COMMANDS = join(import.meta.dirname, 'commands.ts');

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** SIGINT is sent once stderr matches. */
  readonly interruptAt?: RegExp;
}

export function runCommand(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  const child = spawn(process.execPath, ['--import', TSX, COMMANDS, ...args], {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr, interrupted] = ['', '', false];
  child.stdout.on('data', (text: Buffer) => {
    stdout += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
    if (interrupted || options.interruptAt?.test(stderr) !== true) return;
    interrupted = true;
    child.kill('SIGINT');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
