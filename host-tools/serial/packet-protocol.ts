// The host's side of Espruino's packet protocol: evaluate, send events, carry files, one request at a time.
// Works on any byte stream; owns timeouts, retries and the proof that a file has arrived. Called by the
// gateway's link, the provisioner and the virtual boards.
import { RealScheduler, type Scheduler } from '../ether/scheduler.ts';
import type { ByteStream } from './byte-stream.ts';
import { ConsoleLines, type BoardPacket } from './console-lines.ts';
import { crc32 } from './crc32.ts';
import { chunkLength, CTRL_C, encodeData, encodeText, ENQ, PacketType, sendable } from './packet-codec.ts';
import { parseRelaxed } from './relaxed-json.ts';

export interface PacketClientOptions {
  scheduler?: Scheduler;
  /** Time for one packet to be acknowledged and answered. */
  packetTimeoutMs?: number;
}

/**
 * `timeout`: no answer, and whether the request was carried out is unknown. `refused`: NAK; the message holds
 * what the board printed. `corrupt`: a file read back differently. `closed`: the client was closed first.
 */
export class PacketError extends Error {
  constructor(
    readonly code: 'timeout' | 'refused' | 'corrupt' | 'closed',
    message: string,
  ) {
    super(message);
  }
}

type Progress = (sentBytes: number) => void;

const CHUNK_BYTES = 1024;
/** Base64 makes 4 of 3, and the expression around it has to fit the board's heap as well. */
const ESCAPED_CHUNK_BYTES = 384;
const READ_CHUNK_BYTES = 768;
const FILE_ATTEMPTS = 3;
const SYNC_ATTEMPTS = 4;
/** An error is printed right after its NAK. */
const ERROR_TEXT_MS = 150;

interface Waiting {
  ack(ok: boolean): void;
  packet(packet: BoardPacket): void;
  fail(error: PacketError): void;
}

export class PacketClient {
  /** What the board prints besides: listen here. */
  readonly lines = new ConsoleLines();
  private readonly scheduler: Scheduler;
  private readonly packetTimeoutMs: number;
  private readonly stopListening: () => void;
  private waiting: Waiting | null = null;
  private tail: Promise<unknown> = Promise.resolve();
  /** A request went unanswered: its answer may still come and must not pass for another's. */
  private outOfStep = false;
  private closed = false;
  private syncCount = 0;

  constructor(
    private readonly stream: ByteStream,
    options: PacketClientOptions = {},
  ) {
    this.scheduler = options.scheduler ?? new RealScheduler();
    this.packetTimeoutMs = options.packetTimeoutMs ?? 2000;
    this.stopListening = stream.onData((bytes) => this.lines.push(bytes));
    this.lines.onAck((ok) => this.waiting?.ack(ok));
    this.lines.onPacket((packet) => this.waiting?.packet(packet));
  }

  /** The value of an expression on the board (data only: functions and cycles are refused). Not retried. */
  eval(expression: string): Promise<unknown> {
    return this.enqueue(() => this.evalNow(expression));
  }

  /** Starts the saved program anew. Resolves before it does, so that the answer is still heard. */
  async reload(): Promise<void> {
    await this.eval('setTimeout(load,50)');
  }

  /**
   * Hands the object to the board's E.on('packet') listeners. Not retried: a repeated event would act twice.
   */
  event(message: object): Promise<void> {
    return this.enqueue(() => this.acknowledged(encodeText(PacketType.Event, asciiJson(message))));
  }

  /**
   * Writes a file into Storage and reads its CRC back; what is there already is not written again. Safe to
   * repeat, and repeats itself when something goes wrong.
   */
  writeFile(name: string, bytes: Uint8Array, onProgress?: Progress): Promise<void> {
    return this.enqueue(async () => {
      for (let attempt = 1; !(await this.holds(name, bytes)); attempt++) {
        if (attempt > FILE_ATTEMPTS) throw new PacketError('corrupt', `${name} does not read back as sent`);
        await this.sendOnce(name, bytes, onProgress).catch((error: unknown) => {
          const hopeless = !(error instanceof PacketError) || error.code === 'closed';
          if (hopeless || attempt === FILE_ATTEMPTS) throw error;
        });
      }
    });
  }

  /** undefined when the board has no such file. */
  readFile(name: string): Promise<Uint8Array | undefined> {
    return this.enqueue(() => this.receiveFile(name));
  }

  /** Asks who is there: "Espruino 2v29 BOARD". Only while no line is half typed. */
  version(): Promise<string> {
    return this.enqueue(
      () =>
        new Promise<string>((resolve, reject) => {
          const stop = this.lines.onLine((line) => {
            if (line.startsWith('Espruino ')) settle(() => resolve(line));
          });
          const giveUp = (): void => settle(() => reject(this.timedOut()));
          const timer = this.scheduler.after(this.packetTimeoutMs, giveUp);
          const settle = (end: () => void): void => {
            stop();
            this.scheduler.cancel(timer);
            end();
          };
          this.stream.write(Uint8Array.of(ENQ));
        }),
    );
  }

  /** Ctrl-C: breaks out of a loop that does not end and clears a half-typed line. */
  interrupt(): void {
    this.stream.write(Uint8Array.of(CTRL_C));
  }

  /** Ends every request that waits. The stream is not touched. */
  close(): void {
    this.closed = true;
    this.stopListening();
    this.waiting?.fail(new PacketError('closed', 'the connection was closed'));
  }

  private enqueue<T>(task: () => Promise<T>): Promise<T> {
    const result = this.tail.then(async () => {
      if (this.outOfStep) await this.synchronise();
      return task();
    });
    this.tail = result.catch(() => {});
    return result;
  }

