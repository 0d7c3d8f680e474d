// The SX1262 model by itself, spoken to in raw SPI bytes: it does what the datasheet says and objects to
// what the silicon would refuse. These tests share no code with the driver.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualScheduler } from '../../host-tools/ether/scheduler.ts';
import { Sx1262Model } from '../../host-tools/radio-models/sx1262-model.ts';

class Rig {
  readonly scheduler = new VirtualScheduler();
  readonly sent: { frame: number[]; airtimeUs: number }[] = [];
  readonly edges: number[] = [];
  busy = false;
  readonly model: Sx1262Model;

  constructor(tcxo = false) {
    const air = {
      transmit: (frame: Uint8Array, airtimeUs: number) => {
        this.sent.push({ frame: [...frame], airtimeUs });
      },
      abort: () => {},
      busy: () => this.busy,
    };
    this.model = new Sx1262Model(this.scheduler, air, { tcxo });
    this.model.onLine = (_line, level) => this.edges.push(level);
    this.model.setReset(0);
    this.scheduler.runFor(1);
    this.model.setReset(1);
    this.scheduler.runFor(5);
  }

  /** One command, BUSY awaited as a host does. */
  spi(...bytes: number[]): number[] {
    while (this.model.line('busy')) continue;
    return this.raw(...bytes);
  }

  raw(...bytes: number[]): number[] {
    this.model.select();
    const answer = bytes.map((byte) => this.model.exchange(byte));
    this.model.deselect();
    return answer;
  }

  mode(): number {
    return this.spi(0xc0, 0)[1]! >> 4;
  }

  irq(): number {
    const answer = this.spi(0x12, 0, 0, 0);
    return (answer[2]! << 8) | answer[3]!;
  }

  /** LoRa, SF7, 125 kHz, 4/5, 10 bytes with CRC, every interrupt on DIO1. */
  lora(): this {
    this.spi(0x8a, 1);
    this.spi(0x8f, 0x40, 0x80);
    this.spi(0x8b, 7, 4, 1, 0);
    this.spi(0x8c, 0, 8, 0, 10, 1, 0);
    this.spi(0x88, 2, 20, 10, 0, 0, 0, 0);
    this.spi(0x08, 0x03, 0xff, 0x03, 0xff, 0, 0, 0, 0);
    return this;
  }

  objects(what: RegExp): void {
    assert.equal(this.model.violations.length, 1, this.model.violations.join('; '));
    assert.match(this.model.violations[0]!, what);
  }
}

test('after reset: standby, sync word 0x1424, registers written and read in a row', () => {
  const rig = new Rig();
  assert.equal(rig.mode(), 2);
  assert.deepEqual(rig.spi(0x1d, 0x07, 0x40, 0, 0, 0).slice(4), [0x14, 0x24]);
  rig.spi(0x0d, 0x07, 0x40, 0x34, 0x44);
  assert.deepEqual(rig.spi(0x1d, 0x07, 0x40, 0, 0, 0).slice(4), [0x34, 0x44]);
  assert.deepEqual(rig.model.violations, []);
});

test('BUSY is up through reset, calibration and the start of the TCXO', () => {
  const rig = new Rig(true);
  assert.equal(rig.spi(0x17, 0, 0, 0)[3], 0x20, 'the oscillator could not start');
  rig.spi(0x97, 2, 0, 1, 0x40);
  rig.spi(0x07, 0, 0);
  rig.spi(0x89, 0x7f);
  assert.equal(rig.model.line('busy'), 1);
  rig.scheduler.runFor(8);
  assert.equal(rig.model.line('busy'), 1);
  rig.scheduler.runFor(1);
  assert.equal(rig.model.line('busy'), 0);
  assert.equal(rig.spi(0x17, 0, 0, 0)[3], 0);
  rig.model.setReset(0);
  assert.equal(rig.model.line('busy'), 1);
});

test('without its TCXO the radio does not start', () => {
  const rig = new Rig(true).lora();
  rig.spi(0x82, 0xff, 0xff, 0xff);
  assert.equal(rig.mode(), 2);
  assert.equal(rig.spi(0x17, 0, 0, 0)[3], 0x20);
});

