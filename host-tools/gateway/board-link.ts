// The gateway's link to its radio board over a serial port (docs/console.md): JSON lines in, EVENT packets out. Every
// line is checked; what does not fit is counted and dropped, because a board, a cable or a wrong port says anything.
import type { ByteStream } from '../serial/byte-stream.ts';
import { PacketClient } from '../serial/packet-protocol.ts';
import type { ArrivedPacket, PreparedPacket } from './end-station.ts';

export type BoardMessage =
  | { kind: 'boot'; address: number; board: string }
  | { kind: 'unprovisioned' }
  | { kind: 'packet'; packet: ArrivedPacket; hops: number }
  /** From the board itself: its own OPENs and CLAIMs, already in plain. */
  | { kind: 'message'; src: number; plaintext: Uint8Array }
  | { kind: 'note'; note: number; who: number; value: number }
  | { kind: 'status'; status: BoardStatus }
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

const LOCK_BYTES = 6;

export class BoardLink {
  readonly client: PacketClient;
  malformed = 0;

  constructor(stream: ByteStream, onMessage: (message: BoardMessage) => void) {
    // A virtual board on a busy computer may take a while; a real one answers in milliseconds.
    this.client = new PacketClient(stream, { packetTimeoutMs: 6000 });
    this.client.lines.onLine((line) => {
      const message = parseBoardLine(line);
      if (message === undefined) this.malformed++;
      else onMessage(message);
    });
  }

  send(packet: PreparedPacket): Promise<void> {
    return this.client.event({ t: 'send', dst: packet.dst, seq: packet.seq16, data: base64(packet.bytes) });
  }

  receipt(lock: Uint8Array, preimage: Uint8Array): Promise<void> {
    return this.client.event({ t: 'receipt', data: base64(Buffer.concat([lock, preimage])) });
  }

  state(plaintext: Uint8Array): Promise<void> {
    return this.client.event({ t: 'state', data: base64(plaintext) });
  }

  askStatus(): Promise<void> {
    return this.client.event({ t: 'status' });
  }

  close(): void {
    this.client.close();
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** One line of a board's console, or undefined when it is none of ours. Never throws. */
export function parseBoardLine(line: string): BoardMessage | undefined {
  if (!line.startsWith('{')) {
    // The interpreter's own words: an uncaught error, a full heap, a reboot's banner.
    return /Uncaught|OUT OF MEMORY|Guru Meditation|rst:0x|interpreter error/i.test(line)
      ? { kind: 'trouble', text: line.slice(0, 200) }
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
      return { kind: 'boot', address: number(fields.address) ?? 0, board: String(fields.board) };
    case 'unprovisioned':
      return { kind: 'unprovisioned' };
    case 'packet':
      return packetOf(fields);
    case 'message':
      return messageOf(fields);
    case 'note':
      return noteOf(fields);
    case 'status':
      return statusOf(fields);
    case 'error':
      return { kind: 'trouble', text: String(fields.message).slice(0, 200) };
    case 'fault':
      return { kind: 'trouble', text: `radio fault ${String(fields.code)}` };
    case 'refused':
      return { kind: 'trouble', text: `the board refused a request (${String(fields.request).slice(0, 40)})` };
    default:
      return undefined;
  }
}

/** A whole number of 32 bits, which is all that a board sends. */
function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 32
    ? value
    : undefined;
}

function bytes(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || value.length > 8192 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return undefined;
  return new Uint8Array(Buffer.from(value, 'base64'));
}

function packetOf(fields: Record<string, unknown>): BoardMessage | undefined {
  const src = number(fields.src);
  const seq16 = number(fields.seq);
  const packetClass = number(fields.class);
  const hops = number(fields.hops);
  const data = bytes(fields.data);
  if (src === undefined || seq16 === undefined || packetClass === undefined || hops === undefined)
    return undefined;
  if (data === undefined || data.length < LOCK_BYTES) return undefined;
  const packet = { src, seq16, packetClass, lock: data.slice(0, LOCK_BYTES), ciphertext: data.slice(LOCK_BYTES) };
  return { kind: 'packet', packet, hops };
}

function messageOf(fields: Record<string, unknown>): BoardMessage | undefined {
  const src = number(fields.src);
  const plaintext = bytes(fields.data);
  return src === undefined || plaintext === undefined ? undefined : { kind: 'message', src, plaintext };
}

function noteOf(fields: Record<string, unknown>): BoardMessage | undefined {
  const note = number(fields.note);
  const who = number(fields.who);
  const value = number(fields.value);
  if (note === undefined || who === undefined || value === undefined) return undefined;
  return { kind: 'note', note, who, value };
}

const FIGURES = ['uptimeMs', 'vars', 'varsTotal', 'received', 'refused', 'sent', 'relayed', 'airtimeMs'] as const;

function statusOf(fields: Record<string, unknown>): BoardMessage | undefined {
  const status: Partial<BoardStatus> = {};
  for (const name of FIGURES) {
    const value = number(fields[name]);
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
