// `fairhop repl`: the interpreter's own prompt. At a terminal every key goes to the board and everything it says comes
// back; from a pipe, or with --eval, expressions are evaluated one after another and their values printed.
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { evaluate } from '../serial/evaluate.ts';
import type { PacketClient } from '../serial/packet-protocol.ts';
import type { OpenPort } from '../serial/serial-port.ts';
import { ExitCode } from './cli-error.ts';
import { onePort, withBoard } from './port-session.ts';

interface Flags {
  port?: string;
  eval?: string[];
  json?: boolean;
}

/** Ctrl-], as in telnet: Ctrl-C must reach the board. */
const LEAVE = 0x1d;

export function register(program: Command): void {
  program
    .command('repl')
    .description("talk to a board's interpreter; at a terminal Ctrl-] leaves and Ctrl-C goes to the board")
    .option('--port <path>', 'serial port; without it the only board that is plugged in')
    .option('--eval <expression...>', 'evaluate and print instead of a prompt')
    .option('--json', 'print values as JSON, one object a line')
    .addHelpText(
      'after',
      '\nExamples:\n  fairhop repl --port /dev/ttyUSB0\n  fairhop repl --eval "process.memory().free"\n' +
        '  echo "E.getTemperature()" | fairhop repl --json',
    )
    .action(repl);
}

async function repl(flags: Flags): Promise<void> {
  const path = await onePort(flags.port);
  const isPrompt = flags.eval === undefined && process.stdin.isTTY && process.stdout.isTTY;
  await withBoard(path, async (client, port) => {
    if (isPrompt) return prompt(path, port);
    const expressions = flags.eval ?? createInterface({ input: process.stdin });
    for await (const expression of expressions)
      if (expression.trim() !== '') await evaluateAndPrint(client, expression, flags);
  });
}

/** A refusal is the board's answer; the next expression is asked all the same, and the exit code tells. */
async function evaluateAndPrint(client: PacketClient, expression: string, flags: Flags): Promise<void> {
  const { value, error } = await evaluate(client, expression);
  if (error !== null) process.exitCode = ExitCode.CheckFailed;
  if (flags.json === true) {
    const parsed: unknown = value === null || value === 'undefined' ? null : JSON.parse(value);
    console.log(JSON.stringify({ expression, value: parsed, error }));
  } else if (error !== null) console.error(error);
  else console.log(value);
}

function prompt(path: string, port: OpenPort): Promise<void> {
  console.error(`connected to ${path}; Ctrl-] leaves`);
  const { stdin, stdout } = process;
  stdin.setRawMode(true);
  const stop = port.onData((bytes) => stdout.write(bytes));
  return new Promise((resolve) => {
    const onKeys = (bytes: Buffer): void => {
      const end = bytes.indexOf(LEAVE);
      port.write(end < 0 ? bytes : bytes.subarray(0, end));
      if (end < 0) return;
      stop();
      stdin.removeListener('data', onKeys);
      stdin.setRawMode(false);
      stdin.pause();
      resolve();
    };
    stdin.on('data', onKeys);
    // A lost port ends the session elsewhere; the terminal must be usable again whatever happens.
    process.once('exit', () => stdin.isTTY && stdin.setRawMode(false));
    // The prompt, as after a line.
    port.write(Buffer.from('\n'));
  });
}
