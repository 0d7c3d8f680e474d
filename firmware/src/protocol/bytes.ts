// Reading and writing fixed fields of byte arrays, big-endian. The caller has checked the length.
// Shifts are 32-bit and signed, so reading sums instead where a value can reach 2^31; writing may shift, because a
// byte array keeps the low eight bits of whatever it is given.

export function getU16(bytes: Uint8Array, at: number): number {
  return bytes[at] * 256 + bytes[at + 1];
}

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

export function getU32(bytes: Uint8Array, at: number): number {
  return bytes[at] * 16777216 + (bytes[at + 1] << 16) + (bytes[at + 2] << 8) + bytes[at + 3];
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 24;
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
}

/** A signed amount in six bytes, two's complement: -2^47 .. 2^47 - 1. */
export function getI48(bytes: Uint8Array, at: number): number {
  const value = getU16(bytes, at) * 4294967296 + getU32(bytes, at + 2);
  return value >= 140737488355328 ? value - 281474976710656 : value;
}

export function putI48(bytes: Uint8Array, at: number, value: number): void {
  const wrapped = value < 0 ? value + 281474976710656 : value;
  const high = Math.floor(wrapped / 4294967296);
  putU16(bytes, at, high);
  putU32(bytes, at + 2, wrapped - high * 4294967296);
}

/** Copies `count` bytes; the ranges lie in different arrays. */
export function copyBytes(to: Uint8Array, at: number, from: Uint8Array, start: number, count: number): void {
  to.set(from.subarray(start, start + count), at);
}

export function equalBytes(a: Uint8Array, atA: number, b: Uint8Array, atB: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (a[atA + i] !== b[atB + i]) return false;
  return true;
}

/** A copy of a range; `subarray` alone would share memory and typed `slice` is a plain array on the board. */
export function cut(bytes: Uint8Array, start: number, count: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, start + count));
}

const HEX = '0123456789abcdef';

export function toHex(bytes: Uint8Array, start: number, count: number): string {
  let text = '';
  for (let i = start; i < start + count; i++) text += HEX.charAt(bytes[i] >> 4) + HEX.charAt(bytes[i] & 15);
  return text;
}

/** Bytes of a hexadecimal string, or undefined when it is not one. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = HEX.indexOf(text.charAt(2 * i).toLowerCase());
    const low = HEX.indexOf(text.charAt(2 * i + 1).toLowerCase());
    if (high < 0 || low < 0) return undefined;
    bytes[i] = high * 16 + low;
  }
  return bytes;
}
