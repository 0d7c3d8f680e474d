// The test runner behind `npm test`: every test/**/*.test.ts, in a process of its own or with the small ones of its
// room, failures printed as they come, every skip named with its remedy, and one closing line with the counts. Usage:
// node --import tsx test/run.ts [--device] [part of a file's path]
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const TEST_DIR = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(TEST_DIR);
/** No test needs this long; it only ends one that hangs. */
const HANG_MS = 300_000;
/** From here on the time of a file is printed, for whoever wonders where the minutes went. */
const SLOW_MS = 10_000;
/** More files at once than cores: many wait for a clock, a browser or another process most of their time. */
const LANES = availableParallelism() + 4;

/** These take longest and begin first, so that none of them is what everybody waits for at the end. */
const LONG = [
  'e2e/up', 'cli/json-output', 'dashboard/', 'provision-board/', 'fleet/', 'owner/', 'gateway/', 'typecheck',
];

/**
 * Rooms whose files share a process, as much on each line as one process should do: starting one costs half a second
 * of a processor, more than most of these files need. None of their tests leaves a trace in its process.
 */
const TOGETHER = [
  ['mesh'], ['ledger'], ['firmware-build'], ['gateway/http', 'provision'],
  ['protocol', 'crypto', 'drivers', 'ether', 'radio-models', 'boards'], ['virtual', 'exports', 'serial', 'ports'],
];

interface Outcome {
  name: string;
  nesting: number;
  file?: string;
  skip?: string | boolean;
  details: {
    type?: string;
    duration_ms: number;
    error?: Error & { failureType?: string; cause?: unknown };
  };
}

interface Tally {
  passed: number;
  failed: number;
  skipped: string[];
}

function testFiles(device: boolean, part: string): string[] {
  const from = device ? join(TEST_DIR, 'device') : TEST_DIR;
  return readdirSync(from, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => join(from, path))
    .filter((path) => relative(ROOT, path).includes(part))
    .sort((a, b) => turn(a) - turn(b) || (a < b ? -1 : 1));
}

function turn(path: string): number {
  const place = LONG.findIndex((name) => relative(TEST_DIR, path).startsWith(name));
  return place < 0 ? LONG.length : place;
}

/** `files`, but in place of those of rooms that share a process one file in `directory` that brings them. */
function inProcesses(files: string[], directory: string): string[] {
  const roomOf = (file: string): string => relative(TEST_DIR, dirname(file));
  return TOGETHER.reduce((rest, rooms, number) => {
    const members = rest.filter((file) => rooms.includes(roomOf(file)));
    if (members.length < 2) return rest;
    const entry = join(directory, `${number}.mjs`);
    writeFileSync(entry, members.map((file) => `await import('${pathToFileURL(file).href}');\n`).join(''));
    const others = rest.filter((file) => !members.includes(file));
    return others.toSpliced(rest.indexOf(members[0]!), 0, entry);
  }, files);
}

/** Counts each test once: a parent that fails only because of its subtests is not a failure of its own. */
function count(outcome: Outcome, passed: boolean, tally: Tally): void {
  const { details, skip } = outcome;
  // A suite is no test of its own, unless it was skipped whole: then nothing in it is reported.
  if (details.type === 'suite' && skip === undefined) return;
  if (details.error?.failureType === 'subtestsFailed') return;
  if (skip !== undefined) {
    if (typeof skip === 'string' && skip !== '') tally.skipped.push(`${outcome.name}: ${skip}`);
    else fail(outcome, 'skipped without saying what would make it run', tally);
  } else if (passed) {
    tally.passed += 1;
  } else {
    fail(outcome, failureText(details.error), tally);
  }
}

function fail(outcome: Outcome, text: string, tally: Tally): void {
  tally.failed += 1;
  const where = outcome.file === undefined ? '' : `${relative(ROOT, outcome.file)}: `;
  console.log(`FAILED ${where}${outcome.name}\n${text.replace(/^/gm, '    ')}`);
}

function failureText(error: (Error & { cause?: unknown }) | undefined): string {
  const cause = error?.cause ?? error;
  if (!(cause instanceof Error)) return String(cause);
  const frames = (cause.stack ?? '')
    .split('\n')
    .filter((line) => line.includes(ROOT) && !line.includes('node_modules'));
  const places = frames.map((line) => line.replaceAll(`${ROOT}/`, '').replaceAll('file://', '').trim());
  return [cause.message, ...places].join('\n');
}

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const part = words.find((word) => !word.startsWith('--')) ?? '';
  mkdirSync(join(ROOT, 'build'), { recursive: true });
  const entries = mkdtempSync(join(ROOT, 'build', 'tests-'));
  const files = inProcesses(testFiles(words.includes('--device'), part), entries);
  const tally: Tally = { passed: 0, failed: 0, skipped: [] };
  let current = '';
  let done = 0;
  let durationMs = 0;
  const nextFile = (file: string): void => {
    if (current !== '') {
      const took = durationMs < SLOW_MS ? '' : `, ${Math.round(durationMs / 1000)} s`;
      console.log(`${relative(ROOT, current)}: ${tally.passed + tally.failed - done} tests${took}`);
    }
    current = file;
    done = tally.passed + tally.failed;
    durationMs = 0;
  };
  const take = (outcome: Outcome, passed: boolean): void => {
    if (outcome.file !== undefined && outcome.file !== current) nextFile(outcome.file);
    if (outcome.nesting === 0) durationMs += outcome.details.duration_ms;
    count(outcome, passed, tally);
  };
  // Node gives results in the order of the files, although several run at a time.
  for await (const event of run({ files, concurrency: LANES, timeout: HANG_MS })) {
    if (event.type === 'test:pass') take(event.data as unknown as Outcome, true);
    else if (event.type === 'test:fail') take(event.data as unknown as Outcome, false);
    else if (event.type === 'test:stderr') process.stderr.write(event.data.message);
  }
  nextFile('');
  rmSync(entries, { recursive: true });
  for (const skipped of tally.skipped) console.log(`SKIPPED ${skipped}`);
  if (tally.passed + tally.failed === 0 && tally.skipped.length === 0) {
    tally.failed += 1;
    console.log(`FAILED no test matches "${part}"`);
  }
  const skipped = tally.skipped.length > 0 ? `, ${tally.skipped.length} skipped` : '';
  console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`);
  return tally.failed === 0 ? 0 : 1;
}

process.exitCode = await main();
