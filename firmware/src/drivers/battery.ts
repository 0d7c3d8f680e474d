// Battery voltage: from the power management chip, or from a divider on an analogue pin that may have to be
// switched on first. Answers 0 where the board cannot measure. Called by main.ts, which passes the figure
// on as an event.
import board from '#board';
import { axp192BatteryMv } from './axp192.ts';
import { i2cPort } from './board-power.ts';

const READINGS = 8;
/** A divider of hundreds of kiloohms charges the pin's capacitor this slowly. */
const SETTLE_MS = 20;

/** Calls `done` once with millivolts, later or at once. */
export function measureBattery(done: (batteryMv: number) => void): void {
  const battery = board.battery;
  if (board.pmu) {
    done(fromPmu(board.pmu.sda, board.pmu.scl));
  } else if (!battery) {
    done(0);
  } else if (!battery.enable) {
    done(readDivider(battery.pin, battery.fullScaleMv));
  } else {
    const enable = battery.enable;
    const on = battery.enableActiveLow ? 0 : 1;
    digitalWrite(enable, on);
    setTimeout(function () {
      const batteryMv = readDivider(battery.pin, battery.fullScaleMv);
      // The same transistor may feed the display.
      if (enable !== board.pins.peripheralPower) digitalWrite(enable, 1 - on);
      done(batteryMv);
    }, SETTLE_MS);
  }
}

function fromPmu(sda: Pin, scl: Pin): number {
  try {
    return axp192BatteryMv(i2cPort(sda, scl));
  } catch (_) {
    return 0;
  }
}

/** The ESP32's converter is noisy: the mean of a few readings. */
function readDivider(pin: Pin, fullScaleMv: number): number {
  let sum = 0;
  for (let i = 0; i < READINGS; i++) sum += analogRead(pin);
  return Math.floor((sum * fullScaleMv) / READINGS);
}
