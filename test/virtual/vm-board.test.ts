// The virtual board: what a real board lacks fails here too, errors are printed and survived, timers and
// events come in the interpreter's order, and the power can go at any effect.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VmBoard } from '../../host-tools/virtual/vm-board.ts';
import { bench, inTemp, type Bench } from './boards.ts';

const AGAIN = 'the watchdog restarts the board';

const MISSING = [
  'new Map()', 'new Set()', 'new WeakMap()', 'Symbol("x")', 'BigInt(1)', 'new Proxy({}, {})',
  'Reflect.ownKeys({})', 'Intl.NumberFormat()', 'structuredClone({})', 'new TextEncoder()',
  'queueMicrotask(print)', 'Buffer.from("")', 'new RangeError("x")', 'setImmediate(print)', 'WebAssembly',
  'new BigInt64Array(1)', 'fetch("x")',
];
const MISSING_METHODS = [
  'Math.imul(2,3)', 'Math.trunc(1.5)', 'Math.clz32(1)', 'Number.isInteger(1)', 'Array.from("ab")',
  'Array.of(1)',
  '[1].at(0)', '[[1]].flat()', '[1].flatMap(print)', '[1].lastIndexOf(1)', '"ab".at(0)', '" a".trimStart()',
  '"a".codePointAt(0)', '"a".localeCompare("b")', 'Object.freeze({})', 'Object.is(1,1)',
  'Object.hasOwn({},"a")',
  'Promise.race([])', 'Promise.resolve(1).finally(print)', 'new Uint8Array(1).at(0)', 'Uint8Array.from([1])',
  'new ArrayBuffer(2).slice(0)', '(1.5).toPrecision(2)', 'Date.UTC(2026,1)',
];

test('what the interpreter lacks is a ReferenceError here as well', () =>
  inTemp((directory) => {
    const code = MISSING.map((use) => `setTimeout(function(){${use};print('there: ${use}')},1);`).join('\n');
    const errors = bench(directory, code).run().filter((line) => !line.startsWith('    at'));
    const name = (use: string): string => /^(?:new )?(\w+)/.exec(use)![1];
    assert.deepEqual(errors, MISSING.map((use) => `Uncaught ReferenceError: "${name(use)}" is not defined`));
  }));

test('what its objects lack is missing here as well', () =>
  inTemp((directory) => {
    const callback = (use: string): string => `setTimeout(function(){${use};print('there: ${use}')},1);`;
    const code = MISSING_METHODS.map(callback).join('\n');
    const errors = bench(directory, code).run().filter((line) => !line.startsWith('    at'));
    assert.equal(errors.length, MISSING_METHODS.length, errors.join('\n'));
    for (const error of errors) assert.match(error, /^Uncaught Error: (Function "\w+" not found!)/);
  }));

test('an uncaught error is printed with its place, and the board goes on', () =>
  inTemp((directory) => {
    const boom = 'function boom(o) {\n  return o.foo.bar;\n}\n';
    const code = `${boom}setInterval(function tick() { boom({}); }, 400);\n`;
    const lines = bench(directory, code).run();
    const report = ["Uncaught Error: Can't read property 'bar' of undefined", '    at boom (.bootcde:2:16)'];
    assert.deepEqual(lines.slice(0, 3), [...report, '    at tick (.bootcde:4:31)']);
    assert.equal(lines.filter((line) => line.startsWith('Uncaught')).length, 2);
  }));

test('process.on("uncaughtException") takes the place of the print', () =>
  inTemp((directory) => {
    const code = `process.on('uncaughtException', function (e) { print('caught ' + e.message); });
      setTimeout(function () { throw new Error('one'); }, 1); setTimeout(function () { throw 'two'; }, 2);`;
    assert.deepEqual(bench(directory, code).run(), ['caught one', 'caught undefined']);
  }));

