// The drivers on the real interpreter. The radios replay a conversation recorded against the register-level
// models: same stimuli, same answers, so every byte and every timer must be the same. The display draws
// with the interpreter's own graphics.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CHIPS, frameOf, RadioBench, TinyEther, type ChipKind } from '../drivers/radio-bench.ts';
import { INTERPRETER_REMEDY, interpret, interpreterPath } from './interpreter.ts';
import { bundleProgram } from './run-on-device.ts';

/** Boot, a busy channel, every repair, bus exceptions, frames both ways, single bytes. */
function conversation(kind: ChipKind): RadioBench {
  const bench = new RadioBench(kind, new TinyEther(), { spreadingFactor: 7 }).start();
  const send = (bytes: number): void => {
    bench.send(frameOf(bytes));
    bench.run(600);
  };
  send(1);
  send(255);
  bench.hear(frameOf(255, 3));
  bench.run(5);
  bench.hear(frameOf(1, 4));
  bench.run(5);
  bench.hear(frameOf(30), false);
  bench.run(5);
  bench.jammed = true;
  send(20);
  bench.jammed = false;
  bench.radio.bank.lostEdges = 1;
  bench.hear(frameOf(64));
  bench.run(1200);
  for (let sparing = 0; sparing < 14; sparing++) {
    Object.assign(bench.radio.spi, { sparing, throwing: 1 });
    send(40);
  }
  bench.radio.model.stuckTransmissions = 1;
  send(20);
  bench.run(1000);
  bench.radio.model.brownOut();
  bench.run(1500);
  bench.radio.spi.throwing = 3;
  send(33);
  bench.radio.spi.throwing = 3;
  bench.hear(frameOf(99));
  bench.run(10);
  send(3);
  assert.deepEqual(bench.radio.model.violations, []);
  return bench;
}

/** Pins for the program: the drivers only pass them on, and the record tells them apart by name. */
function namesOnly(wiring: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(wiring, (key, value) => (key === 'bank' ? undefined : value)));
}

if (interpreterPath() === undefined) {
  test('drivers on the interpreter', { skip: INTERPRETER_REMEDY }, () => {});
} else {
  describe('drivers on the interpreter', () => {
    for (const kind of CHIPS) {
      test(`the driver of the ${kind} says and hears the same as in Node`, async () => {
        const { record, wiring, config } = conversation(kind);
        const { answers, stimuli } = record;
        const vectors = { kind, wiring: namesOnly(wiring), config, answers, stimuli };
        const printed = await interpret(await bundleProgram('radio-replay', vectors));
        assert.ok(record.lines.length > 500);
        assert.deepEqual(printed, record.lines);
      });
    }

    test('the display shows lines of text, and redraws only what changed', async () => {
      const writes = (await interpret(await bundleProgram('display'))).map((line) => line.split(' '));
      const pages = new Map<number, string>();
      const drawn: number[][] = [[]];
      let page = -1;
      for (const [kind, hex] of writes) {
        if (kind === 'shown') drawn.push([]);
        else if (hex?.startsWith('00b')) page = parseInt(hex.slice(3, 4), 16);
        else if (hex?.startsWith('40')) {
          pages.set(page, hex.slice(2));
          drawn.at(-1)!.push(page);
        }
      }
      assert.deepEqual(drawn, [[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 3, 4, 5], [3], []]);
      const column = (line: number, character: number): string =>
        pages.get(line)!.slice(character * 12, character * 12 + 12);
      assert.equal(pages.get(0)!.length, 256);
      assert.equal(column(0, 0), column(0, 1), 'the same letter looks the same');
      assert.notEqual(column(0, 0), column(0, 2));
      assert.match(pages.get(2)!, /^0+$/);
      assert.match(column(3, 8), /[1-9a-f]/, 'the balance is drawn');
    });
  });
}
