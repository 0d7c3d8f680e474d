// Bytes of a console to lines that a terminal can show: prompt noise and control sequences removed, whatever would
// still steer a terminal written out, nothing else dropped. Not the packet protocol's splitter (console-lines.ts): a
// monitor only listens, so noise that happens to look like a packet's start must not swallow what follows it.

/** A longer line is cut and goes on in the next: a port that never sends an end must not take all memory. */
const LINE_BYTES_MAX = 8192;
/** In a log a byte may be written as four, behind the time. */
const LOGGED_BYTES_MAX = 4 * LINE_BYTES_MAX + 64;
const LF = 0x0a;

export class LineSplitter {
  private held = Buffer.alloc(0);

  constructor(
    private readonly show: (bytes: Buffer) => string = shown,
    private readonly bytesMax = LINE_BYTES_MAX,
  ) {}

  /** For a file that `--log` wrote: its lines have been made harmless, and are again when they are replayed. */
  static ofLog(): LineSplitter {
    return new LineSplitter((bytes) => bytes.toString().replace(/\r$/, ''), LOGGED_BYTES_MAX);
  }

  /** The lines that these bytes complete; blank ones are left out. */
  push(bytes: Uint8Array): string[] {
    const data = this.held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.held, bytes]);
    const lines: string[] = [];
    let from = 0;
    for (;;) {
      const end = data.indexOf(LF, from);
      const length = (end < 0 ? data.length : end) - from;
      if (end < 0 && length < this.bytesMax) break;
      const take = Math.min(length, this.bytesMax);
      this.append(lines, data.subarray(from, from + take));
      from += take === length && end >= 0 ? take + 1 : take;
    }
    // A copy: a small rest must not keep a large chunk alive.
    this.held = Buffer.from(data.subarray(from));
    return lines;
  }

  /** What was half received, when the port is lost or the monitor ends. */
  flush(): string[] {
    const lines: string[] = [];
    this.append(lines, this.held);
    this.held = Buffer.alloc(0);
    return lines;
  }

  private append(lines: string[], bytes: Buffer): void {
    const line = this.show(bytes);
    if (line !== '') lines.push(line);
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
const PLAIN = /^[ -~]*\r?$/;
/** ECMA-48, 5.4: a control sequence ends with a byte from 0x40 to 0x7e. */
const SEQUENCES = /\u001b\[[0-?]*[ -/]*[@-~]/g;

/** Prompts, and the one-byte answers (ACK, NAK) to whoever had the port before the monitor. */
const BEFORE_A_LINE = /^[>\u0006\u0015]+/;

function shown(bytes: Buffer): string {
  let text = bytes.toString('latin1');
  // The interpreter writes its prompt before it erases it again, so that it stands before the next line.
  if (PLAIN.test(text)) return text.replace(/^>+|\r$/g, '');
  try {
    text = UTF8.decode(bytes);
  } catch {
    // Line noise, or a wrong rate: shown byte by byte.
  }
  text = text.replace(SEQUENCES, '').replace(/\r/g, '').replace(BEFORE_A_LINE, '');
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, escaped);
}

function escaped(c: string): string {
  return `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
