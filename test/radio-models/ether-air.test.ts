// Drivers, models and the simulated ether in one: the chain that a virtual board with a radio chip uses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLoraConfig } from '../../firmware/src/drivers/lora-config.ts';
import { Ether } from '../../host-tools/ether/ether.ts';
import { VirtualScheduler } from '../../host-tools/ether/scheduler.ts';
import { EtherAir } from '../../host-tools/radio-models/ether-air.ts';
import { frameOf, RadioBench, TinyEther, type ChipKind } from '../drivers/radio-bench.ts';

class Village {
  readonly scheduler = new VirtualScheduler();
  readonly ether = new Ether({ scheduler: this.scheduler, profile: defaultLoraConfig(), seed: 1 });
  readonly airs: EtherAir[] = [];

  /** A driver on its model at a station of the ether, in reach of everybody. */
  add(kind: ChipKind, changes = {}): RadioBench {
    const station = this.ether.attach({ x: this.airs.length * 50, y: 0 }, null);
    const air = new EtherAir(this.ether, station);
    this.airs.push(air);
    const bench = new RadioBench(kind, new TinyEther(this.scheduler), changes, true, air);
    air.connect(bench.radio.model);
    return bench.start();
  }
}

test('frames cross the ether between both chips; a frame in the air keeps the other from sending', () => {
  const village = new Village();
  const a = village.add('sx1276');
  const b = village.add('sx1262');
  a.send(frameOf(60, 1));
  village.scheduler.runFor(1500);
  assert.deepEqual(b.frames[0]?.frame, frameOf(60, 1));
  b.send(frameOf(61, 2));
  village.scheduler.runFor(120);
  a.send(frameOf(62, 3));
  village.scheduler.runFor(1500);
  assert.deepEqual(a.results, [true, false], 'the second found the channel busy');
  assert.deepEqual(a.frames[0]?.frame, frameOf(61, 2), 'and went on receiving');
  for (const bench of [a, b]) {
    assert.deepEqual(bench.radio.model.violations, []);
    assert.deepEqual(bench.faults, []);
  }
  assert.equal(village.ether.counters.sent, 2);
});

test('a reset in the middle of a transmission takes it off the air', () => {
  const village = new Village();
  const a = village.add('sx1276');
  const b = village.add('sx1262');
  a.send(frameOf(200));
  village.scheduler.runFor(300);
  assert.equal(village.ether.transmitting(0), true);
  a.radio.powerOff();
  assert.equal(village.ether.transmitting(0), false);
  village.scheduler.runFor(3000);
  assert.equal(b.frames.filter(({ frame }) => frame.length === 200).length, 0);
});

test('a chip on another spreading factor is not heard, and counted', () => {
  const village = new Village();
  const a = village.add('sx1276', { spreadingFactor: 11 });
  const b = village.add('sx1262');
  a.send(frameOf(10));
  village.scheduler.runFor(3000);
  assert.deepEqual(a.results, [true]);
  assert.equal(b.frames.length, 0);
  assert.equal(village.airs[0]!.mismatched, 1);
});