/** Types a line at the prompt, as a terminal would. */
function type(made: Bench, line: string, ms: number): string[] {
  made.lines.length = 0;
  made.board.console.write(Buffer.from(`${line}\n`, 'latin1'));
  made.scheduler.runFor(ms);
  return made.lines.filter((said) => said.startsWith('Uncaught') || /^(up|ended)/.test(said));
}

const ENDLESS: [how: string, line: string][] = [
  ['a timer', 'setTimeout(function(){while(1);},10)'],
  ['an interval that prints', 'setInterval(function(){while(1)print("")},10)'],
  ['one that catches everything', 'setTimeout(function(){while(1)try{while(1)setTimeout(print,1);}catch(e){}},10)'],
  ['a listener', 'E.on("x",function(){while(1)E.kickWatchdog()});setTimeout(function(){E.emit("x")},10)'],
  ['a promise', 'Promise.resolve(1).then(function(){while(1);})'],
  ['what a callback throws', 'setTimeout(function(){throw{toString:function(){while(1);}}},10)'],
];

for (const [how, line] of ENDLESS)
  test(`${how} typed at the prompt that does not end is ended, and others go on`, { timeout: 60_000 }, () =>
    inTemp((directory) => {
      const code = 'print("up"); setInterval(function(){ print("tick") }, 100);';
      const made = bench(directory, code, { callbackMsMax: 150, evalMsMax: 150 });
      made.run();
      const other = new VmBoard({ name: 'other', scheduler: made.scheduler, directory: `${directory}/other`, code });
      let heard = 0;
      other.onLine(() => heard++);
      other.powerOn();
      const said = type(made, line, 5000);
      const errors = said.filter((text) => text !== 'up');
      if (how === 'what a callback throws') assert.match(errors[0]!, /^Uncaught Error: thrown by something/);
      else assert.deepEqual(said, [`Uncaught Error: a callback ran for more than 0.15 s; ${AGAIN}`, 'up'], how);
      assert.equal(errors.length, 1, 'once: what was typed is gone');
      assert.ok(heard > 40, `the other board said ${heard} lines`);
      other.powerOff();
    }));

test('a board whose program does not end any more stays at its prompt, and can be put right', { timeout: 60_000 }, () =>
  inTemp((directory) => {
    const made = bench(directory, 'print("up");', { callbackMsMax: 150, evalMsMax: 150 });
    made.run();
    const bad = 'print("up");setTimeout(function(){while(1);},10)';
    const said = type(made, `require("Storage").write(".bootcde",${JSON.stringify(bad)});load()`, 5000);
    const what = 'Uncaught Error: a callback ran for more than 0.15 s';
    assert.deepEqual(said, ['up', `${what}; ${AGAIN}`, 'up', `${what}; again, so only the prompt starts`]);
    assert.deepEqual(type(made, 'require("Storage").write(".bootcde","print(\'ended\')");load()', 1000), ['ended']);
  }));

test('a line that does not end is broken off, whatever it is made of, and the board goes on', { timeout: 60_000 }, () =>
  inTemp((directory) => {
    const made = bench(directory, 'print("up");', { callbackMsMax: 5000, evalMsMax: 150 });
    made.run();
    const interrupted = ['Uncaught Error: Execution interrupted: it did not end within 0.15 s'];
    for (const line of ['while(1);', '({get a(){while(1);}})'])
      assert.deepEqual(type(made, line, 100), interrupted, line);
    assert.deepEqual(type(made, 'print("ended")', 100), ['ended']);
  }));

test('emit is queued, promises react from the same queue, intervals keep their beat', () =>
  inTemp((directory) => {
    const code = `
      E.on('x', function (v) { print('event ' + v); });
      E.emit('x', 1);
      Promise.resolve(5).then(function (v) { print('then ' + v); });
      var n = 0, i = setInterval(function () {
        print('tick ' + Math.round(getTime() * 1000));
        if (++n === 2) changeInterval(i, 300);
        if (n === 4) clearInterval(i);
      }, 100);
      setTimeout(function (a, b) { print(a + b); }, 50, 'arg', 'uments');
      clearTimeout(setTimeout(function () { print('never'); }, 60));
      try { clearTimeout(undefined); } catch (e) { print(e.message); }
      print('end of program');`;
    assert.deepEqual(bench(directory, code).run(), [
      'clearTimeout(undefined) not allowed. Use clearTimeout() instead',
      'end of program',
      'event 1',
      'then 5',
      'arguments',
      'tick 100',
      'tick 200',
      'tick 500',
      'tick 800',
    ]);
  }));

