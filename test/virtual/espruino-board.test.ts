// The real interpreter as a board: a wrong path says so, the power switch works both ways, and no interpreter
// outlives the process that started it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { EspruinoBoard } from '../../host-tools/virtual/espruino-board.ts';
import { INTERPRETER_REMEDY, interpreterPath } from '../device/interpreter.ts';
import { inTemp } from './boards.ts';

const skip = interpreterPath() ? false : INTERPRETER_REMEDY;

/** Processes that run in the directory. */
function processesIn(directory: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === directory;
    } catch {
      return false;
    }
  });
}

async function untilNobodyIn(directory: string): Promise<void> {
  while (processesIn(directory).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('a program that is no interpreter is refused in one line', () =>
  inTemp(async (directory) => {
    for (const interpreter of [`${directory}/nothing`, process.execPath]) {
      const board = new EspruinoBoard({ name: 'wrong', interpreter, directory });
      await assert.rejects(board.start(), (error: Error) => {
        assert.match(error.message, /does not start|is not an Espruino/);
        return !error.message.includes('\n');
      });
      assert.equal(board.powered, false);
    }
  }));

test('power off ends the interpreter at once, power on starts the saved program', { skip }, () =>
  inTemp(async (directory) => {
    const code = 'print("boot");setInterval(function(){},10);';
    const board = new EspruinoBoard({ name: 'switch', interpreter: interpreterPath()!, directory, code });
    const lines: string[] = [];
    board.onLine((line) => lines.push(line));
    await board.start();
    assert.ok(processesIn(directory).length > 0);
    await board.stop();
    await untilNobodyIn(directory);
    assert.equal(board.powered, false);
    await assert.rejects(async () => board.readFile('.bootcde'), /board switch is off/);
    lines.length = 0;
    await board.start();
    assert.equal(lines.filter((line) => line === 'boot').length, 1);
    await board.stop();
  }),
);

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
  test(`no interpreter outlives its owner that ends by ${signal}`, { skip }, () =>
    inTemp(async (directory) => {
      const module = new URL('../../host-tools/virtual/espruino-board.ts', import.meta.url).href;
      const options = JSON.stringify({ name: 'orphan', interpreter: interpreterPath(), directory });
      const script = `
        const { EspruinoBoard } = await import(${JSON.stringify(module)});
        await new EspruinoBoard(${options}).start();
        console.log('started');`;
      const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      });
      await once(owner.stdout, 'data');
      assert.ok(processesIn(directory).length > 0);
      // To the whole group, as a terminal does.
      process.kill(-owner.pid!, signal);
      await untilNobodyIn(directory);
    }),
  );
}
