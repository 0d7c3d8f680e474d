// `fairhop flash` as a process: JSON on stdout and nothing else, talk on stderr, exit codes, reports, Ctrl-C.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { FlashReport } from '../../host-tools/flash/flash-report.ts';
import { jsonOf } from '../cli/json-schemas.ts';
import { runCommand } from '../ports/run-command.ts';
import { bench } from './bench.ts';
import { runtimeFiles, tarGz, writeRuntime } from './images.ts';

const BOARD = 'generic-esp32-rfm95';
const directory = mkdtempSync(join(tmpdir(), 'fairhop-command-'));
const runtimePath = writeRuntime(join(directory, 'runtime'), runtimeFiles('esp32', 1));
after(() => rmSync(directory, { recursive: true, force: true }));

function flash(...args: string[]): ReturnType<typeof runCommand> {
  return runCommand(['flash', '--board', BOARD, '--runtime', runtimePath, '--no-app', ...args], {
    cwd: directory,
  });
}

const reportsOf = (stdout: string): FlashReport[] => jsonOf('flash', stdout)[0] as FlashReport[];

describe('fairhop flash', { concurrency: 2 }, () => {
  it('plans, flashes two boards and writes a CSV report', async (t) => {
    const [a, b] = [await bench(t, { chip: 'esp32' }), await bench(t, { chip: 'esp32' })];
    const plan = await flash('--port', a.url, '--dry-run', '--json');
    assert.equal(plan.status, 0, plan.stderr);
    const [planned] = reportsOf(plan.stdout);
    assert.equal(planned!.outcome, 'planned');
    assert.equal(a.content(), 'old');

    const both = await flash('--port', a.url, b.url, '--jobs', '2', '--report', 'boards.csv');
    assert.equal(both.status, 0, both.stderr);
    assert.deepEqual([a.content(), b.content()], ['new', 'new']);
    assert.match(both.stdout, /done in .* bytes written\n {2}board {6}esp32, MAC/);
    assert.match(both.stderr, /: connecting\n.*: comparing/s);
    assert.equal(readFileSync(join(directory, 'boards.csv'), 'utf8').trimEnd().split('\r\n').length, 3);
  });

  it('reports a failure on stdout as data, with its exit code', async (t) => {
    const b = await bench(t, { chip: 'esp32c3' });
    const run = await flash('--port', b.url, '--json', '--report', 'failed.json');
    assert.equal(run.status, 7);
    const [report] = reportsOf(run.stdout);
    assert.deepEqual(JSON.parse(readFileSync(join(directory, 'failed.json'), 'utf8')), [report]);
    assert.match(report!.remedy!, /--board/);
    assert.doesNotMatch(run.stderr, /\n\s+at /);
  });

  it('ends with 130 on Ctrl-C and says what state the board is in', async (t) => {
    const b = await bench(t, { chip: 'esp32', faults: { silentAfterBlocks: 3 } });
    const run = await runCommand(
      ['flash', '--board', BOARD, '--runtime', runtimePath, '--no-app', '--port', b.url],
      { cwd: directory, interruptAt: /: writing/ },
    );
    assert.equal(run.status, 130, run.stderr);
    assert.match(run.stdout, /interrupted/);
    assert.notEqual(b.content(), 'silently wrong');
  });

  for (const [name, args, status, text] of [
    ['no such board', ['--board', 'nothing', '--port', 'x'], 2, /known boards/],
    ['no such runtime', ['--board', BOARD, '--port', 'x', '--runtime', 'nowhere'], 2, /no runtime at nowhere/],
    ['a download without a hash', ['--board', BOARD, '--port', 'x'], 2, /--trust/],
    ['a board that is this computer', ['--board', 'linux-udp', '--port', 'x'], 2, /not flashed/],
    ['nothing to do', ['--board', BOARD, '--port', 'x', '--no-runtime', '--no-app'], 2, /nothing to do/],
    ['--all with --port', ['--board', BOARD, '--port', 'x', '--all'], 2, /exclude each other/],
    ['a bad number', ['--board', BOARD, '--jobs', '0'], 2, /from 1 to 32/],
    ['a bad choice', ['--board', BOARD, '--erase', 'some'], 2, /none, region or all/],
  ] as const) {
    it(`refuses ${name} in a line, with exit code ${status}`, async () => {
      const run = await runCommand(['flash', ...args], { cwd: directory });
      assert.equal(run.status, status, run.stderr);
      assert.match(run.stderr, text);
      assert.equal(run.stdout, '');
      assert.doesNotMatch(run.stderr, /\n\s+at /);
    });
  }

  it('reads an archive as well as a folder', async (t) => {
    const b = await bench(t, { chip: 'esp32' });
    writeFileSync(join(directory, 'runtime.tgz'), tarGz('espruino', runtimeFiles('esp32', 1)));
    const run = await runCommand(
      ['flash', '--board', BOARD, '--runtime', 'runtime.tgz', '--no-app', '--port', b.url, '--json'],
      { cwd: directory },
    );
    assert.equal(run.status, 0, run.stderr);
    assert.equal(b.content(), 'new');
  });
});
