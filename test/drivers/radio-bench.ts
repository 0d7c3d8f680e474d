// A bench for the radio drivers: a register-level model behind the pins of a board, the driver on top, one
// virtual clock. Several benches share a tiny ether. Used by the driver tests.
import { timeOnAirUs } from '../../firmware/src/protocol/airtime.ts';
import { defaultLoraConfig, type LoraConfig } from '../../firmware/src/drivers/lora-config.ts';
import { LoraEngine } from '../../firmware/src/drivers/lora-engine.ts';
import { Sx126x } from '../../firmware/src/drivers/sx126x-chip.ts';
import { Sx127x } from '../../firmware/src/drivers/sx127x-chip.ts';
import type { BoardIo } from '../../firmware/src/drivers/spi-bus.ts';
import { VirtualScheduler } from '../../host-tools/ether/scheduler.ts';
import type { BoardFile } from '../../host-tools/firmware-build/boards.ts';
import { attachRadio, type AttachedRadio } from '../../host-tools/radio-models/attach-radio.ts';
import type { AirPort, AirSettings } from '../../host-tools/radio-models/radio-model.ts';
import { RadioRecorder } from './radio-record.ts';

export type ChipKind = 'sx1276' | 'sx1262';
export const CHIPS: readonly ChipKind[] = ['sx1276', 'sx1262'];

const PINS = {
  sck: 'D5', miso: 'D19', mosi: 'D27', cs: 'D18', reset: 'D23', dio0: 'D26', dio1: 'D33', busy: 'D32',
  rxEnable: 'D21', txEnable: 'D22',
};

export function benchBoard(kind: ChipKind): BoardFile {
  return {
    id: 'bench',
    name: 'bench',
    chip: { family: 'esp32', espruinoBuild: 'ESP32', flashBytes: 4194304, heapVars: 4900 },
    radio: {
      kind, spiBaud: 8000000, txPowerDbmMax: 20, frequencyMHz: [[863, 928]],
      paBoost: true, tcxoDecivolts: kind === 'sx1262' ? 18 : 0, dio2RfSwitch: true, dcdc: true,
    },
    pins: PINS,
    budget: { jsVars: 2700, bundleBytes: 98304 },
    sources: ['test bench'],
    untried: [],
  };
}

export interface Sent {
  frame: Uint8Array;
  airtimeUs: number;
  settings: AirSettings;
}

/** Everybody hears everybody; frames that overlap are lost. */
export class TinyEther {
  readonly scheduler: VirtualScheduler;
  readonly sent: Sent[] = [];
  readonly benches: RadioBench[] = [];
  private onAir: { from: RadioBench; endMs: number; spoiled: boolean }[] = [];

  constructor(scheduler = new VirtualScheduler()) {
    this.scheduler = scheduler;
  }

  port(owner: () => RadioBench): AirPort {
    return {
      transmit: (frame, airtimeUs, settings) => this.transmit(owner(), frame, airtimeUs, settings),
      abort: () => {
        for (const entry of this.onAir) if (entry.from === owner()) entry.spoiled = true;
      },
      busy: () => owner().jammed || this.onAir.some((entry) => entry.from !== owner() && this.alive(entry)),
    };
  }

  private alive(entry: { endMs: number }): boolean {
    return entry.endMs > this.scheduler.nowMs();
  }

  private transmit(from: RadioBench, frame: Uint8Array, airtimeUs: number, settings: AirSettings): void {
    this.onAir = this.onAir.filter((entry) => this.alive(entry));
    const endMs = this.scheduler.nowMs() + Math.ceil(airtimeUs / 1000);
    const entry = { from, endMs, spoiled: this.onAir.length > 0 };
    for (const other of this.onAir) other.spoiled = true;
    this.onAir.push(entry);
    this.sent.push({ frame, airtimeUs, settings });
    this.scheduler.after(airtimeUs / 1000, () => {
      if (entry.spoiled) return;
      for (const bench of this.benches) {
        if (bench !== from) bench.radio.model.receive(frame, -80, 7.25, { crcOk: true, airtimeUs });
      }
    });
  }
}

