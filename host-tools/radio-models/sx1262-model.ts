// The SX1262 at command level: SPI bytes in, BUSY and DIO1 out. Written from the datasheet SX1261/2 rev.
// 2.1 (sections quoted as DS); knows nothing of our driver. Not modelled: GFSK, sleep with retention,
// duty-cycled reception.
import type { Scheduler } from '../ether/scheduler.ts';
import {
  frameUs, listenedLongEnough, ModelClock, symbolUs,
  type AirPort, type LineName, type RadioModel, type Reception,
} from './radio-model.ts';
import { COMMANDS, Op } from './sx1262-commands.ts';
import { Sx1262Settings, timerSteps, timerUs } from './sx1262-settings.ts';

const enum Irq {
  TxDone = 0x001,
  RxDone = 0x002,
  PreambleDetected = 0x004,
  HeaderValid = 0x010,
  HeaderErr = 0x020,
  CrcErr = 0x040,
  CadDone = 0x080,
  CadDetected = 0x100,
  Timeout = 0x200,
}

const enum Mode {
  StandbyRc = 2,
  StandbyXosc = 3,
  Fs = 4,
  Rx = 5,
  Tx = 6,
}

/** DS table 8-2 and figure 8-2: how long BUSY stays up. */
const START_UP_US = 3500;
const COMMAND_US = 5;
const TO_RX_US = 83;
const TO_TX_US = 126;
const CALIBRATE_US = 3500;
const CALIBRATE_IMAGE_US = 2000;
const RESET_PULSE_US = 100;
/** A pin read and a turn of the loop, for an interpreter on a fast computer. */
const PIN_READ_US = 50;
const XOSC_START_ERROR = 0x20;

export interface Sx1262Board {
  /** A TCXO is fitted: without SetDIO3AsTcxoCtrl there is no clock for the radio. */
  tcxo: boolean;
}

export class Sx1262Model implements RadioModel {
  readonly violations: string[] = [];
  stuckTransmissions = 0;
  stuckDetections = 0;
  onLine: (name: LineName, level: number) => void = () => {};
  /** MHz that the image was last calibrated for. */
  imageBandMHz: [number, number] = [902, 928];
  /** What the chip was told since its reset; open to assertions. */
  settings: Sx1262Settings;
  private readonly clock: ModelClock;
  private readonly air: AirPort;
  private readonly board: Sx1262Board;
  private readonly buffer = new Uint8Array(256);
  private readonly bytes: number[] = [];
  private selected = false;
  private resetLevel = 1;
  private resetAtUs = 0;
  private busyUntilUs = 0;
  private mode = Mode.StandbyRc;
  private commandStatus = 0;
  private irq = 0;
  private dio1 = 0;
  private rxLength = 0;
  private rxStart = 0;
  private quality = [0, 0, 0];
  private pending: number | undefined;
  private transmitting = false;
  private detecting = false;
  private rxSinceUs = 0;
  private rxContinuous = false;

  constructor(scheduler: Scheduler, air: AirPort, board: Sx1262Board) {
    this.clock = new ModelClock(scheduler);
    this.air = air;
    this.board = board;
    this.settings = this.freshSettings();
  }

  /** Register by address; for assertions. */
  peek(address: number): number {
    return this.settings.register(address);
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
    this.occupy(START_UP_US);
  }

  brownOut(): void {
    this.toResetState();
    this.occupy(START_UP_US);
  }

  line(name: LineName): number {
    if (name === 'dio1') return this.dio1;
    if (name === 'dio0') return 0;
    this.clock.spend(PIN_READ_US);
    return this.isBusy() ? 1 : 0;
  }

  select(): void {
    if (this.selected) this.breach('chip select fell twice');
    if (this.isBusy()) this.breach('command while BUSY');
    this.selected = true;
    this.bytes.length = 0;
  }

  exchange(mosi: number): number {
    this.clock.spend(1);
    if (!this.selected) {
      this.breach('clock without chip select');
      return 0;
    }
    const index = this.bytes.push(mosi) - 1;
    return index === 0 ? this.status() : this.answer(this.bytes[0], index) & 0xff;
  }

  deselect(): void {
    this.selected = false;
    if (this.bytes.length > 0) this.execute(this.bytes[0], this.bytes.slice(1));
    this.bytes.length = 0;
  }

