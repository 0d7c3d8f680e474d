// `fairhop sim`: runs scenarios of the simulator and prints or writes what came out. Figures go to stdout, progress
// and speed to stderr, so that the same seed gives the same bytes.
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { SingleBar } from 'cli-progress';
import { InvalidArgumentError, type Command } from 'commander';
import { ROOT } from '../firmware-build/paths.ts';
import { writeFigures } from '../simulator/figures.ts';
import { besidePeer, growth } from '../simulator/growth.ts';
import type { Outcome } from '../simulator/outcome.ts';
import { COLUMNS, reportOf } from '../simulator/report.ts';
import type { RunRequest } from '../simulator/run.ts';
import { SCENARIOS } from '../simulator/scenarios.ts';
import { readMap, type StationMap } from '../simulator/map-file.ts';
import { gridOf, sweep } from '../simulator/sweep.ts';
import { CliError, ExitCode } from './cli-error.ts';

interface RunFlags {
  seed: number;
  nodes?: number;
  days?: number;
  hours?: number;
  set: string[];
  json?: boolean;
  report?: string;
  map?: StationMap;
  threads: number;
}

interface SweepFlags extends RunFlags {
  grid: string[];
  seeds: number[];
  out?: string;
}

export function register(program: Command): void {
  const sim = withRunFlags(program.command('sim').description('simulate meshes with honest and dishonest nodes'))
    .argument('[name]', 'a scenario; `fairhop sim list` names them')
    .action((name: string | undefined, flags: RunFlags) => guarded(() => runOne(name, flags)));
  sim.command('list').description('the scenarios').action(list);
  withRunFlags(sim.command('compare').description('two scenarios on the same seed, side by side'))
    .argument('<a>').argument('<b>')
    .action((a: string, b: string, _own: RunFlags, command: Command) =>
      guarded(() => compare(a, b, command.optsWithGlobals<RunFlags>())));
  withRunFlags(sim.command('sweep').description('a grid of parameters on all cores; goes on where it stopped'))
    .argument('<names>', 'scenarios, separated by commas')
    .option('--grid <param=v1,v2>', 'values to try; may be given several times', collect, [])
    .option('--seeds <list>', 'seeds, separated by commas', numbers, [1])
    .option('--out <file>', 'journal of finished runs, one JSON line each')
    .action((names: string, _own: SweepFlags, command: Command) =>
      guarded(() => sweepGrid(names, command.optsWithGlobals<SweepFlags>())));
  sim.command('growth').description('speed and memory from 100 nodes up')
    .option('--most <n>', 'largest mesh', whole, 1000)
    .option('--hours <n>', 'simulated hours; the second half is measured', positive, 2)
    .option('--peer <folder>', 'compare with Meshtasticator, of which this is a copy')
    .option('--python <command>', 'interpreter for it', 'python3')
    .action((_own: GrowthFlags, command: Command) => guarded(() => grow(command.optsWithGlobals<GrowthFlags>())));
  withSettings(sim.command('figures').description('run every scenario and write the table into docs/economics.md'))
    .action((_own: RunFlags, command: Command) => guarded(() => figures(command.optsWithGlobals<RunFlags>())));
}

function withRunFlags(command: Command): Command {
  return withSettings(command).option('--json', 'print JSON, one object a run and line');
}

function withSettings(command: Command): Command {
  return command
    .option('--seed <n>', 'seed of everything random', whole, 1)
    .option('--nodes <n>', 'stations, gateways included', whole)
    .option('--days <n>', 'simulated days', positive)
    .option('--hours <n>', 'simulated hours', positive)
    .option('--set <param=value>', 'any other parameter; may be given several times', collect, [])
    .option('--map <file>', 'positions of all stations in metres, as JSON', stationMap)
    .option('--threads <n>', 'worker threads', whole, availableParallelism())
    .option('--report <file>', 'write a self-contained HTML report');
}

interface GrowthFlags {
  most: number;
  hours: number;
  peer?: string;
  python: string;
}

async function grow({ most, hours, peer, python }: GrowthFlags): Promise<void> {
  const print = (line: string): void => console.log(line);
  if (peer !== undefined) return besidePeer({ folder: peer, python }, print);
  return growth(most, print, hours);
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('a whole number');
  return value;
}

