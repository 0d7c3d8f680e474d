// The AXP192 of a T-Beam: switches the radio's and the display's supply on and measures the battery.
// Written from the X-Powers AXP192 datasheet v1.1 (register names as there). Touches no other rail: DCDC3
// feeds the processor itself. Called by board-power.ts and battery.ts.

/** The two calls of an I2C port that are needed. */
export interface RegisterBus {
  writeTo(address: number, bytes: Uint8Array): void;
  readFrom(address: number, count: number): Uint8Array;
}

const ADDRESS = 0x34;

const enum Reg {
  /** Bit 0 DCDC1 (display), bit 1 DCDC3 (processor), bit 2 LDO2 (radio), bit 3 LDO3 (GPS). */
  PowerOutput = 0x12,
  Dcdc1Voltage = 0x26,
  Ldo23Voltage = 0x28,
  BatteryVoltageHigh = 0x78,
  AdcEnable1 = 0x82,
}

function read(bus: RegisterBus, register: number, count: number): Uint8Array {
  bus.writeTo(ADDRESS, new Uint8Array([register]));
  return bus.readFrom(ADDRESS, count);
}

function write(bus: RegisterBus, register: number, value: number): void {
  bus.writeTo(ADDRESS, new Uint8Array([register, value]));
}

/**
 * 3.3 V for radio and display; the GPS, which nothing here uses, stays without. Throws when nobody answers.
 */
export function axp192PowerUp(bus: RegisterBus): void {
  write(bus, Reg.Dcdc1Voltage, 0x68); // 0.7 V + 104 x 25 mV
  write(bus, Reg.Ldo23Voltage, 0xf0 | (read(bus, Reg.Ldo23Voltage, 1)[0]! & 0x0f)); // 1.8 V + 15 x 100 mV
  write(bus, Reg.PowerOutput, (read(bus, Reg.PowerOutput, 1)[0]! & 0xf7) | 0x05);
  write(bus, Reg.AdcEnable1, read(bus, Reg.AdcEnable1, 1)[0]! | 0x80);
}

/** Millivolts; 12 bits of 1.1 mV. Throws when nobody answers. */
export function axp192BatteryMv(bus: RegisterBus): number {
  const bytes = read(bus, Reg.BatteryVoltageHigh, 2);
  return Math.floor((((bytes[0]! << 4) | (bytes[1]! & 0x0f)) * 11) / 10);
}
