// The language library that a board really has, and nothing else: TypeScript runs with `noLib`, so what
// is missing here (Map, Math.imul, Array.from, typed-array slice ...) is a type error at build time
// instead of a crash on a mast. Every line was tried on the interpreter. Things that exist but answer
// differently than in Node are left out too: Math.round (-1.5 gives -2), toFixed(0) (truncates),
// typed-array slice (a plain Array), Promise (not a microtask).

interface Object {
  hasOwnProperty(key: string): boolean;
}
interface ObjectConstructor {
  keys(o: object): string[];
  values<T>(o: { [key: string]: T }): T[];
  entries<T>(o: { [key: string]: T }): [string, T][];
  assign<T, U>(target: T, source: U): T & U;
}
declare const Object: ObjectConstructor;

interface Function {
  call(thisArg: any, ...args: any[]): any;
  apply(thisArg: any, args?: any[]): any;
  bind(thisArg: any, ...args: any[]): any;
}
// TypeScript asks for these names by itself; there is nothing behind them.
interface CallableFunction extends Function {}
interface NewableFunction extends Function {}
interface IArguments {
  readonly length: number;
}

interface Boolean {}

interface Number {
  toString(radix?: number): string;
}
interface NumberConstructor {
  (value: any): number;
}
declare const Number: NumberConstructor;

declare const NaN: number;
declare const Infinity: number;
declare function parseInt(text: string, radix: number): number;
declare function parseFloat(text: string): number;
declare function isNaN(value: number): boolean;
declare function isFinite(value: number): boolean;

/** Strings are 8-bit on an ESP32: a character is a byte. */
interface String {
  readonly length: number;
  readonly [index: number]: string;
  charAt(index: number): string;
  charCodeAt(index: number): number;
  indexOf(text: string, from?: number): number;
  lastIndexOf(text: string): number;
  includes(text: string): boolean;
  startsWith(text: string): boolean;
  endsWith(text: string): boolean;
  slice(start: number, end?: number): string;
  substring(start: number, end?: number): string;
  split(separator: string): string[];
  replace(what: string | RegExp, by: string): string;
  match(pattern: RegExp): string[] | null;
  padStart(length: number, fill?: string): string;
  padEnd(length: number, fill?: string): string;
  repeat(count: number): string;
  toLowerCase(): string;
  toUpperCase(): string;
  trim(): string;
}
interface StringConstructor {
  (value: any): string;
  fromCharCode(...codes: number[]): string;
}
declare const String: StringConstructor;

/** Groups, classes, alternation, g and i. No {n,m}, non-greedy, (?:...), look-ahead, back-references. */
interface RegExp {
  test(text: string): boolean;
  exec(text: string): string[] | null;
}

interface ArrayLike<T> {
  readonly length: number;
  readonly [index: number]: T;
}
interface ReadonlyArray<T> {
  readonly length: number;
  readonly [index: number]: T;
  indexOf(item: T): number;
  includes(item: T): boolean;
  slice(start?: number, end?: number): T[];
  concat(...more: (T | readonly T[])[]): T[];
  join(separator: string): string;
  forEach(f: (item: T, index: number) => void): void;
  map<U>(f: (item: T, index: number) => U): U[];
  filter(f: (item: T, index: number) => boolean): T[];
  find(f: (item: T, index: number) => boolean): T | undefined;
  findIndex(f: (item: T, index: number) => boolean): number;
  some(f: (item: T, index: number) => boolean): boolean;
  every(f: (item: T, index: number) => boolean): boolean;
  reduce<U>(f: (sum: U, item: T, index: number) => U, first: U): U;
}
/**
 * `length` is read-only because assigning it throws on a board: use splice or a new array. `sort` is not
 * stable.
 */
interface Array<T> extends ReadonlyArray<T> {
  readonly length: number;
  [index: number]: T;
  push(...items: T[]): number;
  pop(): T | undefined;
  shift(): T | undefined;
  unshift(...items: T[]): number;
  splice(start: number, deleteCount: number, ...items: T[]): T[];
  fill(value: T): T[];
  reverse(): T[];
  sort(compare: (a: T, b: T) => number): T[];
}
interface ArrayConstructor {
  new <T>(length: number): T[];
  isArray(value: any): value is any[];
}
declare const Array: ArrayConstructor;

