// Reads the body of a request that may have one: of a stated length, within its bound, JSON. Everything else is
// refused before or while it arrives, so a client can make nobody hold more than the bound. Called by server.ts.
import type { IncomingMessage } from 'node:http';
import type { Refusal } from './respond.ts';

/** Null when the headers promise a body that can be read. */
export function refuseBody(request: IncomingMessage, bytesMax: number): Refusal | null {
  const { 'content-length': length, 'transfer-encoding': encoding, 'content-type': type = '' } = request.headers;
  if (encoding !== undefined || length === undefined) {
    return { status: 411, error: 'the body has no stated length', remedy: 'Send a Content-Length, and no chunks.' };
  }
  if (!/^\d{1,9}$/.test(length) || Number(length) > bytesMax) {
    return { status: 413, error: 'the body is too large', remedy: `Send at most ${bytesMax} bytes.` };
  }
  if (!/^application\/json\s*(;\s*charset=utf-8\s*)?$/i.test(type)) {
    return { status: 415, error: 'the body is no JSON', remedy: 'Send it as Content-Type: application/json.' };
  }
  return null;
}

/** Rejects when the connection ends first; nobody is there then to be answered. */
export async function readJson(request: IncomingMessage): Promise<{ value: unknown } | Refusal> {
  const parts: Buffer[] = [];
  // The parser ends the request after the stated length, which refuseBody has bounded.
  for await (const part of request) parts.push(part as Buffer);
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))) as unknown };
  } catch {
    return { status: 400, error: 'the body cannot be read', remedy: 'Send one JSON object in UTF-8.' };
  }
}
