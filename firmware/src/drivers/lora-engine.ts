// The half-duplex routine that both LoRa chips share: listen, detect channel activity, transmit, listen
// again, and repair. One timer, one interrupt line, one frame under way. Knows no register; a `LoraChip`
// does that part. Nothing here runs inside `send`: all bus work happens in a timer or interrupt callback,
// on a shallow stack.
import type { RadioPort } from '../mesh/ports.ts';
import { timeOnAirMs } from '../protocol/airtime.ts';
import type { LoraConfig } from './lora-config.ts';
import { RadioFault } from './radio-fault.ts';
import type { BoardIo, SpiBus } from './spi-bus.ts';

/** What a chip reports, whatever its own flags are called. */
export const enum ChipEvent {
  RxDone = 1,
  TxDone = 2,
  CadDone = 4,
  CadDetected = 8,
  /** A frame is coming in at this moment. */
  Receiving = 16,
  /** The chip is not in the mode it was put in. */
  Lost = 32,
  /** With RxDone: the payload CRC failed. */
  CrcError = 64,
  /** A header arrived damaged; there is no frame. */
  HeaderError = 128,
}

/** Register work of one chip. Failures of the bus show in `bus.failed`, checked after each group of calls. */
export interface LoraChip {
  readonly bus: SpiBus;
  readonly irqPin: object;
  /** Of the frame last taken. */
  rssiDbm: number;
  snrDb: number;
  /** One step of reset and configuration: ms until the next, 0 when done, -RadioFault when it went wrong. */
  boot(step: number): number;
  listen(): void;
  events(): number;
  clearEvents(): void;
  /** Reads the received frame; undefined when it has no CRC or the bus failed. */
  takeFrame(): Uint8Array | undefined;
  /** Loads the frame and starts channel activity detection. */
  detect(frame: Uint8Array): void;
  /** Sends the frame that `detect` loaded. */
  transmit(frame: Uint8Array, timeoutMs: number): void;
}

const enum State {
  Booting = 0,
  Listening = 1,
  Detecting = 2,
  Transmitting = 3,
  Broken = 4,
}

/** The safety net under the interrupt line. */
const POLL_MS = 1000;
const REPAIR_DELAY_MS_MAX = 60000;

export class LoraEngine implements RadioPort {
  private readonly io: BoardIo;
  private readonly chip: LoraChip;
  private readonly config: LoraConfig;
  private readonly configGood: boolean;
  private readonly tick: () => void;
  private onFrame!: (frame: Uint8Array, rssiDbm: number, snrDb: number) => void;
  private onSent!: (sent: boolean) => void;
  private onFault!: (code: number) => void;
  private state = State.Booting;
  private bootStep = 0;
  private failuresInRow = 0;
  private timer = -1;
  private frame: Uint8Array | undefined = undefined;
  private refusing = false;

  /** `configGood`: false reports at start that the stored configuration was not all usable. */
  constructor(io: BoardIo, chip: LoraChip, config: LoraConfig, configGood: boolean) {
    this.io = io;
    this.chip = chip;
    this.config = config;
    this.configGood = configGood;
    this.tick = () => {
      this.timer = -1;
      this.onTimer();
    };
  }

  start(
    onFrame: (frame: Uint8Array, rssiDbm: number, snrDb: number) => void,
    onSent: (sent: boolean) => void,
    onFault: (code: number) => void,
  ): void {
    this.onFrame = onFrame;
    this.onSent = onSent;
    this.onFault = onFault;
    this.chip.bus.onFault = onFault;
    if (!this.configGood) onFault(RadioFault.BadConfig);
    this.io.setWatch(() => this.service(false), this.chip.irqPin, { repeat: true, edge: 'rising' });
    this.reboot();
  }

  send(frame: Uint8Array): void {
    if (this.frame || this.refusing) throw new Error('radio: a frame is under way');
    if (frame.length < 1 || frame.length > 255) throw new Error('radio: frame length');
    if (this.state === State.Listening) {
      this.frame = frame;
      this.arm(0);
    } else {
      this.refusing = true;
      this.io.setTimeout(() => this.refuse(), 0);
    }
  }

  /** The chip is being repaired: the node hears of it as of a busy channel, and backs off. */
  private refuse(): void {
    this.refusing = false;
    this.onSent(false);
  }

  private arm(ms: number): void {
    if (this.timer >= 0) this.io.clearTimeout(this.timer);
    this.timer = this.io.setTimeout(this.tick, ms);
  }

  private onTimer(): void {
    switch (this.state) {
      case State.Booting:
        this.boot();
        break;
      case State.Listening:
        if (this.frame) this.beginSend();
        else this.service(true);
        break;
      case State.Broken:
        this.reboot();
        break;
      default:
        this.service(true);
    }
  }

  private reboot(): void {
    this.state = State.Booting;
    this.bootStep = 0;
    this.chip.bus.failed = false;
    this.boot();
  }

