// What the drivers write into their chips at start, read back from the models: calibration, errata, power,
// and the configuration file that provisioning left. Expected values are those that the datasheets and
// errata notes print.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  applyStoredConfig, defaultLoraConfig, type LoraConfig,
} from '../../firmware/src/drivers/lora-config.ts';
import { Sx1262Model } from '../../host-tools/radio-models/sx1262-model.ts';
import { Sx1276Model } from '../../host-tools/radio-models/sx1276-model.ts';
import { frameOf, RadioBench, TinyEther } from './radio-bench.ts';

function sx1276(changes: Partial<LoraConfig>): Sx1276Model {
  return model(new RadioBench('sx1276', new TinyEther(), changes).start(), Sx1276Model);
}

function sx1262(changes: Partial<LoraConfig>): Sx1262Model {
  return model(new RadioBench('sx1262', new TinyEther(), changes).start(), Sx1262Model);
}

function model<T>(bench: RadioBench, kind: new (...args: never[]) => T): T {
  const found = bench.radio.model;
  assert.ok(found instanceof kind);
  assert.deepEqual(found.violations, []);
  assert.deepEqual(bench.faults, []);
  return found;
}

function powerOnAir(kind: 'sx1276' | 'sx1262', txPowerDbm: number): number {
  const bench = new RadioBench(kind, new TinyEther(), { txPowerDbm }).start();
  bench.send(frameOf(10));
  bench.run(2000);
  return bench.ether.sent[0]!.settings.powerDbm;
}

describe('SX1276 set-up', () => {
  test('image calibration happens at the channel, on either band', () => {
    assert.ok(Math.abs(sx1276({ frequencyHz: 868100000 }).imageCalibratedHz - 868100000) < 100);
    assert.ok(Math.abs(sx1276({ frequencyHz: 433175000 }).imageCalibratedHz - 433175000) < 100);
  });

  test('errata 2.1: sensitivity at 500 kHz', () => {
    const upper = sx1276({ bandwidthHz: 500000, frequencyHz: 915000000 });
    assert.deepEqual([upper.peek(0x36), upper.peek(0x3a)], [0x02, 0x64]);
    const lower = sx1276({ bandwidthHz: 500000, frequencyHz: 433000000 });
    assert.deepEqual([lower.peek(0x36), lower.peek(0x3a)], [0x02, 0x7f]);
    assert.equal(sx1276({ bandwidthHz: 125000 }).peek(0x36), 0x03);
  });

  test('errata 2.3: spurious reception', () => {
    const narrow = sx1276({ bandwidthHz: 125000 });
    assert.deepEqual([narrow.peek(0x31), narrow.peek(0x2f), narrow.peek(0x30)], [0x43, 0x40, 0x00]);
    assert.equal(sx1276({ bandwidthHz: 500000 }).peek(0x31), 0xc3);
  });

  test('low data rate optimisation from 16 ms a symbol, automatic gain always', () => {
    assert.equal(sx1276({ spreadingFactor: 10, bandwidthHz: 125000 }).peek(0x26), 0x04);
    assert.equal(sx1276({ spreadingFactor: 11, bandwidthHz: 125000 }).peek(0x26), 0x0c);
    assert.equal(sx1276({ spreadingFactor: 12, bandwidthHz: 250000 }).peek(0x26), 0x0c);
    assert.equal(sx1276({ spreadingFactor: 12, bandwidthHz: 500000 }).peek(0x26), 0x04);
  });

  test('power on PA_BOOST: 2 to 20 dBm, with the over-current limit', () => {
    for (const dBm of [2, 3, 14, 17, 18, 20]) assert.equal(powerOnAir('sx1276', dBm), dBm);
    assert.equal(powerOnAir('sx1276', -3), 2);
    assert.equal(sx1276({ txPowerDbm: 17 }).peek(0x0b), 0x2b);
    assert.equal(sx1276({ txPowerDbm: 20 }).peek(0x0b), 0x31);
    assert.equal(sx1276({ txPowerDbm: 20 }).peek(0x4d), 0x87);
  });

  test('signal strength on the lower band has its own offset', () => {
    const bench = new RadioBench('sx1276', new TinyEther(), { frequencyHz: 433175000 }).start();
    bench.radio.model.receive(frameOf(5), -120, -10, { crcOk: true });
    bench.radio.model.receive(frameOf(5), -60, 9.75, { crcOk: true });
    bench.run(5);
    const got = bench.frames.at(-1)!;
    assert.ok(Math.abs(got.rssiDbm - -60) <= 1);
    assert.equal(got.snrDb, 9);
  });
});

