// The SX1261, SX1262 and SX1268 behind the LoRa engine: commands, data buffer, errata. Written from
// Semtech's datasheet SX1261/2 rev. 2.1 (sections quoted as DS). Owns no timer; every command waits for
// BUSY to fall. Called by the engine; the pins and the bus arrive as arguments.
import { lowDataRateOptimised } from '../protocol/airtime.ts';
import type { LoraConfig } from './lora-config.ts';
import { ChipEvent } from './lora-engine.ts';
import type { LoraChip } from './lora-engine.ts';
import { RadioFault } from './radio-fault.ts';
import type { BoardIo, SpiBus } from './spi-bus.ts';
import { ChipMode, Op, Reg, Sx126xPort } from './sx126x-port.ts';

export interface Sx126xWiring {
  cs: object;
  reset: object;
  busy: object;
  dio1: object;
  /** Lines of an antenna switch that the processor drives. */
  rxEnable: object | null;
  txEnable: object | null;
  /** DIO2 drives the antenna switch. */
  dio2RfSwitch: boolean;
  /** Supply of the TCXO on DIO3 in tenths of a volt; 0 for a plain crystal. */
  tcxoDecivolts: number;
  /** Fed by the chip's DC-DC converter rather than its LDO. */
  dcdc: boolean;
  /** The SX1261's 15 dBm amplifier instead of the 22 dBm one of SX1262 and SX1268. */
  lowPower: boolean;
}

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
  Recorded = 0x3f7,
  /** Those that raise DIO1. */
  OnLine = TxDone | RxDone | HeaderErr | CadDone | Timeout,
}

/** Reads of the flags that may find a header without its frame; then the flag counts as stale. */
const HEADER_READS_MAX = 40;
const TCXO_START_MS = 5;

export class Sx126x implements LoraChip {
  readonly bus: SpiBus;
  readonly irqPin: object;
  rssiDbm = 0;
  snrDb = 0;
  private readonly io: BoardIo;
  private readonly wiring: Sx126xWiring;
  private readonly config: LoraConfig;
  private readonly port: Sx126xPort;
  private listening = false;
  private headerReads = 0;
  private iqPolarity = 0;

  constructor(io: BoardIo, wiring: Sx126xWiring, config: LoraConfig) {
    this.io = io;
    this.port = new Sx126xPort(io, wiring.cs, wiring.busy);
    this.bus = this.port.bus;
    this.wiring = wiring;
    this.config = config;
    this.irqPin = wiring.dio1;
  }

  boot(step: number): number {
    this.listening = false;
    switch (step) {
      case 0: // DS 8.1: low for 100 us at least; BUSY falls when the chip is ready.
        this.io.digitalWrite(this.wiring.reset, 0);
        this.antenna(0, 0);
        return 2;
      case 1:
        this.io.digitalWrite(this.wiring.reset, 1);
        return 10;
      case 2:
        if (this.io.digitalRead(this.wiring.busy)) return -RadioFault.NoChip;
        this.port.command(Op.SetStandby, 0);
        // There is no version register: the sync word after reset is the chip's signature (DS table 12-1).
        if (this.port.readRegister(Reg.SyncWordMsb) !== 0x14) return -RadioFault.NoChip;
        if (this.port.readRegister(Reg.SyncWordLsb) !== 0x24) return -RadioFault.NoChip;
        this.startCalibration();
        return 25;
      case 3:
        // ADC, PLL, oscillators, image; bit 8 is the PA's and not of interest yet (DS 13.6.1).
        if (this.port.ask(Op.GetDeviceErrors, 4)[3]! & 0x7f) return -RadioFault.Calibration;
        this.calibrateImage();
        return 10;
      default:
        this.configure();
        return this.port.readRegister(Reg.SyncWordMsb) === this.syncWordMsb() ? 0 : -RadioFault.NoChip;
    }
  }

  listen(): void {
    this.port.command(Op.SetStandby, 0);
    this.antenna(1, 0);
    this.setPacketParams(0xff);
    this.clearEvents();
    this.port.buffer[1] = this.port.buffer[2] = this.port.buffer[3] = 0xff;
    this.port.start(Op.SetRx, 4);
    this.listening = true;
  }

  events(): number {
    const answer = this.port.ask(Op.GetIrqStatus, 4);
    const irq = (answer[2]! << 8) | answer[3]!;
    let events = 0;
    if (irq & Irq.RxDone) events |= ChipEvent.RxDone | (irq & Irq.CrcErr ? ChipEvent.CrcError : 0);
    if (irq & Irq.HeaderErr) events |= ChipEvent.HeaderError;
    if (irq & Irq.TxDone) events |= ChipEvent.TxDone;
    if (irq & Irq.CadDone) events |= ChipEvent.CadDone;
    if (irq & Irq.CadDetected) events |= ChipEvent.CadDetected;
    if (this.isReceiving(irq)) events |= ChipEvent.Receiving;
    if (this.listening && ((answer[1]! >> 4) & 7) !== ChipMode.Rx) events |= ChipEvent.Lost;
    return events;
  }

