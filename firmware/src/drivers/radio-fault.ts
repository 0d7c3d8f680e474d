// The codes a LoRa driver passes to RadioPort's `onFault`. Numbers on the wire of the console, so they only
// grow. Up to 15 a reception was dropped and the chip is well; from 16 the driver repaired something.

export const enum RadioFault {
  /** The hardware CRC failed: the frame was dropped. */
  CrcError = 1,
  /** The header said that there is no CRC to check: a foreign frame, dropped. */
  NoCrc = 2,
  /** The header's own checksum failed. */
  HeaderError = 3,
  /** The interrupt edge never came; the slow poll found the event. */
  LostIrq = 16,
  /** The bus driver threw; the transaction was repeated. */
  BusException = 17,
  /** Repeating did not help: the chip is reset. */
  BusDead = 18,
  /** No chip of the expected kind answers. Tried again with a growing pause. */
  NoChip = 19,
  /** Calibration failed or did not end. */
  Calibration = 20,
  /** The chip left the mode it was put in, as after a brown-out. */
  ChipReset = 21,
  /** Channel activity detection did not end. */
  StuckCad = 22,
  /** A transmission did not end: the frame counts as not sent. */
  StuckTx = 23,
  /** The stored radio configuration is unusable; the built-in one is in force. */
  BadConfig = 24,
}
