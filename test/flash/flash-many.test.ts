// Twenty boards, eight at a time: all done, the report complete, one failure stopping nobody; and the report
// as CSV.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { bootFromFlash } from '../../host-tools/flash/esp-rom-emulator/boot.ts';
import { EmulatedBoard } from '../../host-tools/flash/esp-rom-emulator/emulated-board.ts';
import { serveRfc2217 } from '../../host-tools/flash/esp-rom-emulator/serve-rfc2217.ts';
import type { FlashJob } from '../../host-tools/flash/flash-board.ts';
import { batchExitCode, flashMany } from '../../host-tools/flash/flash-many.ts';
import { emptyReport, reportCsv, type FlashReport } from '../../host-tools/flash/flash-report.ts';
import { lineFor } from '../../host-tools/flash/lines/serial-line.ts';
import { jsonOf } from '../cli/json-schemas.ts';
import { runCommand } from '../ports/run-command.ts';
import { runtime } from './bench.ts';
import { runtimeFiles, writeRuntime } from './images.ts';

const BOARDS = 20;
const AT_ONCE = 8;
const FAILING = 6;

interface Fleet {
  boards: EmulatedBoard[];
  urls: string[];
}

/** Twenty boards on the network, one of which will be pulled out, and a directory; all gone after the test. */
async function fleet(t: TestContext): Promise<Fleet & { directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-many-'));
  const boards = Array.from(
    { length: BOARDS },
    (_, index) =>
      new EmulatedBoard({
        chip: 'esp32',
        mac: Uint8Array.of(0x24, 0x0a, 0xc4, 0, 1, index),
        faults: index === FAILING ? { unplugAfterBlocks: 4 } : {},
      }),
  );
  const servers = await Promise.all(boards.map((board) => serveRfc2217(board)));
  t.after(async () => {
    await Promise.all(servers.map((server) => server.close()));
    rmSync(directory, { recursive: true, force: true });
  });
  return { boards, urls: servers.map(({ url }) => url), directory };
}

/** Each board in the order it was named: done, but for the one that was pulled out. */
function checkReports({ boards, urls }: Fleet, reports: readonly FlashReport[]): void {
  assert.deepEqual(
    reports.map(({ port }) => port),
    urls,
  );
  reports.forEach((report, index) => {
    assert.equal(report.exitCode, index === FAILING ? 9 : 0, `${index}: ${report.message}`);
    const { chip, flash } = boards[index]!;
    assert.equal(bootFromFlash(chip, flash).starts, index !== FAILING);
  });
  assert.equal(new Set(reports.map((report) => report.mac)).size, BOARDS);
}

it('flashes twenty boards, eight at a time, one of which is pulled out', async (t) => {
  const { directory, ...ours } = await fleet(t);
  const image = runtime('esp32', 1);
  const jobs = ours.urls.map((port): FlashJob => ({
    port,
    usb: null,
    chip: 'esp32',
    flashBytes: 4 << 20,
    image,
    upload: null,
    erase: 'none',
    baud: 921600,
    dryRun: false,
    backupDirectory: directory,
  }));
  const running = new Set<number>();
  let mostAtOnce = 0;
  const finished: number[] = [];
  const reports = await flashMany(jobs, AT_ONCE, {
    openLine: lineFor,
    signal: new AbortController().signal,
    log: () => {},
    onProgress: (board) => {
      mostAtOnce = Math.max(mostAtOnce, running.add(board).size);
    },
    onDone: (board) => {
      running.delete(board);
      finished.push(board);
    },
  });
  assert.equal(mostAtOnce, AT_ONCE);
  assert.equal(finished.length, BOARDS);
  checkReports(ours, reports);
  assert.equal(batchExitCode(reports), 9);
});

it('the command does the same, and its reports on stdout and in files are complete', async (t) => {
  const { directory, ...ours } = await fleet(t);
  const runtimePath = writeRuntime(join(directory, 'runtime'), runtimeFiles('esp32', 1));
  const common = ['flash', '--board', 'generic-esp32-rfm95', '--runtime', runtimePath, '--no-app', '--json'];
  const batch = ['--jobs', String(AT_ONCE), '--report', 'boards.csv', '--port', ...ours.urls];
  const run = await runCommand([...common, ...batch], { cwd: directory });
  assert.equal(run.status, 9, run.stderr);
  checkReports(ours, jsonOf('flash', run.stdout)[0] as FlashReport[]);
  const rows = readFileSync(join(directory, 'boards.csv'), 'utf8').trimEnd().split('\r\n');
  assert.equal(rows.length, BOARDS + 1);
  rows.slice(1).forEach((row, index) => {
    const state = index === FAILING ? 'failed,9' : 'flashed,0';
    const mac = `24:0a:c4:00:01:${index.toString(16).padStart(2, '0')}`;
    assert.ok(row.startsWith(`${ours.urls[index]},${state},esp32,${mac},`), row);
  });
  // A second run finishes the one that was pulled out and writes nothing to the others.
  delete ours.boards[FAILING]!.faults.unplugAfterBlocks;
  ours.boards[FAILING]!.powerOn();
  const again = await runCommand([...common, ...batch], { cwd: directory });
  assert.equal(again.status, 0, again.stderr);
  const outcomes = (jsonOf('flash', again.stdout)[0] as FlashReport[]).map(({ outcome }) => outcome);
  assert.deepEqual(
    outcomes,
    outcomes.map((_, index) => (index === FAILING ? 'flashed' : 'already-there')),
  );
});

it('the CSV report quotes what must be quoted and defuses formulas', () => {
  const report = { ...emptyReport('=cmd()'), message: 'a "quoted", text' };
  const [, row] = reportCsv([report]).split('\r\n');
  assert.ok(row!.startsWith("'=cmd(),failed,0,"));
  assert.ok(row!.includes(',"a ""quoted"", text",'));
});
