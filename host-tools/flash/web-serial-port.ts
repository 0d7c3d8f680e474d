// The line dressed as a Web Serial port, the only shape esptool-js talks to. The line stays open while the
// library opens and closes this object: reopening a real port would toggle its control lines and reset the
// board. Keeps the last bytes received, from which a failed connection is explained.
import type { SerialLine } from './lines/serial-line.ts';

const RECENT_BYTES_MAX = 4096;

interface Signals {
  dataTerminalReady?: boolean;
  requestToSend?: boolean;
  break?: boolean;
}

export class WebSerialPort {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  private input: ReadableStreamDefaultController<Uint8Array> | null = null;
  private output: WritableStreamDefaultController | null = null;
  private dtr = false;
  private rts = false;
  private recent: Uint8Array = new Uint8Array(0);

  constructor(private readonly line: SerialLine) {}

  // New streams at each open and null after close, as the library tests `readable` for null.
  async open(options: { baudRate: number }): Promise<void> {
    await this.line.setBaud(options.baudRate);
    this.readable = new ReadableStream({
      start: (controller) => {
        this.input = controller;
      },
    });
    this.writable = new WritableStream({
      start: (controller) => {
        this.output = controller;
      },
      write: (bytes) => this.line.write(bytes),
    });
    this.line.onData = (bytes) => this.receive(bytes);
  }

  async close(): Promise<void> {
    this.line.onData = () => {};
    this.input = null;
    this.output = null;
    this.readable = null;
    this.writable = null;
  }

  /** Present so that the library changes the rate in place instead of closing and reopening. */
  setBaudRate(baud: number): Promise<void> {
    return this.line.setBaud(baud);
  }

  // A partial update: what is not named keeps its state, so DTR and RTS are remembered here.
  async setSignals(signals: Signals): Promise<void> {
    this.dtr = signals.dataTerminalReady ?? this.dtr;
    this.rts = signals.requestToSend ?? this.rts;
    await this.line.setControlLines(this.dtr, this.rts);
  }

  getInfo(): { usbVendorId?: number; usbProductId?: number } {
    const usb = this.line.usb;
    return usb === null ? {} : { usbVendorId: usb.vendorId, usbProductId: usb.productId };
  }

  /** Ends both streams with an error: without it the library waits for ever after an unplug. */
  abort(error: Error): void {
    try {
      this.input?.error(error);
      this.output?.error(error);
    } catch {
      // A stream that has already ended cannot be ended again, and need not be.
    }
    this.input = null;
  }

  /** The last text received since `clearRecent`, unprintable bytes as dots. */
  recentText(): string {
    return Buffer.from(this.recent)
      .toString('latin1')
      .replace(/[^\x20-\x7e\r\n]/g, '.');
  }

  clearRecent(): void {
    this.recent = new Uint8Array(0);
  }

  private receive(bytes: Uint8Array): void {
    this.recent = Buffer.concat([this.recent, bytes]).subarray(-RECENT_BYTES_MAX);
    this.input?.enqueue(bytes);
  }
}
