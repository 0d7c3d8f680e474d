// The SX1276 at register level: SPI bytes in, interrupt lines out. Written from the datasheet rev. 7
// (sections quoted as DS); knows nothing of our driver. Not modelled: FSK beyond its image calibration,
// frequency hopping, AFC.
import type { Scheduler } from '../ether/scheduler.ts';
import {
  frameUs, listenedLongEnough, ModelClock, symbolUs,
  type AirPort, type AirSettings, type LineName, type LoraModem, type RadioModel, type Reception,
} from './radio-model.ts';
import {
  BANDWIDTH_HZ, COMMON_RESET, FSK_RESET, LORA_RESET, Mode, R, READ_ONLY, WRITABLE_WHEN_BUSY,
} from './sx1276-registers.ts';

const enum Flag {
  CadDetected = 0x01,
  CadDone = 0x04,
  TxDone = 0x08,
  ValidHeader = 0x10,
  PayloadCrcError = 0x20,
  RxDone = 0x40,
  RxTimeout = 0x80,
}

/** DS table 7: time from standby to a running transmitter or receiver, oscillator already on. */
const START_US = 130;
const OSCILLATOR_START_US = 250;
/** DS 2.1.3.8 and 7.2.2. */
const IMAGE_CALIBRATION_US = 10000;
const RESET_RECOVERY_US = 5000;
const RESET_PULSE_US = 100;

export class Sx1276Model implements RadioModel {
  readonly violations: string[] = [];
  stuckTransmissions = 0;
  stuckDetections = 0;
  onLine: (name: LineName, level: number) => void = () => {};
  /** Frequency of the last image calibration that the driver asked for; 0 for none. */
  imageCalibratedHz = 0;
  private readonly clock: ModelClock;
  private readonly air: AirPort;
  private readonly common = new Uint8Array(128);
  private readonly lora = new Uint8Array(64);
  private readonly fsk = new Uint8Array(64);
  private readonly fifo = new Uint8Array(256);
  private readonly levels: Record<LineName, number> = { dio0: 0, dio1: 0, busy: 0 };
  private resetLevel = 1;
  private resetAtUs = 0;
  private readyAtUs = 0;
  private calibrationEndsUs = 0;
  private address = -1;
  private writing = false;
  private pending: number | undefined;
  private transmitting = false;
  private rxSinceUs = 0;
  private rxPointer = 0;
  private rxTimer: number | undefined;

  constructor(scheduler: Scheduler, air: AirPort) {
    this.clock = new ModelClock(scheduler);
    this.air = air;
    this.toResetState();
  }

  /** Register by address, LoRa page; for assertions. */
  peek(address: number): number {
    return address >= 0x0d && address < 0x40 ? this.lora[address] : this.common[address];
  }

  setReset(level: number): void {
    if (level === this.resetLevel) return;
    this.resetLevel = level;
    if (level === 0) {
      this.resetAtUs = this.clock.nowUs();
      this.toResetState();
      return;
    }
    if (this.clock.nowUs() - this.resetAtUs < RESET_PULSE_US) this.breach('reset pulse shorter than 100 us');
    this.readyAtUs = this.clock.nowUs() + RESET_RECOVERY_US;
  }

  brownOut(): void {
    this.toResetState();
    this.readyAtUs = this.clock.nowUs() + RESET_RECOVERY_US;
  }

  select(): void {
    if (this.address !== -1) this.breach('chip select fell twice');
    const up = this.resetLevel === 1 && this.clock.nowUs() >= this.readyAtUs;
    if (!up) this.breach('SPI access before the chip is up');
    this.address = -2;
  }

  deselect(): void {
    this.address = -1;
  }

