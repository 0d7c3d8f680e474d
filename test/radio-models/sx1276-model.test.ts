// The SX1276 model by itself, spoken to in raw SPI bytes: it does what the datasheet says and objects to
// what the silicon would refuse. These tests share no code with the driver.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualScheduler } from '../../host-tools/ether/scheduler.ts';
import { Sx1276Model } from '../../host-tools/radio-models/sx1276-model.ts';

class Rig {
  readonly scheduler = new VirtualScheduler();
  readonly sent: { frame: number[]; airtimeUs: number }[] = [];
  readonly edges: string[] = [];
  aborted = 0;
  busy = false;
  readonly model = new Sx1276Model(this.scheduler, {
    transmit: (frame, airtimeUs) => this.sent.push({ frame: [...frame], airtimeUs }),
    abort: () => this.aborted++,
    busy: () => this.busy,
  });

  constructor() {
    this.model.onLine = (line, level) => this.edges.push(`${line}=${level}`);
    this.model.setReset(0);
    this.scheduler.runFor(1);
    this.model.setReset(1);
    this.scheduler.runFor(6);
  }

  spi(...bytes: number[]): number[] {
    this.model.select();
    const answer = bytes.map((byte) => this.model.exchange(byte));
    this.model.deselect();
    return answer;
  }

  read(register: number): number {
    return this.spi(register, 0)[1]!;
  }

  lora(): this {
    this.spi(0x81, 0x00);
    this.spi(0x81, 0x80);
    this.spi(0x81, 0x81);
    return this;
  }

  objects(what: RegExp): void {
    assert.equal(this.model.violations.length, 1, this.model.violations.join('; '));
    assert.match(this.model.violations[0]!, what);
  }
}

test('after reset: version 0x12, FSK standby at 434 MHz, LoRa defaults behind the page', () => {
  const rig = new Rig();
  assert.equal(rig.read(0x42), 0x12);
  assert.equal(rig.read(0x01), 0x09);
  assert.deepEqual(rig.spi(0x06, 0, 0, 0).slice(1), [0x6c, 0x80, 0x00]);
  rig.lora();
  const values = [0x1d, 0x1e, 0x39, 0x0e].map((register) => rig.read(register));
  assert.deepEqual(values, [0x72, 0x70, 0x12, 0x80]);
  assert.deepEqual(rig.model.violations, []);
});

test('a burst writes registers in a row, but the FIFO address stays', () => {
  const rig = new Rig().lora();
  rig.spi(0x86, 1, 2, 3);
  assert.deepEqual(rig.spi(0x06, 0, 0, 0).slice(1), [1, 2, 3]);
  rig.spi(0x8d, 0x10);
  rig.spi(0x80, 0xaa, 0xbb, 0xcc);
  assert.equal(rig.read(0x0d), 0x13);
  rig.spi(0x8d, 0x10);
  assert.deepEqual(rig.spi(0x00, 0, 0, 0).slice(1), [0xaa, 0xbb, 0xcc]);
});