  clearEvents(): void {
    this.port.clearIrq(0x03ff);
  }

  takeFrame(): Uint8Array | undefined {
    if (!(this.port.readRegister(Reg.HeaderCrc) & 0x10)) return undefined;
    const where = this.port.ask(Op.GetRxBufferStatus, 4);
    const length = where[2]!;
    const offset = where[3]!;
    if (length === 0) return undefined;
    const quality = this.port.ask(Op.GetPacketStatus, 5);
    // DS 13.5.3: -rssi/2 dBm, snr in quarters of a dB, signed.
    this.rssiDbm = -(quality[2]! >> 1);
    this.snrDb = (quality[3]! << 24) >> 26;
    this.port.buffer[1] = offset;
    this.port.buffer[2] = 0;
    return this.port.transferBuffer(Op.ReadBuffer, 3, new Uint8Array(length));
  }

  detect(frame: Uint8Array): void {
    this.listening = false;
    this.port.command(Op.SetStandby, 0);
    this.setPacketParams(frame.length);
    this.port.buffer[1] = 0;
    this.port.transferBuffer(Op.WriteBuffer, 2, frame);
    this.clearEvents();
    this.port.start(Op.SetCad, 1);
  }

  transmit(_frame: Uint8Array, timeoutMs: number): void {
    this.antenna(0, 1);
    this.clearEvents();
    this.port.put24(timeoutMs << 6);
    this.port.start(Op.SetTx, 4);
  }

  private antenna(receive: number, transmit: number): void {
    if (this.wiring.rxEnable) this.io.digitalWrite(this.wiring.rxEnable, receive);
    if (this.wiring.txEnable) this.io.digitalWrite(this.wiring.txEnable, transmit);
  }

  /**
   * A valid header is a frame on its way; a preamble alone may be noise, so it counts once and is
   * forgotten.
   */
  private isReceiving(irq: number): boolean {
    if (irq & Irq.RxDone || !(irq & (Irq.HeaderValid | Irq.PreambleDetected))) {
      this.headerReads = 0;
      return false;
    }
    if (!(irq & Irq.HeaderValid)) {
      this.port.clearIrq(Irq.PreambleDetected);
      return true;
    }
    if (++this.headerReads <= HEADER_READS_MAX) return true;
    this.port.clearIrq(Irq.HeaderValid | Irq.PreambleDetected);
    return false;
  }

  private startCalibration(): void {
    this.port.command(Op.SetRegulatorMode, this.wiring.dcdc ? 1 : 0);
    if (this.wiring.tcxoDecivolts) {
      // DS 13.3.6: code of the voltage, then the start-up time in steps of 15.625 us.
      this.port.buffer[1] = tcxoCode(this.wiring.tcxoDecivolts);
      this.port.buffer[2] = 0;
      this.port.buffer[3] = (TCXO_START_MS * 64) >> 8;
      this.port.buffer[4] = (TCXO_START_MS * 64) & 0xff;
      this.port.query(Op.SetDio3AsTcxoCtrl, 5);
    }
    // With a TCXO the oscillator cannot have started at power-up: that old error is not ours (DS 13.3.6).
    this.port.buffer[1] = this.port.buffer[2] = 0;
    this.port.query(Op.ClearDeviceErrors, 3);
    this.port.command(Op.Calibrate, 0x7f);
  }

  /** DS 9.2.1, table 9-2: the band around the channel. */
  private calibrateImage(): void {
    const mhz = this.config.frequencyHz / 1000000;
    const low = mhz >= 902 ? 0xe1 : mhz >= 863 ? 0xd7 : mhz >= 779 ? 0xc1 : mhz >= 470 ? 0x75 : 0x6b;
    const high = mhz >= 902 ? 0xe9 : mhz >= 863 ? 0xdb : mhz >= 779 ? 0xc5 : mhz >= 470 ? 0x81 : 0x6f;
    this.port.buffer[1] = low;
    this.port.buffer[2] = high;
    this.port.query(Op.CalibrateImage, 3);
  }

  private configure(): void {
    const config = this.config;
    this.port.command(Op.SetStandby, 0);
    if (this.wiring.dio2RfSwitch) this.port.command(Op.SetDio2AsRfSwitchCtrl, 1);
    this.port.command(Op.SetPacketType, 1);
    this.setFrequency();
    this.setPower(config.txPowerDbm);
    this.port.buffer[1] = this.port.buffer[2] = 0;
    this.port.query(Op.SetBufferBaseAddress, 3);
    this.port.buffer[1] = config.spreadingFactor;
    this.port.buffer[2] = this.bandwidthCode();
    this.port.buffer[3] = config.codingRate;
    this.port.buffer[4] = lowDataRateOptimised(config.spreadingFactor, config.bandwidthHz) ? 1 : 0;
    this.port.query(Op.SetModulationParams, 5);
    this.applyErrata();
    this.setPacketParams(0xff);
    this.port.writeRegister(Reg.SyncWordMsb, this.syncWordMsb());
    this.port.writeRegister(Reg.SyncWordLsb, ((config.syncWord << 4) & 0xf0) | 4);
    this.port.writeRegister(Reg.RxGain, 0x96); // DS 9.6: boosted, about 2 dB for 1 mA
    this.setCadParams();
    this.setIrqParams();
  }

