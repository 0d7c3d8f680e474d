// One line typed at a terminal, shown or not. For commands that cannot go on without an answer; they check first that
// there is a terminal.
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CliError, ExitCode } from './cli-error.ts';

/** Rejects with exit code 130 when the terminal says Ctrl-C or ends. */
export function askLine(question: string, isHidden: boolean): Promise<string> {
  process.stderr.write(question);
  // What readline echoes goes nowhere when the answer is a secret.
  const output = isHidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  const reader = createInterface({ input: process.stdin, output, terminal: true });
  return new Promise((resolve, reject) => {
    let answer: string | undefined;
    reader.on('line', (line) => {
      answer = line;
      reader.close();
    });
    reader.on('SIGINT', () => reader.close());
    reader.on('close', () => {
      if (isHidden) process.stderr.write('\n');
      if (answer !== undefined) resolve(answer.trim());
      else reject(new CliError('interrupted', 'repeat the command', ExitCode.Interrupted));
    });
  });
}
