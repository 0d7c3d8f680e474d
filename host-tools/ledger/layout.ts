// Fixed binary layouts as data: a list of (name, type) that both encodes and decodes (SPEC L2). Everything hashed
// or signed in this room goes through here, so one meaning has exactly one byte string. Called by the codecs of
// genesis, transactions, blocks and state records; knows nothing of what the fields mean.
import { getI48, getU16, getU32, putI48, putU16, putU32 } from '#protocol';

/** `u48` is unsigned and at most 2^47 - 1, like every amount; `i48` is two's complement; a number is raw bytes. */
export type FieldType = 'u8' | 'u16' | 'u32' | 'u48' | 'i48' | number;
export type FieldList = readonly (readonly [name: string, type: FieldType])[];
type ValueOf<T> = T extends number ? Uint8Array : number;
export type Fields<L extends FieldList> = { -readonly [F in L[number] as F[0]]: ValueOf<F[1]> };

export interface Layout<L extends FieldList> {
  size: number;
  encode(value: Fields<L>): Uint8Array;
  /** Into `bytes` from `at`; other fields of `value` are ignored. */
  encodeInto(value: Fields<L>, bytes: Uint8Array, at: number): void;
  /** Undefined when the length differs or an amount has its top bit set. `bytes` may be a view; fields are copies. */
  decode(bytes: Uint8Array): Fields<L> | undefined;
  /** Into an object that has the fields already, from `at`; false as for `decode`. The rest of `bytes` is ignored. */
  decodeInto(bytes: Uint8Array, at: number, value: object): boolean;
  /** Offset of a field, for those who sign or patch a part. */
  offsetOf(name: L[number][0]): number;
}

const AMOUNT_MAX = 2 ** 47 - 1;
const INTEGER_MAX = { u8: 0xff, u16: 0xffff, u32: 0xffffffff, u48: AMOUNT_MAX, i48: AMOUNT_MAX };
const SIZES = { u8: 1, u16: 2, u32: 4, u48: 6, i48: 6 };

export function fieldSize(type: FieldType): number {
  return typeof type === 'number' ? type : SIZES[type];
}

/** Out of range or of the wrong length is our own bug: what comes from outside was decoded, hence in range. */
function put(bytes: Uint8Array, at: number, name: string, type: FieldType, value: number | Uint8Array): void {
  if (typeof type === 'number') {
    if (!(value instanceof Uint8Array) || value.length !== type) throw new RangeError(`${name} needs ${type} bytes`);
    bytes.set(value, at);
    return;
  }
  const low = type === 'i48' ? -AMOUNT_MAX : 0;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > INTEGER_MAX[type]) {
    throw new RangeError(`${name} is not a ${type}: ${String(value)}`);
  }
  if (type === 'u8') bytes[at] = value;
  else if (type === 'u16') putU16(bytes, at, value);
  else if (type === 'u32') putU32(bytes, at, value);
  else putI48(bytes, at, value);
}

function get(bytes: Uint8Array, at: number, type: FieldType): number | Uint8Array {
  switch (type) {
    case 'u8': return bytes[at]!;
    case 'u16': return getU16(bytes, at);
    case 'u32': return getU32(bytes, at);
    case 'u48':
    case 'i48': return getI48(bytes, at);
    default: return new Uint8Array(bytes.subarray(at, at + type));
  }
}

export function layout<const L extends FieldList>(fields: L): Layout<L> {
  const offsets = new Map<string, number>();
  let size = 0;
  for (const [name, type] of fields) {
    offsets.set(name, size);
    size += fieldSize(type);
  }
  const encodeInto = (value: object, bytes: Uint8Array, start: number): void => {
    let at = start;
    for (const [name, type] of fields) {
      put(bytes, at, name, type, (value as Record<string, number | Uint8Array>)[name]!);
      at += fieldSize(type);
    }
  };
  const decodeInto = (bytes: Uint8Array, start: number, value: object): boolean => {
    let at = start;
    for (const [name, type] of fields) {
      const field = get(bytes, at, type);
      if (type === 'u48' && (field as number) < 0) return false;
      if (type === 'i48' && (field as number) < -AMOUNT_MAX) return false;
      (value as Record<string, number | Uint8Array>)[name] = field;
      at += fieldSize(type);
    }
    return true;
  };
  return {
    size,
    encodeInto,
    decodeInto,
    encode(value) {
      const bytes = new Uint8Array(size);
      encodeInto(value, bytes, 0);
      return bytes;
    },
    decode(bytes) {
      const value = {};
      return bytes.length === size && decodeInto(bytes, 0, value) ? (value as Fields<L>) : undefined;
    },
    offsetOf(name) {
      return offsets.get(name)!;
    },
  };
}

export function concat(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
