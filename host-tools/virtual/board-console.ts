// The console of a virtual board, byte by byte as the interpreter's (jsinteractive.c): prompt, echo, control
// characters, and the board's side of the packet protocol (README_Protocol.md). Knows neither the language
// nor the flash: `program` does. The host's side is serial/packet-protocol.ts; one test holds the same
// conversation with this and with the real one.
import type { Scheduler } from '../ether/scheduler.ts';
import { parseRelaxed } from '../serial/relaxed-json.ts';
import { FlashError, type FlashStore } from './flash-store.ts';

/** The running program, as the console sees it. */
export interface ConsoleProgram {
  /** Result as E.toJS text; undefined when it threw, after the error was printed. */
  evaluate(expression: string): string | undefined;
  /** Runs a typed line. 'incomplete' asks for more; otherwise the result to show, if there is one. */
  execute(line: string): { incomplete: true } | { incomplete: false; result: string | undefined };
  /** EVENT: false when nobody listens. The text is a JSON object. */
  packet(json: string): boolean;
}

const enum Type {
  Response = 0x0000,
  Eval = 0x2000,
  Event = 0x4000,
  FileSend = 0x6000,
  Data = 0x8000,
  FileReceive = 0xa000,
  Mask = 0xe000,
}

const enum State {
  Line,
  HadDle,
  LengthHigh,
  LengthLow,
  Payload,
}

const ACK = 0x06;
const DLE = 0x10;
const SOH = 0x01;
const NAK = 0x15;
const PACKET_TIMEOUT_MS = 5000;
const FILE_TIMEOUT_MS = 10000;
const FILE_CHUNK_BYTES = 1024;