  private boot(): void {
    const waitMs = this.chip.boot(this.bootStep++);
    if (this.chip.bus.failed) this.fail(RadioFault.BusDead);
    else if (waitMs < 0) this.fail(-waitMs);
    else if (waitMs > 0) this.arm(waitMs);
    else this.listen();
  }

  private listen(): void {
    this.chip.listen();
    if (this.chip.bus.failed) {
      this.fail(RadioFault.BusDead);
      return;
    }
    this.state = State.Listening;
    this.arm(POLL_MS);
  }

  /**
   * Reads the chip's events and goes on. `late`: the timer brought us here, so the interrupt line did not.
   */
  private service(late: boolean): void {
    if (this.state === State.Booting || this.state === State.Broken) return;
    const events = this.chip.events();
    if (this.chip.bus.failed) {
      this.fail(RadioFault.BusDead);
      return;
    }
    if (this.state === State.Listening) this.serviceListening(events, late);
    else if (this.state === State.Detecting) this.serviceDetecting(events, late);
    else this.serviceTransmitting(events, late);
  }

  private serviceListening(events: number, late: boolean): void {
    if (events & ChipEvent.Lost) {
      this.fail(RadioFault.ChipReset);
      return;
    }
    if (late) {
      this.failuresInRow = 0;
      this.arm(POLL_MS);
      if (events & ChipEvent.RxDone) this.onFault(RadioFault.LostIrq);
    }
    if (events & (ChipEvent.RxDone | ChipEvent.HeaderError)) this.receive(events);
  }

  private receive(events: number): void {
    let code = 0;
    let frame: Uint8Array | undefined;
    if (events & ChipEvent.CrcError) code = RadioFault.CrcError;
    else if (events & ChipEvent.HeaderError) code = RadioFault.HeaderError;
    else {
      frame = this.chip.takeFrame();
      if (!frame) code = RadioFault.NoCrc;
    }
    // Before the callbacks: the node takes its time, and the next frame needs a fresh edge.
    this.chip.clearEvents();
    if (this.chip.bus.failed) this.fail(RadioFault.BusDead);
    else if (frame) this.onFrame(frame, this.chip.rssiDbm, this.chip.snrDb);
    else this.onFault(code);
  }

  private beginSend(): void {
    const events = this.chip.events();
    const frame = this.frame!;
    if (this.chip.bus.failed) {
      this.fail(RadioFault.BusDead);
    } else if (events & (ChipEvent.Lost | ChipEvent.RxDone | ChipEvent.Receiving)) {
      // Leaving reception now would destroy a frame that somebody paid for.
      this.arm(POLL_MS);
      this.finish(false);
      if (this.state === State.Listening) this.serviceListening(events, false);
    } else {
      this.state = State.Detecting;
      this.chip.detect(frame);
      if (this.chip.bus.failed) this.fail(RadioFault.BusDead);
      else this.arm(this.detectMsMax());
    }
  }

  /** Both chips need fewer than 8 symbols to detect; the rest is for a busy interpreter. */
  private detectMsMax(): number {
    return 25 + Math.ceil(((1 << this.config.spreadingFactor) * 8000) / this.config.bandwidthHz);
  }

  private serviceDetecting(events: number, late: boolean): void {
    if (!(events & ChipEvent.CadDone)) {
      if (late) this.fail(RadioFault.StuckCad);
      return;
    }
    if (late) this.onFault(RadioFault.LostIrq);
    if (events & ChipEvent.CadDetected) {
      this.listen();
      if (this.state === State.Listening) this.finish(false);
      return;
    }
    const airtimeMs = timeOnAirMs(this.config, this.frame!.length);
    const timeoutMs = airtimeMs + (airtimeMs >> 4) + 100;
    this.state = State.Transmitting;
    this.chip.transmit(this.frame!, timeoutMs);
    if (this.chip.bus.failed) this.fail(RadioFault.BusDead);
    else this.arm(timeoutMs);
  }

  private serviceTransmitting(events: number, late: boolean): void {
    if (!(events & ChipEvent.TxDone)) {
      if (late) this.fail(RadioFault.StuckTx);
      return;
    }
    if (late) this.onFault(RadioFault.LostIrq);
    this.failuresInRow = 0;
    this.listen();
    if (this.state === State.Listening) this.finish(true);
  }

  /**
   * Reports the fault, gives the frame back as not sent, and resets the chip: at once, then ever more
   * slowly.
   */
  private fail(code: number): void {
    this.state = State.Broken;
    this.failuresInRow++;
    const pauseMs = this.failuresInRow < 2 ? 1 : 250 << Math.min(this.failuresInRow, 8);
    this.arm(Math.min(pauseMs, REPAIR_DELAY_MS_MAX));
    this.onFault(code);
    if (this.frame) this.finish(false);
  }

  private finish(sent: boolean): void {
    if (!this.frame) return;
    this.frame = undefined;
    this.onSent(sent);
  }
}
