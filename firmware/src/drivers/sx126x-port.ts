// The command port of an SX126x: opcodes, registers, BUSY, and the repetition of what a bus exception
// spoiled. Knows how to say things to the chip, not what to say: that is sx126x-chip.ts. Written from
// Semtech's datasheet SX1261/2 rev. 2.1 (sections quoted as DS).
import { SpiBus } from './spi-bus.ts';
import type { BoardIo } from './spi-bus.ts';

// DS chapter 13; names as there.
export const enum Op {
  ClearIrqStatus = 0x02,
  ClearDeviceErrors = 0x07,
  SetDioIrqParams = 0x08,
  WriteRegister = 0x0d,
  WriteBuffer = 0x0e,
  GetIrqStatus = 0x12,
  GetRxBufferStatus = 0x13,
  GetPacketStatus = 0x14,
  GetDeviceErrors = 0x17,
  ReadRegister = 0x1d,
  ReadBuffer = 0x1e,
  SetStandby = 0x80,
  SetRx = 0x82,
  SetTx = 0x83,
  SetRfFrequency = 0x86,
  SetCadParams = 0x88,
  Calibrate = 0x89,
  SetPacketType = 0x8a,
  SetModulationParams = 0x8b,
  SetPacketParams = 0x8c,
  SetTxParams = 0x8e,
  SetBufferBaseAddress = 0x8f,
  SetPaConfig = 0x95,
  SetRegulatorMode = 0x96,
  SetDio3AsTcxoCtrl = 0x97,
  CalibrateImage = 0x98,
  SetDio2AsRfSwitchCtrl = 0x9d,
  GetStatus = 0xc0,
  SetCad = 0xc5,
}

export const enum Reg {
  IqPolarity = 0x0736,
  SyncWordMsb = 0x0740,
  SyncWordLsb = 0x0741,
  /**
   * Bit 4: the received header announces a CRC (named in Semtech's published sx126x driver, not in the DS).
   */
  HeaderCrc = 0x076b,
  TxModulation = 0x0889,
  RxGain = 0x08ac,
  TxClampConfig = 0x08d8,
  OcpConfiguration = 0x08e7,
}

export const enum ChipMode {
  StandbyRc = 2,
  StandbyXosc = 3,
  Rx = 5,
}

/**
 * A read of BUSY costs an ESP32 about half a millisecond; nothing but a calibration keeps it high that
 * long.
 */
const BUSY_READS_MAX = 400;
const ATTEMPTS_MAX = 4;

export class Sx126xPort {
  readonly bus: SpiBus;
  /** Opcode and parameters of the next command; the callers fill in from 1. */
  readonly buffer = new Uint8Array(9);
  private readonly statusRequest = new Uint8Array(2);
  private readonly io: BoardIo;
  private readonly busy: object;

  constructor(io: BoardIo, chipSelect: object, busy: object) {
    this.io = io;
    this.bus = new SpiBus(io, chipSelect);
    this.busy = busy;
    this.statusRequest[0] = Op.GetStatus;
  }

  private ready(): boolean {
    for (let reads = 0; reads < BUSY_READS_MAX; reads++) {
      if (!this.io.digitalRead(this.busy)) return true;
    }
    this.bus.failed = true;
    return false;
  }

  /** Sends opcode and `buffer[1..length-1]`; returns what came back, or the request once the bus failed. */
  query(op: number, length: number): Uint8Array {
    const request = this.buffer.subarray(0, length);
    for (let attempt = 0; attempt < ATTEMPTS_MAX && this.ready(); attempt++) {
      request[0] = op;
      const answer = this.bus.attempt(request, undefined);
      if (answer) return answer;
    }
    this.bus.failed = true;
    return request;
  }

  /** A question: the bytes after the opcode are NOPs while the chip answers. */
  ask(op: number, length: number): Uint8Array {
    this.buffer.fill(0);
    return this.query(op, length);
  }

  command(op: number, value: number): void {
    this.buffer[1] = value;
    this.query(op, 2);
  }

  /** SetRx, SetTx, SetCad: repeated after a bus exception only if the chip did not obey the first time. */
  start(op: number, length: number): void {
    const request = this.buffer.subarray(0, length);
    request[0] = op;
    for (let attempt = 0; attempt < ATTEMPTS_MAX && this.ready(); attempt++) {
      if (attempt > 0) {
        const answer = this.bus.attempt(this.statusRequest, undefined);
        if (!answer) continue;
        const mode = (answer[1]! >> 4) & 7;
        if (mode !== ChipMode.StandbyRc && mode !== ChipMode.StandbyXosc) return;
      }
      if (this.bus.attempt(request, undefined)) return;
    }
    this.bus.failed = true;
  }

  transferBuffer(op: number, headerLength: number, bytes: Uint8Array): Uint8Array | undefined {
    const header = this.buffer.subarray(0, headerLength);
    header[0] = op;
    for (let attempt = 0; attempt < ATTEMPTS_MAX && this.ready(); attempt++) {
      const answer = this.bus.attempt(header, bytes);
      if (answer) return answer;
    }
    this.bus.failed = true;
    return undefined;
  }

  writeRegister(register: number, value: number): void {
    this.buffer[1] = register >> 8;
    this.buffer[2] = register & 0xff;
    this.buffer[3] = value;
    this.query(Op.WriteRegister, 4);
  }

  readRegister(register: number): number {
    this.buffer[1] = register >> 8;
    this.buffer[2] = register & 0xff;
    this.buffer[3] = this.buffer[4] = 0;
    return this.query(Op.ReadRegister, 5)[4]!;
  }

  clearIrq(mask: number): void {
    this.buffer[1] = mask >> 8;
    this.buffer[2] = mask & 0xff;
    this.query(Op.ClearIrqStatus, 3);
  }

  put24(value: number): void {
    this.buffer[1] = value >> 16;
    this.buffer[2] = value >> 8;
    this.buffer[3] = value;
  }
}