  private syncWordMsb(): number {
    return (this.config.syncWord & 0xf0) | 4;
  }

  private bandwidthCode(): number {
    const hz = this.config.bandwidthHz;
    return hz >= 500000 ? 6 : hz >= 250000 ? 5 : hz >= 125000 ? 4 : 3;
  }

  private setFrequency(): void {
    // DS 13.4.1: steps of 32 MHz / 2^25.
    const steps = Math.floor((this.config.frequencyHz * 16384) / 15625);
    this.port.buffer[1] = steps >> 24;
    this.port.buffer[2] = steps >> 16;
    this.port.buffer[3] = steps >> 8;
    this.port.buffer[4] = steps;
    this.port.query(Op.SetRfFrequency, 5);
  }

  private setPacketParams(length: number): void {
    this.port.buffer[1] = this.config.preambleSymbols >> 8;
    this.port.buffer[2] = this.config.preambleSymbols;
    this.port.buffer[3] = 0; // explicit header
    this.port.buffer[4] = length;
    this.port.buffer[5] = 1; // CRC
    this.port.buffer[6] = 0; // standard IQ
    this.port.query(Op.SetPacketParams, 7);
    // DS 15.4: with standard IQ bit 2 must be set.
    this.port.writeRegister(Reg.IqPolarity, this.iqPolarity);
  }

  /** DS table 13-21: the most efficient amplifier setting for each range. */
  private setPower(dBm: number): void {
    if (this.wiring.lowPower) {
      this.setAmplifier(4, 0, 1, Math.max(-17, Math.min(14, dBm)));
      return;
    }
    if (dBm > 20) this.setAmplifier(4, 7, 0, Math.min(22, dBm));
    else if (dBm > 17) this.setAmplifier(3, 5, 0, dBm + 2);
    else if (dBm > 14) this.setAmplifier(2, 3, 0, dBm + 5);
    else this.setAmplifier(2, 2, 0, Math.max(-9, dBm + 8));
  }

  private setAmplifier(dutyCycle: number, hpMax: number, device: number, power: number): void {
    this.port.buffer[1] = dutyCycle;
    this.port.buffer[2] = hpMax;
    this.port.buffer[3] = device;
    this.port.buffer[4] = 1;
    this.port.query(Op.SetPaConfig, 5);
    // DS 13.1.14: the command above resets the limit; 140 mA, or 60 mA for the small amplifier.
    this.port.writeRegister(Reg.OcpConfiguration, device ? 0x18 : 0x38);
    this.port.buffer[1] = power;
    this.port.buffer[2] = 0x04; // 200 us ramp
    this.port.query(Op.SetTxParams, 3);
  }

  /**
   * DS 15.1 modulation quality at 500 kHz, 15.2 antenna mismatch, 15.4 IQ polarity. 15.3 concerns implicit
   * headers with a receive timeout, neither of which is used.
   */
  private applyErrata(): void {
    const modulation = this.port.readRegister(Reg.TxModulation);
    const wide = this.config.bandwidthHz >= 500000;
    this.port.writeRegister(Reg.TxModulation, wide ? modulation & 0xfb : modulation | 0x04);
    this.port.writeRegister(Reg.TxClampConfig, this.port.readRegister(Reg.TxClampConfig) | 0x1e);
    this.iqPolarity = this.port.readRegister(Reg.IqPolarity) | 0x04;
  }

  /**
   * Four symbols, peak SF + 13, minimum 10 (within Semtech's published ranges); back to standby when done.
   */
  private setCadParams(): void {
    this.port.buffer[1] = 2;
    this.port.buffer[2] = this.config.spreadingFactor + 13;
    this.port.buffer[3] = 10;
    this.port.buffer[4] = this.port.buffer[5] = this.port.buffer[6] = this.port.buffer[7] = 0;
    this.port.query(Op.SetCadParams, 8);
  }

  private setIrqParams(): void {
    this.port.buffer[1] = Irq.Recorded >> 8;
    this.port.buffer[2] = Irq.Recorded & 0xff;
    this.port.buffer[3] = Irq.OnLine >> 8;
    this.port.buffer[4] = Irq.OnLine & 0xff;
    this.port.buffer[5] = this.port.buffer[6] = this.port.buffer[7] = this.port.buffer[8] = 0;
    this.port.query(Op.SetDioIrqParams, 9);
  }
}

/** DS table 13-35. */
function tcxoCode(decivolts: number): number {
  if (decivolts <= 18) return Math.max(0, decivolts - 16);
  if (decivolts <= 22) return 3;
  if (decivolts <= 24) return 4;
  if (decivolts <= 27) return 5;
  return decivolts <= 30 ? 6 : 7;
}