test('load() starts the program anew, with fresh memory and the same flash', () =>
  inTemp((directory) => {
    const code = `
      var S = require('Storage'), boots = Number(S.read('boots') || 0) + 1;
      S.write('boots', String(boots));
      print('boot ' + boots + ' ' + typeof left);
      left = 1;
      E.on('kill', function () { print('killed'); });
      setInterval(function () { print('interval of ' + boots); }, 400);
      if (boots < 3) setTimeout(function () { load(); print('last words'); }, 100);`;
    assert.deepEqual(bench(directory, code).run(), [
      'boot 1 undefined', 'killed', 'last words', 'boot 2 undefined', 'killed', 'last words',
      'boot 3 undefined', 'interval of 3', 'interval of 3',
    ]);
  }));

test('a watchdog that is not kicked starts the board anew', () =>
  inTemp((directory) => {
    const code = `print('boot'); E.enableWatchdog(2, false);
      var n = 0; setInterval(function () { if (++n < 3) E.kickWatchdog(); }, 1000);`;
    const { scheduler, lines, run } = bench(directory, code);
    run();
    scheduler.runUntil(3999);
    assert.deepEqual(lines, ['boot']);
    scheduler.runUntil(4000);
    assert.deepEqual(lines, ['boot', 'boot']);
  }));

test('the power can go at every effect: what was done before stays, nothing happens after', () =>
  inTemp((directory) => {
    const code = `var S = require('Storage');
      print('a'); S.write('f', '1'); print('b'); S.write('f', '2'); print('c'); S.erase('f'); print('d');`;
    const seen: string[] = [];
    for (let cutAt = 0; cutAt <= 7; cutAt++) {
      let effects = 0;
      const { board, lines, run } = bench(`${directory}/${cutAt}`, code, {
        onEffect: () => {
          if (effects++ === cutAt) board.powerOff();
        },
      });
      run();
      assert.equal(board.powered, cutAt === 7);
      const file = board.flash.read('f');
      seen.push(`${lines.join('')}:${file ? Buffer.from(file).toString() : '-'}`);
    }
    assert.deepEqual(seen, [':-', 'a:-', 'a:1', 'ab:1', 'ab:2', 'abc:2', 'abc:-', 'abcd:-']);
  }));

test('a board without power is silent, deaf and quiet in the queue', () =>
  inTemp((directory) => {
    const code = "setInterval(function(){print('alive')},100);E.on('packet',function(){print('heard')});";
    const { board, scheduler, lines, run } = bench(directory, code);
    run();
    board.powerOff();
    lines.length = 0;
    board.console.write(Buffer.from('\x10\x01\x40\x05{a:1}', 'latin1'));
    scheduler.runFor(10000);
    assert.deepEqual(lines, []);
    assert.equal(scheduler.pending, 0);
    board.powerOn();
    scheduler.runFor(250);
    assert.deepEqual(lines, ['alive', 'alive']);
  }));

test('the same seed gives the same random numbers at each power-up; more globals can be put in', () =>
  inTemp((directory) => {
    const code = 'print(Math.random() + " " + answer());';
    const globals = { answer: () => 42 };
    const first = bench(`${directory}/1`, code, { seed: 5, globals }).run();
    assert.deepEqual(bench(`${directory}/2`, code, { seed: 5, globals }).run(), first);
    assert.notDeepEqual(bench(`${directory}/3`, code, { seed: 6, globals }).run(), first);
    assert.match(first[0], / 42$/);
  }));
