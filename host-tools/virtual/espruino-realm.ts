// A JavaScript context cut down to what the interpreter has, with the library's known differences put in:
// number formatting, 8-bit strings, typed arrays whose slice is a plain Array. Knows the language only; the
// board's own objects (Storage, E, timers) come from espruino-globals.ts. One realm per power-up of a virtual
// board.
import vm from 'node:vm';
import { fixedText, jsonText, numberText } from './espruino-text.ts';
import { PROMISE_SOURCE } from './espruino-promise.ts';
import { GLOBAL_NAMES, METHOD_NAMES, STATIC_NAMES } from './espruino-names.ts';

export interface Realm {
  readonly context: vm.Context;
  /** The context's own global object: what the board's globals are set on. */
  readonly global: Record<string, any>;
  /** An Error of the context, so that its programs can catch and print it. */
  error(message: string): Error;
  bytes(source: ArrayLike<number>): Uint8Array;
  /** In the global scope, and without a turn for native promises as a script of node:vm would give them. */
  evaluate(text: string): unknown;
}

export interface RealmClock {
  /** Milliseconds since 1970, as Date.now() shall say. */
  epochMs(): number;
  /** 0 to 1, as Math.random() shall say. */
  random(): number;
  /** Runs a callback from the event queue: where promise reactions come from on a board. */
  defer(fn: () => void): void;
}

export function createRealm(clock: RealmClock): Realm {
  // What native promises leave behind (of async functions, which the interpreter lacks) never runs in the process's own
  // turn, where nothing could end it.
  const context = vm.createContext({}, { microtaskMode: 'afterEvaluate' });
  const global = vm.runInContext('globalThis', context) as Record<string, any>;
  const realm: Realm = {
    context,
    global,
    error: (message) => new global.Error(message),
    bytes: (source) => new global.Uint8Array(source),
    // Whatever a program puts in its place later, this stays the engine's.
    evaluate: global.eval,
  };
  patchNumbers(global);
  patchText(global);
  patchTypedArrays(realm);
  patchTime(realm, clock);
  strip(global);
  return realm;
}

/** Deletes what the interpreter lacks. Well-known symbols stay: the engine itself needs them. */
function strip(global: Record<string, any>): void {
  for (const [name, kept] of Object.entries(METHOD_NAMES)) {
    const { prototype } = global[name];
    keepOnly(prototype, ['constructor', ...kept]);
    if (name === 'Uint8Array') keepOnly(Object.getPrototypeOf(prototype), ['constructor', ...kept]);
  }
  const functionNames = ['length', 'name', 'prototype'];
  for (const [name, kept] of Object.entries(STATIC_NAMES)) {
    keepOnly(global[name], [...functionNames, ...kept]);
  }
  keepOnly(Object.getPrototypeOf(global.Uint8Array), functionNames);
  keepOnly(global, GLOBAL_NAMES);
}

function keepOnly(object: object, kept: readonly string[]): void {
  for (const name of Object.getOwnPropertyNames(object)) {
    if (!kept.includes(name)) Reflect.deleteProperty(object, name);
  }
}

function patchNumbers(global: Record<string, any>): void {
  const { toString } = global.Number.prototype;
  method(global.Number.prototype, 'toString', function (this: number, radix?: number) {
    return radix === undefined || radix === 10 ? numberText(Number(this)) : toString.call(this, radix);
  });
  method(global.Number.prototype, 'toFixed', function (this: number, decimals = 0) {
    return fixedText(Number(this), decimals);
  });
  // Halves go away from zero: Math.round(-1.5) is -2.
  global.Math.round = (value: number) => (value < 0 ? -Math.floor(0.5 - value) : Math.floor(value + 0.5));
}

function patchText(global: Record<string, any>): void {
  const { fromCharCode } = global.String;
  global.String.fromCharCode = (...codes: number[]) => fromCharCode(...codes.map((code) => code & 255));
  // Called as a function it formats; everything else about it stays the context's own.
  global.String = new Proxy(global.String, {
    apply: (target, self, args) =>
      typeof args[0] === 'number' ? numberText(args[0]) : target.apply(self, args),
  });
  global.JSON.stringify = (value: unknown) => jsonText(value);
  const { parse } = global.JSON;
  global.JSON.parse = (text: string) => parse(text);
}

function patchTypedArrays(realm: Realm): void {
  const { global } = realm;
  const prototype = Object.getPrototypeOf(global.Uint8Array.prototype);
  const { set, subarray } = prototype;
  const { slice, filter } = global.Array.prototype;
  const arrayFrom = global.Array.from;
  method(prototype, 'slice', function (this: Uint8Array, start?: number, end?: number) {
    return slice.call(arrayFrom(this), start, end);
  });
  method(prototype, 'filter', function (this: Uint8Array, test: (value: number) => boolean) {
    return filter.call(arrayFrom(this), test);
  });
  // What does not fit is dropped without an error.
  method(prototype, 'set', function (this: Uint8Array, source: ArrayLike<number>, offset = 0) {
    const room = Math.max(0, this.length - offset);
    const fitting = source.length <= room ? source : slice.call(arrayFrom(source), 0, room);
    set.call(this, fitting, Math.min(offset, this.length));
  });
  method(prototype, 'subarray', function (this: Uint8Array, start = 0, end = this.length) {
    // The interpreter would hand out a view that reaches beyond the array: always our bug, so it is reported.
    if (end > this.length) throw realm.error(`subarray to ${end} of ${this.length}: not cut on a board`);
    return subarray.call(this, start, end);
  });
  for (const name of METHOD_NAMES.DataView) {
    if (!/^[gs]et/.test(name)) continue;
    const inner = global.DataView.prototype[name];
    // Out of range reads give 0 and writes vanish, without an error.
    method(global.DataView.prototype, name, function (this: DataView, offset: number, ...rest: unknown[]) {
      const bytes = Number(/\d+/.exec(name)![0]) / 8;
      if (offset < 0 || offset + bytes > this.byteLength) return name.startsWith('get') ? 0 : undefined;
      return inner.call(this, offset, ...rest);
    });
  }
}

function patchTime({ context, global }: Realm, clock: RealmClock): void {
  global.Date.now = () => clock.epochMs();
  global.Date = new Proxy(global.Date, {
    construct: (target, args) => Reflect.construct(target, args.length ? args : [clock.epochMs()]),
  });
  global.Math.random = () => clock.random();
  const makePromise = vm.runInContext(PROMISE_SOURCE, context, { filename: 'promise' });
  global.Promise = makePromise((fn: () => void) => clock.defer(fn));
}

/** Not enumerable, as a method of a prototype should be. */
function method(prototype: object, name: string, value: unknown): void {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
}
