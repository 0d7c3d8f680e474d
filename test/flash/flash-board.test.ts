// The job on one healthy board: what is planned, written, kept, backed up, erased, on every chip, over
// RFC 2217 and over a real serial port object on a pseudo terminal.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { EmulatedBoard } from '../../host-tools/flash/esp-rom-emulator/emulated-board.ts';
import { servePty } from '../../host-tools/flash/esp-rom-emulator/serve-pty.ts';
import { SerialPortLine } from '../../host-tools/flash/lines/serialport-line.ts';
import { ptyMakers } from '../../host-tools/serial/pty.ts';
import { bench, install, runtime } from './bench.ts';
import { pseudoRandom } from './images.ts';

const STORAGE_AT = 0x320000;

describe('flash', { concurrency: true }, () => {
  for (const chip of ['esp32', 'esp32s3', 'esp32c3'] as const) {
    it(`brings the runtime to an ${chip}; a second run writes nothing`, async (t) => {
      const b = await bench(t, { chip, mac: Uint8Array.of(0x24, 0x0a, 0xc4, 1, 2, 3) });
      const told: string[] = [];
      const first = await b.flash({}, { log: (line) => told.push(line) });
      assert.equal(first.exitCode, 0, first.message ?? '');
      assert.deepEqual(
        [first.outcome, first.chip, first.mac, first.flashBytes],
        ['flashed', chip, '24:0a:c4:01:02:03', 4194304],
      );
      // A lower rate only where something went wrong on the way (a computer too busy to answer in time), and said so.
      if (told.length === 0) assert.equal(first.baud, 921600);
      assert.equal(first.interpreter, 'Espruino 2v29 ESP32');
      assert.equal(b.content(), 'new');
      const written = b.board.flash.programmedBytes;
      const second = await b.flash();
      assert.deepEqual([second.outcome, second.bytesWritten], ['already-there', 0]);
      assert.equal(b.board.flash.programmedBytes, written);
    });
  }

  it('writes only the blocks that differ, and the commit mark', async (t) => {
    const b = await bench(t, { chip: 'esp32' });
    install(b.board, b.newImage);
    b.board.flash.bytes[0x20000 + 5]! ^= 1;
    const report = await b.flash();
    assert.equal(report.exitCode, 0, report.message ?? '');
    assert.equal(b.content(), 'new');
    // The block 0x20000-0x2ffff and the first sector of the application.
    assert.equal(report.bytesWritten, 0x10000 + 0x1000);
    assert.deepEqual(
      report.regions.map((region) => region.state),
      ['same', 'same', 'differs'],
    );
  });

  it('--dry-run says what would be written, writes nothing, and the old runtime runs on', async (t) => {
    const b = await bench(t, { chip: 'esp32' });
    const report = await b.flash({ dryRun: true });
    assert.deepEqual([report.outcome, report.exitCode], ['planned', 0]);
    assert.deepEqual(
      report.regions.map((region) => [region.region, region.state]),
      [
        ['bootloader', 'differs'],
        ['partition table', 'same'],
        ['runtime', 'differs'],
      ],
    );
    assert.equal(b.board.flash.programmedBytes, 0);
    assert.equal(b.content(), 'old');
    const erasing = await bench(t, { chip: 'esp32' });
    const plan = await erasing.flash({ dryRun: true, erase: 'all' });
    assert.deepEqual(
      plan.regions.map((region) => region.state),
      ['differs', 'differs', 'differs'],
    );
    assert.equal(erasing.content(), 'old');
  });

  it('copies the storage of a node to a private file first, once, and leaves it on the board', async (t) => {
    const b = await bench(t, { chip: 'esp32s3' });
    const secret = pseudoRandom(5000, 9);
    b.board.flash.bytes.set(secret, STORAGE_AT + 0x21000);
    const report = await b.flash();
    assert.equal(report.exitCode, 0, report.message ?? '');
    assert.equal(report.storageBytesUsed, 0x10000);
    const copy = readFileSync(report.backupFile!);
    assert.equal(copy.length, 0xe0000);
    assert.deepEqual(copy.subarray(0x21000, 0x21000 + 5000), secret);
    assert.equal(statSync(report.backupFile!).mode & 0o777, 0o600);
    assert.deepEqual(
      b.board.flash.bytes.subarray(STORAGE_AT + 0x21000, STORAGE_AT + 0x21000 + 5000),
      Uint8Array.from(secret),
    );
    await b.flash({ image: b.oldImage });
    assert.equal(readdirSync(join(b.directory, 'backups')).length, 1, 'the same content is kept once');
  });

  for (const erase of ['region', 'all'] as const) {
    it(`--erase ${erase} clears the storage after the copy`, async (t) => {
      const b = await bench(t, { chip: 'esp32c3' });
      b.board.flash.bytes.set(pseudoRandom(100, 3), STORAGE_AT);
      b.board.flash.bytes.set(pseudoRandom(100, 4), 0x300000);
      const report = await b.flash({ erase });
      assert.equal(report.exitCode, 0, report.message ?? '');
      assert.ok(report.backupFile !== null);
      assert.equal(b.content(), 'new');
      assert.ok(
        b.board.flash.bytes.subarray(STORAGE_AT, STORAGE_AT + 0xe0000).every((byte) => byte === 0xff),
      );
      assert.equal(
        b.board.flash.bytes.subarray(0x300000, 0x300100).every((byte) => byte === 0xff),
        erase === 'all',
      );
    });
  }

  it('never erases a storage it could not copy', async (t) => {
    const b = await bench(t, { chip: 'esp32', faults: { deadStub: true } });
    b.board.flash.bytes.set(pseudoRandom(100, 3), STORAGE_AT);
    const report = await b.flash({ erase: 'region' });
    assert.equal(report.exitCode, 8);
    assert.match(report.message!, /cannot be backed up/);
    assert.equal(b.content(), 'old');
  });

  it('stops at a flash chip that is too small, and at a runtime for another chip', async (t) => {
    const small = await bench(t, { chip: 'esp32', flashBytes: 4 * 1024 * 1024 });
    const tooSmall = await small.flash({ flashBytes: 8 * 1024 * 1024 });
    assert.deepEqual([tooSmall.exitCode, tooSmall.message], [7, 'the flash has 4 MB, 8 MB are needed']);
    const foreign = await small.flash({ image: runtime('esp32s3', 1) });
    assert.equal(foreign.exitCode, 7);
    assert.match(foreign.message!, /runtime is for the esp32s3/);
    assert.equal(small.content(), 'old');
  });

  it('works through the serial library on a pseudo terminal, and notices when that vanishes', async (t) => {
    if (ptyMakers().length === 0) return t.skip('install socat or util-linux');
    const b = await bench(t, { chip: 'esp32' });
    for (const [faults, exitCode] of [
      [{ unplugAfterBlocks: 3 }, 9],
      [{}, 0],
    ] as const) {
      const board = new EmulatedBoard({ chip: 'esp32', faults: { ...faults } });
      board.powerOn();
      const server = await servePty(board);
      const report = await b.flash(
        { port: server.path },
        {
          openLine: (port, usb) => new SerialPortLine(port, usb, (dtr, rts) => board.setLines(dtr, rts)),
        },
      );
      assert.equal(report.exitCode, exitCode, report.message ?? '');
      if (exitCode === 0) assert.equal(board.state, 'running');
      await server.close();
    }
  });

  it('names a port that is missing, no terminal, or held by another program', async (t) => {
    const b = await bench(t, { chip: 'esp32' });
    assert.equal((await b.flash({ port: '/dev/no-such-port' })).exitCode, 3);
    assert.match((await b.flash({ port: '/dev/null' })).message!, /not a serial port/);
    assert.equal((await b.flash({ port: 'rfc2217://127.0.0.1:1' })).exitCode, 3);
    assert.equal((await b.flash({ port: 'rfc2217://nowhere' })).exitCode, 2);
    if (ptyMakers().length === 0) {
      t.diagnostic('busy port not tried: install socat or util-linux');
    } else {
      const server = await servePty(new EmulatedBoard({ chip: 'esp32' }));
      const holder = new SerialPortLine(server.path, null);
      await holder.open(115200);
      const busy = await b.flash({ port: server.path });
      assert.equal(busy.exitCode, 4, busy.message ?? '');
      await holder.close();
      await server.close();
    }
  });
});
