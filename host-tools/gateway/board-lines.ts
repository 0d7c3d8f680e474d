// What a board's console says (docs/console.md), checked field by field: a board, a cable or a wrong port says
// anything, and what a person will read of it must not steer a terminal. Pure; board-link.ts, radio-setup.ts and
// watch-boards.ts call it.
import { Wire } from '#protocol';
import type { ArrivedPacket } from './end-station.ts';

export type BoardMessage =
  | { kind: 'boot'; address: number; board: string }
  | { kind: 'unprovisioned' }
  | { kind: 'packet'; packet: ArrivedPacket; hops: number }
  /** From the board itself: its own OPENs, CLAIMs and questions, already in plain. */
  | { kind: 'message'; src: number; plaintext: Uint8Array }
  /** The number of the packet that a `message` request has become. */
  | { kind: 'sent'; dst: number; seq16: number }
  | { kind: 'note'; note: number; who: number; value: number }
  | { kind: 'status'; status: BoardStatus }
  /** It does not know a request: its firmware is older than this gateway. */
  | { kind: 'refused'; request: string }
  | { kind: 'trouble'; text: string };

export interface BoardStatus {
  uptimeMs: number;
  vars: number;
  varsTotal: number;
  received: number;
  refused: number;
  sent: number;
  relayed: number;
  airtimeMs: number;
  neighbours: Uint8Array;
  routes: Uint8Array;
  accounts: Uint8Array;
}

/** One line of a board's console, or undefined when it is none of ours. Never throws. */
export function parseBoardLine(line: string): BoardMessage | undefined {
  if (!line.startsWith('{')) {
    // The interpreter's own words: an uncaught error, a full heap, a reboot's banner.
    return /Uncaught|OUT OF MEMORY|Guru Meditation|rst:0x|interpreter error/i.test(line)
      ? { kind: 'trouble', text: words(line, 200) }
      : undefined;
  }
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  switch (fields.t) {
    case 'boot':
      return { kind: 'boot', address: whole(fields.address, U32) ?? 0, board: words(fields.board, 40) };
    case 'unprovisioned':
      return { kind: 'unprovisioned' };
    case 'packet':
      return packetOf(fields);
    case 'message':
      return messageOf(fields);
    case 'sent':
      return sentOf(fields);
    case 'note':
      return noteOf(fields);
    case 'status':
      return statusOf(fields);
    case 'error':
      return { kind: 'trouble', text: words(fields.message, 200) };
    case 'fault':
      return { kind: 'trouble', text: `radio fault ${whole(fields.code, U32) ?? '?'}` };
    case 'refused':
      return { kind: 'refused', request: words(fields.request, 40) };
    default:
      return undefined;
  }
}

const U32 = 2 ** 32 - 1;
const TABLE_CHARS_MAX = 8192;

function whole(value: unknown, most: number): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most ? value : undefined;
}

/** Printable text; control characters would move a terminal's cursor, or worse. */
function words(value: unknown, most: number): string {
  return typeof value === 'string' ? value.slice(0, most).replace(/[^ -~\u00a0-\uffff]/g, ' ') : '?';
}

function bytes(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || value.length > TABLE_CHARS_MAX) return undefined;
  return /^[A-Za-z0-9+/]*={0,2}$/.test(value) ? new Uint8Array(Buffer.from(value, 'base64')) : undefined;
}

function packetOf(fields: Record<string, unknown>): BoardMessage | undefined {
  const src = whole(fields.src, U32);
  const seq16 = whole(fields.seq, 0xffff);
  const packetClass = whole(fields.class, 0xff);
  const hops = whole(fields.hops, 0xff);
  const data = bytes(fields.data);
  if (src === undefined || seq16 === undefined || packetClass === undefined || hops === undefined) return undefined;
  if (data === undefined || data.length < Wire.LOCK) return undefined;
  const packet = { src, seq16, packetClass, lock: data.slice(0, Wire.LOCK), ciphertext: data.slice(Wire.LOCK) };
  return { kind: 'packet', packet, hops };
}

function messageOf(fields: Record<string, unknown>): BoardMessage | undefined {
  const src = whole(fields.src, U32);
  const plaintext = bytes(fields.data);
  return src === undefined || plaintext === undefined ? undefined : { kind: 'message', src, plaintext };
}

function sentOf(fields: Record<string, unknown>): BoardMessage | undefined {
  const dst = whole(fields.dst, U32);
  const seq16 = whole(fields.seq, 0xffff);
  return dst === undefined || seq16 === undefined ? undefined : { kind: 'sent', dst, seq16 };
}

function noteOf(fields: Record<string, unknown>): BoardMessage | undefined {
  const note = whole(fields.note, 0xff);
  const who = whole(fields.who, U32);
  // A note's figure may be below zero: a balance, a signal.
  const value = Number.isInteger(fields.value) ? (fields.value as number) : undefined;
  if (note === undefined || who === undefined || value === undefined) return undefined;
  return { kind: 'note', note, who, value };
}

const FIGURES = ['uptimeMs', 'vars', 'varsTotal', 'received', 'refused', 'sent', 'relayed', 'airtimeMs'] as const;

function statusOf(fields: Record<string, unknown>): BoardMessage | undefined {
  const status: Partial<BoardStatus> = {};
  for (const name of FIGURES) {
    const value = whole(fields[name], Number.MAX_SAFE_INTEGER);
    if (value === undefined) return undefined;
    status[name] = value;
  }
  for (const name of ['neighbours', 'routes', 'accounts'] as const) {
    const value = bytes(fields[name]);
    if (value === undefined) return undefined;
    status[name] = value;
  }
  return { kind: 'status', status: status as BoardStatus };
}
