// The gateway's token: who may ask once the server listens beyond this machine. Programs send it as
// `Authorization: Bearer`; a browser brings it once as `/?token=...` and gets a cookie for it. Knows no
// route.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Shorter ones can be guessed within the life of a gateway, rate limit or not. */
export const TOKEN_CHARS_MIN = 16;

export class TokenCheck {
  readonly #tokenHash: Buffer;
  readonly #cookieValue: string;

  constructor(
    token: string,
    readonly cookieName: string,
  ) {
    this.#tokenHash = sha256(token);
    // Cookies are shared by all ports of a host: another server there sees this value, but never the token.
    this.#cookieValue = createHmac('sha256', token).update('fairhop cookie').digest('hex');
  }

  /** Hashing first makes the lengths equal, so the comparison takes the same time for every guess. */
  matches(token: string): boolean {
    return timingSafeEqual(sha256(token), this.#tokenHash);
  }

  /** By its header alone: a browser adds a cookie by itself, so a cookie does not show that somebody meant it. */
  allowsWriting(request: IncomingMessage): boolean {
    const bearer = bearerOf(request);
    return bearer !== undefined && this.matches(bearer);
  }

  allows(request: IncomingMessage): boolean {
    const bearer = bearerOf(request);
    if (bearer !== undefined) return this.matches(bearer);
    const cookie = cookieOf(request, this.cookieName);
    return cookie !== null && timingSafeEqual(sha256(cookie), sha256(this.#cookieValue));
  }

  /** Did the request try at all? A page without any token is a visitor, not a guess. */
  tries(request: IncomingMessage): boolean {
    return request.headers.authorization !== undefined || cookieOf(request, this.cookieName) !== null;
  }

  /**
   * Lax, not Strict: a link in a chat must open the page. Nothing changes by a GET, and guard.ts checks
   * origins.
   */
  setCookie(): string {
    return `${this.cookieName}=${this.#cookieValue}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000`;
  }
}

function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function cookieOf(request: IncomingMessage, name: string): string | null {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value !== undefined) return value;
  }
  return null;
}