  exchange(mosi: number): number {
    this.clock.spend(1);
    if (this.address === -1) {
      this.breach('clock without chip select');
      return 0;
    }
    if (this.address === -2) {
      this.address = mosi & 0x7f;
      this.writing = (mosi & 0x80) !== 0;
      return 0;
    }
    const address = this.address;
    // DS 2.2: the address goes up with every byte, except that of the FIFO.
    if (address !== R.Fifo) this.address = (address + 1) & 0x7f;
    if (!this.writing) return this.read(address);
    this.write(address, mosi);
    return 0;
  }

  line(name: LineName): number {
    return this.levels[name];
  }

  receive(frame: Uint8Array, rssiDbm: number, snrDb: number, reception: Reception): boolean {
    const mode = this.mode();
    if (!this.isLora() || (mode !== Mode.RxContinuous && mode !== Mode.RxSingle)) return false;
    const nowUs = this.clock.nowUs();
    if (!listenedLongEnough(this.modem(), this.rxSinceUs, nowUs, reception.airtimeUs ?? 0)) return false;
    const start = this.rxPointer;
    for (const byte of frame) {
      this.fifo[this.rxPointer] = byte;
      this.rxPointer = (this.rxPointer + 1) & 0xff;
    }
    this.lora[R.FifoRxCurrent] = start;
    this.lora[R.RxNbBytes] = frame.length;
    const packets = ((this.lora[R.RxPacketCntMsb] << 8) | this.lora[R.RxPacketCntLsb]) + 1;
    this.lora[R.RxPacketCntMsb] = packets >> 8;
    this.lora[R.RxPacketCntLsb] = packets;
    const crcPresent = reception.crcPresent ?? true;
    this.lora[R.HopChannel] = crcPresent ? 0x40 : 0;
    this.lora[R.PktSnr] = Math.round(snrDb * 4);
    // DS 5.5.5 backwards: -157 dBm is zero on the upper port, -164 dBm on the lower.
    const above = rssiDbm + (this.common[R.OpMode] & 0x08 ? 164 : 157);
    this.lora[R.PktRssi] = Math.max(0, Math.round(snrDb < 0 ? above - snrDb : (above * 15) / 16));
    this.raise(Flag.ValidHeader | Flag.RxDone | (crcPresent && !reception.crcOk ? Flag.PayloadCrcError : 0));
    if (mode === Mode.RxSingle) this.enterStandby();
    return true;
  }

  private toResetState(): void {
    this.stopWork();
    this.common.fill(0);
    this.lora.fill(0);
    this.fsk.fill(0);
    this.fifo.fill(0);
    load(this.common, COMMON_RESET);
    load(this.lora, LORA_RESET);
    load(this.fsk, FSK_RESET);
    this.calibrationEndsUs = 0;
    this.imageCalibratedHz = 0;
    this.updateLines();
  }

  private breach(what: string): void {
    this.violations.push(`SX1276: ${what}`);
  }

  private isLora(): boolean {
    return (this.common[R.OpMode] & 0x80) !== 0;
  }

  private mode(): Mode {
    return this.common[R.OpMode] & 7;
  }

  private read(address: number): number {
    if (address === R.Fifo) return this.readFifo();
    if (address < 0x0d || address >= 0x40) return this.common[address];
    if (!this.isLora()) {
      const running = address === R.ImageCal && this.clock.nowUs() < this.calibrationEndsUs;
      return this.fsk[address] | (running ? 0x20 : 0);
    }
    if (address !== R.ModemStat) return this.lora[address];
    const receiving = this.mode() === Mode.RxContinuous || this.mode() === Mode.RxSingle;
    return receiving && this.air.busy() ? 0x0f : 0x10;
  }

  private readFifo(): number {
    if (this.mode() === Mode.Sleep) this.breach('FIFO read asleep');
    const at = this.lora[R.FifoAddrPtr]++;
    return this.fifo[at];
  }

