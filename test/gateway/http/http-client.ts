// What the tests ask the server with: plain node:http, because fetch hides the headers that matter here
// (Host, Origin, Sec-Fetch-*), and a reader of event streams that waits for what it is told to wait for.
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface Answer {
  status: number;
  /** Names in lower case; a repeated header as one line. */
  headers: Record<string, string>;
  cookies: string[];
  text: string;
  json: any;
}

export function ask(
  url: string,
  path: string,
  options: RequestOptions & { body?: string } = {},
): Promise<Answer> {
  return new Promise((done, fail) => {
    const { hostname, port } = new URL(url);
    const call = request({ hostname, port, path, agent: false, ...options }, (response) => {
      response.setEncoding('utf8');
      let text = '';
      response.on('data', (part: string) => (text += part));
      response.on('error', fail);
      response.on('end', () => {
        const json =
          response.headers['content-type']?.includes('application/json') && text !== '' ? JSON.parse(text) : null;
        const headers = Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
        );
        const cookies = response.headers['set-cookie'] ?? [];
        done({ status: response.statusCode!, headers, cookies, text, json });
      });
    });
    call.on('error', fail);
    call.end(options.body);
  });
}

export interface ServerEvent {
  event: string;
  id: string | null;
  data: any;
}

export class Follower {
  readonly events: ServerEvent[] = [];
  comments = 0;
  ended = false;
  #rest = '';
  #wake: (() => void)[] = [];

  constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (part: string) => this.#take(part));
    response.on('close', () => {
      this.ended = true;
      this.#changed();
    });
    response.on('error', () => undefined);
  }

  static open(
    url: string,
    path = '/api/events',
    headers: Record<string, string> = {},
  ): Promise<Follower> {
    return new Promise((done, fail) => {
      const { hostname, port } = new URL(url);
      const call = request({ hostname, port, path, headers, agent: false }, (response) =>
        done(new Follower(response)),
      );
      call.on('error', fail);
      call.end();
    });
  }

  of(type: string): ServerEvent[] {
    return this.events.filter((event) => event.event === type);
  }

  packetIds(): number[] {
    return this.of('packet').map((event) => event.data.id as number);
  }

  /** Resolves as soon as the condition holds; rejects when the stream ends without it. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.ended) throw new Error('the stream ended first');
      await new Promise<void>((wake) => this.#wake.push(wake));
    }
  }

  close(): void {
    this.response.destroy();
  }

  #take(part: string): void {
    this.#rest += part;
    for (let end = this.#rest.indexOf('\n\n'); end >= 0; end = this.#rest.indexOf('\n\n')) {
      this.#takeBlock(this.#rest.slice(0, end).split('\n'));
      this.#rest = this.#rest.slice(end + 2);
    }
    this.#changed();
  }

  #takeBlock(lines: string[]): void {
    const field = (name: string): string | null =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
    if (lines.some((line) => line.startsWith(':'))) this.comments += 1;
    const event = field('event');
    if (event !== null) this.events.push({ event, id: field('id'), data: JSON.parse(field('data')!) });
  }

  #changed(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}

/** Sends bytes as they are and resolves with everything that came back before the server closed. */
export function sendRaw(url: string, bytes: string | Buffer): Promise<string> {
  return new Promise((done) => {
    const socket = openSocket(url);
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => (text += part));
    socket.on('error', () => undefined);
    socket.on('close', () => done(text));
    socket.end(bytes);
  });
}

export function openSocket(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) });
}
