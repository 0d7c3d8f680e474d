// Packets to a web address of the user's choice: a bounded queue, one request at a time in the order of the packets,
// repeated with growing pauses while the other side fails, dropped and counted when it fails for too long. It can
// never slow the gateway down or fill its memory.
import type { PacketView } from '../gateway/view.ts';

export interface WebhookOptions {
  url: string;
  queueMax?: number;
  triesMax?: number;
  /** Pause after the first failure; each further one doubles it. */
  pauseMs?: number;
  timeoutMs?: number;
  /** One line about a change for the worse or the better, never a line a packet. */
  tell(text: string): void;
}

const PAUSE_MS_MAX = 60_000;

export class Webhook {
  readonly counters = { delivered: 0, dropped: 0, failures: 0 };
  private readonly queue: PacketView[] = [];
  private readonly options: Required<WebhookOptions>;
  private readonly abort = new AbortController();
  private busy: Promise<void> | undefined;
  private isDown = false;

  /** Throws a RangeError with one sentence when the address is none. */
  constructor(options: WebhookOptions) {
    checkUrl(options.url);
    this.options = { queueMax: 1000, triesMax: 8, pauseMs: 1000, timeoutMs: 10_000, ...options };
  }

  get waiting(): number {
    return this.queue.length;
  }

  push(packet: PacketView): void {
    if (this.abort.signal.aborted) return;
    if (this.queue.length >= this.options.queueMax) {
      // The newest is worth more than the oldest: a wall display wants to know how it is now.
      this.queue.shift();
      this.counters.dropped++;
    }
    this.queue.push(packet);
    this.busy ??= this.work().finally(() => (this.busy = undefined));
  }

  async close(): Promise<void> {
    this.abort.abort();
    await this.busy;
  }

  private async work(): Promise<void> {
    for (let packet = this.queue.shift(); packet !== undefined; packet = this.queue.shift()) {
      if (await this.deliver(packet)) this.counters.delivered++;
      else this.counters.dropped++;
      if (this.abort.signal.aborted) return;
    }
  }

  private async deliver(packet: PacketView): Promise<boolean> {
    const { triesMax, pauseMs, tell } = this.options;
    for (let tries = 0; tries < triesMax && !this.abort.signal.aborted; tries++) {
      const failure = await this.post(packet);
      if (failure === undefined) {
        if (this.isDown) tell('webhook: it answers again');
        this.isDown = false;
        return true;
      }
      this.counters.failures++;
      if (!this.isDown)
        tell(`webhook: ${failure}; repeated up to ${triesMax} times, ${this.options.queueMax} may wait`);
      this.isDown = true;
      await this.pause(Math.min(PAUSE_MS_MAX, pauseMs * 2 ** tries));
    }
    return false;
  }

  /** Undefined when it was taken. A redirect is refused: it would carry the packet to an address nobody chose. */
  private async post(packet: PacketView): Promise<string | undefined> {
    const { url, timeoutMs } = this.options;
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `fairhop-${packet.id}` },
        body: JSON.stringify(packet),
        redirect: 'error',
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.abort.signal]),
      });
      await answer.body?.cancel();
      return answer.ok ? undefined : `the other side answered ${answer.status}`;
    } catch (error) {
      return error instanceof Error && error.name === 'TimeoutError'
        ? `no answer within ${timeoutMs / 1000} s`
        : 'the other side cannot be reached';
    }
  }

  private pause(ms: number): Promise<void> {
    const { signal } = this.abort;
    return new Promise((done) => {
      const timer = setTimeout(end, ms);
      timer.unref();
      function end(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        done();
      }
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });
  }
}

function checkUrl(text: string): void {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new RangeError(`${JSON.stringify(text)} is no address`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new RangeError('a webhook is called by http or https');
}
