// The bench group `node`: the whole firmware on the real interpreter. Variables in use at boot and after a busy hour,
// under the ESP32's memory layout; processor time per relayed packet against the same firmware with payments compiled
// out; the longest step; the bundle's size. Recorded lives make every run the same, and of each step the fastest of
// some runs counts, so that other work of the computer does not. What many packets leave: `node-leak.ts`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { figure, type Figure } from './figure.ts';
import { replay, type Life, type ReplayOptions } from './node-replay.ts';
import { busyHour, line, quietLine, type Recording } from './node-world.ts';

const BOARD = 'linux-udp';
const PACKETS = 150;
const ROUNDS = 3;
/** An ESP32 with BLE and Wi-Fi on (boards/README in docs/hardware.md). */
const HEAP_VARS = 4900;
const COMPILED_OUT = ['wallet.ts', 'channels.ts', 'payments.ts', 'settlement.ts'];

interface Program {
  code: string;
  map: string;
  bytes: number;
}

export async function nodeFigures(): Promise<Figure[]> {
  const fast = interpreter('ESPRUINO', 'run `BOARD=LINUX RELEASE=1 make` in a clone of its public repository');
  const small = interpreter('ESPRUINO32', 'build it 32-bit with 14-byte variables (docs/performance.md)');
  const paying = await programOf([]);
  const forwarding = await programOf(COMPILED_OUT);
  const memory = await memoryFigures(small, paying);
  const paid = await costOf(fast, paying, line(PACKETS, true), quietLine(PACKETS, true));
  const free = await comparable(() =>
    costOf(fast, forwarding, line(PACKETS, false), quietLine(PACKETS, false)),
  );
  return [
    ...memory,
    figure('node.relay.ms', paid.relayUs / 1000, 'ms', free === undefined ? undefined : free.relayUs / 1000),
    ...(free === undefined ? [] : [figure('node.relay.ratio', paid.relayUs / free.relayUs, 'x')]),
    figure('node.slice.maxMs', paid.longestUs / 1000, 'ms'),
    figure('node.bundle.bytes', paying.bytes, 'B'),
  ];
}

/** Path of an interpreter, from the environment. */
export function interpreter(variable: string, remedy: string): string {
  const path = process.env[variable];
  if (path !== undefined && path !== '') return path;
  throw new CliError(
    'the group "node" needs an Espruino interpreter',
    `${remedy} and set ${variable} to it`,
    ExitCode.Usage,
  );
}

export async function programOf(without: readonly string[]): Promise<Program> {
  const { loadBoard } = await import('../firmware-build/boards.ts');
  const { makeBundle } = await import('../firmware-build/make-bundle.ts');
  const { FIRMWARE_DIR, ROOT } = await import('../firmware-build/paths.ts');
  const instead = new Map(
    without.map((name) => [
      // It takes the place of the module of that name, so its neighbours are the modules there.
      join(FIRMWARE_DIR, 'src', 'mesh', name),
      readFileSync(join(ROOT, 'host-tools', 'bench', 'forwarding', name), 'utf8'),
    ]),
  );
  const file = join(ROOT, 'build', 'bench', 'node.js');
  const made = await makeBundle(loadBoard(BOARD), join(FIRMWARE_DIR, 'src', 'main.ts'), file, undefined, instead);
  return { code: made.code, map: made.map, bytes: made.report.bundleBytes };
}

async function memoryFigures(interpreter: string, program: Program): Promise<Figure[]> {
  const hour = busyHour();
  const firstHello = hour.events.findIndex(({ sent }) => sent > 0) + 1;
  const marks = [firstHello + 1, hour.events.length];
  const { vars } = await lived(hour, { ...program, interpreter, marks, heapVars: HEAP_VARS });
  return [
    figure('node.jsvars.boot', vars.at(-2)!, 'variables'),
    figure('node.jsvars.steady', vars.at(-1)!, 'variables'),
  ];
}

/** The interpreter's node did something else than the recorded one. */
class OtherLife extends Error {}

/** Throws OtherLife when as many packets were not relayed as in the recording: the figures would mean nothing. */
async function lived(recording: Recording, options: ReplayOptions): Promise<Life> {
  const life = await replay(recording, options);
  const expected = recording.events.at(-1)!.relayed;
  if (life.relayed !== expected) throw new OtherLife(`the node relayed ${life.relayed} packets instead of ${expected}`);
  return life;
}

/** Undefined, and said, when there is nothing to compare with. */
async function comparable<T>(measure: () => Promise<T>): Promise<T | undefined> {
  try {
    return await measure();
  } catch (error) {
    if (!(error instanceof OtherLife)) throw error;
    process.stderr.write(`no node.relay.ratio: of the firmware that only forwards, ${error.message}\n`);
    return undefined;
  }
}

/** What relaying adds to a quiet life of the same length. The longest step is of either. */
async function costOf(
  interpreter: string,
  program: Program,
  busy: Recording,
  quiet: Recording,
): Promise<{ relayUs: number; longestUs: number }> {
  const worked = await fastest(interpreter, program, busy);
  const idled = await fastest(interpreter, program, quiet);
  const sum = (us: number[]): number => us.reduce((total, each) => total + each, 0);
  const packets = busy.events.at(-1)!.relayed - quiet.events.at(-1)!.relayed;
  return {
    relayUs: (sum(worked) - sum(idled)) / packets,
    longestUs: [...worked, ...idled].reduce((longest, each) => Math.max(longest, each), 0),
  };
}

async function fastest(interpreter: string, program: Program, recording: Recording): Promise<number[]> {
  let best: number[] | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const { us } = await lived(recording, { ...program, interpreter, marks: [] });
    best = best === undefined ? us : best.map((each, i) => Math.min(each, us[i] ?? each));
  }
  return best ?? [];
}

/** What the design allows a node. */
const BUDGETS: Record<string, number> = {
  'node.jsvars.boot': 2400,
  'node.jsvars.steady': 3400,
  'node.relay.ms': 1.5,
  'node.relay.ratio': 1.6,
  'node.slice.maxMs': 0.6,
  'node.bundle.bytes': 98304,
};

/** The section of docs/performance.md. */
export function nodePage(figures: Figure[]): string {
  const rows = figures.map(({ name, value, unit }) => {
    const budget = BUDGETS[name];
    const verdict =
      budget === undefined ? '' : value <= budget ? 'met' : `missed, ${(value / budget).toFixed(2)} times`;
    return `| ${name} | ${value} ${unit} | ${budget ?? ''} | ${verdict} |`;
  });
  return [
    '## The firmware of a node',
    '',
    'Made by `npx fairhop bench --only node --write-docs`, with `ESPRUINO` naming the interpreter of this computer',
    'and `ESPRUINO32` one built 32-bit with variables of 14 bytes, as on an ESP32, of which it is given 4900 and a',
    'stack of 25,000 bytes. The node lives through a recorded simulation again, frame by frame: for the variables',
    'an hour with 8 neighbours and 24 destinations, for the time a line in which it only relays. Time is that of a',
    'relayed packet with all that belongs to it (receipts, payments, channels), less the same time without traffic;',
    'the ratio is to the same firmware without wallet, channels, payments and settlement, and left out when that one',
    'relayed other packets than were recorded. Of each step the fastest of three runs counts. An ESP32 takes about 80',
    'times as long.',
    '',
    '| figure | measured | budget | |',
    '| --- | ---: | ---: | --- |',
    ...rows,
    '',
  ].join('\n');
}
