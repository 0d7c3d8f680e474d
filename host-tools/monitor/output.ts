// How entries look: a line of text with its time and kind, or a JSON object. On a terminal one line stays at the
// bottom and says how the board is; elsewhere stdout carries entries and nothing else.
import { styleText } from 'node:util';
import type { Entry } from './entry.ts';

export interface Output {
  show(entries: readonly Entry[]): void;
  /** What the bottom line says from now on; ignored where there is none. */
  status(text: string): void;
  end(): void;
}

type Write = (text: string) => void;

/** One JSON object a line, the same fields always. */
export class JsonOutput implements Output {
  constructor(private readonly write: Write) {}

  show(entries: readonly Entry[]): void {
    if (entries.length > 0) this.write(entries.map(jsonLine).join(''));
  }

  status(): void {}

  end(): void {}
}

function jsonLine({ atMs, kind, level, text, fields, raw }: Entry): string {
  return `${JSON.stringify({ at: new Date(atMs).toISOString(), kind, level, text, fields, raw: raw ?? null })}\n`;
}

export class TextOutput implements Output {
  private pinned = '';

  /** `columns` undefined: not a terminal, so no colours and no bottom line. */
  constructor(
    private readonly write: Write,
    private readonly columns: number | undefined,
    private readonly isColoured: boolean,
  ) {}

  show(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const text = entries.map((entry) => `${this.line(entry)}\n`).join('');
    this.write(this.columns === undefined ? text : `\r\u001b[K${text}${this.pinned}`);
  }

  status(text: string): void {
    if (this.columns === undefined) return;
    // One column short: a full line would wrap and leave its rest behind.
    this.pinned = text.slice(0, Math.max(0, this.columns - 1));
    this.write(`\r\u001b[K${this.pinned}`);
  }

  end(): void {
    if (this.columns !== undefined) this.write('\r\u001b[K');
  }

  private line({ atMs, kind, level, text }: Entry): string {
    const line = `${clock(atMs)} ${kind.padEnd(9)} ${text}`;
    if (!this.isColoured || level === 'info') return line;
    return styleText(level === 'error' ? 'red' : 'yellow', line);
  }
}

/** Local time with milliseconds. Made only once a millisecond: at full speed this is the dearest part of a line. */
let clockMs = -1;
let clockText = '';
function clock(atMs: number): string {
  if (atMs !== clockMs) {
    const at = new Date(atMs);
    clockText = `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
    clockMs = atMs;
  }
  return clockText;
}
