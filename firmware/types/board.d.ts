// The shape of `#board`: what the build generates from boards/<id>.json. Firmware code reads pins and
// radio facts from here and never names a board. Optional parts are null where the board lacks them.

export interface BoardRadio {
  readonly kind: string;
  /** SPI clock in Hz; 0 for the UDP radio. */
  readonly spiBaud: number;
  readonly txPowerDbmMax: number;
  /** SX127x: true when the antenna hangs on the PA_BOOST pin. */
  readonly paBoost: boolean;
  /** SX126x: supply of the TCXO on DIO3 in tenths of a volt; 0 for a plain crystal. */
  readonly tcxoDecivolts: number;
  /** SX126x: DIO2 drives the antenna switch. */
  readonly dio2RfSwitch: boolean;
  /** SX126x: fed by the chip's DC-DC converter rather than its LDO. */
  readonly dcdc: boolean;
}

/** null for a pin that the board does not wire. */
export interface BoardPins {
  readonly sck: Pin | null;
  readonly miso: Pin | null;
  readonly mosi: Pin | null;
  readonly cs: Pin | null;
  readonly reset: Pin | null;
  readonly dio0: Pin | null;
  readonly dio1: Pin | null;
  readonly busy: Pin | null;
  /** High while receiving or transmitting, where an antenna switch is driven by the processor. */
  readonly rxEnable: Pin | null;
  readonly txEnable: Pin | null;
  /** Switches the supply of display and sensors; active level in `BoardDisplay.powerActiveLow`. */
  readonly peripheralPower: Pin | null;
  readonly led: Pin | null;
  readonly button: Pin | null;
}

export interface BoardDisplay {
  readonly kind: string;
  readonly sda: Pin;
  readonly scl: Pin;
  readonly reset: Pin | null;
  readonly address: number;
  readonly powerActiveLow: boolean;
}

export interface BoardBattery {
  readonly pin: Pin;
  /** Pin that connects the divider, if any, and the level that does. */
  readonly enable: Pin | null;
  readonly enableActiveLow: boolean;
  /** Battery millivolts at a full-scale reading (analogRead() == 1). */
  readonly fullScaleMv: number;
}

/**
 * Power management chip that feeds the radio and measures the battery; it may share the display's I2C
 * pins.
 */
export interface BoardPmu {
  readonly kind: string;
  readonly sda: Pin;
  readonly scl: Pin;
}

export interface Board {
  readonly id: string;
  /** 'esp32', 'esp32s3', 'esp32c3' or 'linux'. */
  readonly chip: string;
  readonly radio: BoardRadio;
  readonly pins: BoardPins;
  readonly display: BoardDisplay | null;
  readonly battery: BoardBattery | null;
  readonly pmu: BoardPmu | null;
}

declare const board: Board;
export default board;
