// A whole emulated board: reset circuit, loader, flash, and the application that runs after a reset.
// Bytes and control-line changes in, bytes out; it knows no port. The circuit is the usual two-transistor
// one: EN is low while RTS is set and DTR is not, IO0 is low while DTR is set and RTS is not.
import { bootFromFlash, bootLine } from './boot.ts';
import type { ChipModel, ChipName } from './chips.ts';
import { CHIP_MODELS } from './chips.ts';
import type { Faults } from './faults.ts';
import { Loader } from './loader.ts';
import { NorFlash } from './nor-flash.ts';
import type { Application, ApplicationFactory } from './prompt-application.ts';
import { promptApplication } from './prompt-application.ts';
import { RegisterFile } from './registers.ts';
import { SlipDecoder, slipEncode } from './slip.ts';

/** The capacitor on EN: IO0 is sampled this long after EN is released. */
const EN_RISE_MS = 3;
const FRAME_BYTES_MAX = 0x4000 + 64;

export interface BoardOptions {
  readonly chip: ChipName;
  readonly flashBytes?: number;
  readonly mac?: Uint8Array;
  readonly faults?: Faults;
  /** Longer for clients that change the two lines one after the other over a network (pyserial: 200 ms). */
  readonly enRiseMs?: number;
  /** What runs when the flash holds a valid application; by default an Espruino-like prompt. */
  readonly application?: ApplicationFactory;
}

export type BoardState = 'held-in-reset' | 'download' | 'running' | 'not-starting' | 'unplugged';

export class EmulatedBoard {
  readonly chip: ChipModel;
  readonly flash: NorFlash;
  readonly faults: Faults;
  state: BoardState = 'held-in-reset';
  baud = 115200;
  resets = 0;
  /** Set by the server that carries the bytes. */
  output: (bytes: Uint8Array) => void = () => {};
  onUnplug: () => void = () => {};

  private readonly slip = new SlipDecoder(FRAME_BYTES_MAX);
  private readonly loader: Loader;
  private readonly startApplication: ApplicationFactory;
  private application: Application | null = null;
  private lines = { dtr: false, rts: false };
  private readonly enRiseMs: number;
  private enTimer: NodeJS.Timeout | null = null;

  constructor(options: BoardOptions) {
    this.chip = CHIP_MODELS[options.chip];
    this.flash = new NorFlash(options.flashBytes ?? 4 * 1024 * 1024);
    this.faults = options.faults ?? {};
    this.enRiseMs = options.enRiseMs ?? EN_RISE_MS;
    this.startApplication = options.application ?? promptApplication;
    const mac = options.mac ?? Uint8Array.of(0x24, 0x0a, 0xc4, 0x00, 0x00, 0x01);
    const registers = new RegisterFile(this.chip, this.flash, mac);
    this.loader = new Loader(this.chip, this.flash, registers, this.faults, {
      send: (frame) => this.print(slipEncode(frame)),
      setBaud: (baud) => {
        this.baud = baud;
      },
      unplug: () => this.unplug(),
    });
  }

  /** Power on with both lines released; `inDownloadMode` is a board whose BOOT button was held. */
  powerOn(inDownloadMode = false): void {
    this.restart(inDownloadMode);
  }

  receive(bytes: Uint8Array): void {
    if (this.faults.silent === true) return;
    if (this.state === 'running') this.application!.input(bytes);
    if (this.state !== 'download') return;
    for (const frame of this.slip.push(bytes)) this.loader.receive(frame);
  }

  setLines(dtr: boolean, rts: boolean): void {
    if (this.state === 'unplugged') return;
    const wasHeld = enIsLow(this.lines);
    this.lines = { dtr, rts };
    const held = enIsLow(this.lines);
    if (held && !wasHeld) this.holdInReset();
    if (!held && wasHeld) {
      this.enTimer = setTimeout(() => this.restart(this.lines.dtr && !this.lines.rts), this.enRiseMs);
    }
  }

  unplug(): void {
    this.holdInReset();
    this.state = 'unplugged';
    this.onUnplug();
  }

  /** Stops the application and every timer; the flash can still be inspected. */
  stop(): void {
    this.holdInReset();
  }

  private holdInReset(): void {
    if (this.enTimer !== null) clearTimeout(this.enTimer);
    this.enTimer = null;
    this.application?.stop();
    this.application = null;
    this.state = 'held-in-reset';
  }

  private restart(io0Low: boolean): void {
    this.holdInReset();
    this.resets++;
    this.baud = 115200;
    this.slip.reset();
    this.loader.reset();
    if (this.faults.bootNoiseBytes !== undefined) this.print(noise(this.faults.bootNoiseBytes, this.resets));
    const download = (io0Low && this.faults.noAutoDownload !== true) || this.faults.bootButtonStuck === true;
    if (download) return this.enterDownload();
    this.startFromFlash();
  }

  private enterDownload(): void {
    this.state = 'download';
    this.print(Buffer.from(`${bootLine(this.chip, 0x3)}waiting for download\r\n`));
  }

  private startFromFlash(): void {
    const boot = bootFromFlash(this.chip, this.flash);
    this.print(Buffer.from(boot.log));
    if (boot.starts && this.faults.brownOut === true) {
      this.state = 'not-starting';
      this.print(Buffer.from('\r\nBrownout detector was triggered\r\n\r\n'));
      return;
    }
    this.state = boot.starts ? 'running' : 'not-starting';
    if (boot.starts) {
      const start = this.faults.noPrompt === true ? (): Application => MUTE : this.startApplication;
      this.application = start((bytes) => this.print(bytes), this.flash);
    }
  }

  private print(bytes: Uint8Array): void {
    if (this.faults.silent !== true && this.state !== 'unplugged') this.output(bytes);
  }
}

const MUTE: Application = { input: () => {}, stop: () => {} };

function enIsLow(lines: { dtr: boolean; rts: boolean }): boolean {
  return lines.rts && !lines.dtr;
}

/** Bytes as a terminal at the wrong rate sees them; a fixed sequence per reset, so runs repeat. */
function noise(count: number, seed: number): Uint8Array {
  let state = seed * 2654435761;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
}
