// One SPI device of a board: chip select, and transactions that survive the exceptions which the ESP32's
// bus driver throws without cause (it tests a result that it never stored). Knows nothing of the chip
// behind the wire. Called by the chip drivers; the tests and the virtual boards put a register-level model
// behind `BoardIo`.
import { RadioFault } from './radio-fault.ts';

/** What a radio driver needs of the interpreter; on a board these are its own functions. */
export interface BoardIo {
  readonly spi: {
    send(bytes: Uint8Array): Uint8Array;
    send(bytes: Uint8Array, chipSelect: object): Uint8Array;
    send(byte: number): number;
  };
  digitalWrite(pin: object, level: number): void;
  digitalRead(pin: object): number | boolean;
  setWatch(callback: () => void, pin: object, options: { repeat: boolean; edge: 'rising' }): number;
  setTimeout(callback: () => void, ms: number): number;
  clearTimeout(id: number): void;
}

/**
 * Failures in a row after which bytes go one by one: the fault lies in the path for several bytes at once.
 */
const BULK_FAILURES_MAX = 3;
const ATTEMPTS_MAX = BULK_FAILURES_MAX + 1;

export class SpiBus {
  /**
   * Sticky: a transaction failed for good. The driver checks it after a group of transactions and clears
   * it.
   */
  failed = false;
  /** Set by the engine, which counts every exception. */
  onFault!: (code: number) => void;
  private failuresInRow = 0;
  private readonly io: BoardIo;
  private readonly chipSelect: object;

  constructor(io: BoardIo, chipSelect: object) {
    this.io = io;
    this.chipSelect = chipSelect;
  }

  /**
   * One transaction that may be repeated; returns the bytes that came back, or `bytes` itself once it
   * failed.
   */
  transact(bytes: Uint8Array): Uint8Array {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const answer = this.attempt(bytes, undefined);
      if (answer) return answer;
    }
    this.failed = true;
    return bytes;
  }

  /** `header` then `body` in one transaction, once; returns what came back during the body. */
  attempt(header: Uint8Array, body: Uint8Array | undefined): Uint8Array | undefined {
    const bytewise = this.failuresInRow >= BULK_FAILURES_MAX;
    let answer: Uint8Array | undefined;
    try {
      if (!body && !bytewise) {
        answer = this.io.spi.send(header, this.chipSelect);
      } else {
        this.io.digitalWrite(this.chipSelect, 0);
        answer = bytewise ? this.sendBytes(header) : this.io.spi.send(header);
        if (body) answer = bytewise ? this.sendBytes(body) : this.io.spi.send(body);
      }
    } catch (_) {
      answer = undefined;
    }
    if (body || bytewise) this.io.digitalWrite(this.chipSelect, 1);
    if (answer) {
      if (!bytewise) this.failuresInRow = 0;
      return answer;
    }
    if (!bytewise) this.failuresInRow++;
    this.onFault(RadioFault.BusException);
    return undefined;
  }

  private sendBytes(bytes: Uint8Array): Uint8Array {
    const answer = new Uint8Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) answer[i] = this.io.spi.send(bytes[i]!);
    return answer;
  }
}
