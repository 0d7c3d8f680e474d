// One power-up of a virtual board: its realm, its event loop, its timers and sockets. Ends with the power or
// a restart, and nothing of it acts on the world afterwards: what a callback still computes has no effect,
// just as if the current had failed at that instruction. Used by vm-board.ts only.
import vm from 'node:vm';
import type { Prng } from '../ether/prng.ts';
import type { Scheduler } from '../ether/scheduler.ts';
import { BoardConsole, type ConsoleProgram } from './board-console.ts';
import { BoardEvents } from './board-events.ts';
import { BoardTimers } from './board-timers.ts';
import { callBounded, OverrunError } from './bounded-call.ts';
import { binaryText } from './espruino-bytes.ts';
import { installGlobals, type Machine } from './espruino-globals.ts';
import { createRealm, type Realm } from './espruino-realm.ts';
import { errorText } from './espruino-errors.ts';
import { jsText } from './espruino-text.ts';
import type { FlashStore } from './flash-store.ts';
import type { Datagrams } from './local-datagrams.ts';

export type EffectKind = 'print' | 'flash' | 'datagram';

export interface SessionOptions {
  name: string;
  scheduler: Scheduler;
  flash: FlashStore;
  network: Datagrams | undefined;
  prng: Prng;
  serial: string;
  globals: Record<string, unknown>;
  send(bytes: Uint8Array): void;
  /** Before each effect; may cut the power. */
  onEffect?(kind: EffectKind): void;
  /** The program asked for a restart, or the watchdog did not get its kick. */
  onRestart(withProgram: boolean): void;
  /** Something was typed at the prompt since the board was made: its code is no longer the bundle's alone. */
  touched: boolean;
  onTouched(): void;
  /** So long one callback may run on a touched board. */
  callbackMsMax: number;
  /** And so long a typed line. */
  evalMsMax: number;
  /** One did not end by itself: the session is over. */
  onOverrun(): void;
}

export const BOOT_FILE = '.bootcde';
const VERSION = '2v29';
const BOARD_NAME = 'VIRTUAL';
/** A program whose callbacks queue each other without end would otherwise hold the whole process. */
const CALLBACKS_PER_TURN_MAX = 10000;

export class VmSession implements ConsoleProgram, Machine {
  readonly realm: Realm;
  readonly timers: BoardTimers;
  readonly console: BoardConsole;
  readonly e = new BoardEvents((fn) => this.queue(fn));
  readonly process = new BoardEvents((fn) => this.queue(fn));
  readonly flash: FlashStore;
  readonly network: Datagrams | undefined;
  readonly serial: string;
  readonly version = VERSION;
  readonly boardName = BOARD_NAME;
  private readonly queued: (() => void)[] = [];
  private readonly closers: (() => void)[] = [];
  private alive = true;
  private inTurn = false;
  private restartWanted: boolean | undefined;
  private clockOffsetMs = 0;
  private watchdog = 0;
  private watchdogMs = 0;
  private touched: boolean;
  /** Of the bounded call that runs, on the clock of performance.now(). */
  private limitMs = Infinity;

  constructor(private readonly options: SessionOptions) {
    const { scheduler, flash, network, prng } = options;
    this.flash = flash;
    this.touched = options.touched;
    this.network = network;
    this.serial = options.serial;
    this.timers = new BoardTimers(scheduler, (callback) => this.run(callback), () => this.acts());
    this.console = new BoardConsole(scheduler, flash, this, `Espruino ${VERSION} ${BOARD_NAME}`, (bytes) => {
      if (this.alive) options.send(bytes);
    });
    this.realm = createRealm({
      epochMs: () => this.epochMs(),
      random: () => prng.unit(),
      defer: (fn) => this.queue(fn),
    });
    installGlobals(this, options.globals);
  }

  /** Starts the saved program, if there is one and it is wanted. */
  boot(withProgram: boolean): void {
    const saved = withProgram ? this.flash.read(BOOT_FILE) : undefined;
    this.run(() => {
      if (!saved) this.print(`\nEspruino ${VERSION} ${BOARD_NAME}\n\n`);
      else vm.runInContext(binaryText(saved), this.realm.context, { filename: BOOT_FILE });
    });
  }

  input(bytes: Uint8Array): void {
    this.run(() => this.console.input(bytes));
  }

  /** The power is off, or the next session begins. */
  end(): void {
    this.alive = false;
    this.queued.length = 0;
    this.timers.clearAll();
    this.console.close();
    this.options.scheduler.cancel(this.watchdog);
    for (const close of this.closers) close();
  }