test('transmits the FIFO from the base address for the time of the formula, then stands by', () => {
  const rig = new Rig().lora();
  rig.spi(0x8d, 0x80);
  rig.spi(0x80, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  rig.spi(0xa2, 10);
  rig.spi(0x9e, 0x74);
  rig.spi(0xc0, 0x40);
  rig.spi(0x81, 0x83);
  assert.deepEqual(rig.sent[0]!.frame, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  // SF7, 125 kHz, 4/5, explicit header, CRC: 12.25 + 8 + 4 x 5 symbols of 1.024 ms.
  assert.equal(rig.sent[0]!.airtimeUs, 41216);
  rig.scheduler.runFor(41);
  assert.equal(rig.read(0x01), 0x83);
  rig.scheduler.runFor(2);
  assert.equal(rig.read(0x01), 0x81);
  assert.equal(rig.read(0x12), 0x08);
  assert.deepEqual(rig.edges, ['dio0=1']);
  rig.spi(0x92, 0x08);
  assert.deepEqual(rig.edges, ['dio0=1', 'dio0=0']);
  assert.deepEqual(rig.model.violations, []);
});

test('a masked flag is neither recorded nor on the line', () => {
  const rig = new Rig().lora();
  rig.spi(0x91, 0x40);
  rig.spi(0x81, 0x85);
  rig.model.receive(new Uint8Array([1]), -100, 5, { crcOk: true });
  assert.equal(rig.read(0x12), 0x10);
  assert.deepEqual(rig.edges, []);
});

test('receives only while listening, one frame behind the other, and flags a damaged one', () => {
  const rig = new Rig().lora();
  assert.equal(rig.model.receive(new Uint8Array([1]), -100, 5, { crcOk: true }), false);
  rig.spi(0x81, 0x85);
  assert.equal(rig.model.receive(new Uint8Array([1, 2, 3]), -100, 5, { crcOk: true }), true);
  assert.equal(rig.model.receive(new Uint8Array([4, 5]), -100, 5, { crcOk: false }), true);
  assert.equal(rig.read(0x10), 3);
  assert.equal(rig.read(0x13), 2);
  assert.equal(rig.read(0x12) & 0x70, 0x70);
  rig.spi(0x8d, 3);
  assert.deepEqual(rig.spi(0x00, 0, 0).slice(1), [4, 5]);
});

test('a receiver that opened after the preamble misses the frame', () => {
  const rig = new Rig().lora();
  rig.scheduler.runFor(50);
  rig.spi(0x81, 0x85);
  rig.scheduler.runFor(20);
  assert.equal(rig.model.receive(new Uint8Array([1]), -100, 5, { crcOk: true, airtimeUs: 41000 }), false);
});

test('channel activity detection ends by itself and tells a busy channel from a free one', () => {
  for (const busy of [false, true]) {
    const rig = new Rig().lora();
    rig.busy = busy;
    rig.spi(0xc0, 0x80);
    rig.spi(0x81, 0x87);
    rig.scheduler.runFor(1);
    assert.equal(rig.read(0x12), 0);
    rig.scheduler.runFor(3);
    assert.equal(rig.read(0x12), busy ? 0x05 : 0x04);
    assert.equal(rig.read(0x01), 0x81);
    assert.deepEqual(rig.edges, ['dio0=1']);
  }
});

test('single reception ends with RxTimeout after the programmed symbols', () => {
  const rig = new Rig().lora();
  rig.spi(0x9f, 20);
  rig.spi(0x81, 0x86);
  rig.scheduler.runFor(15);
  assert.equal(rig.read(0x12), 0);
  rig.scheduler.runFor(10);
  assert.equal(rig.read(0x12), 0x80);
  assert.equal(rig.read(0x01), 0x81);
  assert.deepEqual(rig.edges, ['dio1=1']);
});

test('image calibration runs 10 ms in FSK standby', () => {
  const rig = new Rig();
  rig.spi(0x81, 0x01);
  rig.spi(0xbb, 0x42);
  assert.equal(rig.read(0x3b), 0x22);
  rig.scheduler.runFor(11);
  assert.equal(rig.read(0x3b), 0x02);
  assert.deepEqual(rig.model.violations, []);
});

test('standby in the middle of a transmission cuts it off', () => {
  const rig = new Rig().lora();
  rig.spi(0xa2, 50);
  rig.spi(0x81, 0x83);
  rig.scheduler.runFor(10);
  rig.spi(0x81, 0x81);
  rig.scheduler.runFor(500);
  assert.equal(rig.aborted, 1);
  assert.equal(rig.read(0x12), 0);
});

const breaches: [string, RegExp, (rig: Rig) => void][] = [
  ['the modem outside sleep', /modem changed/, (rig) => rig.spi(0x81, 0x81)],
  ['the FIFO asleep', /FIFO written asleep/, (rig) => (rig.lora().spi(0x81, 0x80), rig.spi(0x80, 1))],
  ['the FIFO while listening', /FIFO written in mode 5/,
    (rig) => (rig.lora().spi(0x81, 0x85), rig.spi(0x80, 1))],
  ['the channel while listening', /0x06 written in mode 5/,
    (rig) => (rig.lora().spi(0x81, 0x85), rig.spi(0x86, 1))],
  ['a read-only register', /read-only register 0x13/, (rig) => rig.lora().spi(0x93, 1)],
  ['a transmission from sleep', /straight from sleep/,
    (rig) => (rig.lora().spi(0x81, 0x80), rig.spi(0x81, 0x83))],
  ['an empty transmission', /0 bytes/, (rig) => (rig.lora().spi(0xa2, 0), rig.spi(0x81, 0x83))],
  ['an access during reset', /before the chip is up/, (rig) => (rig.model.brownOut(), rig.spi(0x42, 0))],
];
for (const [what, pattern, act] of breaches) {
  test(`objects to ${what}`, () => {
    const rig = new Rig();
    act(rig);
    rig.objects(pattern);
  });
}
