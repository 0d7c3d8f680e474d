// What an SX1262 has been told: packet type, modulation, power, clock, registers. The passive half of the
// model; the half that acts in time is sx1262-model.ts. Written from the datasheet rev. 2.1 (sections
// quoted as DS).
import type { AirSettings, LoraModem } from './radio-model.ts';
import { BANDWIDTH_HZ, Op, REGISTER_RESET } from './sx1262-commands.ts';

/** dBm by duty cycle and hpMax. */
const POWER_AT_22: Readonly<Record<string, number>> = { '4 7': 22, '3 5': 20, '2 3': 17, '2 2': 14 };

const TIMER_STEP_US = 15.625;

export function timerUs(args: number[]): number {
  return timerSteps(args) * TIMER_STEP_US;
}

export function timerSteps(args: number[]): number {
  return (args[0] << 16) | (args[1] << 8) | args[2];
}

export class Sx1262Settings {
  readonly registers = new Map<number, number>();
  irqMask = 0;
  dio1Mask = 0;
  deviceErrors = 0;
  /** Start-up time of the TCXO; -1 while DIO3 is not set up for one. */
  tcxoDelayUs = -1;
  /** -1 before SetPacketType. */
  packetType = -1;
  /** Parameters of SetPacketParams, SetCadParams and SetBufferBaseAddress as they came. */
  packet = [0, 12, 0, 0xff, 0, 0];
  cad = [0, 0, 0];
  base = [0, 0];
  /** After a transmission or reception to STDBY_XOSC instead of STDBY_RC. */
  fallbackToXosc = false;
  dio2RfSwitch = false;
  dcdc = false;
  private modulation = [7, 4, 1, 0];
  private frequencySteps = 0;
  private txPower = 0;
  /** What the amplifier gives at a setting of 22. */
  private powerAt22 = 22;
  private readonly breach: (what: string) => void;

  constructor(breach: (what: string) => void) {
    this.breach = breach;
    for (const [address, value] of Object.entries(REGISTER_RESET)) this.registers.set(Number(address), value);
  }

  register(address: number): number {
    return this.registers.get(address) ?? 0;
  }

  configure(op: number, args: number[]): void {
    if (op === Op.SetDioIrqParams) {
      this.irqMask = (args[0] << 8) | args[1];
      this.dio1Mask = (args[2] << 8) | args[3];
    } else if (op === Op.ClearDeviceErrors) this.deviceErrors = 0;
    else if (op === Op.SetPacketType) this.packetType = args[0];
    else if (op === Op.SetModulationParams) this.setModulation(args);
    else if (op === Op.SetPacketParams) this.packet = args;
    else if (op === Op.SetCadParams) this.cad = args;
    else if (op === Op.SetBufferBaseAddress) this.base = args;
    else if (op === Op.SetRfFrequency) this.frequencySteps = args.reduce((sum, byte) => sum * 256 + byte, 0);
    else if (op === Op.SetTxParams) this.setTxPower(args[0]);
    else if (op === Op.SetPaConfig) this.setPaConfig(args);
    else if (op === Op.SetDio2AsRfSwitchCtrl) this.dio2RfSwitch = args[0] === 1;
    else if (op === Op.SetRegulatorMode) this.dcdc = args[0] === 1;
    else if (op === Op.SetRxTxFallbackMode) this.fallbackToXosc = args[0] === 0x30;
    else if (op === Op.SetDio3AsTcxoCtrl) this.tcxoDelayUs = timerUs(args.slice(1));
  }

  private setModulation(args: number[]): void {
    const [sf, bandwidth, codingRate] = args;
    const valid = sf >= 5 && sf <= 12 && bandwidth in BANDWIDTH_HZ && codingRate >= 1 && codingRate <= 4;
    if (!valid) this.breach(`modulation ${args.join(' ')} does not exist`);
    this.modulation = args;
  }

  private setTxPower(value: number): void {
    this.txPower = (value << 24) >> 24;
    if (this.txPower < -9 || this.txPower > 22) this.breach(`transmit power ${this.txPower} dBm`);
  }

  private setPaConfig(args: number[]): void {
    const exists = args[0] <= 4 && args[1] <= 7 && args[2] === 0 && args[3] === 1;
    if (!exists) this.breach(`PA configuration ${args.join(' ')}`);
    this.powerAt22 = POWER_AT_22[`${args[0]} ${args[1]}`] ?? 22;
    // DS 13.1.14: sets the over-current limit back to its default.
    this.registers.set(0x08e7, 0x38);
  }

  writeRegisters(address: number, values: number[]): void {
    values.forEach((value, i) => {
      const at = address + i;
      if (!this.registers.has(at)) this.breach(`register 0x${at.toString(16)} does not exist`);
      this.registers.set(at, value);
    });
  }

  modem(): LoraModem {
    const [spreadingFactor, bandwidth, codingRate, lowDataRate] = this.modulation;
    return {
      spreadingFactor,
      bandwidthHz: BANDWIDTH_HZ[bandwidth],
      codingRate,
      preambleSymbols: (this.packet[0] << 8) | this.packet[1],
      explicitHeader: this.packet[2] === 0,
      crc: this.packet[4] === 1,
      lowDataRate: lowDataRate === 1,
    };
  }

  air(): AirSettings {
    const { spreadingFactor, bandwidthHz } = this.modem();
    const syncWord = (this.register(0x0740) & 0xf0) | (this.register(0x0741) >> 4);
    const frequencyHz = (this.frequencySteps * 32e6) / 2 ** 25;
    const powerDbm = this.txPower - 22 + this.powerAt22;
    return { frequencyHz, spreadingFactor, bandwidthHz, syncWord, powerDbm };
  }
}
