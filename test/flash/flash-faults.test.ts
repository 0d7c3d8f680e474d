// Every fault a bench has seen ends in success or in the right exit code with a remedy, quickly, and leaves a
// flash that is old, new, or refuses to start. Boards run side by side: most of the time is spent waiting.
import assert from 'node:assert/strict';
import { availableParallelism, loadavg } from 'node:os';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import type { ChipName } from '../../host-tools/flash/esp-rom-emulator/chips.ts';
import type { Faults } from '../../host-tools/flash/esp-rom-emulator/faults.ts';
import { bench } from './bench.ts';

/** On two idle cores the slowest takes 11 s; a machine that others load stretches every wait. */
const ENDS_WITHIN_SECONDS = 15 * Math.max(1, loadavg()[0]! / availableParallelism());
/** All blocks of the new runtime, the commit mark included. */
const BLOCKS_TO_PULL_AT = 12;

interface Case {
  readonly name: string;
  readonly faults: Faults;
  /** Without it an ESP32 alone: the fault does not ask which chip it is. */
  readonly chips?: readonly ChipName[];
  readonly exitCode: number;
  readonly content: 'old' | 'new' | 'refuses to start';
  readonly message?: RegExp;
  readonly remedy?: RegExp;
}

const ALL: readonly ChipName[] = ['esp32', 'esp32s3', 'esp32c3'];
/** The mode came with the chips after the ESP32, as the command that asks for it did (esptool, ESP32 target). */
const LOCKABLE: readonly ChipName[] = ['esp32s3', 'esp32c3'];

const CASES: readonly Case[] = [
  { name: 'a data block lost on the way', chips: ALL, faults: { loseDataBlock: 2 }, exitCode: 0, content: 'new' },
  { name: 'the answer to a block lost', chips: ALL, faults: { loseReplyToBlock: 2 }, exitCode: 0, content: 'new' },
  {
    name: 'a bit flipped on the wire',
    chips: ALL,
    faults: { flipWireByteInBlock: 3 },
    exitCode: 0,
    content: 'new',
  },
  {
    name: 'a bit flipped in the flash, once',
    chips: ALL,
    faults: { flipFlash: { address: 0x12000, times: 1 } },
    exitCode: 0,
    content: 'new',
  },
  {
    name: 'a flash cell that is worn out',
    faults: { flipFlash: { address: 0x12000, times: 1000 } },
    exitCode: 8,
    content: 'refuses to start',
    message: /does not keep.*0x11000/,
    remedy: /worn out/,
  },
  { name: 'errors above 300000 baud', faults: { damagedAboveBaud: 300_000 }, exitCode: 0, content: 'new' },
  {
    name: 'noise before every boot log',
    chips: ALL,
    faults: { bootNoiseBytes: 300 },
    exitCode: 0,
    content: 'new',
  },
  { name: 'a stub that does not start', chips: ALL, faults: { deadStub: true }, exitCode: 0, content: 'new' },
  {
    name: 'silence from the start',
    chips: ALL,
    faults: { silent: true },
    exitCode: 6,
    content: 'old',
    message: /nothing was received/,
    remedy: /hold BOOT/,
  },
  {
    name: 'silence in the middle',
    chips: ALL,
    faults: { silentAfterBlocks: 3 },
    exitCode: 8,
    content: 'refuses to start',
    message: /stopped answering.*will not start/,
    remedy: /repeat/,
  },
  {
    name: 'the cable pulled in the middle',
    chips: ALL,
    faults: { unplugAfterBlocks: 3 },
    exitCode: 9,
    content: 'refuses to start',
    message: /disappeared.*will not start/,
    remedy: /plug the board in again/,
  },
  {
    name: 'no auto-reset circuit',
    faults: { noAutoDownload: true },
    exitCode: 6,
    content: 'old',
    message: /starts its application \(boot mode 0x13\)/,
    remedy: /hold BOOT/,
  },
  {
    name: 'secure download mode',
    chips: LOCKABLE,
    faults: { secureDownload: true },
    exitCode: 7,
    content: 'old',
    message: /secure download/,
    remedy: /another board/,
  },
  {
    name: 'a BOOT button that is stuck',
    faults: { bootButtonStuck: true },
    exitCode: 10,
    content: 'new',
    message: /download mode/,
    remedy: /BOOT/,
  },
  {
    name: 'an interpreter that says nothing',
    faults: { noPrompt: true },
    exitCode: 10,
    content: 'new',
    message: /does not answer/,
    remedy: /RESET/,
  },
  {
    name: 'a supply that collapses',
    faults: { brownOut: true },
    exitCode: 10,
    content: 'new',
    message: /supply voltage/,
    remedy: /powered hub/,
  },
];

