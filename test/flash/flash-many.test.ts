// Twenty boards, eight at a time: all done, the report complete, one failure stopping nobody; and the report
// as CSV.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { bootFromFlash } from '../../host-tools/flash/esp-rom-emulator/boot.ts';
import { EmulatedBoard } from '../../host-tools/flash/esp-rom-emulator/emulated-board.ts';
import { serveRfc2217 } from '../../host-tools/flash/esp-rom-emulator/serve-rfc2217.ts';
import type { FlashJob } from '../../host-tools/flash/flash-board.ts';
import { batchExitCode, flashMany } from '../../host-tools/flash/flash-many.ts';
import { emptyReport, reportCsv } from '../../host-tools/flash/flash-report.ts';
import { lineFor } from '../../host-tools/flash/lines/serial-line.ts';
import { runtime } from './bench.ts';

const BOARDS = 20;
const AT_ONCE = 8;
const FAILING = 6;

it('flashes twenty boards, eight at a time, one of which is pulled out', async () => {
  const image = runtime('esp32', 1);
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
  const jobs = servers.map(({ url }): FlashJob => ({
    port: url,
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
  reports.forEach((report, index) => {
    assert.equal(report.port, jobs[index]!.port);
    assert.equal(report.exitCode, index === FAILING ? 9 : 0, `${index}: ${report.message}`);
    const { chip, flash } = boards[index]!;
    assert.equal(bootFromFlash(chip, flash).starts, index !== FAILING);
  });
  assert.equal(new Set(reports.map((report) => report.mac)).size, BOARDS);
  assert.equal(batchExitCode(reports), 9);
  const rows = reportCsv(reports).trimEnd().split('\r\n');
  assert.equal(rows.length, BOARDS + 1);
  assert.match(rows[FAILING + 1]!, /,failed,9,esp32,24:0a:c4:00:01:06,/);
  await Promise.all(servers.map((server) => server.close()));
  rmSync(directory, { recursive: true, force: true });
});

it('the CSV report quotes what must be quoted and defuses formulas', () => {
  const report = { ...emptyReport('=cmd()'), message: 'a "quoted", text' };
  const [, row] = reportCsv([report]).split('\r\n');
  assert.ok(row!.startsWith("'=cmd(),failed,0,"));
  assert.ok(row!.includes(',"a ""quoted"", text",'));
});
