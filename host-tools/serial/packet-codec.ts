// Espruino's packet protocol as bytes, host to board (README_Protocol.md): 10 01 hi lo data, where the upper
// three bits of hi are the type. Pure functions; the way back is console-lines.ts. Two bytes are never sent
// inside a packet: 03 raises the interpreter's interrupt flag even there and may abort the callback that is
// running (jsdevices.c, jshPushIOCharEventsHandler), and 04 ends the Linux build.

export const enum PacketType {
  Response = 0x0000,
  Eval = 0x2000,
  Event = 0x4000,
  FileSend = 0x6000,
  Data = 0x8000,
}

const PACKET_BYTES_MAX = 0x1fff;
export const CTRL_C = 0x03;
export const ENQ = 0x05;
const CTRL_D = 0x04;
const DLE = 0x10;
const SOH = 0x01;

/** Text is padded with spaces where its length would be a forbidden byte. Throws when it cannot be sent. */
export function encodeText(type: PacketType, text: string): Uint8Array {
  const bytes = Buffer.from(text, 'latin1');
  if (!sendable(bytes)) throw new Error('the text holds a Ctrl-C or Ctrl-D character: escape it');
  return encode(type, padded(bytes));
}

/** One chunk of a file. The caller has asked `sendable` and `chunkLength`. */
export function encodeData(bytes: Uint8Array): Uint8Array {
  return encode(PacketType.Data, bytes);
}

/** Whether the content can travel in packets as it is. */
export function sendable(bytes: Uint8Array): boolean {
  return !bytes.includes(CTRL_C) && !bytes.includes(CTRL_D);
}

/** How much of `remaining` bytes goes into the next packet, so that its length is no forbidden byte. */
export function chunkLength(remaining: number, max: number): number {
  const length = Math.min(remaining, max);
  return forbidden(length & 255) ? length - 2 : length;
}

function padded(bytes: Uint8Array): Uint8Array {
  let length = bytes.length;
  while (forbidden(length & 255)) length++;
  const out = new Uint8Array(length).fill(0x20);
  out.set(bytes);
  return out;
}

function forbidden(byte: number): boolean {
  return byte === CTRL_C || byte === CTRL_D;
}

function encode(type: PacketType, data: Uint8Array): Uint8Array {
  if (data.length > PACKET_BYTES_MAX) throw new Error(`a packet of ${data.length} bytes is too long`);
  const header = type | data.length;
  const packet = new Uint8Array(4 + data.length);
  packet.set([DLE, SOH, header >> 8, header & 255]);
  packet.set(data, 4);
  return packet;
}
