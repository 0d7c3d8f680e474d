// What has to be switched on before radio and display answer: a power management chip, or a transistor for
// the peripherals. Also the one place that sets the I2C port up. Called by the radio drivers' start,
// display and battery.
import board from '#board';
import { axp192PowerUp } from './axp192.ts';

export function i2cPort(sda: Pin, scl: Pin): I2cPort {
  I2C1.setup({ sda: sda, scl: scl, bitrate: 400000 });
  return I2C1;
}

/**
 * Safe to call more than once. False when the power chip does not answer: the radio will then not answer
 * either.
 */
export function powerUp(): boolean {
  const pmu = board.pmu;
  if (pmu) {
    try {
      axp192PowerUp(i2cPort(pmu.sda, pmu.scl));
    } catch (_) {
      return false;
    }
  }
  const power = board.pins.peripheralPower;
  if (power) digitalWrite(power, board.display && board.display.powerActiveLow ? 0 : 1);
  return true;
}
