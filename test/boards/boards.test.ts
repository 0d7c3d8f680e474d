// Every board file must be usable, and each way to get one wrong must be named in a sentence that tells
// which field.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  BoardError,
  boardIds,
  boardProblems,
  loadBoard,
  radioDriver,
  readSchema,
  type BoardFile,
} from '../../host-tools/firmware-build/boards.ts';

for (const id of boardIds()) {
  test(`boards/${id}.json can be used`, () => assert.equal(loadBoard(id).id, id));
}

const GOOD = loadBoard('generic-esp32-rfm95');

function problemsAfter(change: (board: any) => void): string[] {
  const board = structuredClone(GOOD);
  change(board);
  return boardProblems(board, GOOD.id, readSchema());
}

const WRONG: [string, (board: any) => void, RegExp][] = [
  ['field missing', (b) => delete b.chip, /^chip is missing$/],
  ['nested field missing', (b) => delete b.chip.heapVars, /^chip\.heapVars is missing$/],
  ['unknown field', (b) => (b.pins.dio9 = 'D4'), /^pins\.dio9 is not a known field$/],
  ['inherited name', (b) => (b.toString = 'D4'), /^toString is not a known field$/],
  ['wrong type', (b) => (b.name = 4), /^name must be a string, not 4$/],
  ['fraction', (b) => (b.budget.jsVars = 1.5), /^budget\.jsVars must be an integer, not 1\.5$/],
  ['not in the list', (b) => (b.radio.kind = 'sx1280'), /^radio\.kind is "sx1280"; it must be one of udp/],
  ['too small', (b) => (b.radio.spiBaud = 5), /^radio\.spiBaud is 5; the least allowed is 100000$/],
  ['too large', (b) => (b.budget.bundleBytes = 1e6), /^budget\.bundleBytes is 1000000; the most allowed/],
  ['pattern', (b) => (b.pins.cs = 'GPIO5'), /^pins\.cs is "GPIO5"; it must match/],
  ['array too short', (b) => (b.sources = []), /^sources needs at least 1 entries$/],
  [
    'bad array item',
    (b) => (b.radio.frequencyMHz = [[863, 'x']]),
    /^radio\.frequencyMHz\[0\]\[1\] must be a number/,
  ],
  ['empty text', (b) => (b.untried = ['']), /^untried\[0\] must not be empty$/],
  ['other id', (b) => (b.id = 'other'), /^id is "other" but the file is generic-esp32-rfm95\.json$/],
  ['radio pin missing', (b) => delete b.pins.dio0, /^pins\.dio0 is missing: the sx1276 cannot work/],
  ['SX126x needs busy', (b) => (b.radio.kind = 'sx1262'), /^pins\.busy is missing/],
  ['no SPI clock', (b) => delete b.radio.spiBaud, /^radio\.spiBaud is missing/],
  ['UDP on a chip', (b) => (b.radio.kind = 'udp'), /for the linux chip only/],
  ['pin twice', (b) => (b.pins.reset = 'D5'), /^reset and cs are both D5$/],
  ['display on a radio pin', (b) => addDisplay(b, 'D18'), /^display\.sda and sck are both D18$/],
  ['no such pin', (b) => (b.pins.cs = 'D40'), /^cs is D40: the esp32 has no such pin$/],
  ['flash pin', (b) => (b.pins.cs = 'D6'), /^cs is D6: the chip needs it for its flash$/],
  ['input-only pin', (b) => (b.pins.cs = 'D34'), /^cs is D34: that pin is input only$/],
  ['heap all taken', (b) => (b.budget.jsVars = 4900), /leaves no heap/],
  ['band upside down', (b) => (b.radio.frequencyMHz = [[870, 863]]), /870 is not below 863/],
];

function addDisplay(board: any, sda: string): void {
  board.display = { kind: 'ssd1306', sda, scl: 'D22', address: 60 };
}

for (const [name, change, sentence] of WRONG) {
  test(`refused: ${name}`, () => {
    const problems = problemsAfter(change);
    assert.ok(
      problems.some((problem) => sentence.test(problem)),
      `${sentence} not in:\n${problems.join('\n')}`,
    );
  });
}

test('an input may sit on an input-only pin, and one switch may serve display and battery', () => {
  const change = (board: any): void => {
    board.pins.dio1 = 'D34';
    board.pins.peripheralPower = 'D21';
    board.battery = { pin: 'D36', enable: 'D21', fullScaleMv: 6600 };
  };
  assert.deepEqual(problemsAfter(change), []);
});

test('an unknown id names the known ones; broken JSON is said to be that', (t) => {
  assert.throws(
    () => loadBoard('../package'),
    (error) => {
      return error instanceof BoardError && error.problems[0]?.includes('linux-udp') === true;
    },
  );
  const dir = mkdtempSync(join(tmpdir(), 'fairhop-boards-'));
  t.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'torn.json'), '{"id": "to');
  assert.throws(() => loadBoard('torn', dir), /torn\.json is not JSON/);
});

test('each radio kind has its driver', () => {
  const driverOf = (kind: string): string => radioDriver({ radio: { kind } } as BoardFile);
  assert.equal(driverOf('udp'), 'udp-radio.ts');
  assert.equal(driverOf('sx1276'), 'sx127x-radio.ts');
  assert.equal(driverOf('sx1278'), 'sx127x-radio.ts');
  for (const kind of ['sx1261', 'sx1262', 'sx1268']) assert.equal(driverOf(kind), 'sx126x-radio.ts');
});
