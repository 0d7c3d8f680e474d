// A serial port of this computer as a line, over the serialport package. The duties here were each learned
// from a failure: see the comments. Called through lineFor.
import { SerialPort } from 'serialport';
import { lostError, openError } from '../../ports/port-errors.ts';
import type { SerialLine, UsbIdentity } from './serial-line.ts';

/** A write that the kernel does not take in this time means a dead adapter. */
const WRITE_WITHIN_MS = 5000;

export class SerialPortLine implements SerialLine {
  onData: (bytes: Uint8Array) => void = () => {};
  onLost: () => void = () => {};
  private port: SerialPort | null = null;
  private lost = false;

  constructor(
    readonly name: string,
    readonly usb: UsbIdentity | null,
    /** Told of control-line changes that the device refuses because it is a pseudo-terminal. */
    private readonly onControlLines: (dtr: boolean, rts: boolean) => void = () => {},
  ) {}

  async open(baud: number): Promise<void> {
    // hupcl off: without it closing the port drops DTR, which resets a board that is at work.
    const port = new SerialPort({ path: this.name, baudRate: baud, autoOpen: false, hupcl: false });
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error ? reject(openError(this.name, error)) : resolve()));
    });
    this.port = port;
    this.lost = false;
    // A reader must be attached at once: a port nobody reads does not notice that its far side is gone.
    port.on('data', (bytes: Buffer) => this.onData(bytes));
    port.on('error', () => this.markLost());
    port.on('close', (error: Error | null) => {
      if (error) this.markLost();
    });
    await this.setControlLines(false, false);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const port = this.openPort();
    // serialport queues a write on a closed port for a future open; refusing it here keeps callers moving.
    await this.whileConnected((done) =>
      port.write(Buffer.from(bytes), (error) => {
        if (error) return done(error);
        port.drain(done);
      }),
    );
  }

  async setBaud(baud: number): Promise<void> {
    const port = this.openPort();
    await this.whileConnected((done) => port.update({ baudRate: baud }, done));
  }

  async setControlLines(dtr: boolean, rts: boolean): Promise<void> {
    const port = this.openPort();
    // All flags are given every time: serialport fills a missing one with true.
    const refused = await new Promise<Error | null>((resolve) => {
      port.set({ dtr, rts, brk: false }, (error) => resolve(error));
    });
    if (refused !== null && /ioctl|ENOTTY/i.test(refused.message)) return this.onControlLines(dtr, rts);
    if (refused !== null) {
      this.markLost();
      throw lostError(this.name);
    }
  }

  async close(): Promise<void> {
    const port = this.port;
    this.port = null;
    if (port === null || !port.isOpen) return;
    await new Promise<void>((resolve) => {
      port.close(() => resolve());
    });
  }

  private openPort(): SerialPort {
    if (this.port === null || !this.port.isOpen || this.lost) throw lostError(this.name);
    return this.port;
  }

  private whileConnected(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(lostError(this.name)), WRITE_WITHIN_MS);
      start((error) => {
        clearTimeout(timer);
        if (error) reject(lostError(this.name));
        else resolve();
      });
    });
  }

  private markLost(): void {
    if (this.lost) return;
    this.lost = true;
    this.onLost();
  }
}
