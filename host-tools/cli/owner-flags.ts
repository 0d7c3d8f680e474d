// Flags, printing and errors that the owner's commands share (keys, balance, transfer, node, propose, vote, params).
// Turns a command's flags into a session of host-tools/owner and every failure into an error with its remedy.
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { StoreError } from '../gateway/store/index.ts';
import type { LedgerNodeView } from '../gateway/owner-view.ts';
import type { Sent } from '../owner/send.ts';
import { Session } from '../owner/session.ts';
import { CliError, ExitCode } from './cli-error.ts';
import { keyPassphrase } from './key-passphrase.ts';

export interface OwnerFlags {
  data: string;
  json?: boolean;
  http: string;
  token?: string;
  offline?: boolean;
  wait?: boolean;
  timeout?: string;
}

const TIMEOUT_S_MAX = 86_400;

export function withData(command: Command): Command {
  return command
    .addOption(new Option('--data <dir>', 'data directory').env('FAIRHOP_DATA').default('data'))
    .option('--json', 'print one JSON object');
}

export function withGateway(command: Command): Command {
  return withData(command)
    .option('--http <url>', 'address of the gateway', 'http://127.0.0.1:8640')
    .addOption(
      new Option('--token <text>', "the gateway's token; without it that of the data directory")
        .env('FAIRHOP_TOKEN'),
    );
}

export function withOffline(command: Command): Command {
  return withGateway(command).option('--offline', 'read the stored chain of the data directory instead');
}

export function withPatience(command: Command): Command {
  return withGateway(command).option('--timeout <s>', 'seconds to wait for a block; without it three blocks and 15 s');
}

export function withWait(command: Command): Command {
  return withPatience(command).option('--no-wait', 'do not wait until a block holds it');
}

export function sessionOf({ data, http, token, offline, wait, timeout }: OwnerFlags): Session {
  const options = {
    data: resolve(data),
    http,
    ...(token !== undefined && { token }),
    ...(offline !== undefined && { offline }),
    ...(wait !== undefined && { wait }),
    ...(timeout !== undefined && { timeoutS: seconds(timeout) }),
  };
  return new Session(options, keyPassphrase);
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d{1,5}$/.test(text) && value >= 1 && value <= TIMEOUT_S_MAX) return value;
  throw new CliError(`--timeout ${text} is no time`, `Give seconds, from 1 to ${TIMEOUT_S_MAX}.`, ExitCode.Usage);
}

/** Runs a command's work; what the store refuses becomes an error of the command line. */
export async function guarded(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof StoreError) throw new CliError(error.message, error.remedy, ExitCode.CheckFailed);
    throw error;
  }
}

/** One JSON object, or the lines for a person. */
export function print(flags: Pick<OwnerFlags, 'json'>, value: object, lines: string[]): void {
  console.log(flags.json === true ? JSON.stringify(value) : lines.join('\n'));
}

/** What became of a transaction, as the last line for a person. */
export function fate({ id, state, height }: Sent): string {
  return state === 'included'
    ? `in block ${height}, transaction ${id}`
    : `handed in, not yet in a block: transaction ${id}`;
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table(headings: string[], rows: (string | number)[][]): string[] {
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => String(row[i]).length)));
  const line = (cells: (string | number)[]): string =>
    cells
      .map((cell, i) => (typeof cell === 'number' ? String(cell).padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [line(headings), ...rows.map(line)];
}

export function notices({ leavesAt, rekeysAt, unvouchedAt }: LedgerNodeView): string {
  const texts = [
    leavesAt === 0 ? '' : `leaves at ${leavesAt}`,
    rekeysAt === 0 ? '' : `new key at ${rekeysAt}`,
    unvouchedAt === 0 ? '' : `line ends at ${unvouchedAt}`,
  ];
  return texts.filter((text) => text !== '').join(', ');
}
