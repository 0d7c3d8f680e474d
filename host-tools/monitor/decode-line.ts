// One line of a board's console in words: the firmware's JSON (docs/console.md), the ROM's and the interpreter's own
// messages, anything else as it is. Fields are checked one by one, because a wrong cable says anything. Keeps the
// routes of the last status, to tell what changed. Pure; called by decoder.ts.
import { Acc, Nb, NbFlag, Rt } from '#mesh';
import { getU32 } from '#protocol';
import { parseBoardLine, type BoardMessage, type BoardStatus } from '../gateway/board-lines.ts';
import { describePayload } from '../gateway/reading.ts';
import { addressText } from '../provision/identity.ts';
import type { Decoded, Level } from './entry.ts';
import { FAULT_NAMES, noteName } from './names.ts';
import { resetReason } from './reset-reasons.ts';

/** Never empty: a line that means nothing is its own text. */
export function decodeLine(line: string, routes: Map<string, string>): Decoded[] {
  const reset = resetReason(line);
  if (reset !== undefined) return [reset];
  if (!line.startsWith('{')) return [plain(line)];
  const message = parseBoardLine(line);
  if (message === undefined) return [{ kind: 'text', level: 'info', text: line, fields: {} }];
  if (message.kind === 'trouble' || message.kind === 'refused') return [trouble(line)];
  if (message.kind === 'status') return [status(message.status), ...routeChanges(message.status, routes)];
  return [said(message)];
}

function plain(line: string): Decoded {
  const isError = /^Uncaught|^(New )?interpreter error|^OUT OF MEMORY|^Execution Interrupted|^WARNING/i.test(
    line,
  );
  return { kind: isError ? 'error' : 'text', level: isError ? 'error' : 'info', text: line, fields: {} };
}

function said(message: Exclude<BoardMessage, { kind: 'trouble' | 'refused' | 'status' }>): Decoded {
  const entry = (kind: Decoded['kind'], text: string, fields: object, level: Level = 'info'): Decoded => ({
    kind,
    level,
    text,
    fields: { ...fields },
  });
  switch (message.kind) {
    case 'boot': {
      const { board } = message;
      const address = addressText(message.address);
      const who = message.address === 0 ? 'without an address yet' : `as node ${address}`;
      return entry('boot', `${board} started ${who}`, { board, address });
    }
    case 'unprovisioned':
      return entry(
        'boot',
        'not provisioned: run `fairhop provision`',
        { remedy: 'fairhop provision' },
        'warn',
      );
    case 'packet': {
      const { src, seq16, packetClass, ciphertext } = message.packet;
      const { hops } = message;
      const bytes = `${ciphertext.length} bytes, for the host`;
      const text = `packet ${seq16} from ${addressText(src)} over ${hops} hops, ${bytes}`;
      return entry('packet', text, {
        src: addressText(src),
        seq: seq16,
        class: packetClass,
        hops,
        bytes: ciphertext.length,
      });
    }
    case 'message': {
      const text = `from ${addressText(message.src)}: ${describePayload(message.plaintext)}`;
      return entry('message', text, { src: addressText(message.src), bytes: message.plaintext.length });
    }
    case 'sent': {
      const to = addressText(message.dst);
      return entry('delivery', `packet ${message.seq16} to ${to} is on its way`, { to, seq: message.seq16 });
    }
    case 'note':
      return noted(message.note, addressText(message.who), message.value);
  }
}

function noted(note: number, who: string, value: number): Decoded {
  const known = noteName(note);
  if (known === undefined)
    return {
      kind: 'text',
      level: 'info',
      text: `note ${note} of ${who}: ${value}`,
      fields: { note, who, value },
    };
  const level = known.isWarning === true ? 'warn' : 'info';
  return { kind: known.kind, level, text: known.words(who, value), fields: { note: known.name, who, value } };
}

