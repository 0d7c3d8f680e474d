// The modules that exist only in a build: `#board` is written from the board's JSON, `#radio` stands for
// the driver file that the board needs, `#vectors` carries a device test's data. Called by
// build-firmware.ts.
import { join } from 'node:path';
import { radioDriver, type BoardFile, type PinName } from './boards.ts';
import { FIRMWARE_DIR } from './paths.ts';

export interface VirtualModules {
  /** Absolute path by import specifier. */
  paths: Map<string, string>;
  /** Source text by absolute path, for the modules that are on no disk. */
  texts: Map<string, string>;
}

/** `instead`: other texts for modules of the firmware, by absolute path; the bench compiles the payments out so. */
export function virtualModules(
  board: BoardFile,
  vectors?: unknown,
  instead: ReadonlyMap<string, string> = new Map(),
): VirtualModules {
  const boardPath = join(FIRMWARE_DIR, 'src', 'board.generated.ts');
  const paths = new Map([
    ['#board', boardPath],
    ['#radio', join(FIRMWARE_DIR, 'src', 'drivers', radioDriver(board))],
  ]);
  const texts = new Map([[boardPath, boardModule(board)], ...instead]);
  if (vectors !== undefined) {
    const path = join(FIRMWARE_DIR, 'src', 'vectors.generated.ts');
    paths.set('#vectors', path);
    texts.set(path, `const vectors: any = ${asciiJson(vectors)};\nexport default vectors;\n`);
  }
  return { paths, texts };
}

/** Typed against firmware/types/board.d.ts, so a field that is renamed there breaks the build here. */
function boardModule(board: BoardFile): string {
  const { radio, display, battery, pmu } = board;
  const fields = [
    `id: ${quote(board.id)}`,
    `chip: ${quote(board.chip.family)}`,
    `radio: ${radioLiteral(radio)}`,
    `pins: ${pinsLiteral(board.pins)}`,
    `display: ${display === undefined ? 'null' : displayLiteral(display)}`,
    `battery: ${battery === undefined ? 'null' : batteryLiteral(battery)}`,
    `pmu: ${pmu === undefined ? 'null' : pmuLiteral(pmu)}`,
  ];
  const type = `import type { Board } from '../types/board.d.ts';\n`;
  return `${type}\nconst board: Board = {\n  ${fields.join(',\n  ')},\n};\nexport default board;\n`;
}

function radioLiteral(radio: BoardFile['radio']): string {
  return objectLiteral({
    kind: quote(radio.kind),
    spiBaud: String(radio.spiBaud ?? 0),
    txPowerDbmMax: String(radio.txPowerDbmMax),
    paBoost: String(radio.paBoost ?? false),
    tcxoDecivolts: String(radio.tcxoDecivolts ?? 0),
    dio2RfSwitch: String(radio.dio2RfSwitch ?? false),
    dcdc: String(radio.dcdc ?? false),
  });
}

const PIN_LINES = [
  ...['sck', 'miso', 'mosi', 'cs', 'reset', 'dio0', 'dio1', 'busy'],
  ...['rxEnable', 'txEnable', 'peripheralPower', 'led', 'button'],
];

function pinsLiteral(pins: Record<string, PinName>): string {
  return objectLiteral(Object.fromEntries(PIN_LINES.map((line) => [line, pins[line] ?? 'null'])));
}

function displayLiteral(display: NonNullable<BoardFile['display']>): string {
  return objectLiteral({
    kind: quote(display.kind),
    sda: display.sda,
    scl: display.scl,
    reset: display.reset ?? 'null',
    address: String(display.address),
    powerActiveLow: String(display.powerActiveLow ?? false),
  });
}

function batteryLiteral(battery: NonNullable<BoardFile['battery']>): string {
  return objectLiteral({
    pin: battery.pin,
    enable: battery.enable ?? 'null',
    enableActiveLow: String(battery.enableActiveLow ?? false),
    fullScaleMv: String(battery.fullScaleMv),
  });
}

function pmuLiteral({ kind, sda, scl }: NonNullable<BoardFile['pmu']>): string {
  return objectLiteral({ kind: quote(kind), sda, scl });
}

function objectLiteral(fields: Record<string, string>): string {
  return `{ ${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')} }`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/** JSON whose strings keep to ASCII by escapes, as the language subset asks. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
