// The SX1276/77/78/79 behind the LoRa engine: registers, FIFO, errata. Written from Semtech's datasheet
// rev. 7 (sections quoted as DS) and errata note rev. 1. Owns no timer and no state beyond the last status
// read. Called by the engine; the pins and the bus arrive as arguments.
import { lowDataRateOptimised } from '../protocol/airtime.ts';
import type { LoraConfig } from './lora-config.ts';
import { ChipEvent } from './lora-engine.ts';
import type { LoraChip } from './lora-engine.ts';
import { RadioFault } from './radio-fault.ts';
import { SpiBus } from './spi-bus.ts';
import type { BoardIo } from './spi-bus.ts';

export interface Sx127xWiring {
  cs: object;
  reset: object;
  dio0: object;
  /** Lines of an antenna switch that the processor drives. */
  rxEnable: object | null;
  txEnable: object | null;
  /** The antenna hangs on PA_BOOST (2..20 dBm) rather than on RFO (-4..15 dBm). */
  paBoost: boolean;
}

// DS table 41; names as there.
const enum Reg {
  Fifo = 0x00,
  OpMode = 0x01,
  FrfMsb = 0x06,
  FrfMid = 0x07,
  FrfLsb = 0x08,
  PaConfig = 0x09,
  Ocp = 0x0b,
  Lna = 0x0c,
  FifoAddrPtr = 0x0d,
  FifoTxBaseAddr = 0x0e,
  FifoRxBaseAddr = 0x0f,
  FifoRxCurrentAddr = 0x10,
  IrqFlagsMask = 0x11,
  IrqFlags = 0x12,
  RxNbBytes = 0x13,
  ModemStat = 0x18,
  PktSnrValue = 0x19,
  PktRssiValue = 0x1a,
  HopChannel = 0x1c,
  ModemConfig1 = 0x1d,
  ModemConfig2 = 0x1e,
  PreambleMsb = 0x20,
  PreambleLsb = 0x21,
  PayloadLength = 0x22,
  ModemConfig3 = 0x26,
  IfFreq1 = 0x2f,
  IfFreq2 = 0x30,
  DetectOptimize = 0x31,
  HighBwOptimize1 = 0x36,
  DetectionThreshold = 0x37,
  SyncWord = 0x39,
  HighBwOptimize2 = 0x3a,
  /** On the FSK page, as are all addresses of this name. */
  FskImageCal = 0x3b,
  DioMapping1 = 0x40,
  Version = 0x42,
  PaDac = 0x4d,
}

const enum Mode {
  Sleep = 0,
  Standby = 1,
  Tx = 3,
  RxContinuous = 5,
  Cad = 7,
  LowFrequency = 0x08,
  LongRange = 0x80,
}

const enum Irq {
  CadDetected = 0x01,
  CadDone = 0x04,
  TxDone = 0x08,
  CrcError = 0x20,
  RxDone = 0x40,
  /** RxTimeout and FhssChangeChannel never concern us: kept out of the flags. */
  Masked = 0x82,
}

/** DIO0 carries one event at a time (DS table 18). */
const enum Dio0 {
  RxDone = 0x00,
  TxDone = 0x40,
  CadDone = 0x80,
}

/** Registers 0x01..0x1C come in one transaction: mode, flags, length, position, quality. */
const STATUS_BYTES = 29;
const FIFO_ATTEMPTS_MAX = 4;
const FIFO_READ = new Uint8Array([Reg.Fifo]);
const FIFO_WRITE = new Uint8Array([Reg.Fifo | 0x80]);

export class Sx127x implements LoraChip {
  readonly bus: SpiBus;
  readonly irqPin: object;
  rssiDbm = 0;
  snrDb = 0;
  private readonly io: BoardIo;
  private readonly wiring: Sx127xWiring;
  private readonly config: LoraConfig;
  /** LongRange, and LowFrequency below 525 MHz where the other receiver path is in use (DS 5.3). */
  private readonly modeBase: number;
  private readonly pair = new Uint8Array(2);
  private readonly statusRequest = new Uint8Array(STATUS_BYTES);
  private status: Uint8Array;
  private expectedMode = 0;

  constructor(io: BoardIo, wiring: Sx127xWiring, config: LoraConfig) {
    this.io = io;
    this.bus = new SpiBus(io, wiring.cs);
    this.wiring = wiring;
    this.config = config;
    this.irqPin = wiring.dio0;
    this.modeBase = Mode.LongRange | (config.frequencyHz < 525000000 ? Mode.LowFrequency : 0);
    this.statusRequest[0] = Reg.OpMode;
    this.status = this.statusRequest;
  }