/** What parseBoardLine sums up as trouble, told apart again. */
function trouble(line: string): Decoded {
  const fields = JSON.parse(line) as { t: string; message?: unknown; code?: unknown; request?: unknown };
  if (fields.t === 'error') {
    const message = typeof fields.message === 'string' ? clean(fields.message) : '?';
    return { kind: 'error', level: 'error', text: `error: ${message}`, fields: { message } };
  }
  if (fields.t === 'fault') {
    const code = Number(fields.code);
    const text = `radio: ${FAULT_NAMES.get(code) ?? `fault ${code}`}`;
    return { kind: 'fault', level: code >= 16 ? 'error' : 'warn', text, fields: { code } };
  }
  const request = typeof fields.request === 'string' ? clean(fields.request) : '?';
  return {
    kind: 'refusal',
    level: 'warn',
    text: `the board did not understand a request (${request})`,
    fields: { request },
  };
}

function clean(text: string): string {
  return text.slice(0, 300).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

function status(now: BoardStatus): Decoded {
  const { uptimeMs, vars, varsTotal, received, refused, sent, relayed, airtimeMs } = now;
  const neighbours = records(now.neighbours, Nb.SIZE, Nb.FLAGS).filter(
    (at) => (now.neighbours[at + Nb.FLAGS]! & NbFlag.USED) !== 0,
  );
  const heard = neighbours.map((at) => ({
    address: addressText(getU32(now.neighbours, at + Nb.ADDRESS)),
    rssiDbm: -now.neighbours[at + Nb.RSSI]!,
    snrDb: signed(now.neighbours[at + Nb.SNR]!),
  }));
  const routes = records(now.routes, Rt.SIZE, Rt.FLAGS).length;
  const signals = heard
    .map(({ address, rssiDbm, snrDb }) => `${address} ${rssiDbm} dBm SNR ${snrDb}`)
    .join(', ');
  const text =
    `up ${Math.floor(uptimeMs / 1000)} s, memory ${Math.round((100 * vars) / Math.max(1, varsTotal))} %, ` +
    `heard ${received} (${refused} refused), sent ${sent}, relayed ${relayed}, on air ${airtimeMs} ms, ` +
    `${routes} routes, ${heard.length} neighbours${signals === '' ? '' : `: ${signals}`}`;
  const figures = { uptimeMs, vars, varsTotal, received, refused, sent, relayed, airtimeMs };
  const accounts = Math.floor(now.accounts.length / Acc.SIZE);
  return { kind: 'status', level: 'info', text, fields: { ...figures, neighbours: heard, routes, accounts } };
}

const signed = (byte: number): number => (byte < 128 ? byte : byte - 256);

/** Offsets of the records in use. */
function records(table: Uint8Array, size: number, flagsAt: number): number[] {
  const offsets: number[] = [];
  for (let at = 0; at + size <= table.length; at += size) if (table[at + flagsAt] !== 0) offsets.push(at);
  return offsets;
}

function routeChanges({ routes: table, neighbours }: BoardStatus, known: Map<string, string>): Decoded[] {
  const now = new Map<string, string>();
  for (const at of records(table, Rt.SIZE, Rt.FLAGS)) {
    const next = table[at + Rt.NEXT]! * Nb.SIZE;
    const via =
      next + Nb.SIZE <= neighbours.length ? addressText(getU32(neighbours, next + Nb.ADDRESS)) : undefined;
    const path = via === undefined ? 'unreachable' : `via ${via}, ${table[at + Rt.HOPS]!} hops`;
    now.set(addressText(getU32(table, at + Rt.DST)), path);
  }
  const changes: Decoded[] = [];
  const tell = (dst: string, path: string): void => {
    changes.push({ kind: 'route', level: 'info', text: `route to ${dst}: ${path}`, fields: { dst, path } });
  };
  for (const [dst, path] of now) if (known.get(dst) !== path) tell(dst, path);
  for (const dst of known.keys()) if (!now.has(dst)) tell(dst, 'gone');
  known.clear();
  for (const [dst, path] of now) known.set(dst, path);
  return changes;
}
