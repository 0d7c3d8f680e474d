// A console's lines, one after another, to entries. Holds a stack frame back until the line after it, which tells
// the source text at its place and so whether the bundle here is the one on the board. Every line gives at least one
// entry. Called by monitor.ts, which owns time and ports.
import type { Frame } from './bundle-map.ts';
import { placeText, type Bundles } from './bundles.ts';
import { decodeLine } from './decode-line.ts';
import type { Decoded, Entry } from './entry.ts';
import { frameOf, framesOf, isCaret } from './stack-frames.ts';

interface HeldFrame {
  frame: Frame;
  line: string;
  atMs: number;
}

export class Decoder {
  private readonly routes = new Map<string, string>();
  private held: HeldFrame | undefined;

  constructor(private readonly bundles: Bundles) {}

  line(line: string, atMs: number): Entry[] {
    const frame = frameOf(line);
    if (frame !== undefined) {
      const before = this.flush();
      this.held = { frame, line, atMs };
      return before;
    }
    if (this.held !== undefined && !line.startsWith('{') && !isCaret(line)) {
      const before = this.flush(line);
      return [...before, { kind: 'trace', level: 'error', text: line, fields: {}, raw: line, atMs }];
    }
    const before = this.flush();
    if (isCaret(line))
      return [...before, { kind: 'trace', level: 'error', text: line, fields: {}, raw: line, atMs }];
    return [...before, ...this.other(line, atMs)];
  }

  /** The frame that waits for its excerpt, when none will come. */
  flush(excerpt?: string): Entry[] {
    const held = this.held;
    if (held === undefined) return [];
    this.held = undefined;
    const { line, atMs } = held;
    return [{ ...this.traced({ ...held.frame, excerpt }), raw: line, atMs }];
  }

  private other(line: string, atMs: number): Entry[] {
    const [first, ...more] = decodeLine(line, this.routes);
    const entries: Entry[] = [{ ...first!, raw: line, atMs }];
    if (first!.kind === 'boot' && typeof first!.fields.board === 'string')
      this.bundles.boardIs(first!.fields.board);
    if (first!.kind === 'boot' || first!.kind === 'reset') this.routes.clear();
    const stack = first!.kind === 'error' && line.startsWith('{') ? stackOf(line) : '';
    for (const decoded of [...more, ...framesOf(stack).map((frame) => this.traced(frame))])
      entries.push({ ...decoded, atMs });
    return entries;
  }

  private traced(frame: Frame): Decoded {
    const place = this.bundles.locate(frame);
    const where = `${frame.inFile ? 'bundle' : 'body'}:${frame.line}:${frame.column}`;
    const source = place === undefined ? undefined : placeText(place);
    const name = place?.name ?? frame.name ?? '(top level or unnamed)';
    const text =
      source === undefined ? `  at ${name} ${where} (no bundle here fits)` : `  at ${name} ${source}`;
    return {
      kind: 'trace',
      level: 'error',
      text,
      fields: { function: place?.name ?? frame.name ?? null, at: where, source: source ?? null },
    };
  }
}

function stackOf(line: string): string {
  const { stack } = JSON.parse(line) as { stack?: unknown };
  return typeof stack === 'string' ? stack : '';
}
