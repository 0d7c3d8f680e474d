// Packets as text for other programs: NDJSON (one JSON object a line) and CSV (RFC 4180). Pure and piece by piece, so
// that a large export is never whole in memory. http/export-routes.ts serves them.
import type { PacketView } from '../gateway/view.ts';

/** Packets read from the store at a time. */
const PAGE = 500;

/** All packets kept, oldest first. `pageAfter`: at most `limit` of the oldest above an id. */
export function* allPackets(pageAfter: (afterId: number, limit: number) => PacketView[]): Generator<PacketView[]> {
  let after = 0;
  for (;;) {
    const page = pageAfter(after, PAGE);
    if (page.length === 0) return;
    yield page;
    after = page.at(-1)!.id;
  }
}

export function* ndjson(pages: Iterable<PacketView[]>): Generator<string> {
  for (const page of pages) yield page.map((packet) => `${JSON.stringify(packet)}\n`).join('');
}

const COLUMNS: [name: string, of: (packet: PacketView) => string | number | boolean | null][] = [
  ['id', ({ id }) => id],
  ['at', ({ at }) => at],
  ['src', ({ src }) => src],
  ['name', ({ name }) => name],
  ['kind', ({ kind }) => kind],
  ['hops', ({ hops }) => hops],
  ['bytes', ({ bytes }) => bytes],
  ['backed', ({ backed }) => backed],
  ['seq', ({ seq }) => seq],
  ['price_credits', ({ path }) => path[0]?.credits ?? null],
  ['path', ({ path }) => path.map(({ address }) => address).join(' ')],
  ['reading', ({ reading }) => reading?.number ?? null],
  ['uptime_s', ({ reading }) => reading?.uptimeS ?? null],
  ['battery_mv', ({ reading }) => reading?.batteryMv ?? null],
  ['received', ({ reading }) => reading?.received ?? null],
  ['relayed', ({ reading }) => reading?.relayed ?? null],
  ['text', ({ text }) => text],
];

export function* csv(pages: Iterable<PacketView[]>): Generator<string> {
  yield `${COLUMNS.map(([name]) => name).join(',')}\r\n`;
  for (const page of pages)
    yield page.map((packet) => `${COLUMNS.map(([, of]) => cell(of(packet))).join(',')}\r\n`).join('');
}

function cell(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  // A spreadsheet runs what begins like a formula; a leading apostrophe makes it text (OWASP, CSV injection).
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