  receive(frame: Uint8Array, rssiDbm: number, snrDb: number, reception: Reception): boolean {
    if (this.mode !== Mode.Rx || this.detecting || this.settings.packetType !== 1) return false;
    const nowUs = this.clock.nowUs();
    const modem = this.settings.modem();
    if (!listenedLongEnough(modem, this.rxSinceUs, nowUs, reception.airtimeUs ?? 0)) return false;
    if (frame.length > this.settings.packet[3]) {
      // DS 13.4.6: with an explicit header the payload length is the longest that is accepted.
      this.raise(Irq.HeaderErr);
      return false;
    }
    this.rxStart = this.settings.base[1];
    this.rxLength = frame.length;
    frame.forEach((byte, i) => (this.buffer[(this.rxStart + i) & 0xff] = byte));
    const crcPresent = reception.crcPresent ?? true;
    this.settings.registers.set(0x076b, crcPresent ? 0x10 : 0);
    const rssi = Math.round(-2 * rssiDbm) & 0xff;
    this.quality = [rssi, Math.round(snrDb * 4) & 0xff, rssi];
    const bad = crcPresent && !reception.crcOk;
    this.raise(Irq.PreambleDetected | Irq.HeaderValid | Irq.RxDone | (bad ? Irq.CrcErr : 0));
    this.commandStatus = 2;
    if (!this.rxContinuous) this.enter(this.settings.fallbackToXosc ? Mode.StandbyXosc : Mode.StandbyRc);
    return true;
  }

  private toResetState(): void {
    this.stopWork();
    this.settings = this.freshSettings();
    this.mode = Mode.StandbyRc;
    this.commandStatus = this.irq = 0;
    this.imageBandMHz = [902, 928];
    this.updateLine();
  }

  private freshSettings(): Sx1262Settings {
    const settings = new Sx1262Settings((what) => this.breach(what));
    // DS 13.3.6: with a TCXO the oscillator cannot have started by itself at power-up.
    if (this.board.tcxo) settings.deviceErrors = XOSC_START_ERROR;
    return settings;
  }

  private breach(what: string): void {
    this.violations.push(`SX1262: ${what}`);
  }

  private isBusy(): boolean {
    return this.resetLevel === 0 || this.clock.nowUs() < this.busyUntilUs;
  }

  private occupy(us: number): void {
    this.busyUntilUs = this.clock.nowUs() + us;
  }

  private status(): number {
    return (this.mode << 4) | (this.commandStatus << 1);
  }

  /** What MISO carries at byte `index` of a command that asks something. */
  private answer(op: number, index: number): number {
    switch (op) {
      case Op.GetIrqStatus:
        if (index === 2) this.lookAtAir();
        return [0, this.status(), this.irq >> 8, this.irq][index] ?? 0;
      case Op.GetRxBufferStatus:
        return [0, this.status(), this.rxLength, this.rxStart][index] ?? 0;
      case Op.GetPacketStatus:
        return [0, this.status(), ...this.quality][index] ?? 0;
      case Op.GetDeviceErrors:
        return [0, this.status(), this.settings.deviceErrors >> 8, this.settings.deviceErrors][index] ?? 0;
      case Op.GetPacketType:
        return index === 2 ? this.settings.packetType : this.status();
      case Op.GetRssiInst:
        return index === 2 ? (this.air.busy() ? 160 : 230) : this.status();
      case Op.ReadRegister:
        if (index < 4) return this.status();
        return this.settings.register(((this.bytes[1] << 8) | this.bytes[2]) + index - 4);
      case Op.ReadBuffer:
        return index < 3 ? this.status() : this.buffer[(this.bytes[1] + index - 3) & 0xff];
      default:
        return this.status();
    }
  }

  /** A frame on its way shows as preamble and header; if it then breaks off, as a header error. */
  private lookAtAir(): void {
    if (this.mode !== Mode.Rx || this.detecting || this.irq & Irq.RxDone) return;
    if (this.air.busy()) this.raise(Irq.PreambleDetected | Irq.HeaderValid);
    else if (this.irq & Irq.HeaderValid) {
      this.irq &= ~Irq.HeaderValid;
      this.raise(Irq.HeaderErr);
    }
  }

  private execute(op: number, args: number[]): void {
    const rule = COMMANDS[op];
    if (!rule) return this.breach(`unknown opcode 0x${op.toString(16)}`);
    const length = args.length + 1;
    if (rule.open ? length < rule.length : length !== rule.length) {
      return this.breach(`${rule.name} with ${length} bytes instead of ${rule.length}`);
    }
    if (rule.standbyOnly && this.mode > Mode.StandbyXosc) this.breach(`${rule.name} in mode ${this.mode}`);
    const untyped = rule.afterPacketType && this.settings.packetType < 0;
    if (untyped) this.breach(`${rule.name} before SetPacketType`);
    this.occupy(COMMAND_US);
    this.commandStatus = 0;
    this.obey(op, args);
  }

