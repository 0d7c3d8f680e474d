// Decides whether a request may be looked at at all, before any route sees it: its host name, where it
// comes from, its size and its method. Pure: headers in, a refusal or null out. Called by server.ts for
// every request.
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { IncomingMessage } from 'node:http';
import type { HttpLimits } from './limits.ts';
import { refuseBody } from './body.ts';
import type { Refusal } from './respond.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/**
 * The names by which this server may be addressed. A DNS-rebinding page reaches us under *its* name, so a
 * fixed list of names stops it. An IP literal cannot be rebound; on an open address any is accepted.
 */
export interface KnownHosts {
  names: ReadonlySet<string>;
  anyIpLiteral: boolean;
}

export function knownHosts(boundHost: string, loopback: boolean): KnownHosts {
  const names = new Set(LOOPBACK_NAMES);
  names.add(isIP(boundHost) === 6 ? `[${boundHost.toLowerCase()}]` : boundHost.toLowerCase());
  if (!loopback) {
    names.add(hostname().toLowerCase());
    names.add(`${hostname().toLowerCase()}.local`);
  }
  return { names, anyIpLiteral: !loopback };
}

/** `bodyBytesMax`: given for a path that is written to, and for no other. */
export function refuse(
  request: IncomingMessage,
  hosts: KnownHosts,
  limits: HttpLimits,
  bodyBytesMax?: number,
): Refusal | null {
  return (
    refuseShape(request, limits) ??
    (bodyBytesMax === undefined ? refuseAnyBody(request) : null) ??
    refuseHost(request, hosts) ??
    refuseOrigin(request) ??
    (bodyBytesMax === undefined ? refuseMethod(request) : refuseWrite(request, bodyBytesMax))
  );
}

function refuseShape(request: IncomingMessage, limits: HttpLimits): Refusal | null {
  const target = request.url ?? '';
  if (target.length > limits.urlBytesMax) {
    return {
      status: 414,
      error: 'the address is too long',
      remedy: `Keep it under ${limits.urlBytesMax} bytes.`,
    };
  }
  // Absolute and asterisk forms (RFC 9112 section 3.2) are for proxies; this is none.
  if (!/^\/[\x21-\x7e]*$/.test(target)) {
    return {
      status: 400,
      error: 'the address is not a plain path',
      remedy: 'Ask for /api/openapi.json to see the paths.',
    };
  }
  return null;
}

function refuseAnyBody(request: IncomingMessage): Refusal | null {
  const length = request.headers['content-length'];
  if (request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')) {
    return {
      status: 413,
      error: 'a request to this path has no body',
      remedy: 'Send the request without a body.',
    };
  }
  return null;
}

function refuseHost(request: IncomingMessage, hosts: KnownHosts): Refusal | null {
  const host = request.headers.host;
  const name = host === undefined ? null : hostName(host);
  if (name !== null && (hosts.names.has(name) || (hosts.anyIpLiteral && isIpLiteral(name))))
    return null;
  return {
    status: 403,
    error: 'this gateway does not answer to that host name',
    remedy: 'Open it by the address it printed at its start.',
  };
}

/** The name of a Host header without its port, lower case; null when it is malformed. */
function hostName(host: string): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(host);
  return match === null ? null : match[1]!.toLowerCase();
}

function isIpLiteral(name: string): boolean {
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0;
}

/**
 * Another site's page must not read us, nor make us work (Fetch Metadata, W3C). Following a link to the
 * page itself is the one exception: a navigation shows our page to its user and tells the other site
 * nothing.
 */
function refuseOrigin(request: IncomingMessage): Refusal | null {
  const { origin, host } = request.headers;
  const foreignOrigin =
    origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
  const site = request.headers['sec-fetch-site'];
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  const opensPage =
    request.headers['sec-fetch-mode'] === 'navigate' &&
    pathOf(request) === '/' &&
    request.method === 'GET';
  if (!foreignOrigin && (!foreignSite || opensPage)) return null;
  return {
    status: 403,
    error: 'requests from other web sites are refused',
    remedy: 'Use the page that this gateway serves, or a program outside the browser.',
  };
}

function refuseMethod(request: IncomingMessage): Refusal | null {
  if (request.method === 'GET' || request.method === 'HEAD') return null;
  return {
    status: 405,
    error: `${request.method} is not possible here`,
    remedy: 'Use GET; nothing here changes by a request.',
    headers: { Allow: 'GET, HEAD' },
  };
}

function refuseWrite(request: IncomingMessage, bodyBytesMax: number): Refusal | null {
  if (request.method === 'POST') return refuseBody(request, bodyBytesMax);
  return {
    status: 405,
    error: `${request.method} is not possible here`,
    remedy: 'Use POST with a body.',
    headers: { Allow: 'POST' },
  };
}

export function pathOf(request: IncomingMessage): string {
  return request.url!.split('?', 1)[0]!;
}
