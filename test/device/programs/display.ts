// Draws status lines with the interpreter's own graphics and prints what goes over the wire.
// Compiled by the firmware pipeline only.
import { toHex } from '../../../firmware/src/protocol/bytes.ts';
import { Ssd1306 } from '../../../firmware/src/drivers/ssd1306.ts';
import { statusLines } from '../../../firmware/src/drivers/status-lines.ts';

const bus = {
  writeTo: function (address: number, bytes: Uint8Array): void {
    print(address.toString(16) + ' ' + toHex(bytes, 0, bytes.length));
  },
};
const graphics = Graphics.createArrayBuffer(128, 8, 1, { vertical_byte: true });
graphics.setFont('6x8');
const display = new Ssd1306(bus, graphics, 0x3c, false);
const status = { name: 'AAB', address: 0x0badcafe, balance: 1234, neighbours: 3, batteryMv: 3907 };
print('shown');
display.show(statusLines(status));
print('shown');
status.balance = 1240;
display.show(statusLines(status));
print('shown');
display.show(statusLines(status));
