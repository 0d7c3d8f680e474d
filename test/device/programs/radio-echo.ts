// A small firmware for one board: answers every frame with the same bytes backwards, says what its drivers
// say, and measures its battery. Compiled by the firmware pipeline only.
import { createRadio } from '#radio';
import { toHex } from '../../../firmware/src/protocol/bytes.ts';
import { measureBattery } from '../../../firmware/src/drivers/battery.ts';
import { createDisplay } from '../../../firmware/src/drivers/ssd1306-display.ts';
import { startWatchdog } from '../../../firmware/src/drivers/watchdog.ts';

let healthy = true;
const radio = createRadio();

function backwards(frame: Uint8Array): Uint8Array {
  const answer = new Uint8Array(frame.length);
  for (let i = 0; i < frame.length; i++) answer[i] = frame[frame.length - 1 - i]!;
  return answer;
}

function onFrame(frame: Uint8Array, rssiDbm: number, snrDb: number): void {
  print('frame ' + toHex(frame, 0, frame.length) + ' ' + String(rssiDbm) + ' ' + String(snrDb));
  if (frame.length === 3) healthy = false;
  else radio.send(backwards(frame));
}

radio.start(
  onFrame,
  function (sent) {
    print('sent ' + String(sent));
  },
  function (code) {
    print('fault ' + String(code));
  },
);
print('display ' + String(createDisplay() !== undefined));
startWatchdog(function () {
  return healthy;
});
measureBattery(function (batteryMv) {
  print('battery ' + String(batteryMv));
});
