// A virtual board: the built bundle, byte for byte what a real board gets, in an isolated context of this
// process with Espruino's globals and only those. Owns power and flash; the life between two power cuts is in
// vm-session.ts. All time comes from the injected scheduler. Used by `fairhop up`, the simulator and tests.
import { Prng } from '../ether/prng.ts';
import type { Scheduler } from '../ether/scheduler.ts';
import { Listeners, type ByteStream } from '../serial/byte-stream.ts';
import { ConsoleLines } from '../serial/console-lines.ts';
import type { Board } from './board.ts';
import { FlashStore } from './flash-store.ts';
import type { Datagrams } from './local-datagrams.ts';
import { BOOT_FILE, VmSession, type EffectKind } from './vm-session.ts';

export interface VmBoardOptions {
  name: string;
  scheduler: Scheduler;
  /** Directory of the board's flash: one file there per file in Storage. */
  directory: string;
  /**
   * The bundle. Written to `.bootcde` unless it is there already; without it the board runs what its flash
   * holds.
   */
  code?: string;
  network?: Datagrams;
  /**
   * More globals: pins, SPI1 and whatever a model of a radio chip needs. Fresh for each power-up if it is a
   * function.
   */
  globals?: Record<string, unknown> | (() => Record<string, unknown>);
  /** Default: the Storage area of an ESP32, 896 kB. */
  flashBytes?: number;
  /** Of Math.random() and the serial number. Default: made of the name. */
  seed?: number;
  /**
   * Called before each effect on the outside world: the place to cut the power in the middle of a callback.
   */
  onEffect?: (kind: EffectKind) => void;
  /** How long one callback may run once something was typed at the prompt. Default: five seconds. */
  callbackMsMax?: number;
  /** How long a line typed there may run. Default: two seconds. */
  evalMsMax?: number;
}

const ESP32_STORAGE_BYTES = 896 * 1024;
const CALLBACK_MS_MAX = 5000;
/** A real board is broken out of a line with Ctrl-C. */
const EVAL_MS_MAX = 2000;
/** A board whose callbacks had to be ended twice within this time stays at its prompt. */
const OVERRUN_AGAIN_MS = 60_000;

export class VmBoard implements Board {
  readonly name: string;
  readonly console: ByteStream;
  readonly flash: FlashStore;
  private readonly output = new Listeners<Uint8Array>();
  private readonly lines = new ConsoleLines();
  private readonly lineListeners = new Listeners<string>();
  private readonly seed: number;
  private session: VmSession | undefined;
  /** Stays: what was typed can be in flash, too. */
  private touched = false;
  private overrunMs = -Infinity;

  constructor(private readonly options: VmBoardOptions) {
    this.name = options.name;
    this.seed = options.seed ?? seedOf(options.name);
    this.flash = new FlashStore(options.directory, options.flashBytes ?? ESP32_STORAGE_BYTES);
    this.console = {
      // The scheduler carries it: bytes never reach a board in the middle of its own callback.
      write: (bytes) => void options.scheduler.after(0, () => this.session?.input(bytes)),
      onData: (listener) => this.output.add(listener),
    };
    this.lines.onLine((line) => this.lineListeners.emit(line));
    const { code } = options;
    if (code !== undefined) this.flash.write(BOOT_FILE, new Uint8Array(Buffer.from(code, 'latin1')));
  }

  get powered(): boolean {
    return this.session !== undefined;
  }

  powerOn(): void {
    if (!this.session) this.begin(true);
  }

  /** RAM is gone, flash stays. May be called from within the board's own callback (see `onEffect`). */
  powerOff(): void {
    this.session?.end();
    this.session = undefined;
  }

  async start(): Promise<void> {
    this.powerOn();
  }

  async stop(): Promise<void> {
    this.powerOff();
  }

  async writeFile(name: string, bytes: Uint8Array): Promise<void> {
    this.flash.write(name, bytes);
  }

  async readFile(name: string): Promise<Uint8Array | undefined> {
    return this.flash.read(name)?.slice();
  }

  onLine(listener: (line: string) => void): () => void {
    return this.lineListeners.add(listener);
  }

  private begin(withProgram: boolean): void {
    const { name, scheduler, network, globals = {}, onEffect } = this.options;
    const { callbackMsMax = CALLBACK_MS_MAX, evalMsMax = EVAL_MS_MAX } = this.options;
    const session = new VmSession({
      name,
      scheduler,
      network,
      flash: this.flash,
      prng: new Prng(this.seed),
      serial: this.seed.toString(16).padStart(12, '0'),
      globals: typeof globals === 'function' ? globals() : globals,
      send: (bytes) => this.said(bytes),
      ...(onEffect && { onEffect }),
      onRestart: (again) => {
        session.end();
        if (this.session === session) this.begin(again);
      },
      touched: this.touched,
      onTouched: () => (this.touched = true),
      callbackMsMax,
      evalMsMax,
      onOverrun: () => this.overran(session, callbackMsMax),
    });
    this.session = session;
    session.boot(withProgram);
  }

  /** As the watchdog of a real board would; the program is not started into the same loop for ever. */
  private overran(session: VmSession, msMax: number): void {
    const nowMs = this.options.scheduler.nowMs();
    const again = nowMs - this.overrunMs > OVERRUN_AGAIN_MS;
    this.overrunMs = nowMs;
    const what = `Uncaught Error: a callback ran for more than ${msMax / 1000} s`;
    session.print(`${what}; ${again ? 'the watchdog restarts the board' : 'again, so only the prompt starts'}\n`);
    session.end();
    if (this.session === session) this.begin(again);
  }

  private said(bytes: Uint8Array): void {
    this.lines.push(bytes);
    this.output.emit(bytes);
  }
}

/** FNV-1a over the name's characters. */
function seedOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const c of name) hash = Math.imul(hash ^ c.codePointAt(0)!, 0x01000193) >>> 0;
  return hash;
}
