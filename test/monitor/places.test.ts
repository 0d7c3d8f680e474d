// A thrown error is led back to file and line of its TypeScript: from a virtual board, from the real interpreter with
// its positions in the file, and with positions inside the function's body, as an ESP32 prints them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../../host-tools/firmware-build/paths.ts';
import { buildFirmware, type Firmware } from '../../host-tools/firmware-build/build-firmware.ts';
import { Bundles } from '../../host-tools/monitor/bundles.ts';
import { Decoder } from '../../host-tools/monitor/decoder.ts';
import { PacketClient } from '../../host-tools/serial/packet-protocol.ts';
import type { Board } from '../../host-tools/virtual/board.ts';
import { EspruinoBoard } from '../../host-tools/virtual/espruino-board.ts';
import { INTERPRETER_REMEDY, interpreterPath } from '../device/interpreter.ts';
import { inDirectory, until, vmBoard } from './bench.ts';

const APP = 'test/firmware-build/fixtures/thrower.ts';

const IN_FILE = /\.bootcde:\d+:\d+\)?$/;
const IN_BODY = /[ (]:\d+:\d+\)?$/;

/** Line of the application's source with this remark. */
function lineOf(remark: string): number {
  return (
    readFileSync(join(ROOT, APP), 'utf8')
      .split('\n')
      .findIndex((line) => line.includes(`// ${remark}`)) + 1
  );
}

const build = (): Promise<Firmware> => buildFirmware('linux-udp', { app: join(ROOT, APP) });

/** Tells the board to fail, and gives the functions and source places that the monitor names, in order. */
async function placesAfter(
  board: Board,
  bundle: string,
  request: object,
  form: RegExp,
  count: number,
): Promise<string[]> {
  const decoder = new Decoder(new Bundles(bundle));
  const places: string[] = [];
  const client = new PacketClient(board.console, { packetTimeoutMs: 10_000 });
  client.lines.onLine((line) => {
    if (line.startsWith('    at ')) assert.match(line, form);
    for (const { fields } of decoder.line(line, 0))
      if (typeof fields.source === 'string') places.push(`${String(fields.function)} ${fields.source}`);
  });
  await client.event(request);
  await until(() => places.length >= count, `${count} places`);
  client.close();
  return places.map((place) => place.replace(/:\d+$/, ''));
}

async function checkBoth(board: Board, { file }: Firmware, form: RegExp): Promise<void> {
  const [thrown, called] = await placesAfter(board, file, { fail: 'read' }, form, 2);
  assert.equal(thrown, `readInner ${APP}:${lineOf('thrown here: first')}`);
  assert.equal(called, `outer ${APP}:${lineOf('called here: first')}`);
  const [method] = await placesAfter(board, file, { by: 3 }, form, 1);
  assert.equal(method, `step ${APP}:${lineOf('thrown here: second')}`);
}

const skip = interpreterPath() === undefined ? INTERPRETER_REMEDY : false;

describe('errors lead to the TypeScript', { concurrency: false }, () => {
  it('on a virtual board', () =>
    inDirectory(async (directory) => {
      const firmware = await build();
      const board = vmBoard(directory, firmware.code);
      await board.start();
      await checkBoth(board, firmware, IN_FILE);
      await board.stop();
    }));

  for (const [how, form, loader] of [
    ['with positions in the stored file', IN_FILE, undefined],
    // A copy in memory has no file: its positions count from the body, as those of mapped flash on an ESP32 do.
    ['with positions in the body, as an ESP32 prints them', IN_BODY, 'eval(require("Storage").read("app")+"");'],
  ] as const) {
    it(`on the real interpreter, ${how}`, { skip }, () =>
      inDirectory(async (directory) => {
        const firmware = await build();
        const interpreter = interpreterPath()!;
        const board = new EspruinoBoard({
          name: 'real',
          interpreter,
          directory,
          code: loader ?? firmware.code,
        });
        try {
          await board.start();
          if (loader !== undefined) {
            await board.writeFile('app', Buffer.from(firmware.code, 'latin1'));
            await board.reload();
          }
          await checkBoth(board, firmware, form);
        } finally {
          await board.stop();
        }
      }),
    );
  }

  it('in all bundles when nobody said which, and nowhere when the board runs another one', async () => {
    const { code, file } = await build();
    const row = code.split('\n').findIndex((line) => line.includes('counted too far')) + 1;
    const text = code.split('\n')[row - 1]!;
    const column = text.indexOf('throw') + 1;
    const frame = { name: 'step', inFile: true, line: row, column, excerpt: text.slice(0, 60) };
    assert.equal(new Bundles().locate(frame)?.line, lineOf('thrown here: second'));
    assert.equal(new Bundles(file).locate({ ...frame, excerpt: 'something else entirely;' }), undefined);
    assert.equal(new Bundles().locate({ ...frame, excerpt: undefined }), undefined);
    assert.equal(new Bundles(file).locate({ ...frame, line: 1e9 }), undefined);
  });
});
