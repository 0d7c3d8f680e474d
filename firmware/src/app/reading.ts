// The reading a board sends when nobody built it an application of their own: its number, its age and how it fares.
// Twenty bytes behind the kind, big-endian; decoded by host-tools/gateway/reading.ts.
import { Payload, putU16, putU32 } from '#protocol';

export const enum Reading {
  FORMAT = 1,
  NUMBER = 2,
  UPTIME_S = 4,
  BATTERY_MV = 8,
  FREE_VARS = 10,
  RECEIVED = 12,
  RELAYED = 16,
  SIZE = 20,
}

export interface Vitals {
  number: number;
  uptimeS: number;
  /** 0 where the board cannot measure it. */
  batteryMv: number;
  freeVars: number;
  received: number;
  relayed: number;
}

export function encodeReading(vitals: Vitals): Uint8Array {
  const bytes = new Uint8Array(Reading.SIZE);
  bytes[0] = Payload.READING;
  bytes[Reading.FORMAT] = 1;
  putU16(bytes, Reading.NUMBER, vitals.number & 0xffff);
  putU32(bytes, Reading.UPTIME_S, vitals.uptimeS);
  putU16(bytes, Reading.BATTERY_MV, vitals.batteryMv);
  putU16(bytes, Reading.FREE_VARS, vitals.freeVars > 0xffff ? 0xffff : vitals.freeVars);
  putU32(bytes, Reading.RECEIVED, vitals.received);
  putU32(bytes, Reading.RELAYED, vitals.relayed);
  return bytes;
}