describe('flashing a board with', { concurrency: 8 }, () => {
  for (const c of CASES) {
    const chips = c.chips ?? ['esp32'];
    for (const chip of chips)
      it(`${c.name}, ${chip}`, async (t) => {
        const b = await bench(t, { chip, faults: structuredClone(c.faults) });
        const report = await b.flash();
        const said = `${report.message} / ${report.remedy} after ${report.seconds} s`;
        assert.equal(report.exitCode, c.exitCode, said);
        assert.equal(b.content(), c.content, said);
        assert.ok(report.seconds < ENDS_WITHIN_SECONDS, said);
        if (c.exitCode === 0) assert.equal(report.outcome, 'flashed');
        assert.match(report.message ?? '', c.message ?? /^$/);
        assert.match(report.remedy ?? '', c.remedy ?? /^$/);
      });
  }

  for (const [there, expected] of [
    ['esp32', 'esp32s3'],
    ['esp32s3', 'esp32c3'],
    ['esp32c3', 'esp32'],
  ] as const)
    it(`an ${there} for an ${expected}: nothing is written and the old runtime runs again`, async (t) => {
      const b = await bench(t, { chip: there });
      const report = await b.flash({ chip: expected });
      assert.equal(report.exitCode, 7);
      assert.equal(report.message, `the chip is an ${there}, the board definition says ${expected}`);
      assert.match(report.remedy!, /--board/);
      assert.ok(report.seconds < ENDS_WITHIN_SECONDS, `${report.seconds} s`);
      assert.equal(b.content(), 'old');
      assert.equal(b.board.flash.programmedBytes, 0);
    });

  it('the cable pulled at any block: a second run finishes the job', async (t) => {
    await Promise.all(Array.from({ length: BLOCKS_TO_PULL_AT }, (_, index) => pullAtBlock(t, index + 1)));
  });

  it('an interruption: exit 130, and the job can be finished', async (t) => {
    const b = await bench(t, { chip: 'esp32' });
    const stop = new AbortController();
    const first = await b.flash(
      {},
      {
        signal: stop.signal,
        onProgress: (stage, fraction) => {
          if (stage === 'writing' && fraction > 0.4) stop.abort();
        },
      },
    );
    assert.equal(first.exitCode, 130);
    assert.match(first.message!, /will not start until the job is finished/);
    assert.equal(b.content(), 'refuses to start');
    assert.equal((await b.flash()).exitCode, 0);
    assert.equal(b.content(), 'new');
  });
});

async function pullAtBlock(t: TestContext, block: number): Promise<void> {
  const faults: Faults = { unplugAfterBlocks: block };
  const b = await bench(t, { chip: 'esp32', faults });
  const first = await b.flash();
  assert.equal(first.exitCode, 9, `${block}: ${first.message}`);
  assert.equal(b.content(), 'refuses to start');
  delete faults.unplugAfterBlocks;
  b.board.powerOn();
  const second = await b.flash();
  assert.equal(second.exitCode, 0, `${block}: ${second.message}`);
  assert.equal(b.content(), 'new');
}