  run(fn: () => void): void {
    if (!this.alive) return;
    if (this.inTurn) {
      this.queue(fn);
      return;
    }
    this.inTurn = true;
    this.attempt(fn);
    for (let i = 0; this.alive && this.queued.length > 0 && i < CALLBACKS_PER_TURN_MAX; i++) {
      this.attempt(this.queued.shift()!);
    }
    this.inTurn = false;
    if (!this.alive) return;
    if (this.queued.length > 0) this.options.scheduler.after(0, () => this.run(() => {}));
    this.console.showPrompt();
    if (this.restartWanted !== undefined) this.options.onRestart(this.restartWanted);
  }

  queue(fn: () => void): void {
    if (this.acts()) this.queued.push(fn);
  }

  effect(kind: EffectKind): boolean {
    if (!this.acts()) return false;
    this.options.onEffect?.(kind);
    return this.alive;
  }

  /** What is about to be ended no longer acts: the end would cut through the middle of our own tables. */
  private acts(): boolean {
    return this.alive && (this.limitMs === Infinity || performance.now() < this.limitMs);
  }

  print(text: string): void {
    this.console.print(text);
  }

  setEcho(on: boolean): void {
    this.console.setEcho(on);
  }

  random(): number {
    return this.options.prng.unit();
  }

  epochMs(): number {
    return this.options.scheduler.nowMs() + this.clockOffsetMs;
  }

  setEpochMs(ms: number): void {
    this.clockOffsetMs = ms - this.options.scheduler.nowMs();
  }

  restart(withProgram: boolean): void {
    if (this.restartWanted !== undefined) return;
    this.restartWanted = withProgram;
    this.e.call('kill');
  }

  onPowerOff(fn: () => void): void {
    this.closers.push(fn);
  }

  enableWatchdog(seconds: number, automatic: boolean): void {
    // Automatic kicks come from the idle loop, which a virtual board always reaches.
    this.watchdogMs = automatic ? 0 : Math.floor(seconds) * 1000;
    this.kickWatchdog();
  }

  kickWatchdog(): void {
    if (!this.acts()) return;
    this.options.scheduler.cancel(this.watchdog);
    if (this.watchdogMs === 0) return;
    this.watchdog = this.options.scheduler.after(this.watchdogMs, () => this.options.onRestart(true));
  }

  evaluate(expression: string): string | undefined {
    try {
      // An expression, not a program: a statement is refused here as there.
      return this.typed(() => jsText(this.realm.evaluate(`(${expression}\n)`)));
    } catch (error) {
      this.console.refuse();
      this.uncaught(error);
      return undefined;
    }
  }

  execute(line: string): { incomplete: true } | { incomplete: false; result: string | undefined } {
    try {
      if (line.trim() === '') return { incomplete: false, result: undefined };
      const script = new vm.Script(line, { filename: '' });
      const result = this.typed(() => {
        const value: unknown = script.runInContext(this.realm.context);
        return value === undefined ? 'undefined' : jsText(value);
      });
      return { incomplete: false, result };
    } catch (error) {
      const reason = String((error as Error | undefined)?.message);
      if (/^Unexpected end of input|missing \)/.test(reason)) return { incomplete: true };
      this.uncaught(error);
      return { incomplete: false, result: undefined };
    }
  }

  packet(json: string): boolean {
    if (!this.e.has('packet')) return false;
    const message = this.realm.global.JSON.parse(json);
    // An error of the listener is reported after the acknowledgement, as a callback of its own would be.
    try {
      this.e.call('packet', message);
    } catch (error) {
      this.queue(() => this.uncaught(error));
    }
    return true;
  }

  private attempt(fn: () => void): void {
    try {
      if (this.touched) this.bounded(fn, this.options.callbackMsMax);
      else fn();
    } catch (error) {
      if (!this.alive) return;
      if (error instanceof OverrunError) this.options.onOverrun();
      else this.uncaught(error);
    }
  }

  /** A line of the prompt; what it leaves behind (timers, listeners) is bounded from now on too. */
  private typed<T>(fn: () => T): T {
    if (!this.touched) {
      this.touched = true;
      this.options.onTouched();
    }
    return this.bounded(fn, this.options.evalMsMax);
  }

  /** Throws an OverrunError when `fn` had to be ended. */
  private bounded<T>(fn: () => T, msMax: number): T {
    const outer = this.limitMs;
    this.limitMs = Math.min(outer, performance.now() + msMax);
    try {
      return callBounded(fn, msMax);
    } finally {
      this.limitMs = outer;
    }
  }

  private uncaught(error: unknown): void {
    if (this.process.has('uncaughtException')) {
      this.queue(() => this.process.call('uncaughtException', error));
      return;
    }
    this.print(this.touched ? this.boundedText(error) : errorText(error));
  }

  /** What was thrown may have a toString of its own. */
  private boundedText(error: unknown): string {
    try {
      return this.bounded(() => errorText(error), this.options.evalMsMax);
    } catch {
      return 'Uncaught Error: thrown by something that cannot be shown\n';
    }
  }
}
