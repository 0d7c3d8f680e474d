// Waits until the Espruino interpreter on a line answers, after a restart or before an upload. Reads the boot
// log on the way, because it names the reasons for which no prompt ever comes.
// Called by the board flasher; knows nothing of the loader protocol.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { interruptedError } from './chip-session.ts';
import type { SerialLine } from './lines/serial-line.ts';

const INTERPRETER_BAUD = 115200;
const ASK_EVERY_MS = 400;
const LOOK_EVERY_MS = 10;
const TEXT_CHARS_MAX = 8192;
/** Ctrl-E makes Espruino print its version. */
const ASK = Buffer.from('\x05', 'latin1');
/** Ctrl-C first, which empties the input line and stops a running loop. Two in a row end the Linux build. */
const ASK_FIRMLY = Buffer.from('\x03\x05', 'latin1');

export interface Interpreter {
  readonly version: string;
  readonly board: string;
}

export async function waitForInterpreter(
  line: SerialLine,
  withinMs: number,
  signal: AbortSignal,
): Promise<Interpreter> {
  let text = '';
  let lost = false;
  line.onData = (bytes) => {
    text = (text + Buffer.from(bytes).toString('latin1')).slice(-TEXT_CHARS_MAX);
  };
  line.onLost = () => {
    lost = true;
  };
  const deadline = Date.now() + withinMs;
  let askAt = 0;
  let asked = 0;
  while (Date.now() < deadline) {
    if (signal.aborted) throw interruptedError();
    const answer = /Espruino (\d+v\S+) (\S+)[\r\n]/.exec(text);
    if (answer !== null) return { version: answer[1]!, board: answer[2]! };
    const problem = bootProblem(text);
    if (problem !== null) throw problem;
    if (lost) lost = !(await reopened(line));
    else if (Date.now() >= askAt) {
      askAt = Date.now() + ASK_EVERY_MS;
      // A write that fails is a loss, and the line reports that itself.
      await line.write(asked++ % 2 === 0 ? ASK : ASK_FIRMLY).catch(() => {
        lost = true;
      });
    }
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_EVERY_MS);
    });
  }
  if (lost) {
    throw new CliError(
      `${line.name} disappeared after the restart`,
      'plug the board in again and repeat the command',
      ExitCode.PortLost,
    );
  }
  throw new CliError(
    'the interpreter does not answer',
    'press RESET and repeat the command; if it stays silent add --erase region (stored code may block it)',
    ExitCode.CheckFailed,
  );
}

/** A chip with USB of its own leaves the bus on a restart and comes back under the same name. */
async function reopened(line: SerialLine): Promise<boolean> {
  try {
    await line.close();
    await line.open(INTERPRETER_BAUD);
    return true;
  } catch {
    await new Promise((resolve) => {
      setTimeout(resolve, ASK_EVERY_MS);
    });
    return false;
  }
}

function bootProblem(text: string): CliError | null {
  const failed = (what: string, remedy: string): CliError => new CliError(what, remedy, ExitCode.CheckFailed);
  if (/brownout/i.test(text)) {
    return failed(
      'the supply voltage of the board collapses when it starts',
      'use a shorter cable or a powered hub',
    );
  }
  if (/waiting for download/.test(text)) {
    return failed(
      'the board restarted into download mode',
      'release the BOOT button (or GPIO 0) and press RESET',
    );
  }
  const refusal =
    /(invalid header|flash read err|not bootable|No bootable app|Probe failed|verify partition)/.exec(text);
  if (refusal !== null) {
    return failed(`the board refuses to start ("${refusal[1]}")`, 'repeat the command with --erase all');
  }
  return null;
}
