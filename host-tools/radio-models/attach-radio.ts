// Puts a radio model behind the interpreter's own functions (SPI1, SPI2, digitalWrite, setWatch ...) as the
// pins of a board JSON wire it, so that the driver of a bundle runs unchanged on a virtual board. Called by
// the virtual boards and the driver tests. Faults of the bus and of the interrupt line are injected here.
import type { Scheduler } from '../ether/scheduler.ts';
import type { BoardFile } from '../firmware-build/boards.ts';
import type { AirPort, LineName, RadioModel } from './radio-model.ts';
import { Sx1262Model } from './sx1262-model.ts';
import { Sx1276Model } from './sx1276-model.ts';

export class VirtualPin {
  readonly name: string;
  private readonly bank: PinBank;

  constructor(name: string, bank: PinBank) {
    this.name = name;
    this.bank = bank;
  }

  mode(_mode: string): void {}
  read(): boolean {
    return this.bank.read(this) === 1;
  }
  set(): void {
    this.bank.write(this, 1);
  }
  reset(): void {
    this.bank.write(this, 0);
  }
  write(value: boolean | number): void {
    this.bank.write(this, value ? 1 : 0);
  }
}

export interface WatchEvent {
  state: boolean;
  time: number;
  lastTime: number;
}
interface Watch {
  pin: VirtualPin;
  edge: 'rising' | 'falling' | 'both';
  repeat: boolean;
  lastTime: number;
  callback: (event: WatchEvent) => void;
}

/** The GPIO of a board: levels that code sets, levels that a chip drives, and watches on both. */
export class PinBank {
  /** Edges that are lost from now on, as when the interpreter's event queue overflows. */
  lostEdges = 0;
  readonly pins: Record<string, VirtualPin> = {};
  private readonly levels = new Map<VirtualPin, number>();
  private readonly driven = new Map<VirtualPin, () => number>();
  private readonly outputs = new Map<VirtualPin, (level: number) => void>();
  private readonly watches = new Map<number, Watch>();
  private readonly scheduler: Scheduler;
  private nextWatch = 1;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
    for (let i = 0; i <= 48; i++) this.pins[`D${i}`] = new VirtualPin(`D${i}`, this);
  }

  resolve(pin: unknown): VirtualPin {
    const name = typeof pin === 'number' ? `D${pin}` : String(pin);
    const found = pin instanceof VirtualPin ? pin : this.pins[name];
    if (!found) throw new Error(`Invalid pin ${String(pin)}`);
    return found;
  }

  drivenBy(pin: string, level: () => number): void {
    this.driven.set(this.resolve(pin), level);
  }

  onOutput(pin: string, listener: (level: number) => void): void {
    this.outputs.set(this.resolve(pin), listener);
  }

  read(pin: VirtualPin): number {
    return this.driven.get(pin)?.() ?? this.levels.get(pin) ?? 0;
  }

  write(pin: VirtualPin, level: number): void {
    this.levels.set(pin, level);
    this.outputs.get(pin)?.(level);
  }

  setWatch(callback: (event: WatchEvent) => void, pin: unknown, options: Partial<Watch> = {}): number {
    const { edge = 'rising', repeat = false } = options;
    this.watches.set(this.nextWatch, { pin: this.resolve(pin), edge, repeat, callback, lastTime: 0 });
    return this.nextWatch++;
  }

  clearWatch(id?: number): void {
    if (id === undefined) this.watches.clear();
    else this.watches.delete(id);
  }

  /** A chip moved a line. Like the interpreter, stamps now and calls later. */
  edge(name: string, level: number): void {
    const pin = this.resolve(name);
    for (const [id, watch] of this.watches) {
      if (watch.pin !== pin || watch.edge === (level ? 'falling' : 'rising')) continue;
      if (this.lostEdges > 0) {
        this.lostEdges--;
        continue;
      }
      const time = this.scheduler.nowMs() / 1000;
      const event = { state: level === 1, time, lastTime: watch.lastTime };
      watch.lastTime = time;
      this.scheduler.after(0, () => {
        if (!this.watches.has(id)) return;
        if (!watch.repeat) this.watches.delete(id);
        watch.callback(event);
      });
    }
  }
}

type SpiBytes = ArrayLike<number> | number;

/** A hardware SPI device of the interpreter with one chip on it. */
class VirtualSpi {
  /** Multi-byte sends that throw from now on, after their bytes went out, as on the ESP32. */
  throwing = 0;
  /** Multi-byte sends that go well before `throwing` counts. */
  sparing = 0;
  /** Nothing answers: MISO floats high. */
  dead = false;
  private readonly bank: PinBank;
  private readonly model: RadioModel;
  private readonly wiring: { sck: string; miso: string; mosi: string; cs: string };
  private readonly maxBaud: number;
  private configured = false;

