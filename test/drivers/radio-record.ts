// Records every call between a LoRa driver and its board while the driver works on a register-level model,
// in the words that test/device/programs/radio-replay.ts prints, so that the interpreter can be held
// against Node.
import type { BoardIo } from '../../firmware/src/drivers/spi-bus.ts';

export interface RadioRecord {
  /** What the driver did, and between it what was done to the driver. */
  lines: string[];
  stimuli: string[];
  answers: string[];
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export class RadioRecorder implements RadioRecord {
  readonly lines: string[] = [];
  readonly stimuli: string[] = [];
  readonly answers: string[] = [];
  private timers = 0;

  stimulus(text: string): void {
    this.stimuli.push(text);
    this.lines.push(`> ${text}`);
  }

  /** `io` with every call written down. Pins are told apart by their `name`. */
  wrap(io: BoardIo): BoardIo {
    const name = (pin: object): string => (pin as { name: string }).name;
    const ids = new Map<number, number>();
    return {
      spi: { send: (data: Uint8Array | number, chipSelect?: object) => this.send(io, data, chipSelect) },
      digitalWrite: (pin, level) => {
        this.lines.push(`write ${name(pin)} ${level}`);
        io.digitalWrite(pin, level);
      },
      digitalRead: (pin) => {
        this.lines.push(`read ${name(pin)}`);
        const level = io.digitalRead(pin);
        this.answers.push(String(level));
        return level;
      },
      setWatch: (callback, pin, options) => {
        this.lines.push(`watch ${name(pin)} ${options.edge}`);
        const edge = (): void => (this.stimulus('I'), callback());
        return io.setWatch(edge, pin, options);
      },
      setTimeout: (callback, ms) => {
        const id = ++this.timers;
        this.lines.push(`timer ${id} ${ms}`);
        ids.set(id, io.setTimeout(() => (this.stimulus(`T${id}`), callback()), ms));
        return id;
      },
      clearTimeout: (id) => {
        this.lines.push(`clear ${id}`);
        io.clearTimeout(ids.get(id)!);
      },
    };
  }

  private send(io: BoardIo, data: Uint8Array | number, chipSelect?: object): never {
    const bytes = typeof data === 'number' ? Uint8Array.of(data) : data;
    const to = chipSelect ? ` ${(chipSelect as { name: string }).name}` : '';
    this.lines.push(`spi ${hex(bytes)}${to}`);
    const send = io.spi.send as (data: Uint8Array | number, chipSelect?: object) => Uint8Array | number;
    try {
      const answer = send.call(io.spi, data, chipSelect);
      this.answers.push(hex(typeof answer === 'number' ? Uint8Array.of(answer) : answer));
      return answer as never;
    } catch (error) {
      this.answers.push('throw');
      throw error;
    }
  }
}
