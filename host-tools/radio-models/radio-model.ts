// What the register-level models of both radio chips share: the wires, the air, and the clock. A model is
// written from its datasheet and knows nothing of our drivers; what the silicon would refuse or garble it
// records as a violation.
import type { Scheduler } from '../ether/scheduler.ts';

export interface AirSettings {
  frequencyHz: number;
  spreadingFactor: number;
  bandwidthHz: number;
  /** The SX127x form, one byte. */
  syncWord: number;
  powerDbm: number;
}

/** The channel as one antenna sees it. */
export interface AirPort {
  /** A transmission starts now; the model keeps the time itself. */
  transmit(frame: Uint8Array, airtimeUs: number, settings: AirSettings): void;
  /** The chip was reset or put to standby in the middle of its transmission. */
  abort(): void;
  /** Somebody else's frame is in the air and strong enough to be detected. */
  busy(): boolean;
}

export interface Reception {
  crcOk: boolean;
  /** False: the header announces no CRC. Default true. */
  crcPresent?: boolean;
  /** Time on air: the receiver must have listened since the preamble. 0 (default) skips that rule. */
  airtimeUs?: number;
}

export type LineName = 'dio0' | 'dio1' | 'busy';

export interface RadioModel {
  /** Every breach of the chip's protocol, in words. A correct driver leaves it empty. */
  readonly violations: string[];
  /** Transmissions from now on that never end. */
  stuckTransmissions: number;
  /** Detections from now on that never end. */
  stuckDetections: number;
  select(): void;
  exchange(mosi: number): number;
  deselect(): void;
  setReset(level: number): void;
  line(name: LineName): number;
  /** Called after an interrupt line changed. */
  onLine: (name: LineName, level: number) => void;
  /** The end of a frame at the antenna. True when the chip took it. */
  receive(frame: Uint8Array, rssiDbm: number, snrDb: number, reception: Reception): boolean;
  /** A brown-out: registers fall back to their reset values, no line moves by itself. */
  brownOut(): void;
}

/**
 * Microseconds on top of a scheduler of whole milliseconds. Code that runs takes time (SPI bytes, pin
 * reads), which a virtual clock does not show; without it a loop that waits for BUSY would never end.
 */
export class ModelClock {
  private readonly scheduler: Scheduler;
  private lastMs = -1;
  private skewUs = 0;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  nowUs(): number {
    const nowMs = this.scheduler.nowMs();
    if (nowMs !== this.lastMs) {
      this.lastMs = nowMs;
      this.skewUs = 0;
    }
    return nowMs * 1000 + this.skewUs;
  }

  spend(us: number): void {
    this.nowUs();
    this.skewUs += us;
  }

  afterUs(us: number, fn: () => void): number {
    return this.scheduler.after(Math.ceil(us / 1000), fn);
  }

  cancel(handle: number | undefined): void {
    if (handle !== undefined) this.scheduler.cancel(handle);
  }
}

export interface LoraModem {
  spreadingFactor: number;
  bandwidthHz: number;
  codingRate: number;
  preambleSymbols: number;
  explicitHeader: boolean;
  crc: boolean;
  lowDataRate: boolean;
}

export function symbolUs(modem: LoraModem): number {
  return (2 ** modem.spreadingFactor * 1e6) / modem.bandwidthHz;
}

/** SX1276 datasheet 4.1.1.7 and SX1261/2 datasheet 6.1.4, in floating point as printed there. */
export function frameUs(modem: LoraModem, bytes: number): number {
  const sf = modem.spreadingFactor;
  const overhead = (modem.crc ? 16 : 0) + (sf >= 7 ? 8 : 0) + (modem.explicitHeader ? 20 : 0);
  const bits = 8 * bytes - 4 * sf + overhead;
  const perBlock = 4 * (modem.lowDataRate ? sf - 2 : sf);
  const payload = Math.ceil(Math.max(bits, 0) / perBlock) * (modem.codingRate + 4);
  const symbols = modem.preambleSymbols + (sf >= 7 ? 4.25 : 6.25) + 8 + payload;
  return symbols * symbolUs(modem);
}

/** A receiver that opened late still catches a frame if it hears the last five symbols of the preamble. */
export function listenedLongEnough(
  modem: LoraModem, sinceUs: number, nowUs: number, airtimeUs: number,
): boolean {
  if (airtimeUs === 0) return true;
  const slackUs = Math.max(0, modem.preambleSymbols - 5) * symbolUs(modem) + 1000;
  return sinceUs <= nowUs - airtimeUs + slackUs;
}
