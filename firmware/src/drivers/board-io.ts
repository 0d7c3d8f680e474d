// Binds the radio drivers to the board they run on: the interpreter's own functions, the SPI port with the
// board's pins, and the radio configuration in flash. The only driver file, with the two radios, that reads
// `#board`.
import board from '#board';
import { powerUp } from './board-power.ts';
import { applyStoredConfig, defaultLoraConfig } from './lora-config.ts';
import type { LoraConfig } from './lora-config.ts';
import type { BoardIo } from './spi-bus.ts';

const CONFIG_FILE = 'fh.radio';

/** A pin that boards.ts has checked to be wired. */
export function wired(pin: Pin | null): Pin {
  if (!pin) throw new Error('board: a radio pin is missing');
  return pin;
}

/** Sets the SPI port up and returns the door through which the drivers reach the board. */
export function boardIo(): BoardIo {
  powerUp();
  SPI1.setup({
    sck: wired(board.pins.sck),
    miso: wired(board.pins.miso),
    mosi: wired(board.pins.mosi),
    baud: board.radio.spiBaud,
    mode: 0,
  });
  digitalWrite(wired(board.pins.cs), 1);
  return {
    spi: SPI1,
    digitalWrite: digitalWrite,
    digitalRead: digitalRead,
    setWatch: setWatch,
    setTimeout: setTimeout,
    clearTimeout: clearTimeout,
  };
}

export interface StoredLoraConfig {
  config: LoraConfig;
  /** False when `fh.radio` was damaged or had a field out of range. */
  good: boolean;
}

export function readLoraConfig(spreadingFactorMin: number): StoredLoraConfig {
  const config = defaultLoraConfig();
  const text = require('Storage').read(CONFIG_FILE);
  let stored: any;
  try {
    if (text !== undefined) stored = JSON.parse(text);
  } catch (_) {
    stored = null;
  }
  const good = applyStoredConfig(config, stored, spreadingFactorMin, board.radio.txPowerDbmMax);
  return { config: config, good: good };
}
