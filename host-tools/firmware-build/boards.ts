// Reads boards/*.json, checks each against the schema and against what the chips can do, and names the
// driver that its radio needs. Called by the build and by `fairhop boards`; knows no radio protocol.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaErrors, type Schema } from './json-schema.ts';
import { BOARDS_DIR } from './paths.ts';

export type PinName = string;

export interface BoardFile {
  id: string;
  name: string;
  chip: {
    family: 'esp32' | 'esp32s3' | 'esp32c3' | 'linux';
    espruinoBuild: string;
    flashBytes: number;
    heapVars: number;
  };
  usb?: { bridge: string; vendorId: string; productId: string };
  radio: {
    kind: string;
    spiBaud?: number;
    txPowerDbmMax: number;
    frequencyMHz: [number, number][];
    paBoost?: boolean;
    tcxoDecivolts?: number;
    dio2RfSwitch?: boolean;
    dcdc?: boolean;
  };
  pins: Record<string, PinName>;
  display?: {
    kind: string;
    sda: PinName;
    scl: PinName;
    reset?: PinName;
    address: number;
    powerActiveLow?: boolean;
  };
  battery?: { pin: PinName; enable?: PinName; enableActiveLow?: boolean; fullScaleMv: number };
  /** On the same I2C pins as a display, if there is one. */
  pmu?: { kind: string; sda: PinName; scl: PinName };
  budget: { jsVars: number; bundleBytes: number };
  sources: string[];
  untried: string[];
}

/** A board file that cannot be used; each problem is one sentence. */
export class BoardError extends Error {
  readonly summary: string;
  readonly problems: readonly string[];

  constructor(summary: string, problems: readonly string[]) {
    super([summary, ...problems].join('\n  '));
    this.summary = summary;
    this.problems = problems;
  }
}

export function boardIds(dir = BOARDS_DIR): string[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith('.json') && name !== 'board.schema.json')
    .map((name) => name.slice(0, -'.json'.length))
    .sort();
}

/** The checked board. Throws BoardError for an unknown id, broken JSON, or a board that could not work. */
export function loadBoard(id: string, dir = BOARDS_DIR): BoardFile {
  const ids = boardIds(dir);
  if (!ids.includes(id))
    throw new BoardError(`there is no board "${id}"`, [`known boards: ${ids.join(', ')}`]);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(join(dir, `${id}.json`), 'utf8'));
  } catch (error) {
    throw new BoardError(`boards/${id}.json is not JSON`, [(error as Error).message]);
  }
  const problems = boardProblems(value, id, readSchema());
  if (problems.length > 0) throw new BoardError(`boards/${id}.json cannot be used`, problems);
  return value as BoardFile;
}

export function readSchema(): Schema {
  return JSON.parse(readFileSync(join(BOARDS_DIR, 'board.schema.json'), 'utf8')) as Schema;
}

/** Everything wrong with a board, in sentences. The wiring rules run only when the shape is right. */
export function boardProblems(value: unknown, id: string, schema: Schema): string[] {
  const shape = schemaErrors(value, schema);
  if (shape.length > 0) return shape;
  const board = value as BoardFile;
  const problems = [...radioProblems(board), ...pinProblems(board)];
  if (board.id !== id) problems.push(`id is "${board.id}" but the file is ${id}.json`);
  if (board.budget.jsVars >= board.chip.heapVars) problems.push('budget.jsVars leaves no heap for packets');
  for (const [low, high] of board.radio.frequencyMHz) {
    if (low >= high) problems.push(`radio.frequencyMHz: ${low} is not below ${high}`);
  }
  return problems;
}

/** Module below firmware/src/drivers that `#radio` stands for. */
export function radioDriver(board: BoardFile): string {
  if (board.radio.kind === 'udp') return 'udp-radio.ts';
  return board.radio.kind.startsWith('sx127') ? 'sx127x-radio.ts' : 'sx126x-radio.ts';
}

function radioProblems(board: BoardFile): string[] {
  const { kind, spiBaud } = board.radio;
  const needed: Record<string, string[]> = {
    'udp-radio.ts': [],
    'sx127x-radio.ts': ['sck', 'miso', 'mosi', 'cs', 'reset', 'dio0'],
    'sx126x-radio.ts': ['sck', 'miso', 'mosi', 'cs', 'reset', 'dio1', 'busy'],
  };
  const problems = (needed[radioDriver(board)] ?? [])
    .filter((pin) => board.pins[pin] === undefined)
    .map((pin) => `pins.${pin} is missing: the ${kind} cannot work without it`);
  if (kind === 'udp' && board.chip.family !== 'linux')
    problems.push('radio.kind "udp" is for the linux chip only');
  if (kind !== 'udp' && spiBaud === undefined)
    problems.push(`radio.spiBaud is missing: the ${kind} is on SPI`);
  return problems;
}

/** Pins that the chip does not have, cannot drive or needs for its own flash (ESP32 datasheet, section 2). */
const CHIP_PINS: Record<
  BoardFile['chip']['family'],
  { max: number; flash: number[]; inputOnly: number[] }
> = {
  esp32: { max: 39, flash: [6, 7, 8, 9, 10, 11], inputOnly: [34, 35, 36, 37, 38, 39] },
  esp32s3: { max: 48, flash: [26, 27, 28, 29, 30, 31, 32], inputOnly: [] },
  esp32c3: { max: 21, flash: [12, 13, 14, 15, 16, 17], inputOnly: [] },
  linux: { max: -1, flash: [], inputOnly: [] },
};
const INPUTS = ['miso', 'dio0', 'dio1', 'busy', 'button', 'battery.pin'];

function pinProblems(board: BoardFile): string[] {
  const chip = CHIP_PINS[board.chip.family];
  const uses = pinUses(board);
  const problems: string[] = [];
  uses.forEach(([line, pin], index) => {
    const gpio = Number(pin.slice(1));
    const other = uses.findIndex(([, earlier]) => earlier === pin);
    if (gpio > chip.max) problems.push(`${line} is ${pin}: the ${board.chip.family} has no such pin`);
    else if (chip.flash.includes(gpio)) problems.push(`${line} is ${pin}: the chip needs it for its flash`);
    else if (chip.inputOnly.includes(gpio) && !INPUTS.includes(line)) {
      problems.push(`${line} is ${pin}: that pin is input only`);
    }
    // One transistor may switch both the peripherals and the battery divider (Heltec WiFi LoRa 32 V2.1).
    const shared = line === 'battery.enable' && uses[other]?.[0] === 'peripheralPower';
    if (other < index && !shared) problems.push(`${line} and ${uses[other]?.[0]} are both ${pin}`);
  });
  return problems;
}

function pinUses(board: BoardFile): [string, PinName][] {
  const uses = Object.entries(board.pins);
  const { display, battery } = board;
  if (display !== undefined) uses.push(['display.sda', display.sda], ['display.scl', display.scl]);
  if (display?.reset !== undefined) uses.push(['display.reset', display.reset]);
  if (battery !== undefined) uses.push(['battery.pin', battery.pin]);
  if (battery?.enable !== undefined) uses.push(['battery.enable', battery.enable]);
  return uses;
}
