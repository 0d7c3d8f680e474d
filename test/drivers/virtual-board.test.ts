// Whole board drivers in a bundle on virtual boards: SPI, pins, I2C and the radio model come from the
// board's JSON, so a driver that uses another pin than the board wires does not work here either.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { VirtualScheduler } from '../../host-tools/ether/scheduler.ts';
import { loadBoard } from '../../host-tools/firmware-build/boards.ts';
import { makeBundle } from '../../host-tools/firmware-build/make-bundle.ts';
import { ROOT } from '../../host-tools/firmware-build/paths.ts';
import { attachRadio, type AttachedRadio } from '../../host-tools/radio-models/attach-radio.ts';
import { VmBoard } from '../../host-tools/virtual/vm-board.ts';

const directory = mkdtempSync(join(tmpdir(), 'fairhop-drivers-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** A power management chip that powers the radio only when it was told to. */
class Axp192 {
  readonly registers = new Uint8Array(256);
  private at = 0;

  constructor() {
    // Reset values of the datasheet: DCDC1, DCDC3 and LDO3 on, LDO2 off, the ADC asleep.
    this.registers.set([0x4b], 0x12);
    this.registers.set([0xcf], 0x28);
    this.registers.set([0xe2, 0x0b], 0x78);
  }

  setup(): void {}
  writeTo(address: number, bytes: Uint8Array): void {
    assert.equal(address, 0x34);
    this.at = bytes[0]!;
    for (const value of bytes.subarray(1)) this.registers[this.at++] = value;
  }
  readFrom(address: number, count: number): Uint8Array {
    assert.equal(address, 0x34);
    return this.registers.slice(this.at, this.at + count);
  }
}

class Bench {
  readonly scheduler = new VirtualScheduler();
  readonly lines: string[] = [];
  readonly sent: number[][] = [];
  readonly i2c = new Axp192();
  readonly vm: VmBoard;
  radio!: AttachedRadio;
  powerUps = 0;

  constructor(id: string, code: string, readings: Record<string, number>) {
    const air = {
      transmit: (frame: Uint8Array) => void this.sent.push([...frame]),
      abort: () => {},
      busy: () => false,
    };
    this.vm = new VmBoard({
      name: id,
      scheduler: this.scheduler,
      directory: join(directory, id),
      code,
      globals: () => {
        this.powerUps++;
        this.radio?.powerOff();
        this.radio = attachRadio(loadBoard(id), this.scheduler, air);
        const analogRead = (pin: { name: string }): number => readings[pin.name]!;
        return { ...this.radio.globals, I2C1: this.i2c, analogRead };
      },
    });
    this.vm.onLine((line) => this.lines.push(line));
  }

  async start(config?: object): Promise<this> {
    if (config) await this.vm.writeFile('fh.radio', Buffer.from(JSON.stringify(config)));
    this.vm.powerOn();
    this.scheduler.runFor(500);
    return this;
  }

  async stop(): Promise<void> {
    await this.vm.stop();
    assert.deepEqual(this.radio.model.violations, []);
  }
}

async function bundle(id: string): Promise<string> {
  const entry = join(ROOT, 'test', 'device', 'programs', 'radio-echo.ts');
  return (await makeBundle(loadBoard(id), entry, join(ROOT, 'build', 'device', `${id}.js`))).code;
}

describe('a board with an SX1276 (Heltec V2)', async () => {
  const id = 'heltec-wifi-lora32-v2';
  const code = await bundle(id);

  test('answers a frame; battery through the switched divider', async () => {
    const bench = await new Bench(id, code, { D37: 0.33 }).start();
    assert.ok(bench.radio.model.receive(new Uint8Array([1, 2, 3, 4]), -90, 8, { crcOk: true }));
    bench.scheduler.runFor(2000);
    assert.deepEqual(bench.lines, ['display false', 'battery 3801', 'frame 01020304 -90 8', 'sent true']);
    assert.deepEqual(bench.sent, [[4, 3, 2, 1]]);
    assert.equal(bench.radio.bank.read(bench.radio.bank.pins.D21!), 0, 'the peripherals keep their supply');
    await bench.stop();
  });

  test('takes the channel from flash; a damaged file is reported and the built-in profile used', async () => {
    const config = {
      frequencyHz: 868300000, spreadingFactor: 7, bandwidthHz: 250000, codingRate: 1, preambleSymbols: 8,
      syncWord: 0x12, txPowerDbm: 14,
    };
    const good = await new Bench(id, code, { D37: 0.33 }).start(config);
    assert.deepEqual(good.lines, ['display false', 'battery 3801']);
    await good.stop();
    const bad = await new Bench(id, code, { D37: 0.33 }).start({ ...config, spreadingFactor: 99 });
    assert.deepEqual(bad.lines, ['fault 24', 'display false', 'battery 3801']);
    await bad.stop();
  });

  test('a node that says it is stuck is restarted by the watchdog, and works again', async () => {
    const bench = await new Bench(id, code, { D37: 0.33 }).start();
    bench.scheduler.runFor(600_000);
    assert.equal(bench.powerUps, 1);
    bench.radio.model.receive(new Uint8Array([1, 2, 3]), -90, 8, { crcOk: true });
    bench.scheduler.runFor(40_000);
    assert.equal(bench.powerUps, 2);
    assert.ok(bench.radio.model.receive(new Uint8Array([5, 6]), -90, 8, { crcOk: true }));
    bench.scheduler.runFor(2000);
    assert.deepEqual(bench.sent, [[6, 5]]);
    await bench.stop();
  });
});

describe('a board with an SX1262 and a power chip (T-Beam)', async () => {
  const id = 't-beam-sx1262-v1.1';
  const code = await bundle(id);

  test('switches the radio on, answers a frame, and reads the battery from the power chip', async () => {
    const bench = await new Bench(id, code, {}).start();
    const { registers } = bench.i2c;
    assert.equal(registers[0x12], 0x47, 'LDO2 and DCDC1 on, LDO3 off, the processor untouched');
    assert.equal(registers[0x28], 0xff, 'LDO2 at 3.3 V');
    assert.equal(registers[0x26], 0x68, 'DCDC1 at 3.3 V');
    assert.equal(registers[0x82], 0x80);
    assert.ok(bench.radio.model.receive(new Uint8Array([9, 8]), -101, -3, { crcOk: true }));
    bench.scheduler.runFor(2000);
    const batteryMv = Math.floor(((0xe2 << 4) | 0x0b) * 1.1);
    const expected = ['display false', `battery ${batteryMv}`, 'frame 0908 -101 -3', 'sent true'];
    assert.deepEqual(bench.lines, expected);
    assert.deepEqual(bench.sent, [[8, 9]]);
    await bench.stop();
  });

  test('a power chip that does not answer costs the battery figure, not the node', async () => {
    const bench = new Bench(id, code, {});
    bench.i2c.writeTo = () => {
      throw new Error('I2C write error');
    };
    await bench.start();
    assert.deepEqual(bench.lines, ['display false', 'battery 0']);
    await bench.stop();
  });
});
