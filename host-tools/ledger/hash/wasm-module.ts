// Writes a small WebAssembly module: one memory, functions of straight-line SIMD code with at most one loop. Just
// what sha256-module.ts needs of the binary format (WebAssembly core specification 2.0, chapter 5).

const I32 = 0x7f;
const V128 = 0x7b;
const PAGE = 65536;

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** Signed LEB128 of a 32-bit number. */
function sleb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

function section(id: number, body: number[]): number[] {
  return [id, ...leb(body.length), ...body];
}

function vector(items: number[][]): number[] {
  return [...leb(items.length), ...items.flat()];
}

function name(text: string): number[] {
  return [...leb(text.length), ...[...text].map((letter) => letter.charCodeAt(0))];
}

/** The body of one function: parameters and scalars are i32 locals 0.., then v128 locals as they are taken. */
export class FunctionBody {
  private readonly code: number[] = [];
  private vectors = 0;

  constructor(readonly parameters: number, private readonly scalars = 0) {}

  vectorLocal(): number {
    return this.parameters + this.scalars + this.vectors++;
  }

  get(local: number): this {
    return this.put(0x20, ...leb(local));
  }

  set(local: number): this {
    return this.put(0x21, ...leb(local));
  }

  tee(local: number): this {
    return this.put(0x22, ...leb(local));
  }

  constant(value: number): this {
    return this.put(0x41, ...sleb(value));
  }

  addScalar(): this {
    return this.put(0x6a);
  }

  multiplyScalar(): this {
    return this.put(0x6c);
  }

  /** Two vectors to one: byte i of the result is byte `from[i]` of both, laid end to end. */
  shuffle(from: number[]): this {
    return this.simd(0x0d, ...from);
  }

  /** The same 32-bit number in all four lanes. */
  splat(value: number): this {
    const lane = [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
    return this.simd(0x0c, ...lane, ...lane, ...lane, ...lane);
  }

  load(offset: number): this {
    return this.simd(0x00, 4, ...leb(offset));
  }

  store(offset: number): this {
    return this.simd(0x0b, 4, ...leb(offset));
  }

  and(): this { return this.simd(0x4e); }
  or(): this { return this.simd(0x50); }
  xor(): this { return this.simd(0x51); }
  shiftLeft(bits: number): this { return this.constant(bits).simd(0xab, 0x01); }
  shiftRight(bits: number): this { return this.constant(bits).simd(0xad, 0x01); }
  add(): this { return this.simd(0xae, 0x01); }

  /** Repeats `body` as long as the i32 local, lowered by one each time, is not zero; it must begin above zero. */
  repeat(counter: number, body: () => void): this {
    this.put(0x03, 0x40);
    body();
    return this.get(counter).constant(1).put(0x6b).tee(counter).put(0x0d, 0, 0x0b);
  }

  bytes(): number[] {
    const locals = vector([[...leb(this.scalars), I32], [...leb(this.vectors), V128]]);
    const body = [...locals, ...this.code, 0x0b];
    return [...leb(body.length), ...body];
  }

  private simd(...bytes: number[]): this {
    return this.put(0xfd, ...bytes);
  }

  private put(...bytes: number[]): this {
    for (const byte of bytes) this.code.push(byte);
    return this;
  }
}

/** A module that exports `memory` and the given functions, which return nothing. */
export function moduleBytes(memoryBytes: number, functions: Record<string, FunctionBody>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(functions);
  const types = entries.map(([, body]) => [0x60, ...vector(new Array<number[]>(body.parameters).fill([I32])), 0]);
  const exports = entries.map(([title], i) => [...name(title), 0x00, ...leb(i)]);
  return new Uint8Array([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, vector(types)),
    ...section(3, vector(entries.map((_, i) => leb(i)))),
    ...section(5, vector([[0x00, ...leb(Math.ceil(memoryBytes / PAGE))]])),
    ...section(7, vector([[...name('memory'), 0x02, 0x00], ...exports])),
    ...section(10, vector(entries.map(([, body]) => body.bytes()))),
  ]);
}

/** The part of WebAssembly's JavaScript interface that is used; the compiler's library for Node lacks it. */
interface WasmApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: object };
}
export const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: WasmApi };
