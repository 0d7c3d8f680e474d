// What only happens at a terminal: the line that stays at the bottom of the monitor, and the repl that passes keys on.
// The terminal is that of util-linux `script`; the board a virtual one.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Entry } from '../../host-tools/monitor/entry.ts';
import { TextOutput } from '../../host-tools/monitor/output.ts';
import { COMMAND, inDirectory, plugged, until, vmBoard } from './bench.ts';

const entry = (text: string): Entry => ({ atMs: 0, kind: 'text', level: 'info', text, fields: {} });

test('the bottom line is drawn again below new lines, cut to the width, and only on a terminal', () => {
  let written = '';
  const terminal = new TextOutput((text) => void (written += text), 20, false);
  terminal.status('x'.repeat(50));
  terminal.show([entry('one'), entry('two')]);
  terminal.end();
  const bottom = 'x'.repeat(19);
  const lines = /^\r\u001b\[Kx{19}\r\u001b\[K[\d:.]+ text {6}one\n[\d:.]+ text {6}two\nx{19}\r\u001b\[K$/;
  assert.match(written, lines, bottom);
  written = '';
  const pipe = new TextOutput((text) => void (written += text), undefined, false);
  pipe.status('never seen');
  pipe.show([entry('one')]);
  pipe.end();
  assert.match(written, /^[\d:.]+ text {6}one\n$/);
});

const skip =
  spawnSync('script', ['--version']).status === 0 ? false : 'needs util-linux: install the program `script`';

interface Terminal {
  output(): string;
  type(keys: string): void;
  exited: Promise<unknown>;
  end(): void;
}

function inTerminal(args: string[]): Terminal {
  const quoted = [process.execPath, COMMAND, ...args].map((word) => `'${word}'`).join(' ');
  // Without `exec` a shell that waits for the command dies of Ctrl-C itself and its 130 hides the exit code.
  const words = `exec ${quoted}`;
  const child = spawn('script', ['-qefc', words, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString('latin1')));
  child.stdin.on('error', () => {});
  return {
    output: () => output,
    type: (keys) => void child.stdin.write(keys),
    exited: once(child, 'exit'),
    end: () => void child.kill('SIGKILL'),
  };
}

test('the repl passes keys and answers, Ctrl-C to the board, and leaves at Ctrl-]', { skip }, () =>
  inDirectory(async (directory) => {
    const { path, unplug } = await plugged(vmBoard(directory, 'print("here");'));
    const terminal = inTerminal(['repl', '--port', path]);
    try {
      await until(() => terminal.output().includes('leaves'), 'the greeting');
      terminal.type('6*7\r');
      await until(() => /=42/.test(terminal.output()), `an answer: ${terminal.output()}`);
      terminal.type('half a line\x03"al"+"ive"\r');
      await until(() => /="alive"/.test(terminal.output()), `an answer after Ctrl-C: ${terminal.output()}`);
      terminal.type('\x1d');
      assert.equal(((await terminal.exited) as [number])[0], 0);
    } finally {
      terminal.end();
      await unplug();
    }
  }),
);

test('the monitor keeps its bottom line and ends at Ctrl-C', { skip }, () =>
  inDirectory(async (directory) => {
    const { path, unplug } = await plugged(vmBoard(directory, 'setInterval(function(){print("tick")},50);'));
    const terminal = inTerminal(['monitor', '--port', path]);
    try {
      await until(() => /tick\r?\n[^\n]*connected {2}\d+ lines/.test(terminal.output()), 'the bottom line');
      terminal.type('\x03');
      assert.equal(((await terminal.exited) as [number])[0], 0);
    } finally {
      terminal.end();
      await unplug();
    }
  }),
);
