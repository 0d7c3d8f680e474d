// Fixed binary layouts as data: a list of (name, type) that both encodes and decodes (SPEC L2). Everything hashed
// or signed in this room goes through here, so one meaning has exactly one byte string. Called by the codecs of
// genesis, transactions, blocks and state records; knows nothing of what the fields mean.

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
  /** Every field of one object into another. */
  copy(from: object, to: object): void;
  /** Into an object that has the fields already, from `at`; false as for `decode`. The rest of `bytes` is ignored. */
  decodeInto(bytes: Uint8Array, at: number, value: object): boolean;
}

const AMOUNT_MAX = 2 ** 47 - 1;
const SIZES = { u8: 1, u16: 2, u32: 4, u48: 6, i48: 6 };
const TWO_32 = 4294967296;

function fieldSize(type: FieldType): number {
  return typeof type === 'number' ? type : SIZES[type];
}

/** Out of range or of the wrong length is our own bug: what comes from outside was decoded, hence in range. */
function fail(name: string, type: FieldType, value: unknown): never {
  throw new RangeError(`${name} is not ${typeof type === 'number' ? `${type} bytes` : `a ${type}`}: ${String(value)}`);
}

function cut(bytes: Uint8Array, from: number, size: number): Uint8Array {
  const part = new Uint8Array(size);
  for (let i = 0; i < size; i++) part[i] = bytes[from + i]!;
  return part;
}

/** Source text that writes the number `x` at `at`, after a check that it is a `type`. */
function putSource(type: Exclude<FieldType, number>, at: string): { isWrong: string; put: string } {
  const low = `b[${at} + 2] = x >>> 24; b[${at} + 3] = x >>> 16; b[${at} + 4] = x >>> 8; b[${at} + 5] = x;`;
  const high = `h = Math.floor(x / ${TWO_32}); b[${at}] = h >>> 8; b[${at} + 1] = h;`;
  const least = type === 'i48' ? -AMOUNT_MAX : 0;
  const amount = { isWrong: `!(x >= ${least} && x <= ${AMOUNT_MAX}) || x !== Math.floor(x)`, put: `${high} ${low}` };
  switch (type) {
    case 'u8': return { isWrong: 'x !== (x & 255)', put: `b[${at}] = x;` };
    case 'u16': return { isWrong: 'x !== (x & 65535)', put: `b[${at}] = x >>> 8; b[${at} + 1] = x;` };
    case 'u32': {
      const put = `b[${at}] = x >>> 24; b[${at} + 1] = x >>> 16; b[${at} + 2] = x >>> 8; b[${at} + 3] = x;`;
      return { isWrong: 'x !== (x >>> 0)', put };
    }
    default: return amount;
  }
}

/** Source text of what stands at `at`. */
function getSource(type: FieldType, at: string): string {
  const u32 = (a: string, i: number): string =>
    `((b[${a} + ${i}] << 24 | b[${a} + ${i + 1}] << 16 | b[${a} + ${i + 2}] << 8 | b[${a} + ${i + 3}]) >>> 0)`;
  switch (type) {
    case 'u8': return `b[${at}]`;
    case 'u16': return `(b[${at}] << 8 | b[${at} + 1])`;
    case 'u32': return u32(at, 0);
    case 'u48': return `((b[${at}] << 8 | b[${at} + 1]) * ${TWO_32} + ${u32(at, 2)})`;
    case 'i48': return `((b[${at}] << 24 | b[${at} + 1] << 16) / 65536 * ${TWO_32} + ${u32(at, 2)})`;
    default: return `cut(b, ${at}, ${type})`;
  }
}

/** True in the text for a value that was read and may not stand there. */
function refusedSource(type: FieldType, value: string): string {
  if (type === 'u48') return `${value} > ${AMOUNT_MAX}`;
  return type === 'i48' ? `${value} < ${-AMOUNT_MAX}` : '';
}

interface Compiled {
  copy(from: object, to: object): void;
  encodeInto(value: object, bytes: Uint8Array, at: number): void;
  decodeAt(bytes: Uint8Array, at: number): object | undefined;
  decodeInto(bytes: Uint8Array, at: number, value: object): boolean;
}

/**
 * A list of fields as straight code. Walking the list for every record of every block would be most of its cost:
 * a property whose name is a variable is looked up, one whose name is in the text is a load.
 */
function compile(fields: FieldList): Compiled {
  let [encode, read, assign, refused, same] = ['', '', '', '', ''];
  let offset = 0;
  for (const [name, type] of fields) {
    const at = `p + ${offset}`;
    const wrong = `fail('${name}', ${JSON.stringify(type)}, x)`;
    encode += `x = v.${name};\n`;
    if (typeof type === 'number') {
      encode += `if (!(x instanceof Uint8Array) || x.length !== ${type}) ${wrong};\n`;
      encode += `for (let i = 0; i < ${type}; i++) b[${at} + i] = x[i];\n`;
    } else {
      const { isWrong, put } = putSource(type, at);
      encode += `if (${isWrong}) ${wrong};\n${put}\n`;
    }
    read += `${name}: ${getSource(type, at)},`;
    same += `w.${name} = v.${name};\n`;
    assign += `v.${name} = ${getSource(type, at)};\n`;
    const condition = refusedSource(type, `v.${name}`);
    if (condition !== '') refused += ` || ${condition}`;
    offset += fieldSize(type);
  }
  const good = `!(false${refused})`;
  const text = `return {
    copy(v, w) { ${same} },
    encodeInto(v, b, p) { let x, h; ${encode} },
    decodeAt(b, p) { const v = { ${read} }; return ${good} ? v : undefined; },
    decodeInto(b, p, v) { ${assign} return ${good}; },
  };`;
  // The text holds field names and numbers from this room's tables, and nothing that comes from outside.
  return new Function('fail', 'cut', text)(fail, cut) as Compiled;
}

export function layout<const L extends FieldList>(fields: L): Layout<L> {
  const size = fields.reduce((sum, [, type]) => sum + fieldSize(type), 0);
  const { encodeInto, copy, decodeAt, decodeInto } = compile(fields);
  return {
    size,
    encodeInto,
    copy,
    decodeInto,
    encode(value) {
      const bytes = new Uint8Array(size);
      encodeInto(value, bytes, 0);
      return bytes;
    },
    decode(bytes) {
      return bytes.length === size ? (decodeAt(bytes, 0) as Fields<L> | undefined) : undefined;
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
