// A console watched: bytes in, entries out, everything logged, gaps marked. Sends nothing, ever. Owns the port it is
// given and the order of things; what lines mean is the decoder's, how they look is the output's. Used by
// `fairhop monitor`.
import type { ReconnectingPort } from '../serial/reconnecting-port.ts';
import type { Decoder } from './decoder.ts';
import type { Entry, Level } from './entry.ts';
import type { Filter } from './filter.ts';
import { LineSplitter } from './line-splitter.ts';
import { parseLogged, type MonitorLog } from './monitor-log.ts';
import type { Output } from './output.ts';

export interface MonitorParts {
  decoder: Decoder;
  filter: Filter;
  output: Output;
  log: MonitorLog | undefined;
  nowMs(): number;
}

/** A stack frame whose excerpt does not come is shown without it. */
const QUIET_MS = 250;

export class Monitor {
  readonly counters = { lines: 0, errors: 0, gaps: 0, resets: 0 };
  private readonly splitter = new LineSplitter();
  private quiet: NodeJS.Timeout | undefined;
  private who = '';
  private state = '';

  constructor(private readonly parts: MonitorParts) {}

  bytes(bytes: Uint8Array): void {
    this.lines(this.splitter.push(bytes), this.parts.nowMs());
  }

  /** Lines that came at one time, as the board sent them. */
  lines(lines: readonly string[], atMs: number): void {
    this.parts.log?.lines(lines, atMs);
    this.counters.lines += lines.length;
    const entries: Entry[] = [];
    for (const line of lines) for (const entry of this.parts.decoder.line(line, atMs)) entries.push(entry);
    this.show(entries);
    clearTimeout(this.quiet);
    if (lines.length > 0) this.quiet = setTimeout(() => this.show(this.parts.decoder.flush()), QUIET_MS);
  }

  /** Something between the lines: the port was lost, the board is back. */
  gap(text: string, level: Level): void {
    const atMs = this.parts.nowMs();
    this.lines(this.splitter.flush(), atMs);
    this.parts.log?.mark(text, atMs);
    this.marked(text, level, atMs);
  }

  private marked(text: string, level: Level, atMs: number): void {
    this.counters.gaps += level === 'info' ? 0 : 1;
    this.show([
      ...this.parts.decoder.flush(),
      { kind: 'gap', level, text: `--- ${text} ---`, fields: {}, atMs },
    ]);
  }

  /** A line of a log or of any other text file. */
  replay(line: string): void {
    const { atMs, isMark, text } = parseLogged(line, this.parts.nowMs());
    if (isMark) this.marked(text, /back|opened/.test(text) ? 'info' : 'warn', atMs);
    else this.lines(this.splitter.push(Buffer.from(`${text}\n`)), atMs);
  }

  /** Follows the port until `close`. Rejects with a PortError when it cannot be opened at once. */
  async follow(port: ReconnectingPort): Promise<void> {
    let openings = 0;
    port.onData((bytes) => this.bytes(bytes));
    port.onOpen(() => {
      this.state = 'connected';
      if (openings++ > 0) this.gap(`${port.path}: the board is back`, 'info');
      this.showStatus();
    });
    port.onLost((error) => {
      this.state = 'waiting for the board';
      this.gap(error.message, 'warn');
    });
    await port.start();
  }

  end(): void {
    clearTimeout(this.quiet);
    this.lines(this.splitter.flush(), this.parts.nowMs());
    clearTimeout(this.quiet);
    this.show(this.parts.decoder.flush());
    this.parts.output.end();
    this.parts.log?.close();
  }

  private show(entries: readonly Entry[]): void {
    for (const { kind, fields } of entries) {
      if (kind === 'error') this.counters.errors++;
      if (kind === 'reset' || kind === 'boot') this.counters.resets++;
      if (kind === 'boot' && typeof fields.address === 'string') this.who = fields.address;
    }
    const { filter, output } = this.parts;
    output.show(entries.filter(filter));
    if (entries.length > 0) this.showStatus();
  }

  private showStatus(): void {
    const { lines, errors, gaps, resets } = this.counters;
    const who = this.who === '' ? '' : `node ${this.who}  `;
    this.parts.output.status(
      `${who}${this.state}  ${lines} lines  ${errors} errors  ${resets} restarts  ${gaps} gaps  (Ctrl-C ends)`,
    );
  }
}
