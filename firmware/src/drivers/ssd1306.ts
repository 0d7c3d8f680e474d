// An SSD1306 (or SH1106) of 128 x 64 pixels as eight lines of 21 characters, drawn line by line with the
// interpreter's own graphics and 6x8 font: one line of pixels in memory instead of a kilobyte. From the
// Solomon Systech SSD1306 datasheet rev. 1.1. A display that does not answer is left alone from then on.
// Called through ssd1306-display.ts.

export interface DisplayBus {
  writeTo(address: number, bytes: Uint8Array): void;
}
/** Eight pixel rows, one byte a column. */
export interface LineGraphics {
  readonly buffer: ArrayBuffer;
  clear(): void;
  drawString(text: string, x: number, y: number): void;
}

const COLUMNS = 128;
const LINES = 8;

/**
 * SSD1306 datasheet section 8.5 and its application note 3.1 (charge pump). The SH1106 has another
 * converter command, no addressing modes, and 132 columns of which the middle ones are visible.
 */
function initCommands(sh1106: boolean): number[] {
  const converter = sh1106 ? [0xad, 0x8b] : [0x8d, 0x14, 0x20, 0x02];
  return [0xae, 0xd5, 0x80, 0xa8, 0x3f, 0xd3, 0x00, 0x40]
    .concat(converter)
    .concat([0xa1, 0xc8, 0xda, 0x12, 0x81, 0x7f, 0xd9, sh1106 ? 0x22 : 0xf1, 0xdb, 0x40, 0xa4, 0xa6, 0xaf]);
}

export class Ssd1306 {
  /** False once the bus refused: no display is plugged in. */
  answers = true;
  private readonly bus: DisplayBus;
  private readonly graphics: LineGraphics;
  private readonly address: number;
  private readonly firstColumn: number;
  private readonly packet = new Uint8Array(COLUMNS + 1);
  private readonly shown: string[] = [];

  constructor(bus: DisplayBus, graphics: LineGraphics, address: number, sh1106: boolean) {
    this.bus = bus;
    this.graphics = graphics;
    this.address = address;
    this.firstColumn = sh1106 ? 2 : 0;
    this.packet[0] = 0x40; // data follow
    this.command(initCommands(sh1106));
    for (let line = 0; line < LINES; line++) this.draw(line, '');
  }

  /** At most eight lines; what is longer than 21 characters is cut. Unchanged lines cost nothing. */
  show(lines: readonly string[]): void {
    for (let line = 0; line < LINES; line++) {
      const text = line < lines.length ? lines[line]! : '';
      if (this.shown[line] !== text) this.draw(line, text);
    }
  }

  private draw(line: number, text: string): void {
    this.graphics.clear();
    this.graphics.drawString(text, 0, 0);
    this.packet.set(new Uint8Array(this.graphics.buffer), 1);
    this.command([0xb0 | line, this.firstColumn, 0x10]);
    this.send(this.packet);
    this.shown[line] = text;
  }

  private command(bytes: number[]): void {
    this.send(new Uint8Array([0x00].concat(bytes)));
  }

  private send(bytes: Uint8Array): void {
    if (!this.answers) return;
    try {
      this.bus.writeTo(this.address, bytes);
    } catch (_) {
      this.answers = false;
    }
  }
}
