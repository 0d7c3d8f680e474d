// What a packet's plaintext says, in words for people; bytes from a node are never trusted to be well formed.
import { Payload, getU16, getU32 } from '#protocol';
import type { ReadingView } from './view.ts';

/** The reading of firmware/src/app/reading.ts, format 1: 20 bytes, big-endian. */
const READING_BYTES = 20;

export function describePayload(plaintext: Uint8Array): string {
  switch (plaintext[0]) {
    case Payload.READING:
      return describeReading(plaintext);
    case Payload.TEXT:
      // Without what would move a terminal's cursor.
      return new TextDecoder('utf-8').decode(plaintext.subarray(1)).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
    case Payload.OPEN:
      return 'asks to open a payment channel';
    case Payload.CLAIM:
      return 'claims what it earned';
    case Payload.STATE_REQUEST:
      return 'asks for the state of a channel';
    case Payload.TIME:
      return 'asks for the time';
    case Payload.KEYREQ:
      return 'asks for keys';
    case Payload.PROOF_REQUEST:
      return 'asks for a proof';
    default:
      return `payload kind ${plaintext[0] ?? 'none'}, ${plaintext.length} bytes`;
  }
}

/** Null for anything but a reading of format 1. */
export function readingOf(bytes: Uint8Array): ReadingView | null {
  if (bytes[0] !== Payload.READING || bytes.length !== READING_BYTES || bytes[1] !== 1) return null;
  const batteryMv = getU16(bytes, 8);
  return {
    number: getU16(bytes, 2),
    uptimeS: getU32(bytes, 4),
    batteryMv: batteryMv > 0 ? batteryMv : null,
    freeVars: getU16(bytes, 10),
    received: getU32(bytes, 12),
    relayed: getU32(bytes, 16),
  };
}

function describeReading(bytes: Uint8Array): string {
  const reading = readingOf(bytes);
  if (reading === null) return `reading of ${bytes.length} bytes in a format of its own`;
  const { number, uptimeS, batteryMv, received, relayed } = reading;
  const battery = batteryMv !== null ? `, battery ${(batteryMv / 1000).toFixed(2)} V` : '';
  return `reading ${number}: up ${uptimeS} s, heard ${received}, relayed ${relayed}${battery}`;
}