  private timedOut(): PacketError {
    this.outOfStep = true;
    return new PacketError('timeout', `no answer from the board within ${this.packetTimeoutMs / 1000} s`);
  }

  /**
   * Sends and waits until `enough` says that the answer is complete. `enough` sees every acknowledgement
   * (true) and every packet; a NAK rejects.
   */
  private async request(bytes: Uint8Array, enough: (packet?: BoardPacket) => boolean): Promise<void> {
    if (this.closed) throw new PacketError('closed', 'the connection was closed');
    let errorText = '';
    let stop = (): void => {};
    let timer = 0;
    try {
      await new Promise<void>((resolve, reject) => {
        timer = this.scheduler.after(this.packetTimeoutMs, () => reject(this.timedOut()));
        this.waiting = {
          ack: (ok) => {
            if (ok) return enough() ? resolve() : undefined;
            stop = this.lines.onLine((line) => (errorText += errorText ? `\n${line}` : line));
            this.scheduler.cancel(timer);
            timer = this.scheduler.after(ERROR_TEXT_MS, () =>
              reject(new PacketError('refused', errorText || 'the board refused the packet')),
            );
          },
          packet: (packet) => (enough(packet) ? resolve() : undefined),
          fail: reject,
        };
        this.stream.write(bytes);
      });
    } finally {
      stop();
      this.scheduler.cancel(timer);
      this.waiting = null;
    }
  }

  private acknowledged(bytes: Uint8Array): Promise<void> {
    return this.request(bytes, (packet) => packet === undefined);
  }

  private async evalText(expression: string, accept = (_text: string): boolean => true): Promise<string> {
    let answer = '';
    await this.request(encodeText(PacketType.Eval, expression), (packet) => {
      if (packet?.type !== PacketType.Response) return false;
      answer = Buffer.from(packet.data).toString('latin1');
      return accept(answer);
    });
    return answer;
  }

  private async evalNow(expression: string): Promise<unknown> {
    const text = await this.evalText(expression);
    const parsed = parseRelaxed(text);
    if (!parsed.ok) throw new PacketError('refused', `the board's answer is no data: ${text.slice(0, 80)}`);
    return parsed.value;
  }

  /** Throws away whatever still comes, up to the answer to a question that was never asked before. */
  private async synchronise(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const nonce = `"sync ${++this.syncCount}"`;
      try {
        await this.evalText(nonce, (text) => text === nonce);
        this.outOfStep = false;
        return;
      } catch (error) {
        // A NAK of an earlier packet looks like a refusal of this one: asked again, it is told apart by its
        // number.
        if (attempt === SYNC_ATTEMPTS || (error as PacketError).code === 'closed') throw error;
      }
    }
  }

  private async sendOnce(name: string, bytes: Uint8Array, onProgress?: Progress): Promise<void> {
    if (this.outOfStep) await this.synchronise();
    if (sendable(bytes)) await this.sendPlain(name, bytes, onProgress);
    else await this.sendEscaped(name, bytes, onProgress);
  }

  private async sendPlain(name: string, bytes: Uint8Array, onProgress?: Progress): Promise<void> {
    const fields = asciiJson({ fn: name, s: bytes.length });
    await this.acknowledged(encodeText(PacketType.FileSend, fields));
    for (let at = 0; at < bytes.length; ) {
      const length = chunkLength(bytes.length - at, CHUNK_BYTES);
      await this.acknowledged(encodeData(bytes.subarray(at, at + length)));
      at += length;
      onProgress?.(at);
    }
  }

  /** Content with bytes that must not be sent travels as base64 inside expressions. */
  private async sendEscaped(name: string, bytes: Uint8Array, onProgress?: Progress): Promise<void> {
    for (let at = 0; at < bytes.length; at += ESCAPED_CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + ESCAPED_CHUNK_BYTES);
      const base64 = Buffer.from(chunk).toString('base64');
      await this.evalText(
        `require("Storage").write(${asciiJson(name)},atob("${base64}"),${at},${bytes.length})`,
      );
      onProgress?.(at + chunk.length);
    }
  }

  private async holds(name: string, bytes: Uint8Array): Promise<boolean> {
    if (this.outOfStep) await this.synchronise();
    const file = `require("Storage").read(${asciiJson(name)})`;
    const answer = await this.evalNow(`(function(f){return f?[f.length,E.CRC32(f)]:[]})(${file})`);
    const [length, crc] = answer as (number | undefined)[];
    return length === bytes.length && crc === crc32(bytes);
  }

  /**
   * In expressions, not with a FILE_RECV packet: the interpreter puts a carriage return before every line
   * feed of the DATA packets it answers with, and does not count it (2v29, jsiConsolePrintStringVar).
   */
  private async receiveFile(name: string): Promise<Uint8Array | undefined> {
    const file = asciiJson(name);
    const lengthOf = '(function(f){return f?f.length:-1})';
    const length = await this.evalNow(`${lengthOf}(require("Storage").read(${file}))`);
    if (typeof length !== 'number' || length < 0) return undefined;
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += READ_CHUNK_BYTES) {
      const base64 = await this.evalNow(`btoa(require("Storage").read(${file},${at},${READ_CHUNK_BYTES}))`);
      const chunk = Buffer.from(String(base64), 'base64');
      if (chunk.length !== Math.min(READ_CHUNK_BYTES, length - at)) {
        throw new PacketError('corrupt', `${name} changed while it was read`);
      }
      bytes.set(chunk, at);
    }
    return bytes;
  }
}

/** JSON in plain ASCII, so that no byte of it is a control character for the console. */
export function asciiJson(value: unknown): string {
  const escape = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\x7f-\uffff]/g, escape);
}
