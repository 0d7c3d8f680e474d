// `fairhop monitor` as a user runs it, on a pseudo terminal: a board that restarts and a cable that is pulled are
// marked and survived, the log replays as it was seen, and each line of `--json` has the promised shape.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPty } from '../../host-tools/serial/pty.ts';
import { jsonOf } from '../cli/json-schemas.ts';
import { COMMAND, command, fairhop, inDirectory, plugged, until, vmBoard } from './bench.ts';

interface Shown {
  kind: string;
  level: string;
  text: string;
  raw: string | null;
}

const entriesOf = (stdout: string): Shown[] => jsonOf('monitor', stdout) as Shown[];

test('a pulled cable is a gap with what came before and after it, and the log replays the same', () =>
  inDirectory(async (directory) => {
    const link = join(directory, 'port');
    const log = join(directory, 'board.log');
    let pty = await openPty();
    symlinkSync(pty.path, link);
    const child = spawn(process.execPath, [COMMAND, 'monitor', '--port', link, '--json', '--log', log], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    const said = (text: string): Promise<void> =>
      until(() => stdout.includes(text), `${text}\n${stdout}${stderr}`);
    const say = (text: string): void => pty.stream.write(Buffer.from(text));
    try {
      const knocking = setInterval(() => say('hello\r\n'), 50);
      await said('hello');
      clearInterval(knocking);
      say(
        '{"t":"note","note":3,"who":1,"value":2}\r\nrst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13 (SPI)\r\nhalf a l',
      );
      await said('supply voltage');
      await pty.close();
      rmSync(link);
      await said('unplugged');
      pty = await openPty();
      symlinkSync(pty.path, link);
      await said('the board is back');
      say('{"t":"boot","board":"linux-udp","address":5,"name":"x"}\r\n');
      await said('as node 00000005');
      child.kill('SIGINT');
      const [status] = (await once(child, 'exit')) as [number | null];
      assert.deepEqual([status, stderr], [0, '']);
    } finally {
      child.kill('SIGKILL');
      await pty.close();
    }
    const live = entriesOf(stdout).filter(({ text }) => text !== 'hello');
    assert.deepEqual(
      live.map(({ kind }) => kind),
      ['payment', 'reset', 'text', 'gap', 'gap', 'boot'],
    );
    assert.equal(live[2]!.text, 'half a l');
    assert.match(readFileSync(log, 'utf8'), /Z # .*unplugged/);

    const replayed = await fairhop(['monitor', '--replay', log, '--json']);
    assert.equal(replayed.status, 0, replayed.stderr);
    const again = entriesOf(replayed.stdout).filter(({ text }) => text !== 'hello');
    assert.deepEqual(again, live);
    const filtered = await fairhop(['monitor', '--replay', log, '--filter', 'payment', '--filter', '!reset']);
    assert.match(filtered.stdout, /^[\d:.]+ payment {3}00000001 paid, link 2\n[^]*--- .* ---\n$/);
    assert.doesNotMatch(filtered.stdout, /supply|\u001b/);
  }));

test('a restarting board is followed; opening its port does not restart it', () =>
  inDirectory(async (directory) => {
    const code = 'print("start "+(require("Storage").read("n")||0));setInterval(function(){print("alive")},20);';
    const { board, path, unplug } = await plugged(vmBoard(directory, code));
    const child = spawn(process.execPath, [COMMAND, 'monitor', '--port', path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    try {
      // What the board said before may still be in the terminal; a second start would be one too many.
      await until(() => (stdout.match(/alive/g)?.length ?? 0) > 5, 'signs of life');
      assert.ok((stdout.match(/start 0/g)?.length ?? 0) <= 1);
      board.powerOff();
      board.flash.write('n', Buffer.from('1'));
      board.powerOn();
      await until(() => stdout.includes('start 1'), 'the second start');
      child.kill('SIGTERM');
      assert.equal((await once(child, 'exit'))[0], 0);
    } finally {
      child.kill('SIGKILL');
      await unplug();
    }
  }));

test('what cannot be watched is said in one line with its exit code', async () => {
  const none = await fairhop(['monitor', '--port', '/dev/nowhere']);
  assert.deepEqual([none.status, none.stdout], [3, '']);
  assert.match(none.stderr, /no such port[^]*remedy: /);
  assert.equal((await command(['monitor', '--filter', 'pakcet', '--port', '/dev/nowhere'])).status, 2);
  assert.equal((await command(['monitor', '--replay', '/dev/nowhere'])).status, 2);
  const help = await command(['monitor', '--help']);
  assert.match(help.stdout, /Examples:\n {2}fairhop monitor/);
});