  private write(address: number, value: number): void {
    if (address === R.Fifo) return this.writeFifo(value);
    if (address === R.OpMode) return this.writeOpMode(value);
    const busy = this.mode() > Mode.Standby;
    const name = `0x${address.toString(16).padStart(2, '0')}`;
    if (busy && !WRITABLE_WHEN_BUSY.includes(address)) {
      this.breach(`register ${name} written in mode ${this.mode()}`);
    }
    if (address < 0x0d || address >= 0x40) {
      if (READ_ONLY.includes(address)) this.breach(`read-only register ${name} written`);
      else this.common[address] = value;
      this.updateLines();
    } else if (!this.isLora()) this.writeFsk(address, value);
    else if (address === R.IrqFlags) {
      this.lora[R.IrqFlags] &= ~value;
      this.updateLines();
    } else if (READ_ONLY.includes(address)) this.breach(`read-only register ${name} written`);
    else this.lora[address] = value;
  }

  private writeFsk(address: number, value: number): void {
    this.fsk[address] = value & ~0x60;
    if (address !== R.ImageCal || !(value & 0x40)) return;
    if (this.mode() !== Mode.Standby) this.breach('image calibration started outside standby');
    this.calibrationEndsUs = this.clock.nowUs() + IMAGE_CALIBRATION_US;
    this.imageCalibratedHz = this.frequencyHz();
  }

  private writeFifo(value: number): void {
    if (this.mode() === Mode.Sleep) this.breach('FIFO written asleep');
    else if (this.mode() !== Mode.Standby) this.breach(`FIFO written in mode ${this.mode()}`);
    else this.fifo[this.lora[R.FifoAddrPtr]++] = value;
  }

  private writeOpMode(value: number): void {
    const before = this.common[R.OpMode];
    let next = value;
    if ((before ^ value) & 0x80 && (before & 7) !== Mode.Sleep) {
      // DS table 41, RegOpMode bit 7: ignored outside sleep.
      this.breach('modem changed outside sleep');
      next = (value & 0x7f) | (before & 0x80);
    }
    const from: Mode = before & 7;
    const to: Mode = next & 7;
    if (this.clock.nowUs() < this.calibrationEndsUs && to !== Mode.Standby) {
      this.breach('mode changed during image calibration');
    }
    if (from === to && from !== Mode.Sleep && from !== Mode.Standby) return;
    this.stopWork();
    this.common[R.OpMode] = next;
    if (to === Mode.Sleep) this.fifo.fill(0);
    if (!(next & 0x80)) {
      if (to > Mode.Standby) this.breach('FSK operation is not modelled');
      return;
    }
    if (from === Mode.Sleep && to > Mode.Standby) this.breach(`mode ${to} entered straight from sleep`);
    const startUs = START_US + (from === Mode.Sleep ? OSCILLATOR_START_US : 0);
    if (to === Mode.Tx) this.startTransmission(startUs);
    else if (to === Mode.Cad) this.startDetection(startUs);
    else if (to === Mode.RxContinuous) this.startReception(startUs, false);
    else if (to === Mode.RxSingle) this.startReception(startUs, true);
  }

  private startTransmission(startUs: number): void {
    const length = this.lora[R.PayloadLength];
    if (length === 0) this.breach('transmission of 0 bytes');
    const frame = new Uint8Array(length);
    for (let i = 0; i < length; i++) frame[i] = this.fifo[(this.lora[R.FifoTxBase] + i) & 0xff];
    const airtimeUs = frameUs(this.modem(), length);
    this.transmitting = true;
    this.air.transmit(frame, airtimeUs, this.settings());
    if (this.stuckTransmissions > 0) {
      this.stuckTransmissions--;
      return;
    }
    this.pending = this.clock.afterUs(startUs + airtimeUs, () => {
      this.transmitting = false;
      this.enterStandby();
      this.raise(Flag.TxDone);
    });
  }