  private obey(op: number, args: number[]): void {
    switch (op) {
      case Op.SetStandby:
        return this.enter(args[0] === 0 ? Mode.StandbyRc : Mode.StandbyXosc);
      case Op.SetTx:
        return this.startTransmission(timerUs(args));
      case Op.SetRx:
        return this.startReception(args);
      case Op.SetCad:
        return this.startDetection();
      case Op.Calibrate:
        return this.calibrate();
      case Op.CalibrateImage:
        this.imageBandMHz = [args[0] * 4, args[1] * 4];
        if (args[0] > args[1]) this.breach('image calibration with the band upside down');
        return this.occupy(CALIBRATE_IMAGE_US + Math.max(0, this.settings.tcxoDelayUs));
      case Op.WriteRegister:
        return this.settings.writeRegisters((args[0] << 8) | args[1], args.slice(2));
      case Op.WriteBuffer:
        return args.slice(1).forEach((byte, i) => (this.buffer[(args[0] + i) & 0xff] = byte));
      case Op.ClearIrqStatus:
        this.irq &= ~((args[0] << 8) | args[1]);
        return this.updateLine();
      default:
        this.settings.configure(op, args);
    }
  }

  private calibrate(): void {
    if (this.board.tcxo && this.settings.tcxoDelayUs < 0) this.settings.deviceErrors |= XOSC_START_ERROR;
    this.occupy(CALIBRATE_US + Math.max(0, this.settings.tcxoDelayUs));
  }

  /** False when the radio has no clock: a TCXO that nobody switched on. */
  private hasClock(): boolean {
    if (!this.board.tcxo || this.settings.tcxoDelayUs >= 0) return true;
    this.settings.deviceErrors |= XOSC_START_ERROR;
    this.commandStatus = 5;
    return false;
  }

  private leaveStandbyUs(us: number): number {
    const startUs = us + (this.mode === Mode.StandbyRc ? Math.max(0, this.settings.tcxoDelayUs) : 0);
    this.occupy(startUs);
    return startUs;
  }

  private startTransmission(timeoutUs: number): void {
    if (!this.hasClock()) return;
    if (this.mode === Mode.Tx) return this.breach('SetTx while transmitting');
    const startUs = this.leaveStandbyUs(TO_TX_US);
    this.enter(Mode.Tx);
    const length = this.settings.packet[3];
    if (length === 0) this.breach('transmission of 0 bytes');
    const frame = new Uint8Array(length);
    for (let i = 0; i < length; i++) frame[i] = this.buffer[(this.settings.base[0] + i) & 0xff];
    const airtimeUs = frameUs(this.settings.modem(), length);
    this.transmitting = true;
    this.air.transmit(frame, airtimeUs, this.settings.air());
    const stuck = this.stuckTransmissions > 0;
    if (stuck) this.stuckTransmissions--;
    if (timeoutUs > 0 && (stuck || timeoutUs < airtimeUs)) {
      // DS 13.1.4: the timer ends the transmission.
      this.pending = this.clock.afterUs(startUs + timeoutUs, () => this.finish(Irq.Timeout));
    } else if (!stuck) {
      this.pending = this.clock.afterUs(startUs + airtimeUs, () => {
        this.transmitting = false;
        this.finish(Irq.TxDone);
      });
    }
  }

  private startReception(args: number[]): void {
    if (!this.hasClock()) return;
    const startUs = this.leaveStandbyUs(TO_RX_US);
    this.enter(Mode.Rx);
    this.rxSinceUs = this.clock.nowUs() + startUs;
    this.rxContinuous = timerSteps(args) === 0xffffff;
    if (timerSteps(args) === 0 || this.rxContinuous) return;
    this.pending = this.clock.afterUs(startUs + timerUs(args), () => {
      if (!this.air.busy()) this.finish(Irq.Timeout);
    });
  }

  /** DS 6.1.3 and AN1200.48: the programmed symbols and about one more for the decision. */
  private startDetection(): void {
    if (!this.hasClock()) return;
    const startUs = this.leaveStandbyUs(TO_RX_US);
    // The status of a detecting chip reads as receiving.
    this.enter(Mode.Rx);
    this.detecting = true;
    const symbols = 2 ** this.settings.cad[0] + 1;
    const heard = this.air.busy();
    if (this.stuckDetections > 0) {
      this.stuckDetections--;
      return;
    }
    this.pending = this.clock.afterUs(startUs + symbols * symbolUs(this.settings.modem()), () => {
      const detected = heard || this.air.busy();
      this.enter(Mode.StandbyRc);
      this.raise(Irq.CadDone | (detected ? Irq.CadDetected : 0));
    });
  }

  private finish(flag: Irq): void {
    this.enter(this.settings.fallbackToXosc ? Mode.StandbyXosc : Mode.StandbyRc);
    this.raise(flag);
  }

  private enter(mode: Mode): void {
    this.stopWork();
    this.detecting = false;
    this.mode = mode;
  }

  private stopWork(): void {
    this.clock.cancel(this.pending);
    this.pending = undefined;
    if (this.transmitting) this.air.abort();
    this.transmitting = false;
  }

  private raise(flags: number): void {
    this.irq |= flags & this.settings.irqMask;
    this.updateLine();
  }

  private updateLine(): void {
    const level = this.irq & this.settings.dio1Mask ? 1 : 0;
    if (level === this.dio1) return;
    this.dio1 = level;
    this.onLine('dio1', level);
  }
}
