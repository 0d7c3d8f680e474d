// Runs commands of `fairhop` one after another in a process of their own and gives what each wrote on its real
// standard output and error: whatever slips past --json is seen.
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** No command writes this. */
export const END = '\u0000end of command ';

export interface Ran {
  status: number;
  stdout: string;
  stderr: string;
}

export class CommandsInTurn {
  private readonly child: ChildProcess;
  private readonly died: Promise<never>;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(env: NodeJS.ProcessEnv = {}) {
    this.child = fork(join(import.meta.dirname, 'command-server.ts'), [], {
      execArgv: ['--import', import.meta.resolve('tsx')],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.died = new Promise((_, reject) => {
      this.child.once('exit', (code) => reject(new Error(`the process of the commands ended: ${code}`)));
    });
    // Between two commands nobody waits for it; the next one reports it.
    this.died.catch(() => {});
  }

  /** Waits for the one before. Rejects when the process dies of it. */
  run(...words: string[]): Promise<Ran> {
    const ran = this.turn.then(() => this.runNext(words));
    this.turn = ran.catch(() => {});
    return ran;
  }

  private async runNext(words: string[]): Promise<Ran> {
    const { stdout, stderr } = this.child;
    const both = Promise.all([untilEnd(stdout!), untilEnd(stderr!)]);
    this.child.send(words);
    const [[out, status], [err]] = await Promise.race([both, this.died]);
    return { status, stdout: out, stderr: err };
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}

/** What the stream says up to the mark, and the exit code behind it. */
function untilEnd(stream: Readable): Promise<[text: string, status: number]> {
  return new Promise((resolve) => {
    let text = '';
    const onData = (bytes: Buffer): void => {
      text += bytes.toString();
      const match = new RegExp(`${END}(\\d+)\n$`).exec(text);
      if (match === null) return;
      stream.removeListener('data', onData);
      resolve([text.slice(0, match.index), Number(match[1])]);
    };
    stream.on('data', onData);
  });
}