export class BoardConsole {
  private state = State.Line;
  private line = '';
  private promptShown = false;
  private echo = true;
  private echoThisLine = true;
  private header = 0;
  private payload: number[] = [];
  private packetTimer = 0;
  private fileTimer = 0;
  private file: { name: string; size: number; offset: number } | undefined;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly flash: FlashStore,
    private readonly program: ConsoleProgram,
    private readonly version: string,
    private readonly send: (bytes: Uint8Array) => void,
  ) {}

  setEcho(on: boolean): void {
    this.echo = on;
  }

  input(bytes: Uint8Array): void {
    for (const byte of bytes) this.byte(byte);
  }

  /** Text of the program: the prompt makes room first, line ends become CR LF. */
  print(text: string): void {
    this.hidePrompt();
    this.raw(text.replace(/\n/g, '\r\n'));
  }

  /** After each callback the prompt comes back, if something was printed. */
  showPrompt(): void {
    if (this.promptShown || !this.echo) return;
    this.promptShown = true;
    this.raw(`>${this.line}`);
  }

  close(): void {
    this.scheduler.cancel(this.packetTimer);
    this.scheduler.cancel(this.fileTimer);
  }

  private hidePrompt(): void {
    if (this.promptShown && this.echo && this.echoThisLine) this.raw('\r\x1b[J');
    this.promptShown = false;
  }

  private raw(text: string): void {
    this.send(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  }

  private code(byte: number): void {
    this.send(Uint8Array.of(byte));
  }

  private byte(byte: number): void {
    switch (this.state) {
      case State.LengthHigh:
        this.header = byte << 8;
        this.state = State.LengthLow;
        return;
      case State.LengthLow:
        this.header |= byte;
        this.payload = [];
        this.state = State.Payload;
        if ((this.header & ~Type.Mask) === 0) this.packetComplete();
        return;
      case State.Payload:
        this.payload.push(byte);
        if (this.payload.length === (this.header & ~Type.Mask)) this.packetComplete();
        return;
      default:
        this.character(byte);
    }
  }

  private character(byte: number): void {
    const hadDle = this.state === State.HadDle;
    this.state = State.Line;
    if (byte === SOH && hadDle) this.packetStart();
    else if (byte === DLE) {
      if (this.line === '') this.echoThisLine = false;
      this.state = State.HadDle;
    } else if (byte === 0x03) this.clearLine();
    else if (byte === 0x05) {
      if (this.line === '') this.raw(`${this.version}\r\n`);
    } else if (byte === 0x0a || byte === 0x0d) this.newLine();
    else if (byte >= 0x20) {
      this.line += String.fromCharCode(byte);
      if (this.echo && this.echoThisLine) this.code(byte);
    }
  }

  private clearLine(): void {
    this.hidePrompt();
    this.line = '';
    this.echoThisLine = true;
    this.showPrompt();
  }

  private newLine(): void {
    const echoed = this.echo && this.echoThisLine;
    const line = this.line;
    if (echoed) this.raw('\r\n');
    this.promptShown = !echoed && this.promptShown;
    const answer = this.program.execute(line);
    if (answer.incomplete) {
      this.line += '\n';
      return;
    }
    this.line = '';
    this.echoThisLine = true;
    if (echoed && line.trim() !== '' && answer.result !== undefined) this.raw(`=${answer.result}\r\n`);
    this.showPrompt();
  }

  private packetStart(): void {
    if (this.line === '') this.echoThisLine = true;
    this.state = State.LengthHigh;
    this.packetTimer = this.scheduler.after(PACKET_TIMEOUT_MS, () => {
      this.state = State.Line;
      this.code(NAK);
    });
  }

  private packetComplete(): void {
    this.scheduler.cancel(this.packetTimer);
    this.state = State.Line;
    const text = String.fromCharCode(...this.payload);
    switch (this.header & Type.Mask) {
      case Type.Eval:
        return this.evalPacket(text);
      case Type.Event:
        return this.eventPacket(text);
      case Type.FileSend:
        return this.fileSendPacket(text);
      case Type.Data:
        return this.dataPacket();
      case Type.FileReceive:
        return this.fileReceivePacket(text);
      default:
        this.code(NAK);
    }
  }

  private evalPacket(text: string): void {
    const result = this.program.evaluate(text);
    if (result === undefined) {
      this.showPrompt();
      return;
    }
    this.code(ACK);
    this.reply(Type.Response, Uint8Array.from(result, (c) => c.charCodeAt(0)));
  }

  /** An evaluation that threw is refused before its error is printed. */
  refuse(): void {
    this.hidePrompt();
    this.code(NAK);
  }

  private eventPacket(text: string): void {
    const fields = objectOf(text);
    this.code(fields && this.program.packet(JSON.stringify(fields)) ? ACK : NAK);
  }

  private fileSendPacket(text: string): void {
    this.endFile();
    const fields = objectOf(text);
    const ok = fields && typeof fields.fn === 'string' && Number(fields.s) > 0 && !fields.fs && !fields.c;
    if (ok) {
      this.file = { name: String(fields.fn), size: Number(fields.s), offset: 0 };
      this.keepFileOpen();
    }
    this.code(ok ? ACK : NAK);
  }

  private dataPacket(): void {
    const file = this.file;
    if (!file) {
      this.code(NAK);
      return;
    }
    try {
      this.flash.write(file.name, Uint8Array.from(this.payload), file.offset, file.size);
    } catch (error) {
      if (!(error instanceof FlashError)) throw error;
      // The interpreter acknowledges all the same: only reading back tells (packet_file_write in
      // jsinteractive.c).
      this.print(`Uncaught Error: ${error.message}\n`);
    }
    file.offset += this.payload.length;
    if (file.offset >= file.size) this.endFile();
    else this.keepFileOpen();
    this.code(ACK);
    this.showPrompt();
  }

  private fileReceivePacket(text: string): void {
    const fields = objectOf(text);
    const bytes = typeof fields?.fn === 'string' ? this.flash.read(fields.fn) : undefined;
    if (!bytes) {
      this.code(NAK);
      return;
    }
    this.code(ACK);
    for (let at = 0; at < bytes.length; at += FILE_CHUNK_BYTES) {
      this.reply(Type.Data, bytes.subarray(at, at + FILE_CHUNK_BYTES));
    }
    this.reply(Type.Data, new Uint8Array(0));
  }

  /**
   * The interpreter's console puts a carriage return before every line feed even here, and does not count it.
   */
  private reply(type: Type, data: Uint8Array): void {
    const length = type | data.length;
    const packet = [DLE, SOH, (length >> 8) & 255, length & 255];
    for (const byte of data) {
      if (byte === 0x0a) packet.push(0x0d);
      packet.push(byte);
    }
    this.send(Uint8Array.from(packet));
  }

  private keepFileOpen(): void {
    this.scheduler.cancel(this.fileTimer);
    this.fileTimer = this.scheduler.after(FILE_TIMEOUT_MS, () => this.endFile());
  }

  private endFile(): void {
    this.scheduler.cancel(this.fileTimer);
    this.file = undefined;
  }
}

function objectOf(text: string): Record<string, unknown> | undefined {
  const parsed = parseRelaxed(text);
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) return undefined;
  return Array.isArray(parsed.value) ? undefined : (parsed.value as Record<string, unknown>);
}
