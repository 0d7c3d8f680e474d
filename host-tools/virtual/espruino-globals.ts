// The board's own objects in a virtual board's realm: timers, print, E, process, and the modules Storage,
// crypto and dgram, as the interpreter has them. Every effect on the world outside goes through `Machine`,
// which drops it once the power is off. Knows neither the console's bytes nor the scheduler. Used by
// vm-session.ts.
import type { BoardTimers } from './board-timers.ts';
import { BoardEvents } from './board-events.ts';
import { crc32 } from '../serial/crc32.ts';
import { binaryText, flatten } from './espruino-bytes.ts';
import { cryptoModule } from './espruino-crypto.ts';
import { dgramModule } from './espruino-dgram.ts';
import { storageModule } from './espruino-storage.ts';
import type { Realm } from './espruino-realm.ts';
import { jsText, printText } from './espruino-text.ts';
import type { FlashStore } from './flash-store.ts';
import type { Datagrams } from './local-datagrams.ts';

/** What the globals ask of the board they are in. */
export interface Machine {
  readonly realm: Realm;
  readonly timers: BoardTimers;
  readonly flash: FlashStore;
  readonly network: Datagrams | undefined;
  readonly serial: string;
  readonly version: string;
  readonly boardName: string;
  readonly e: BoardEvents;
  readonly process: BoardEvents;
  epochMs(): number;
  setEpochMs(ms: number): void;
  random(): number;
  /**
   * Announces an effect on the outside world: false when the power went off, and the effect must not happen.
   */
  effect(kind: 'print' | 'flash' | 'datagram'): boolean;
  print(text: string): void;
  setEcho(on: boolean): void;
  /** Runs `fn` as a callback of its own, after the current one. */
  queue(fn: () => void): void;
  /** Runs `fn` now as a callback of its own (something arrived from outside). */
  run(fn: () => void): void;
  /** When the current callback has returned: a new start, with or without the saved program. */
  restart(withProgram: boolean): void;
  /** When the power goes or the program is started anew. */
  onPowerOff(fn: () => void): void;
  enableWatchdog(seconds: number, automatic: boolean): void;
  kickWatchdog(): void;
}

const HEAP_VARS = 4900;

export function installGlobals(machine: Machine, extra: Record<string, unknown>): void {
  const { global } = machine.realm;
  const modules: Record<string, unknown> = {
    Storage: storageModule(machine),
    crypto: cryptoModule(machine),
  };
  if (machine.network) modules.dgram = dgramModule(machine, machine.network);
  Object.assign(global, {
    global,
    print: (...values: unknown[]) => print(machine, values),
    echo: (on: boolean) => machine.setEcho(on),
    getTime: () => machine.epochMs() / 1000,
    setTime: (seconds: number) => machine.setEpochMs(seconds * 1000),
    getSerial: () => machine.serial,
    load: () => machine.restart(true),
    reset: () => machine.restart(false),
    btoa: (text: string) => Buffer.from(text, 'latin1').toString('base64'),
    atob: (text: string) => Buffer.from(text, 'base64').toString('latin1'),
    require: (name: string) => {
      if (!Object.hasOwn(modules, name)) throw machine.realm.error(`Module "${name}" not found`);
      return modules[name];
    },
    console: Object.fromEntries(
      ['log', 'info', 'warn', 'error', 'debug', 'trace'].map((name) => [
        name,
        (...values: unknown[]) => print(machine, values),
      ]),
    ),
    process: processObject(machine),
    E: eObject(machine),
    ...timerFunctions(machine),
    ...extra,
  });
}

function print(machine: Machine, values: unknown[]): void {
  if (machine.effect('print')) machine.print(`${printText(values)}\n`);
}

function timerFunctions({ timers, realm }: Machine): Record<string, unknown> {
  const set = (repeat: boolean) => (callback: unknown, ms: number, ...args: unknown[]) => {
    if (typeof callback !== 'function') throw realm.error('Function or String not supplied!');
    return timers.set(() => callback(...args), Number(ms), repeat);
  };
  const clear = (name: string) =>
    function (...ids: unknown[]) {
      if (ids.length === 0) timers.clearAll();
      else if (ids[0] !== undefined) timers.clear(Number(ids[0]));
      else throw realm.error(`${name}(undefined) not allowed. Use ${name}() instead`);
    };
  return {
    setTimeout: set(false),
    setInterval: set(true),
    clearTimeout: clear('clearTimeout'),
    clearInterval: clear('clearInterval'),
    changeInterval: (id: number, ms: number) => {
      if (!timers.change(id, Number(ms))) throw realm.error('Unknown Interval');
    },
  };
}

function processObject(machine: Machine): Record<string, unknown> {
  const object = {
    version: machine.version,
    env: {
      VERSION: machine.version,
      BOARD: machine.boardName,
      SERIAL: machine.serial,
      STORAGE: machine.flash.totalBytes,
    },
    // No count of variables exists here: the figures have the shape and the size of a board's, not its truth.
    memory: () => ({
      free: HEAP_VARS - 2000, usage: 2000, total: HEAP_VARS, history: 0, gc: 0, gctime: 3, blocksize: 14,
    }),
  };
  machine.process.addTo(object);
  return object;
}

function eObject(machine: Machine): Record<string, unknown> {
  const { realm } = machine;
  const object = {
    toUint8Array: (...sources: unknown[]) => realm.bytes(flatten(sources)),
    toArrayBuffer: (...sources: unknown[]) => realm.bytes(flatten(sources)).buffer,
    toString: (...sources: unknown[]) => binaryText(flatten(sources)),
    toJS: (value: unknown) => jsText(value),
    CRC32: (source: unknown) => crc32(Uint8Array.from(flatten([source]))),
    getErrorFlags: () => realm.global.Array(),
    getSizeOf: (value: unknown) => 1 + Math.ceil(jsText(value).length / 12),
    setFlags: () => {},
    hwRand: () => Math.floor(machine.random() * 2 ** 32) | 0,
    enableWatchdog: (seconds: number, automatic = true) => machine.enableWatchdog(seconds, automatic),
    kickWatchdog: () => machine.kickWatchdog(),
    reboot: () => machine.restart(true),
  };
  machine.e.addTo(object);
  return object;
}
