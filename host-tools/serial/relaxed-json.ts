// Reads values as Espruino writes and reads them: JSON plus bare names, single quotes, \x and octal escapes,
// hex numbers, NaN and Infinity. Bounded depth; never throws. Used for answers to EVAL packets and, on
// virtual boards, for EVENT and FILE packets. Values that are no data (functions) are not understood.

const DEPTH_MAX = 32;

/** `ok` false: not understood; the reason names the position. */
export type Parsed = { ok: true; value: unknown } | { ok: false; reason: string };

class Malformed extends Error {}

export function parseRelaxed(text: string): Parsed {
  const parser = new Parser(text);
  try {
    const value = parser.value(0);
    parser.end();
    return { ok: true, value };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { ok: false, reason: error.message };
  }
}

class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  value(depth: number): unknown {
    this.space();
    if (depth > DEPTH_MAX) this.fail('nested too deeply');
    const c = this.text[this.at];
    if (c === '{') return this.object(depth);
    if (c === '[') return this.array(depth);
    if (c === '"' || c === "'") return this.string();
    const word = /^(-?(0[xX][\da-fA-F]+|\d+\.?\d*([eE][-+]?\d+)?|\.\d+|Infinity)|[A-Za-z_$][\w$]*)/.exec(
      this.text.slice(this.at, this.at + 64),
    )?.[0];
    if (word === undefined) this.fail('a value');
    this.at += word.length;
    const named = NAMED_VALUES.get(word);
    if (named !== undefined || NAMED_VALUES.has(word)) return named;
    const number = word.startsWith('-') ? -Number(word.slice(1)) : Number(word);
    if (Number.isNaN(number)) this.fail(`no data: ${word}`);
    return number;
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) this.fail('the end');
  }

  private object(depth: number): unknown {
    const object: Record<string, unknown> = {};
    this.list('{', '}', () => {
      this.space();
      const quote = this.text[this.at];
      const key = quote === '"' || quote === "'" ? this.string() : this.name();
      this.expect(':');
      // Defined, not assigned: a key named __proto__ is a field like any other.
      const value = this.value(depth + 1);
      Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
    });
    return object;
  }

  private array(depth: number): unknown[] {
    const items: unknown[] = [];
    this.list('[', ']', () => items.push(this.value(depth + 1)));
    return items;
  }

  private list(open: string, close: string, item: () => void): void {
    this.expect(open);
    for (;;) {
      this.space();
      if (this.text[this.at] === close) break;
      item();
      this.space();
      if (this.text[this.at] !== ',') break;
      this.at++;
    }
    this.expect(close);
  }

  private name(): string {
    const word = /^[\w$]+/.exec(this.text.slice(this.at, this.at + 256))?.[0];
    if (word === undefined) this.fail('a name');
    this.at += word.length;
    return word;
  }

  private string(): string {
    const quote = this.text[this.at++];
    let out = '';
    for (;;) {
      const c = this.text[this.at++];
      if (c === undefined) this.fail('the end of the string');
      if (c === quote) return out;
      out += c === '\\' ? this.escape() : c;
    }
  }

  private escape(): string {
    const rest = this.text.slice(this.at, this.at + 5);
    const code = /^(x[\da-fA-F]{2}|u[\da-fA-F]{4}|[0-7]{1,3})/.exec(rest)?.[0];
    if (code !== undefined) {
      this.at += code.length;
      return String.fromCharCode(/^[xu]/.test(code) ? parseInt(code.slice(1), 16) : parseInt(code, 8));
    }
    if (rest === '') this.fail('an escape');
    this.at++;
    return ESCAPES.get(rest[0]) ?? rest[0];
  }

  private space(): void {
    while (/^[ \t\r\n]$/.test(this.text[this.at] ?? '')) this.at++;
  }

  private expect(c: string): void {
    this.space();
    if (this.text[this.at] !== c) this.fail(`"${c}"`);
    this.at++;
  }

  private fail(wanted: string): never {
    throw new Malformed(`expected ${wanted} at ${this.at}`);
  }
}

const NAMED_VALUES = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['undefined', undefined],
  ['NaN', NaN],
  ['Infinity', Infinity],
]);

const ESCAPES = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);