  boot(step: number): number {
    switch (step) {
      case 0: // DS 7.2.2: low for 100 us at least, then 5 ms until the chip answers.
        this.io.digitalWrite(this.wiring.reset, 0);
        this.antenna(0, 0);
        return 2;
      case 1:
        this.io.digitalWrite(this.wiring.reset, 1);
        return 10;
      case 2:
        if (this.read(Reg.Version) !== 0x12) return -RadioFault.NoChip;
        this.startImageCalibration();
        return 15;
      default:
        if (this.read(Reg.FskImageCal) & 0x20) return -RadioFault.Calibration;
        this.configure();
        return this.verify() ? 0 : -RadioFault.NoChip;
    }
  }

  listen(): void {
    this.mode(Mode.Standby);
    this.antenna(1, 0);
    this.write(Reg.IrqFlags, 0xff);
    this.write(Reg.DioMapping1, Dio0.RxDone);
    this.mode(Mode.RxContinuous);
  }

  events(): number {
    const status = this.bus.transact(this.statusRequest);
    this.status = status;
    const mode = status[Reg.OpMode]!;
    const flags = status[Reg.IrqFlags]!;
    let events = 0;
    if (flags & Irq.RxDone) events |= ChipEvent.RxDone | (flags & Irq.CrcError ? ChipEvent.CrcError : 0);
    if (flags & Irq.TxDone) events |= ChipEvent.TxDone;
    if (flags & Irq.CadDone) events |= ChipEvent.CadDone;
    if (flags & Irq.CadDetected) events |= ChipEvent.CadDetected;
    // Signal detected, synchronised, or header valid: bits 0, 1 and 3 (DS table 41, RegModemStat).
    if (status[Reg.ModemStat]! & 0x0b) events |= ChipEvent.Receiving;
    // TX and CAD end in standby by themselves; leaving LoRa or continuous reception is a reset.
    const lost =
      this.expectedMode === Mode.RxContinuous
        ? mode !== (this.modeBase | Mode.RxContinuous)
        : !(mode & Mode.LongRange);
    return lost ? events | ChipEvent.Lost : events;
  }

  clearEvents(): void {
    this.write(Reg.IrqFlags, 0xff);
  }

  takeFrame(): Uint8Array | undefined {
    const status = this.status;
    const length = status[Reg.RxNbBytes]!;
    // CrcOnPayload, from the header: without it the CRC flag means nothing.
    if (length === 0 || !(status[Reg.HopChannel]! & 0x40)) return undefined;
    const frame = this.transferFifo(status[Reg.FifoRxCurrentAddr]!, 0, new Uint8Array(length));
    // DS 5.5.5: steps of a quarter dB; below the noise floor the signal lies that much under the total power.
    const snr = (status[Reg.PktSnrValue]! << 24) >> 24;
    const raw = status[Reg.PktRssiValue]!;
    const offset = this.modeBase & Mode.LowFrequency ? -164 : -157;
    this.snrDb = snr >> 2;
    this.rssiDbm = offset + (snr < 0 ? raw + (snr >> 2) : Math.floor((raw * 16) / 15));
    return frame;
  }

  detect(frame: Uint8Array): void {
    this.mode(Mode.Standby);
    this.write(Reg.PayloadLength, frame.length);
    this.transferFifo(0, 0x80, frame);
    this.write(Reg.IrqFlags, 0xff);
    this.write(Reg.DioMapping1, Dio0.CadDone);
    this.mode(Mode.Cad);
  }

  transmit(_frame: Uint8Array, _timeoutMs: number): void {
    this.antenna(0, 1);
    this.write(Reg.IrqFlags, 0xff);
    this.write(Reg.DioMapping1, Dio0.TxDone);
    this.mode(Mode.Tx);
  }

  private antenna(receive: number, transmit: number): void {
    if (this.wiring.rxEnable) this.io.digitalWrite(this.wiring.rxEnable, receive);
    if (this.wiring.txEnable) this.io.digitalWrite(this.wiring.txEnable, transmit);
  }

  private write(register: number, value: number): void {
    this.pair[0] = register | 0x80;
    this.pair[1] = value;
    this.bus.transact(this.pair);
  }

  private read(register: number): number {
    this.pair[0] = register;
    this.pair[1] = 0;
    return this.bus.transact(this.pair)[1]!;
  }

  private mode(mode: number): void {
    this.expectedMode = mode;
    this.write(Reg.OpMode, this.modeBase | mode);
  }

  /** The FIFO pointer moves with every byte, so a repeated transfer starts with the pointer again. */
  private transferFifo(address: number, direction: number, bytes: Uint8Array): Uint8Array | undefined {
    for (let attempt = 0; attempt < FIFO_ATTEMPTS_MAX; attempt++) {
      this.write(Reg.FifoAddrPtr, address);
      const answer = this.bus.attempt(direction ? FIFO_WRITE : FIFO_READ, bytes);
      if (answer) return answer;
    }
    this.bus.failed = true;
    return undefined;
  }