test('transmits the buffer from the base address for the time of table and formula, then stands by', () => {
  const rig = new Rig().lora();
  rig.spi(0x0e, 0x40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  rig.spi(0x83, 0, 0, 0);
  assert.equal(rig.mode(), 6);
  assert.deepEqual(rig.sent[0]!.frame, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(rig.sent[0]!.airtimeUs, 41216);
  rig.scheduler.runFor(43);
  assert.equal(rig.mode(), 2);
  assert.equal(rig.irq(), 0x001);
  rig.spi(0x02, 0xff, 0xff);
  assert.deepEqual(rig.edges, [1, 0]);
  assert.deepEqual(rig.model.violations, []);
});

test('a transmission longer than its timeout ends with Timeout', () => {
  const rig = new Rig().lora();
  rig.spi(0x83, 0, 0x05, 0);
  rig.scheduler.runFor(30);
  assert.equal(rig.irq(), 0x200);
  assert.equal(rig.mode(), 2);
});

test('receives continuously, gives place and quality, and flags a damaged frame', () => {
  const rig = new Rig().lora();
  assert.equal(rig.model.receive(new Uint8Array([1]), -100, 5, { crcOk: true }), false);
  rig.spi(0x82, 0xff, 0xff, 0xff);
  assert.equal(rig.model.receive(new Uint8Array([7, 8, 9]), -97, -4.25, { crcOk: false }), true);
  assert.deepEqual(rig.spi(0x13, 0, 0, 0).slice(2), [3, 0x80]);
  assert.deepEqual(rig.spi(0x14, 0, 0, 0, 0).slice(2, 4), [194, 256 - 17]);
  assert.deepEqual(rig.spi(0x1e, 0x80, 0, 0, 0, 0).slice(3), [7, 8, 9]);
  assert.equal(rig.irq() & 0x42, 0x42);
  assert.equal(rig.mode(), 5);
});

test('a frame longer than the packet parameters allow is a header error', () => {
  const rig = new Rig().lora();
  rig.spi(0x82, 0xff, 0xff, 0xff);
  assert.equal(rig.model.receive(new Uint8Array(11), -97, 5, { crcOk: true }), false);
  assert.equal(rig.irq(), 0x020);
});

test('a reception with a timeout ends with Timeout', () => {
  const rig = new Rig().lora();
  rig.spi(0x82, 0, 0x05, 0);
  rig.scheduler.runFor(25);
  assert.equal(rig.irq(), 0x200);
  assert.equal(rig.mode(), 2);
});

test('a frame in the air shows as a header, and as a header error when it breaks off', () => {
  const rig = new Rig().lora();
  rig.spi(0x82, 0xff, 0xff, 0xff);
  rig.busy = true;
  assert.equal(rig.irq() & 0x10, 0x10);
  rig.busy = false;
  assert.equal(rig.irq() & 0x30, 0x20);
});

test('channel activity detection tells a busy channel from a free one', () => {
  for (const busy of [false, true]) {
    const rig = new Rig().lora();
    rig.busy = busy;
    rig.spi(0xc5);
    rig.scheduler.runFor(4);
    assert.equal(rig.irq(), 0);
    rig.scheduler.runFor(3);
    assert.equal(rig.irq(), busy ? 0x180 : 0x080);
    assert.equal(rig.mode(), 2);
  }
});

const breaches: [string, RegExp, (rig: Rig) => void][] = [
  ['a command while BUSY', /while BUSY/, (rig) => (rig.spi(0x89, 0x7f), rig.raw(0x80, 0))],
  ['a command of the wrong length', /SetTx with 3 bytes/, (rig) => rig.lora().spi(0x83, 0, 0)],
  ['an unknown opcode', /unknown opcode 0x77/, (rig) => rig.spi(0x77)],
  ['modulation before the packet type', /before SetPacketType/, (rig) => rig.spi(0x8b, 7, 4, 1, 0)],
  ['a modulation that does not exist', /does not exist/,
    (rig) => (rig.spi(0x8a, 1), rig.spi(0x8b, 4, 4, 1, 0))],
  ['packet parameters while listening', /SetPacketParams in mode 5/,
    (rig) => (rig.lora().spi(0x82, 0xff, 0xff, 0xff), rig.spi(0x8c, 0, 8, 0, 10, 1, 0))],
  ['too much power', /transmit power 23/, (rig) => rig.spi(0x8e, 23, 4)],
  ['a register that does not exist', /register 0x123 does not exist/, (rig) => rig.spi(0x0d, 0x01, 0x23, 1)],
  ['a second SetTx', /while transmitting/,
    (rig) => (rig.lora().spi(0x83, 0, 0, 0), rig.scheduler.runFor(5), rig.spi(0x83, 0, 0, 0))],
];
for (const [what, pattern, act] of breaches) {
  test(`objects to ${what}`, () => {
    const rig = new Rig();
    act(rig);
    rig.objects(pattern);
  });
}
