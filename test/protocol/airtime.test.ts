// Time on air against published figures, and what money derives from it (SPEC 2).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RadioProfile } from '#protocol';
import { frameBytesMax, referencePathPrice, timeOnAirMs, timeOnAirUs } from '#protocol';

const profile = (spreadingFactor: number, khz: number, codingRate = 1): RadioProfile => ({
  spreadingFactor,
  bandwidthHz: khz * 1000,
  codingRate,
  preambleSymbols: 8,
  explicitHeader: true,
  crc: true,
});

/**
 * Semtech's own SX1261 LoRa Calculator, figures as recorded in micropython-lib (micropython/lora/tests,
 * 2023): SF, kHz, 4/x, preamble, payload, explicit header, CRC, milliseconds. The last rows are the slowest
 * modes.
 */
const CALCULATOR: [number, number, number, number, number, boolean, boolean, number][] = [
  [12, 500, 5, 8, 1, true, true, 206.848],
  [12, 500, 5, 12, 64, true, true, 649.216],
  [12, 500, 5, 8, 1, true, false, 165.888],
  [12, 500, 5, 8, 192, true, true, 1476.608],
  [12, 500, 5, 12, 16, false, false, 280.576],
  [8, 125, 6, 8, 2, true, true, 53.76],
  [8, 125, 6, 8, 3, true, true, 66.048],
  [8, 125, 6, 8, 3, true, false, 53.76],
  [8, 125, 6, 8, 253, true, true, 827.904],
  [8, 125, 6, 12, 10, false, true, 86.528],
  [8, 125, 6, 12, 253, false, true, 823.808],
  [5, 500, 5, 2, 1, true, false, 1.36],
  [5, 500, 5, 2, 1, true, true, 1.68],
  [5, 500, 5, 12, 253, false, true, 34],
  [5, 125, 8, 12, 253, false, true, 213.568],
  [12, 7.81, 8, 128, 253, true, true, 287532.907],
  [11, 10.42, 7, 25, 16, true, true, 12824.568],
  [11, 10.42, 7, 25, 16, false, false, 11448.752],
];

test("the figures of Semtech's calculator", () => {
  for (const row of CALCULATOR) {
    const [spreadingFactor, khz, rate, preambleSymbols, bytes, explicitHeader, crc, ms] = row;
    const bandwidthHz = Math.round(khz * 1000);
    const us = timeOnAirUs(
      { spreadingFactor, bandwidthHz, codingRate: rate - 4, preambleSymbols, explicitHeader, crc },
      bytes,
    );
    // The calculator rounds the symbol, we round the sum up: at most a microsecond in every hundred thousand.
    assert.ok(Math.abs(us - ms * 1000) <= 1 + ms / 100, `${row.join(' ')}: ${us} us`);
  }
});

test('the figures of public calculators after AN1200.13', () => {
  // rfwireless-world.com, LoRaWAN airtime calculator, both of its examples: 10 bytes, preamble 8, 4/5.
  assert.equal(timeOnAirUs(profile(7, 125), 10), 41216);
  assert.equal(timeOnAirUs(profile(11, 125), 10), 577536);
  // The spreadsheet behind avbentem's airtime calculator for The Things Network: 13 bytes at SF9.
  assert.equal(timeOnAirUs(profile(9, 125), 13), 164864);
});

test('a longer frame never takes less time, and low data rate optimisation sets in at 16 ms', () => {
  for (const khz of [125, 250, 500]) {
    for (let sf = 5; sf <= 12; sf++) {
      for (let bytes = 1; bytes <= 255; bytes++) {
        assert.ok(timeOnAirUs(profile(sf, khz), bytes) >= timeOnAirUs(profile(sf, khz), bytes - 1));
      }
    }
  }
  // 16.384 ms at SF11/125 and SF12/250, 8.192 ms at SF11/250: with it a block carries two bits a symbol less.
  assert.ok(timeOnAirUs(profile(12, 250), 200) > 2 * timeOnAirUs(profile(11, 250), 200) * 0.99);
});

test('the reference path price of the usual profiles', () => {
  const prices = [profile(7, 125), profile(9, 125), profile(11, 250), profile(12, 125)].map(
    referencePathPrice,
  );
  assert.deepEqual(prices, [416, 1355, 2341, 9855]);
  assert.equal(timeOnAirMs(profile(7, 125), 10), 42);
});

test('the longest frame within a dwell time', () => {
  const dwellUs = 400_000;
  for (const [sf, khz] of [
    [7, 125],
    [8, 125],
    [9, 125],
    [10, 125],
    [8, 500],
  ] as const) {
    const bytes = frameBytesMax(profile(sf, khz), dwellUs);
    assert.ok(bytes > 0 && timeOnAirUs(profile(sf, khz), bytes) <= dwellUs);
    assert.ok(bytes === 255 || timeOnAirUs(profile(sf, khz), bytes + 1) > dwellUs);
  }
  assert.equal(frameBytesMax(profile(12, 125), dwellUs), 0);
  // LoRaWAN Regional Parameters, US915: 24 bytes of frame at SF10 (DR0), 11 of them payload.
  assert.equal(frameBytesMax(profile(10, 125), dwellUs), 24);
});
