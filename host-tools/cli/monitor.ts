// `fairhop monitor`: what a board says, with times, decoded, through resets and pulled cables. Collects the parts
// from the flags; the work is in the monitor room. Ctrl-C is its normal end.
import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { BundleMap } from '../monitor/bundle-map.ts';
import { Bundles } from '../monitor/bundles.ts';
import { Decoder } from '../monitor/decoder.ts';
import { parseFilters } from '../monitor/filter.ts';
import { LineSplitter } from '../monitor/line-splitter.ts';
import { MonitorLog } from '../monitor/monitor-log.ts';
import { Monitor } from '../monitor/monitor.ts';
import { JsonOutput, TextOutput, type Output } from '../monitor/output.ts';
import { CliError, ExitCode } from './cli-error.ts';
import { followedPort, onePort, portFailure } from './port-session.ts';

interface MonitorFlags {
  port?: string;
  json?: boolean;
  log?: string;
  filter?: string[];
  replay?: string;
  bundle?: string;
}

const EXAMPLES = `
Examples:
  fairhop monitor                                       the only board that is plugged in
  fairhop monitor --port /dev/ttyUSB0 --log field.log   and keep every line
  fairhop monitor --filter payment,route                only these kinds (errors and restarts stay)
  fairhop monitor --filter '!status' --filter /3a7f/    all but status lines, and only where 3a7f occurs
  fairhop monitor --replay field.log --json             a log decoded again, one JSON object a line`;

export function register(program: Command): void {
  program
    .command('monitor')
    .description('show what a board says, decoded; never resets it, comes back after resets and pulled cables')
    .option('--port <path>', 'serial port; without it the only board that is plugged in')
    .option('--json', 'one JSON object a line')
    .option('--log <file>', 'append every line to a file, with its time')
    .option('--filter <what...>', 'kinds, "!kind" to leave one out, /pattern/; all of them must agree')
    .option('--replay <file>', 'read a log instead of a port')
    .option('--bundle <file>', 'firmware bundle (.js with its .js.map) that stack traces are looked up in')
    .addHelpText('after', EXAMPLES)
    .action(monitor);
}

async function monitor(flags: MonitorFlags): Promise<void> {
  const log = flags.log === undefined ? undefined : MonitorLog.open(flags.log);
  const monitor = new Monitor({
    decoder: new Decoder(bundlesFor(flags.bundle)),
    filter: parseFilters(flags.filter ?? []),
    output: outputFor(flags.json === true),
    log,
    nowMs: Date.now,
  });
  try {
    if (flags.replay !== undefined) await replay(monitor, flags.replay);
    else await follow(monitor, await onePort(flags.port));
  } finally {
    monitor.end();
  }
}

async function follow(monitor: Monitor, path: string): Promise<void> {
  const port = await followedPort(path);
  let end = (_error?: unknown): void => {};
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error));
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end());
  // Whoever read our lines is gone (`fairhop monitor | head`).
  process.stdout.on('error', () => end());
  // A log that cannot be written must not stay unnoticed.
  process.once('uncaughtException', end);
  try {
    await monitor.follow(port).catch((error: unknown) => {
      throw portFailure(error);
    });
    await ended;
  } finally {
    await port.close();
  }
}

async function replay(monitor: Monitor, file: string): Promise<void> {
  const splitter = LineSplitter.ofLog();
  try {
    for await (const bytes of createReadStream(file) as AsyncIterable<Buffer>) {
      for (const line of splitter.push(bytes)) monitor.replay(line);
      if (process.stdout.writableNeedDrain) await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
    for (const line of splitter.flush()) monitor.replay(line);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code = 'error' } = error as NodeJS.ErrnoException;
    throw new CliError(`${file} cannot be read (${code})`, 'give a log that --log has written', ExitCode.Usage);
  }
}

function bundlesFor(file: string | undefined): Bundles {
  if (file === undefined) return new Bundles();
  try {
    BundleMap.read(file);
  } catch {
    throw new CliError(
      `${file} is no bundle with a map beside it`,
      'build one with `fairhop build --board ID` and give build/firmware/ID.js',
      ExitCode.Usage,
    );
  }
  return new Bundles(file);
}

function outputFor(isJson: boolean): Output {
  const write = (text: string): void => void process.stdout.write(text);
  if (isJson) return new JsonOutput(write);
  const { isTTY, columns } = process.stdout;
  const isColoured = isTTY === true && (process.env.NO_COLOR ?? '') === '';
  return new TextOutput(write, isTTY === true ? columns || 80 : undefined, isColoured);
}
