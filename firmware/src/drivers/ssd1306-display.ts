// The status display of a board that has one: binds the SSD1306 to the board's pins and the interpreter's
// graphics. Called by main.ts at its slow tick.
import board from '#board';
import { i2cPort, powerUp } from './board-power.ts';
import { Ssd1306 } from './ssd1306.ts';
import { statusLines } from './status-lines.ts';
import type { NodeStatus } from './status-lines.ts';

/** Draws a status; undefined when the board has no display or the interpreter no graphics. */
export function createDisplay(): ((status: NodeStatus) => void) | undefined {
  const wiring = board.display;
  if (!wiring || typeof Graphics === 'undefined' || typeof I2C1 === 'undefined') return undefined;
  powerUp();
  const reset = wiring.reset;
  if (reset) {
    // Datasheet section 8.9: low for 3 us; the next statement comes later than that.
    digitalWrite(reset, 0);
    digitalWrite(reset, 1);
  }
  const graphics = Graphics.createArrayBuffer(128, 8, 1, { vertical_byte: true });
  graphics.setFont('6x8');
  const port = i2cPort(wiring.sda, wiring.scl);
  const display = new Ssd1306(port, graphics, wiring.address, wiring.kind === 'sh1106');
  return function (status) {
    display.show(statusLines(status));
  };
}