  constructor(bank: PinBank, model: RadioModel, pins: BoardFile['pins'], maxBaud: number) {
    this.bank = bank;
    this.model = model;
    this.wiring = { sck: pins.sck, miso: pins.miso, mosi: pins.mosi, cs: pins.cs };
    this.maxBaud = maxBaud;
  }

  setup(options: { sck: unknown; miso: unknown; mosi: unknown; baud: number; mode?: number }): void {
    for (const line of ['sck', 'miso', 'mosi'] as const) {
      const pin = this.bank.resolve(options[line]).name;
      if (pin !== this.wiring[line]) this.breach(`${line} on ${pin}, wired to ${this.wiring[line]}`);
    }
    if (options.baud > this.maxBaud) this.breach(`${options.baud} Hz is too fast for the chip`);
    if ((options.mode ?? 0) !== 0) this.breach(`mode ${options.mode}`);
    this.configured = true;
  }

  send(data: SpiBytes, chipSelect?: unknown): Uint8Array | number {
    if (!this.configured) throw new Error('SPI device is not set up');
    const bytes = typeof data === 'number' ? [data] : data;
    if (chipSelect !== undefined) this.bank.write(this.bank.resolve(chipSelect), 0);
    const answer = new Uint8Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) answer[i] = this.dead ? 0xff : this.model.exchange(bytes[i]);
    if (chipSelect !== undefined) this.bank.write(this.bank.resolve(chipSelect), 1);
    if (bytes.length > 1 && this.fails()) throw new Error('SPI Send Error 259');
    return typeof data === 'number' ? answer[0] : answer;
  }

  write(data: SpiBytes, chipSelect?: unknown): void {
    this.send(data, chipSelect);
  }

  private breach(what: string): void {
    this.model.violations.push(`SPI: ${what}`);
  }

  private fails(): boolean {
    if (this.sparing > 0) this.sparing--;
    else if (this.throwing > 0) {
      this.throwing--;
      return true;
    }
    return false;
  }
}

export interface AttachedRadio {
  model: RadioModel;
  bank: PinBank;
  spi: { throwing: number; sparing: number; dead: boolean };
  /** To be merged into the global object of the virtual board. */
  globals: Record<string, unknown>;
  /** The board lost its power: no watch fires any more, and what was being transmitted breaks off. */
  powerOff(): void;
}

/** Semtech's limits: 10 MHz for the SX1276 (table 10), 16 MHz for the SX1262 (table 8-1). */
export function attachSx127x(board: BoardFile, scheduler: Scheduler, air: AirPort): AttachedRadio {
  return attach(board, scheduler, new Sx1276Model(scheduler, air), 10e6, ['dio0', 'dio1']);
}

export function attachSx126x(board: BoardFile, scheduler: Scheduler, air: AirPort): AttachedRadio {
  const model = new Sx1262Model(scheduler, air, { tcxo: (board.radio.tcxoDecivolts ?? 0) > 0 });
  return attach(board, scheduler, model, 16e6, ['dio1', 'busy']);
}

/** The model that a board's `radio.kind` asks for. */
export function attachRadio(board: BoardFile, scheduler: Scheduler, air: AirPort): AttachedRadio {
  const { kind } = board.radio;
  if (kind.startsWith('sx127')) return attachSx127x(board, scheduler, air);
  if (kind.startsWith('sx126')) return attachSx126x(board, scheduler, air);
  throw new Error(`there is no register model of a ${kind}`);
}

function attach(
  board: BoardFile, scheduler: Scheduler, model: RadioModel, maxBaud: number, lines: LineName[],
): AttachedRadio {
  const bank = new PinBank(scheduler);
  const { pins } = board;
  const spi = new VirtualSpi(bank, model, pins, maxBaud);
  for (const line of lines) if (pins[line] !== undefined) bank.drivenBy(pins[line], () => model.line(line));
  bank.onOutput(pins.reset, (level) => model.setReset(level));
  let selected = false;
  bank.onOutput(pins.cs, (level) => {
    if (selected === (level === 0)) return;
    selected = level === 0;
    if (selected) model.select();
    else model.deselect();
  });
  model.onLine = (line, level) => {
    if (lines.includes(line) && pins[line] !== undefined) bank.edge(pins[line], level);
  };
  const globals = {
    ...bank.pins,
    SPI1: spi,
    SPI2: spi,
    digitalWrite: (pin: unknown, level: boolean | number) => bank.write(bank.resolve(pin), level ? 1 : 0),
    digitalRead: (pin: unknown) => bank.read(bank.resolve(pin)),
    pinMode: (pin: unknown, _mode: string) => void bank.resolve(pin),
    setWatch: (callback: (event: WatchEvent) => void, pin: unknown, options?: object) =>
      bank.setWatch(callback, pin, options),
    clearWatch: (id?: number) => bank.clearWatch(id),
  };
  const powerOff = (): void => {
    bank.clearWatch();
    model.setReset(0);
  };
  return { model, bank, spi, globals, powerOff };
}