  private setFrequency(): void {
    // DS 4.1.4: steps of 32 MHz / 2^19.
    const steps = Math.floor((this.config.frequencyHz * 256) / 15625);
    this.write(Reg.FrfMsb, (steps >> 16) & 0xff);
    this.write(Reg.FrfMid, (steps >> 8) & 0xff);
    this.write(Reg.FrfLsb, steps & 0xff);
  }

  /**
   * DS 2.1.3.8: the calibration at power-up was done at 434 MHz; ours is done at the channel, in FSK
   * standby.
   */
  private startImageCalibration(): void {
    this.write(Reg.OpMode, (this.modeBase & Mode.LowFrequency) | Mode.Standby);
    this.setFrequency();
    this.write(Reg.FskImageCal, 0x42);
  }

  private configure(): void {
    const config = this.config;
    // DS 4.1.2.2: the modem can only be changed asleep.
    this.write(Reg.OpMode, (this.modeBase & Mode.LowFrequency) | Mode.Sleep);
    this.mode(Mode.Sleep);
    this.mode(Mode.Standby);
    this.setFrequency();
    this.setPower(config.txPowerDbm);
    // Highest gain with 150 % current on the upper band; the AGC moves it from there (ModemConfig3 bit 2).
    this.write(Reg.Lna, 0x23);
    const slow = lowDataRateOptimised(config.spreadingFactor, config.bandwidthHz);
    this.write(Reg.ModemConfig1, (this.bandwidthCode() << 4) | (config.codingRate << 1));
    this.write(Reg.ModemConfig2, (config.spreadingFactor << 4) | 0x04);
    this.write(Reg.ModemConfig3, 0x04 | (slow ? 0x08 : 0));
    this.write(Reg.PreambleMsb, config.preambleSymbols >> 8);
    this.write(Reg.PreambleLsb, config.preambleSymbols & 0xff);
    this.write(Reg.DetectionThreshold, 0x0a);
    this.write(Reg.SyncWord, config.syncWord);
    this.write(Reg.FifoTxBaseAddr, 0);
    this.write(Reg.FifoRxBaseAddr, 0);
    this.write(Reg.IrqFlagsMask, Irq.Masked);
    this.applyErrata();
  }

  private bandwidthCode(): number {
    const hz = this.config.bandwidthHz;
    return hz >= 500000 ? 9 : hz >= 250000 ? 8 : hz >= 125000 ? 7 : 6;
  }

  private applyErrata(): void {
    const wide = this.config.bandwidthHz >= 500000;
    const mhz = this.config.frequencyHz / 1000000;
    // Errata 2.1: sensitivity at 500 kHz.
    if (wide && mhz >= 862) {
      this.write(Reg.HighBwOptimize1, 0x02);
      this.write(Reg.HighBwOptimize2, 0x64);
    } else if (wide && mhz >= 410 && mhz <= 525) {
      this.write(Reg.HighBwOptimize1, 0x02);
      this.write(Reg.HighBwOptimize2, 0x7f);
    } else {
      this.write(Reg.HighBwOptimize1, 0x03);
    }
    // Errata 2.3: spurious reception. Bit 7, AutomaticIFOn, stays only at 500 kHz; the low bits select
    // SF7..SF12.
    const reserved = this.read(Reg.DetectOptimize) & 0x78;
    this.write(Reg.DetectOptimize, reserved | 0x03 | (wide ? 0x80 : 0));
    if (!wide) {
      this.write(Reg.IfFreq1, 0x40);
      this.write(Reg.IfFreq2, 0x00);
    }
  }

  /**
   * DS 5.4.2 and 5.4.3 (output power), 5.4.4 (over-current: 45 mA + 5 mA a step up to 120 mA, then 10 mA).
   */
  private setPower(dBm: number): void {
    if (this.wiring.paBoost) {
      const high = dBm > 17;
      const power = Math.max(2, Math.min(20, dBm));
      this.write(Reg.PaConfig, 0x80 | (high ? power - 5 : power - 2));
      this.write(Reg.PaDac, high ? 0x87 : 0x84);
      this.write(Reg.Ocp, high ? 0x31 : 0x2b);
    } else {
      const power = Math.max(-4, Math.min(15, dBm));
      this.write(Reg.PaConfig, power < 0 ? power + 4 : 0x70 | power);
      this.write(Reg.PaDac, 0x84);
      this.write(Reg.Ocp, 0x2b);
    }
  }

  /** A wire that only half works shows here rather than as silence on the air. */
  private verify(): boolean {
    return (
      this.read(Reg.SyncWord) === this.config.syncWord &&
      this.read(Reg.ModemConfig2) === ((this.config.spreadingFactor << 4) | 0x04) &&
      this.read(Reg.OpMode) === (this.modeBase | Mode.Standby)
    );
  }
}