export class RadioBench {
  readonly ether: TinyEther;
  readonly radio: AttachedRadio;
  readonly engine: LoraEngine;
  readonly config: LoraConfig;
  readonly frames: { frame: Uint8Array; rssiDbm: number; snrDb: number }[] = [];
  readonly results: boolean[] = [];
  readonly faults: number[] = [];
  readonly switchLevels: [number, number][] = [];
  readonly record = new RadioRecorder();
  readonly wiring: Record<string, unknown>;
  /** A carrier that only channel activity detection sees. */
  jammed = false;

  /** Without `air` the bench is on its `ether`. */
  constructor(
    kind: ChipKind,
    ether = new TinyEther(),
    changes: Partial<LoraConfig> = {},
    configGood = true,
    air?: AirPort,
  ) {
    this.ether = ether;
    const board = benchBoard(kind);
    this.radio = attachRadio(board, ether.scheduler, air ?? ether.port(() => this));
    this.config = { ...defaultLoraConfig(), ...changes };
    ether.benches.push(this);
    const io = this.record.wrap(this.io(board));
    const pin = (name: keyof typeof PINS): object => this.radio.bank.pins[PINS[name]]!;
    const antenna = { rxEnable: pin('rxEnable'), txEnable: pin('txEnable') };
    const common = { cs: pin('cs'), reset: pin('reset'), ...antenna };
    const facts = { dio2RfSwitch: true, tcxoDecivolts: 18, dcdc: true, lowPower: false };
    const of1276 = { ...common, dio0: pin('dio0'), paBoost: true };
    const of1262 = { ...common, dio1: pin('dio1'), busy: pin('busy'), ...facts };
    this.wiring = kind === 'sx1276' ? of1276 : of1262;
    const chip =
      kind === 'sx1276' ? new Sx127x(io, of1276, this.config) : new Sx126x(io, of1262, this.config);
    this.engine = new LoraEngine(io, chip, this.config, configGood);
  }

  /** Starts the driver and lets it come up. */
  start(): this {
    const { lines } = this.record;
    this.record.stimulus('B');
    this.engine.start(
      (frame, rssiDbm, snrDb) => {
        lines.push(`frame ${Buffer.from(frame).toString('hex')} ${rssiDbm} ${snrDb}`);
        this.frames.push({ frame, rssiDbm, snrDb });
      },
      (sent) => {
        lines.push(`sent ${sent}`);
        this.results.push(sent);
      },
      (code) => {
        lines.push(`fault ${code}`);
        this.faults.push(code);
      },
    );
    this.run(200);
    return this;
  }

  /** As `engine.send`, into the record as well. */
  send(frame: Uint8Array): void {
    this.record.stimulus(`S${Buffer.from(frame).toString('hex')}`);
    this.engine.send(frame);
  }

  run(ms: number): void {
    this.ether.scheduler.runFor(ms);
  }

  /** A frame from nowhere, whole. */
  hear(frame: Uint8Array, crcOk = true, crcPresent = true): boolean {
    return this.radio.model.receive(frame, -100, -5.5, { crcOk, crcPresent });
  }

  airtimeMs(bytes: number): number {
    return Math.ceil(timeOnAirUs(this.config, bytes) / 1000);
  }

  private io(board: BoardFile): BoardIo {
    type Spi = BoardIo['spi'] & { setup(options: object): void };
    const globals = this.radio.globals as unknown as BoardIo & { SPI1: Spi };
    const { sck, miso, mosi } = board.pins;
    globals.SPI1.setup({ sck, miso, mosi, baud: board.radio.spiBaud!, mode: 0 });
    this.radio.bank.write(this.radio.bank.resolve(PINS.cs), 1);
    return {
      spi: globals.SPI1,
      digitalWrite: globals.digitalWrite,
      digitalRead: globals.digitalRead,
      setWatch: globals.setWatch,
      setTimeout: (callback, ms) => this.ether.scheduler.after(ms, callback),
      clearTimeout: (id) => this.ether.scheduler.cancel(id),
    };
  }
}

export function frameOf(bytes: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (i * 37 + seed * 11) & 0xff);
}