  /** DS 4.1.6: listening for (2^SF + 32)/BW, then working for 2^SF x SF/1.75 MHz. */
  private startDetection(startUs: number): void {
    const { spreadingFactor: sf, bandwidthHz } = this.modem();
    const listenUs = ((2 ** sf + 32) * 1e6) / bandwidthHz;
    const heard = this.air.busy();
    if (this.stuckDetections > 0) {
      this.stuckDetections--;
      return;
    }
    this.pending = this.clock.afterUs(startUs + listenUs + (2 ** sf * sf) / 1.75, () => {
      const detected = heard || this.air.busy();
      this.enterStandby();
      this.raise(Flag.CadDone | (detected ? Flag.CadDetected : 0));
    });
  }

  private startReception(startUs: number, single: boolean): void {
    this.rxSinceUs = this.clock.nowUs() + startUs;
    this.rxPointer = this.lora[R.FifoRxBase];
    if (!single) return;
    const symbols = ((this.lora[R.ModemConfig2] & 3) << 8) | this.lora[R.SymbTimeoutLsb];
    this.rxTimer = this.clock.afterUs(startUs + symbols * symbolUs(this.modem()), () => {
      if (this.air.busy()) return;
      this.enterStandby();
      this.raise(Flag.RxTimeout);
    });
  }

  private stopWork(): void {
    this.clock.cancel(this.pending);
    this.clock.cancel(this.rxTimer);
    this.pending = this.rxTimer = undefined;
    if (this.transmitting) this.air.abort();
    this.transmitting = false;
  }

  private enterStandby(): void {
    this.stopWork();
    this.common[R.OpMode] = (this.common[R.OpMode] & 0xf8) | Mode.Standby;
  }

  private raise(flags: number): void {
    this.lora[R.IrqFlags] |= flags & ~this.lora[R.IrqMask];
    this.updateLines();
  }

  /** DS table 18. */
  private updateLines(): void {
    const flags = this.isLora() ? this.lora[R.IrqFlags] : 0;
    const mapping = this.common[R.DioMapping1];
    const dio0 = [Flag.RxDone, Flag.TxDone, Flag.CadDone, 0][mapping >> 6];
    const dio1 = [Flag.RxTimeout, 0, Flag.CadDetected, 0][(mapping >> 4) & 3];
    this.drive('dio0', flags & dio0 ? 1 : 0);
    this.drive('dio1', flags & dio1 ? 1 : 0);
  }

  private drive(name: LineName, level: number): void {
    if (this.levels[name] === level) return;
    this.levels[name] = level;
    this.onLine(name, level);
  }

  private frequencyHz(): number {
    const at = R.FrfMsb;
    const steps = (this.common[at] << 16) | (this.common[at + 1] << 8) | this.common[at + 2];
    return (steps * 32e6) / 2 ** 19;
  }

  private modem(): LoraModem {
    const config1 = this.lora[R.ModemConfig1];
    const config2 = this.lora[R.ModemConfig2];
    return {
      spreadingFactor: config2 >> 4,
      bandwidthHz: BANDWIDTH_HZ[config1 >> 4] ?? 500000,
      codingRate: (config1 >> 1) & 7,
      preambleSymbols: (this.lora[R.PreambleMsb] << 8) | this.lora[R.PreambleLsb],
      explicitHeader: (config1 & 1) === 0,
      crc: (config2 & 4) !== 0,
      lowDataRate: (this.lora[R.ModemConfig3] & 8) !== 0,
    };
  }

  private settings(): AirSettings {
    const pa = this.common[R.PaConfig];
    const boost = (pa & 0x80) !== 0;
    const high = (this.common[R.PaDac] & 7) === 7;
    const rfo = 10.8 + 0.6 * ((pa >> 4) & 7) - 15 + (pa & 15);
    const powerDbm = boost ? (high ? 5 : 2) + (pa & 15) : rfo;
    const { spreadingFactor, bandwidthHz } = this.modem();
    const syncWord = this.lora[R.SyncWord];
    return { frequencyHz: this.frequencyHz(), spreadingFactor, bandwidthHz, syncWord, powerDbm };
  }
}

function load(page: Uint8Array, values: Readonly<Record<number, number>>): void {
  for (const [address, value] of Object.entries(values)) page[Number(address)] = value;
}
