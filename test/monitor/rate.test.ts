// No line is lost at full speed: as many as the pseudo terminal carries, through the command as a user runs it, into
// a log and into JSON. FAIRHOP_LONG=1 sends a million, otherwise it is a fifth of that.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { openPty } from '../../host-tools/serial/pty.ts';
import { COMMAND, inDirectory } from './bench.ts';

const LINES = process.env.FAIRHOP_LONG === '1' ? 1_000_000 : 200_000;
const CHUNK = 2000;

const lineAt = (index: number): string => `{"t":"note","note":3,"who":${index},"value":1}`;

test(`${LINES} lines through a pty are all there, in order`, () =>
  inDirectory(async (directory) => {
    const pty = await openPty();
    const log = `${directory}/board.log`;
    const child = spawn(process.execPath, [COMMAND, 'monitor', '--port', pty.path, '--log', log, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let shown = 0;
    let started = (): void => {};
    const ready = new Promise<void>((resolve) => (started = resolve));
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    try {
      const all = new Promise<void>((resolve) => {
        createInterface({ input: child.stdout }).on('line', (line) => {
          const { kind, fields } = JSON.parse(line) as { kind: string; fields: { who: string } };
          if (kind === 'text') return started();
          assert.equal(kind, 'payment');
          assert.equal(fields.who, shown.toString(16).padStart(8, '0'));
          if (++shown === LINES) resolve();
        });
      });
      // Until the port is open nobody reads, and a terminal keeps only so much.
      const knocking = setInterval(() => pty.stream.write(Buffer.from('hello\n')), 50);
      await ready;
      clearInterval(knocking);
      for (let at = 0; at < LINES; at += CHUNK) {
        const text = Array.from({ length: CHUNK }, (_, i) => `${lineAt(at + i)}\r\n`).join('');
        pty.stream.write(Buffer.from(text));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await all;
      child.kill('SIGINT');
      assert.equal(await exited, 0);
      let logged = 0;
      for await (const line of createInterface({ input: createReadStream(log) })) {
        if (!line.includes('"note"')) continue;
        assert.equal(line.slice(25), lineAt(logged++));
      }
      assert.equal(logged, LINES);
    } finally {
      child.kill('SIGKILL');
      await pty.close();
    }
  }));
