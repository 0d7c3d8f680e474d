// From an empty chip to a running firmware: the emulated ROM is flashed, starts, and hands the line to an
// engine, into which the upload goes. Once on the in-process engine, once on the real Espruino; and
// `--no-runtime` against the real Espruino alone.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import { RealScheduler } from '../../host-tools/ether/scheduler.ts';
import { bootFileUpload } from '../../host-tools/flash/firmware-upload.ts';
import type { FlashReport } from '../../host-tools/flash/flash-report.ts';
import type { Board } from '../../host-tools/virtual/board.ts';
import { EspruinoBoard } from '../../host-tools/virtual/espruino-board.ts';
import { VmBoard } from '../../host-tools/virtual/vm-board.ts';
import { INTERPRETER_REMEDY, interpreterPath } from '../device/interpreter.ts';
import { bench } from './bench.ts';
import { boardApplication } from './board-application.ts';

const BOARD_ID = 'test-board';
/** Long enough for many packets; says at its start which board it is for, as the firmware does. */
const PROGRAM = Buffer.from(
  `// ${'x'.repeat(5000)}\n` +
    `print(JSON.stringify({t:"boot",board:"${BOARD_ID}",address:0,name:""}));\nvar answer=42;\n`,
);

type MakeBoard = (directory: string) => Board;
interface Engine {
  name: string;
  skip: string | false;
  make: MakeBoard;
  interpreter: RegExp;
}

const ENGINES: readonly Engine[] = [
  {
    name: 'the in-process engine',
    skip: false,
    interpreter: /^Espruino /,
    make: (directory) => new VmBoard({ name: 'flashed', scheduler: new RealScheduler(), directory }),
  },
  {
    name: 'the real Espruino',
    skip: interpreterPath() === undefined ? INTERPRETER_REMEDY : false,
    interpreter: /^Espruino 2v\S+ LINUX$/,
    make: (directory) => new EspruinoBoard({ name: 'flashed', interpreter: interpreterPath()!, directory }),
  },
];

async function uploaded(
  t: TestContext,
  make: MakeBoard,
  code: Uint8Array,
  image?: null,
): Promise<{ first: FlashReport; second: FlashReport; board: Board }> {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-upload-'));
  let board = make(directory);
  const application = boardApplication(() => (board = make(directory)));
  const b = await bench(t, { chip: 'esp32', application: application.factory });
  t.after(async () => {
    b.board.stop();
    await application.last();
    rmSync(directory, { recursive: true, force: true });
  });
  const job = { upload: bootFileUpload(code, BOARD_ID), ...(image === null ? { image } : {}) };
  const first = await b.flash(job);
  return { first, second: await b.flash(job), board };
}

describe('the firmware goes into a board with', { concurrency: false }, () => {
  for (const { name, skip, make, interpreter } of ENGINES) {
    it(`${name}: flashed, started, uploaded, running; a repeat does nothing`, { skip }, async (t) => {
      const { first, second, board } = await uploaded(t, make, PROGRAM);
      assert.equal(first.exitCode, 0, first.message ?? '');
      assert.match(first.interpreter!, interpreter);
      assert.deepEqual([first.outcome, first.uploadedFiles], ['flashed', ['.bootcde']]);
      assert.equal(second.exitCode, 0, second.message ?? '');
      assert.deepEqual([second.outcome, second.uploadedFiles, second.bytesWritten], ['already-there', [], 0]);
      assert.deepEqual(Buffer.from((await board.readFile('.bootcde'))!), PROGRAM);
    });

    it(`${name}: --no-runtime never touches the loader`, { skip }, async (t) => {
      const { first, second } = await uploaded(t, make, PROGRAM, null);
      assert.equal(first.exitCode, 0, first.message ?? '');
      assert.deepEqual([first.outcome, first.chip, first.uploadedFiles], ['flashed', null, ['.bootcde']]);
      assert.equal(second.outcome, 'already-there', second.message ?? '');
    });

    it(
      `${name}: a firmware that throws, and one for another board, end with exit 10`,
      { skip },
      async (t) => {
        const thrower = await uploaded(t, make, Buffer.from('throw new Error("no radio");\n'), null);
        assert.equal(thrower.first.exitCode, 10);
        assert.match(thrower.first.message!, /fails at its start: Uncaught.*no radio/);
        const other = await uploaded(
          t,
          make,
          Buffer.from('print(\'{"t":"boot","board":"other"}\');\n'),
          null,
        );
        assert.match(other.first.message!, /is for "other", not "test-board"/);
      },
    );
  }
});
