// The only place that writes a response: security headers, JSON bodies, and the one shape of an error,
// {error, remedy}. Knows nothing of routes or of the gateway.
import { Readable } from 'node:stream';
import type { ServerResponse } from 'node:http';
import type { TextAnswer } from './doors.ts';

/** Why a request is not served. `headers` adds what the status code asks for (Allow, Retry-After ...). */
export interface Refusal {
  status: number;
  error: string;
  remedy: string;
  headers?: Record<string, string>;
}

/**
 * The page may load from here only, may not be framed, and may not turn strings into script. `default-src`
 * is the fallback of every kind of load that is not named.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

export function setSecurityHeaders(response: ServerResponse): void {
  response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  const text = JSON.stringify(body);
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}

/** Piece by piece at the client's pace: an export of everything is never whole in memory. */
export function sendText(response: ServerResponse, { type, file, chunks }: TextAnswer): void {
  response.setHeader('Content-Type', type);
  response.setHeader('Cache-Control', 'no-store');
  if (file !== undefined) response.setHeader('Content-Disposition', `attachment; filename="${file}"`);
  const body = Readable.from(chunks);
  body.on('error', () => response.destroy());
  response.on('close', () => body.destroy());
  body.pipe(response);
}

export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  for (const [name, value] of Object.entries(refusal.headers ?? {})) response.setHeader(name, value);
  sendJson(response, { error: refusal.error, remedy: refusal.remedy }, refusal.status);
}