function stationMap(path: string): StationMap {
  try {
    return readMap(path);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidArgumentError(error.message);
  }
}

function numbers(text: string): number[] {
  return text.split(',').map(whole);
}

async function guarded(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CliError(error.message, 'See `fairhop sim list` and docs/economics.md.', ExitCode.Usage);
  }
}

function list(): void {
  for (const [name, { summary }] of Object.entries(SCENARIOS)) console.log(`${name.padEnd(20)} ${summary}`);
}

function settings(flags: RunFlags): string[] {
  const set: string[] = [];
  if (flags.nodes !== undefined) set.push(`nodes=${flags.nodes}`);
  if (flags.hours !== undefined) set.push(`hours=${flags.hours}`);
  if (flags.days !== undefined) set.push(`hours=${flags.days * 24}`);
  return [...set, ...flags.set];
}

/** Runs with a progress bar where somebody watches. */
async function runAll(requests: RunRequest[], threads: number, journal?: string): Promise<Outcome[]> {
  const bar = process.stderr.isTTY && requests.length > 1
    ? new SingleBar({ format: '{bar} {value}/{total} runs, {eta_formatted} left', stream: process.stderr })
    : undefined;
  bar?.start(requests.length, 0);
  try {
    return await sweep(requests, { threads: Math.max(1, threads), journal, onDone: (done) => bar?.update(done) });
  } finally {
    bar?.stop();
  }
}

function show(outcomes: Outcome[], flags: RunFlags): void {
  if (flags.report !== undefined) writeFileSync(flags.report, reportOf(outcomes, version()));
  if (flags.json === true) {
    for (const outcome of outcomes) console.log(JSON.stringify(outcome));
    return;
  }
  for (const [heading, cell] of COLUMNS) {
    console.log(`${heading.padEnd(20)}${outcomes.map((outcome) => cell(outcome).padStart(20)).join('')}`);
  }
  console.log(`${'verdict'.padEnd(20)}${outcomes.map(({ verdict }) => verdict.padStart(20)).join('')}`);
  for (const { scenario, violations } of outcomes) for (const text of violations) console.log(`${scenario}: ${text}`);
}

function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

async function runOne(name: string | undefined, flags: RunFlags): Promise<void> {
  if (name === undefined) throw new RangeError('which scenario?');
  show(await runAll([{ scenario: name, seed: flags.seed, set: settings(flags), map: flags.map }], 1), flags);
}

async function compare(a: string, b: string, flags: RunFlags): Promise<void> {
  const requests = [a, b].map((scenario) => ({ scenario, seed: flags.seed, set: settings(flags), map: flags.map }));
  show(await runAll(requests, flags.threads), flags);
}

async function sweepGrid(names: string, flags: SweepFlags): Promise<void> {
  const rows = flags.grid.map((row) => {
    const [name = '', values = ''] = row.split('=');
    return values.split(',').map((value) => `${name}=${value}`);
  });
  const requests = gridOf(names.split(','), flags.seeds, rows, settings(flags))
    .map((request) => ({ ...request, map: flags.map }));
  const outcomes = await runAll(requests, flags.threads, flags.out);
  if (flags.report !== undefined) writeFileSync(flags.report, reportOf(outcomes, version()));
  requests.forEach(({ set = [] }, i) => {
    const outcome = outcomes[i]!;
    const cells = [...set, `seed=${outcome.seed}`, ...COLUMNS.map(([, cell]) => cell(outcome)), outcome.verdict];
    console.log(flags.json === true ? JSON.stringify(outcome) : cells.join('  '));
  });
}

async function figures(flags: RunFlags): Promise<void> {
  if (flags.map !== undefined) throw new RangeError('the table is made on the scenarios\' own maps: no --map');
  const requests = Object.keys(SCENARIOS).map((scenario) => ({ scenario, seed: flags.seed, set: settings(flags) }));
  const outcomes = await runAll(requests, flags.threads);
  const command = `fairhop sim figures ${settings(flags).map((one) => `--set ${one}`).join(' ')} --seed ${flags.seed}`;
  writeFigures(join(ROOT, 'docs', 'economics.md'), outcomes, `${command}\`, version \`${version()}`);
  show(outcomes, { ...flags, json: false });
}