describe('SX1262 set-up', () => {
  test('image calibration covers the channel', () => {
    const bands: [number, [number, number]][] = [
      [433175000, [428, 444]], [490000000, [468, 516]], [780000000, [772, 788]],
      [869525000, [860, 876]], [915000000, [900, 932]],
    ];
    for (const [frequencyHz, band] of bands) assert.deepEqual(sx1262({ frequencyHz }).imageBandMHz, band);
  });

  test('errata 15.1, 15.2 and 15.4', () => {
    const narrow = sx1262({ bandwidthHz: 250000 });
    assert.equal(narrow.peek(0x0889) & 0x04, 0x04);
    assert.equal(sx1262({ bandwidthHz: 500000 }).peek(0x0889) & 0x04, 0);
    assert.equal(narrow.peek(0x08d8), 0xde);
    assert.equal(narrow.peek(0x0736) & 0x04, 0x04);
  });

  test('sync word 0x12 becomes 0x1424; receiver boosted; converter and switch as the board has them', () => {
    const chip = sx1262({});
    assert.deepEqual([chip.peek(0x0740), chip.peek(0x0741)], [0x14, 0x24]);
    assert.equal(sx1262({ syncWord: 0x34 }).peek(0x0741), 0x44);
    assert.equal(chip.peek(0x08ac), 0x96);
    assert.equal(chip.settings.dcdc, true);
    assert.equal(chip.settings.dio2RfSwitch, true);
  });

  test('power from -9 to 22 dBm, with the over-current limit', () => {
    for (const dBm of [-9, 0, 14, 15, 17, 18, 20, 21, 22]) assert.equal(powerOnAir('sx1262', dBm), dBm);
    assert.equal(sx1262({ txPowerDbm: 22 }).peek(0x08e7), 0x38);
  });

  test('spreading factors 5 and 6 have their own time on air', () => {
    for (const spreadingFactor of [5, 6, 12]) {
      const bench = new RadioBench('sx1262', new TinyEther(), { spreadingFactor }).start();
      bench.send(frameOf(33));
      bench.run(5000);
      assert.deepEqual(bench.results, [true]);
      assert.equal(Math.ceil(bench.ether.sent[0]!.airtimeUs / 1000), bench.airtimeMs(33));
      assert.deepEqual(bench.radio.model.violations, []);
    }
  });
});

describe('stored configuration', () => {
  const good = {
    frequencyHz: 903900000, spreadingFactor: 8, bandwidthHz: 500000, codingRate: 2, preambleSymbols: 16,
    syncWord: 0x2d, txPowerDbm: 20,
  };

  test('a whole one is taken as it is, its power limited by the board', () => {
    const config = defaultLoraConfig();
    assert.equal(applyStoredConfig(config, good, 7, 17), true);
    assert.deepEqual(config, { ...good, txPowerDbm: 17, explicitHeader: true, crc: true });
  });

  test('no file is no fault', () => {
    const config = defaultLoraConfig();
    assert.equal(applyStoredConfig(config, undefined, 7, 20), true);
    assert.deepEqual(config, defaultLoraConfig());
  });

  test('the board limits the built-in power too', () => {
    const config = defaultLoraConfig();
    assert.equal(applyStoredConfig(config, undefined, 7, 10), true);
    assert.equal(config.txPowerDbm, 10);
  });

  test('each bad field falls back alone', () => {
    const bad: [keyof typeof good, unknown][] = [
      ['frequencyHz', 2400000000], ['frequencyHz', '868'], ['spreadingFactor', 6], ['spreadingFactor', 13],
      ['bandwidthHz', 41700], ['codingRate', 0], ['preambleSymbols', 5], ['preambleSymbols', 8.5],
      ['syncWord', 256], ['txPowerDbm', 23], ['txPowerDbm', null], ['codingRate', NaN],
    ];
    for (const [field, value] of bad) {
      const config = defaultLoraConfig();
      assert.equal(applyStoredConfig(config, { ...good, [field]: value }, 7, 22), false, field);
      assert.deepEqual(config, { ...defaultLoraConfig(), ...good, [field]: defaultLoraConfig()[field] });
    }
  });

  test('rubbish instead of an object changes nothing', () => {
    for (const rubbish of [null, 7, 'x', []]) {
      const config = defaultLoraConfig();
      assert.equal(applyStoredConfig(config, rubbish, 7, 22), false);
      assert.deepEqual(config, defaultLoraConfig());
    }
  });
});
