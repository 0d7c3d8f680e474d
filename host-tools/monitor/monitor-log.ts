// The monitor's log: each line as the board sent it behind the time at which it came, and what happened between the
// lines behind "# ". The same file can be replayed. Written at once and in whole lines, so that a crash loses nothing
// and a full disk is noticed. Knows nothing of what lines mean.
import { closeSync, openSync, writeSync } from 'node:fs';
import { CliError, ExitCode } from '../cli/cli-error.ts';

export class MonitorLog {
  private constructor(
    private readonly file: string,
    private readonly descriptor: number,
  ) {}

  /** Goes on at the end of a log that is there. Throws a CliError. */
  static open(file: string): MonitorLog {
    try {
      return new MonitorLog(file, openSync(file, 'a', 0o600));
    } catch (error) {
      throw failure(file, error);
    }
  }

  /** Throws a CliError when it cannot be kept. */
  lines(lines: readonly string[], atMs: number): void {
    if (lines.length > 0) this.write(lines.map((line) => `${stamp(atMs)} ${line}\n`).join(''));
  }

  mark(text: string, atMs: number): void {
    this.write(`${stamp(atMs)} # ${text}\n`);
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private write(text: string): void {
    const bytes = Buffer.from(text);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.descriptor, bytes, at);
    } catch (error) {
      throw failure(this.file, error);
    }
  }
}

export interface LoggedLine {
  atMs: number;
  /** Something the monitor noted, not a line of the board. */
  isMark: boolean;
  text: string;
}

/** A line of a log; of any other file the line itself, with the time given. */
export function parseLogged(line: string, otherwiseMs: number): LoggedLine {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (# )?(.*)$/.exec(line);
  if (match === null) return { atMs: otherwiseMs, isMark: false, text: line };
  return { atMs: Date.parse(match[1]!), isMark: match[2] !== undefined, text: match[3]! };
}

function stamp(atMs: number): string {
  return new Date(atMs).toISOString();
}

function failure(file: string, error: unknown): CliError {
  const { code = 'error' } = error as NodeJS.ErrnoException;
  const remedy =
    code === 'ENOSPC' ? 'free some space' : 'choose a file that you may write, or leave the option out';
  return new CliError(`${file} cannot be used (${code})`, remedy, ExitCode.CheckFailed);
}
