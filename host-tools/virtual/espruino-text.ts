// How Espruino writes values as text: numbers with 11 to 12 digits, JSON, `print` and E.toJS. Measured on the
// interpreter (test/virtual/espruino-text.test.ts compares). One known difference: `print` of a long object
// breaks lines there and not here. Works on values of any context; used by espruino-globals.ts and the
// console.

const CLOSE_TO_ZERO = 1e-7;
const DIGITS_AFTER_POINT_MAX = 11;

/**
 * As String(number): digits are produced one by one with the rounding errors of the interpreter's own loop.
 */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return 'Infinity';
  if (value === -Infinity) return '-Infinity';
  const sign = value < 0 ? '-' : '';
  const [mantissa, exponent] = normalise(Math.abs(value));
  const [whole, rest] = wholeDigits(mantissa);
  let digits = '';
  let fraction = rest * 10;
  while (rest > 0 && digits.length < DIGITS_AFTER_POINT_MAX && fraction > CLOSE_TO_ZERO) {
    const digit = Math.floor(fraction + 1e-8);
    fraction = (fraction - digit) * 10;
    digits += Math.min(digit, 9);
  }
  const suffix = exponent === 0 ? '' : `e${exponent > 0 ? '+' : ''}${exponent}`;
  return sign + whole + (digits ? `.${digits}` : '') + suffix;
}

/** As number.toFixed: rounds at the last digit only, so that (1.5).toFixed(0) is "1". */
export function fixedText(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return numberText(value);
  const [whole, rest] = wholeDigits(Math.abs(value));
  let text = (value < 0 ? '-' : '') + whole;
  let fraction = rest * 10;
  for (let left = Math.max(0, Math.min(20, decimals)), first = true; left > 0; left--, first = false) {
    const digit = Math.floor(fraction + (left === 1 ? 0.5 : 1e-8));
    fraction = (fraction - digit) * 10;
    text += (first ? '.' : '') + Math.min(digit, 9);
  }
  return text;
}

/** From 1e21 and below 1e-6 an exponent is split off, by fives first, as the interpreter does. */
function normalise(value: number): [number, number] {
  let exponent = 0;
  if (value >= 1e21) {
    for (; value > 1e5; value /= 1e5) exponent += 5;
    for (; value > 10; value /= 10) exponent++;
  } else if (value > 0 && value < 1e-6) {
    for (; value < 1e-5; value *= 1e5) exponent -= 5;
    for (; value < 1; value *= 10) exponent--;
  }
  return [value, exponent];
}

/** The digits before the point, and what is left. A value that is nearly the next integer becomes it. */
function wholeDigits(value: number): [string, number] {
  const floor = Math.floor(value);
  if (value < 2 ** 31 && Math.floor(value + CLOSE_TO_ZERO) === floor + 1) value = floor + 1;
  let power = 1;
  while (power * 10 <= value) power *= 10;
  let digits = '';
  for (; power >= 1; power /= 10) {
    const digit = Math.floor(value / power);
    value -= digit * power;
    digits += Math.min(digit, 9);
  }
  return [digits, value];
}

/**
 * As JSON.stringify: a typed array or buffer becomes an array, what JSON cannot say becomes null. No
 * replacer.
 */
export function jsonText(value: unknown): string {
  return json(value, '') ?? 'null';
}

function json(value: unknown, key: string): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? numberText(value) : 'null';
    case 'string':
      return quoted(value, jsonEscape);
    case 'boolean':
      return String(value);
    case 'object':
      break;
    default:
      return undefined;
  }
  if (value === null) return 'null';
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return json(toJSON.call(value, key), key);
  const items = arrayItems(value);
  if (items) return `[${items.map((item, i) => json(item, String(i)) ?? 'null').join(',')}]`;
  const fields: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    const text = json(field, name);
    if (text !== undefined) fields.push(`${quoted(name, jsonEscape)}:${text}`);
  }
  return `{${fields.join(',')}}`;
}

/**
 * As E.toJS, which is also how the answer to an EVAL packet is written: short escapes, bare names, code of
 * functions.
 */
export function jsText(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'string') return quoted(value, shortEscape);
  if (typeof value !== 'object') return String(value);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return jsText(toJSON.call(value));
  const items = arrayItems(value);
  if (items) return `[${items.map(jsText).join(',')}]`;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${bareName(name) ? name : quoted(name, shortEscape)}:${jsText(field)}`);
  return `{${fields.join(',')}}`;
}

/** As `print`, one line for each call: strings bare at the top level, values spelled out. */
export function printText(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === 'string' ? value : shown(value))).join(' ');
}

function shown(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'string') return quoted(value, shortEscape);
  if (typeof value !== 'object' || value === null) return String(value);
  if (isError(value)) return `Error: ${String(value)}`;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return `new ${value.constructor.name}([${arrayItems(value)!.map(shown).join(', ')}])`;
  }
  const items = arrayItems(value);
  if (items && !Array.isArray(value)) return `new Uint8Array([${items.join(', ')}]).buffer`;
  if (items) return items.length ? `[ ${items.map(shown).join(', ')} ]` : '[  ]';
  const fields = Object.entries(value).map(([name, field]) => `"${name}": ${shown(field)}`);
  return fields.length ? `{ ${fields.join(', ')} }` : '{  }';
}

function isError(value: object): boolean {
  return Object.prototype.toString.call(value) === '[object Error]';
}

function arrayItems(value: object): unknown[] | undefined {
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, i) => value[i]);
  if (Object.prototype.toString.call(value) === '[object ArrayBuffer]') {
    return [...new Uint8Array(value as ArrayBuffer)];
  }
  if (ArrayBuffer.isView(value) && 'length' in value) return Array.from(value as Uint8Array);
  return undefined;
}

function quoted(text: string, escape: (code: number, next: number) => string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22 || code === 0x5c) out += `\\${text[i]}`;
    else if (code >= 0x20 && code < 0x7f) out += text[i];
    else out += NAMED_ESCAPES[code] ?? escape(code, text.charCodeAt(i + 1));
  }
  return `${out}"`;
}

const NAMED_ESCAPES: Record<number, string> = {
  8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r',
};

function jsonEscape(code: number): string {
  return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Octal where it is shortest and no digit follows that it would swallow. */
function shortEscape(code: number, next: number): string {
  if (code === 0x0b) return '\\v';
  const digitFollows = next >= 0x30 && next <= 0x37;
  if (code < 8 && !digitFollows) return `\\${code}`;
  if (code < 256) return `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`;
  return jsonEscape(code);
}

function bareName(name: string): boolean {
  return /^([A-Za-z_$][\w$]*|\d+)$/.test(name);
}
