// A serial port of this computer, over the serialport package: opened without resetting the board, errors in
// words, unplugging noticed, and a wrapper that opens it again whenever it comes back. Works on USB adapters
// and on ptys. Used by the gateway's link, the provisioner and the monitor.
import { existsSync } from 'node:fs';
import { SerialPort } from 'serialport';
import { Listeners, type ByteStream } from './byte-stream.ts';
import { classifyOpenError, lostError, type PortError } from './port-errors.ts';

export interface Signals {
  dtr: boolean;
  rts: boolean;
}

const BAUD = 115200;
/**
 * The library does not notice every unplugging (node-serialport issue 2043): the device node is looked at as
 * well.
 */
const PRESENCE_INTERVAL_MS = 1000;

export class OpenPort implements ByteStream {
  private readonly data = new Listeners<Uint8Array>();
  private readonly lost = new Listeners<PortError>();
  private readonly presence: NodeJS.Timeout;
  private signals: Signals = { dtr: false, rts: false };
  private ended = false;

  private constructor(
    readonly path: string,
    private readonly port: SerialPort,
  ) {
    port.on('data', (bytes: Buffer) => this.data.emit(bytes));
    port.on('error', () => this.end());
    port.on('close', () => this.end());
    this.presence = setInterval(() => existsSync(path) || this.end(), PRESENCE_INTERVAL_MS);
  }

  /** Rejects with a PortError. DTR and RTS are both released at once: a pair that differs resets an ESP32. */
  static async open(path: string, baudRate = BAUD): Promise<OpenPort> {
    // Without XON/XOFF: those two bytes occur in files that a board sends, and a board is never sent more
    // than one packet ahead of its acknowledgement, which fits its buffer. hupcl off keeps DTR from dropping
    // when we close.
    const port = new SerialPort({ path, baudRate, hupcl: false, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error ? reject(classifyOpenError(path, error)) : resolve()));
    });
    const open = new OpenPort(path, port);
    await open.setSignals({});
    return open;
  }

  write(bytes: Uint8Array): void {
    if (this.ended) return;
    this.port.write(Buffer.from(bytes), (error) => error && this.end());
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    return this.data.add(listener);
  }

  /** Once, when the port goes away by itself. */
  onLost(listener: (error: PortError) => void): () => void {
    return this.lost.add(listener);
  }

  /**
   * Changes only what is named: the library would raise the other line. A pty has no such lines, which is no
   * error.
   */
  setSignals(change: Partial<Signals>): Promise<void> {
    this.signals = { ...this.signals, ...change };
    return new Promise((resolve, reject) => {
      this.port.set(this.signals, (error) => {
        if (error && !/inappropriate ioctl/i.test(error.message)) reject(lostError(this.path));
        else resolve();
      });
    });
  }

  async close(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.presence);
    await new Promise<void>((resolve) => this.port.close(() => resolve()));
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.presence);
    if (this.port.isOpen) this.port.close(() => {});
    this.lost.emit(lostError(this.path));
  }
}
