// The console's very bytes: the same keys and packets typed to a virtual board and to the real interpreter
// give the same answer, carriage returns and refusals included. The recorded answers hold where no
// interpreter is at hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RealScheduler } from '../../host-tools/ether/scheduler.ts';
import type { Board } from '../../host-tools/virtual/board.ts';
import { EspruinoBoard } from '../../host-tools/virtual/espruino-board.ts';
import { VmBoard } from '../../host-tools/virtual/vm-board.ts';
import { INTERPRETER_REMEDY, interpreterPath } from '../device/interpreter.ts';
import { inTemp } from './boards.ts';

const PROGRAM = 'E.on("packet",function(p){if(p.say)print(p.say)});';

const packet = (type: number, data: string): string =>
  `\x10\x01${String.fromCharCode((type | data.length) >> 8, data.length & 255)}${data}`;
const EVAL = 0x2000;
const EVENT = 0x4000;
const FILE_SEND = 0x6000;
const DATA = 0x8000;
const FILE_RECV = 0xa000;

/** [what is typed, what comes back without prompts and the lines that tell where an error happened]. */
const TYPED: [string, string][] = [
  [packet(EVAL, '1+2  '), '\x06\x10\x01\x00\x013'],
  [packet(EVAL, '"a\\nb"'), '\x06\x10\x01\x00\x06"a\\nb"'],
  [packet(EVAL, 'undefined'), '\x06\x10\x01\x00\x04null'],
  [packet(EVAL, 'foo.bar'), '\r\x1b[J\x15Uncaught ReferenceError: "foo" is not defined\r\n'],
  [packet(EVENT, '{say:"hi"}'), '\r\x1b[Jhi\r\n\x06'],
  [packet(EVENT, '{quiet:1}'), '\x06'],
  [packet(EVENT, '[1,2]'), '\x15'],
  [packet(EVENT, '12345'), '\x15'],
  [packet(0xc000, 'x'), '\x15'],
  [packet(DATA, 'abcde'), '\x15'],
  [packet(FILE_SEND, '{fn:"a",s:10}'), '\x06'],
  [packet(DATA, 'ab\ncd'), '\x06'],
  [packet(DATA, '\0\xff\x11\x13\x10'), '\x06'],
  [packet(DATA, 'extra'), '\x15'],
  [packet(FILE_SEND, '{fn:"b"}'), '\x15'],
  [packet(FILE_SEND, '{fn:5,s:5}'), '\x15'],
  // The carriage return before the line feed is not in the file.
  [packet(FILE_RECV, '{fn:"a"}'), '\x06\x10\x01\x80\x0aab\r\ncd\0\xff\x11\x13\x10\x10\x01\x80\x00'],
  [packet(FILE_RECV, '{fn:"none"}'), '\x15'],
  ['1+1\n', '1+1\r\n=2\r\n'],
  ['"x"\n', '"x"\r\n="x"\r\n'],
  ['\x10print(5)\n', '5\r\n'],
  ['\x10var quiet=1\n', ''],
];

/** An expression nobody else types: its answer marks the end of what came before. */
const END = '\x06\x10\x01\x00\x09"the end"';

async function answers(board: Board): Promise<string[]> {
  let heard = '';
  let wake = (): void => {};
  board.console.onData((bytes) => {
    heard += Buffer.from(bytes).toString('latin1');
    wake();
  });
  const ended = async (): Promise<string> => {
    board.console.write(Buffer.from(packet(EVAL, '"the end"'), 'latin1'));
    while (!heard.includes(END)) await new Promise<void>((resolve) => (wake = resolve));
    const before = heard.slice(0, heard.indexOf(END));
    heard = '';
    // Where the prompt comes back depends on how many packets one turn of the loop found waiting.
    return before.replace(/( {4}at [^\r]*\r\n|\r\n *\^\r\n|>)/g, '');
  };
  await ended();
  const all: string[] = [];
  for (const [typed] of TYPED) {
    board.console.write(Buffer.from(typed, 'latin1'));
    all.push(await ended());
  }
  return all;
}

function compare(given: string[]): void {
  TYPED.forEach(([typed, expected], i) => assert.equal(given[i], expected, JSON.stringify(typed)));
}

test('a virtual board answers byte for byte as recorded', () =>
  inTemp(async (directory) => {
    const scheduler = new RealScheduler();
    const board = new VmBoard({ name: 'bytes', scheduler, directory, code: PROGRAM });
    await board.start();
    compare(await answers(board));
    await board.stop();
    scheduler.close();
  }));

test(
  'the real interpreter answers byte for byte as recorded',
  { skip: interpreterPath() ? false : INTERPRETER_REMEDY },
  () =>
    inTemp(async (directory) => {
      const options = { name: 'bytes', interpreter: interpreterPath()!, directory, code: PROGRAM };
      const board = new EspruinoBoard(options);
      await board.start();
      compare(await answers(board));
      await board.stop();
    }),
);