interface ArrayBuffer {
  readonly byteLength: number;
}
interface ArrayBufferConstructor {
  new (length: number): ArrayBuffer;
}
declare const ArrayBuffer: ArrayBufferConstructor;

/** `set` past the end is cut without an error and writes out of range are ignored: check lengths first. */
interface TypedArray<Self> {
  readonly length: number;
  [index: number]: number;
  readonly buffer: ArrayBuffer;
  readonly byteLength: number;
  readonly byteOffset: number;
  set(source: ArrayLike<number>, offset?: number): void;
  /** A view on the same bytes: one variable, no copy. */
  subarray(start: number, end?: number): Self;
  fill(value: number, start?: number, end?: number): Self;
  indexOf(value: number): number;
}
interface TypedArrayConstructor<Self> {
  new (length: number): Self;
  new (items: ArrayLike<number>): Self;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): Self;
}
interface Uint8Array extends TypedArray<Uint8Array> {}
interface Int8Array extends TypedArray<Int8Array> {}
interface Uint16Array extends TypedArray<Uint16Array> {}
interface Int16Array extends TypedArray<Int16Array> {}
interface Uint32Array extends TypedArray<Uint32Array> {}
interface Int32Array extends TypedArray<Int32Array> {}
interface Float64Array extends TypedArray<Float64Array> {}
declare const Uint8Array: TypedArrayConstructor<Uint8Array>;
declare const Int8Array: TypedArrayConstructor<Int8Array>;
declare const Uint16Array: TypedArrayConstructor<Uint16Array>;
declare const Int16Array: TypedArrayConstructor<Int16Array>;
declare const Uint32Array: TypedArrayConstructor<Uint32Array>;
declare const Int32Array: TypedArrayConstructor<Int32Array>;
declare const Float64Array: TypedArrayConstructor<Float64Array>;

/** Reading or writing out of range is not an error on a board. */
interface DataView {
  getUint8(offset: number): number;
  getInt8(offset: number): number;
  getUint16(offset: number, littleEndian?: boolean): number;
  getInt16(offset: number, littleEndian?: boolean): number;
  getUint32(offset: number, littleEndian?: boolean): number;
  getInt32(offset: number, littleEndian?: boolean): number;
  setUint8(offset: number, value: number): void;
  setInt8(offset: number, value: number): void;
  setUint16(offset: number, value: number, littleEndian?: boolean): void;
  setInt16(offset: number, value: number, littleEndian?: boolean): void;
  setUint32(offset: number, value: number, littleEndian?: boolean): void;
  setInt32(offset: number, value: number, littleEndian?: boolean): void;
}
interface DataViewConstructor {
  new (buffer: ArrayBuffer, byteOffset?: number, byteLength?: number): DataView;
}
declare const DataView: DataViewConstructor;

interface Math {
  readonly PI: number;
  abs(x: number): number;
  ceil(x: number): number;
  floor(x: number): number;
  min(...values: number[]): number;
  max(...values: number[]): number;
  /** Inexact even for integers: 2 to the 31 comes out as 2147483648.0000019. Never for counts or money. */
  pow(x: number, y: number): number;
  sqrt(x: number): number;
  exp(x: number): number;
  log(x: number): number;
  sin(x: number): number;
  cos(x: number): number;
  atan2(y: number, x: number): number;
}
declare const Math: Math;

interface JSON {
  parse(text: string): any;
  stringify(value: any): string;
}
declare const JSON: JSON;

/** `type` holds what Node calls `name`. Subclasses do not work. */
interface Error {
  message: string;
  stack?: string;
  type?: string;
}
interface ErrorConstructor {
  new (message: string): Error;
}
declare const Error: ErrorConstructor;

// Types only: they leave nothing in the bundle.
type Partial<T> = { [P in keyof T]?: T[P] };
type Readonly<T> = { readonly [P in keyof T]: T[P] };
type Record<K extends keyof any, T> = { [P in K]: T };
type Pick<T, K extends keyof T> = { [P in K]: T[P] };
type Exclude<T, U> = T extends U ? never : T;
type Omit<T, K extends keyof any> = Pick<T, Exclude<keyof T, K>>;
type NonNullable<T> = T & {};
type ReturnType<T extends (...args: any) => any> = T extends (...args: any) => infer R ? R : never;
