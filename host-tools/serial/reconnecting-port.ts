// A serial port that is opened again whenever it comes back: what a gateway needs that runs for months. Owns
// the waiting and the reporting; opening is serial-port.ts. While there is no port, writes are lost, as they
// are on a pulled cable.
import { Listeners, type ByteStream } from './byte-stream.ts';
import type { PortError } from './port-errors.ts';
import { OpenPort } from './serial-port.ts';

const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5000;

export class ReconnectingPort implements ByteStream {
  private readonly data = new Listeners<Uint8Array>();
  private readonly openings = new Listeners<void>();
  private readonly closings = new Listeners<PortError>();
  private port: OpenPort | null = null;
  private timer: NodeJS.Timeout | undefined;
  private retryMs = RETRY_MS_MIN;
  private stopped = false;

  constructor(
    readonly path: string,
    private readonly open: (path: string) => Promise<OpenPort> = (p) => OpenPort.open(p),
  ) {}

  /**
   * Opens the port. Rejects with a PortError when that fails at once: then nothing is retried, the user shall
   * know.
   */
  async start(): Promise<void> {
    this.adopt(await this.open(this.path));
  }

  get isOpen(): boolean {
    return this.port !== null;
  }

  write(bytes: Uint8Array): void {
    this.port?.write(bytes);
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    return this.data.add(listener);
  }

  /** Each time the port is there again, the first time included if the listener was there before `start`. */
  onOpen(listener: () => void): () => void {
    return this.openings.add(listener);
  }

  /** Each time the port is lost; attempts to open it again follow by themselves. */
  onLost(listener: (error: PortError) => void): () => void {
    return this.closings.add(listener);
  }

  async close(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    const port = this.port;
    this.port = null;
    await port?.close();
  }

  private adopt(port: OpenPort): void {
    if (this.stopped) {
      void port.close();
      return;
    }
    this.port = port;
    this.retryMs = RETRY_MS_MIN;
    port.onData((bytes) => this.data.emit(bytes));
    port.onLost((error) => {
      this.port = null;
      this.closings.emit(error);
      this.retry();
    });
    this.openings.emit();
  }

  private retry(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.open(this.path).then(
        (port) => this.adopt(port),
        () => this.retry(),
      );
    }, this.retryMs);
    this.retryMs = Math.min(RETRY_MS_MAX, this.retryMs * 2);
  }
}
