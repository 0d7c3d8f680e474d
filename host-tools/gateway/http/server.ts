// The gateway's door on HTTP: the JSON API, the event stream and the page. Composition only: guard.ts
// decides who may ask, router.ts and owner-routes.ts what is answered, event-streams.ts what is live. Only POST
// changes anything, and only for who carries the token.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { buildDashboard } from '../../dashboard/build-dashboard.ts';
import type { OwnerApi } from '../owner-view.ts';
import type { GatewaySource } from '../view.ts';
import { Assets } from './assets.ts';
import { bindAddress, listen, urlOf, type BindAddress } from './bind.ts';
import { readJson } from './body.ts';
import { isTextAnswer, readDoor, writeDoor, type Doors, type WriteDoor } from './doors.ts';
import { EventStreams } from './event-streams.ts';
import { knownHosts, pathOf, refuse, type KnownHosts } from './guard.ts';
import { limitsFrom, type HttpLimits } from './limits.ts';
import { MAP_PATH, type MapFile } from './map-file.ts';
import { ownerRoute, writeRoute } from './owner-routes.ts';
import { RateLimit } from './rate-limit.ts';
import { sendJson, sendRefusal, sendText, setSecurityHeaders, type Refusal } from './respond.ts';
import { EVENTS_PARAMETERS, EVENTS_PATH, isRefusal, readQuery, ROUTES } from './router.ts';
import { TokenCheck } from './token.ts';

export interface HttpServerOptions {
  host: string;
  port: number;
  source: GatewaySource;
  /** Needed beyond loopback, where every request must carry it; enforced on loopback too when given. */
  token?: string;
  /** The paths under /api/v1; without it there are none. */
  owners?: OwnerApi;
  /** Further paths; POSTs among them need the token like the others. */
  doors?: readonly Doors[];
  /** What a POST must carry where `token` is not set; without either every POST is refused. */
  submitToken?: string;
  /** Served at /map.pmtiles; closed by whoever opened it. */
  map?: MapFile;
  /** Told when the source threw: that request is answered 500, the server goes on. */
  onFault?: (error: unknown) => void;
  limits?: Partial<HttpLimits>;
}

export interface HttpServer {
  url: string;
  /** Reached from this computer only. */
  isLocal: boolean;
  close(): Promise<void>;
}

/** Throws CliError when the address cannot be used. Resolves once requests are answered. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const bind = await bindAddress(options.host, options.port, options.token);
  const assets = new Assets(await buildDashboard());
  const service = new HttpService(options, bind, assets);
  const server = createServer({
    maxHeaderSize: 8192,
    headersTimeout: 5000,
    requestTimeout: 10_000,
    keepAliveTimeout: 5000,
  });
  server.maxConnections = service.limits.connectionsMax;
  server.on('request', (request, response) => service.onRequest(request, response));
  server.on('checkExpectation', (request, response) => service.onRequest(request, response));
  server.on('checkContinue', (request, response) => service.onRequest(request, response));
  server.on('clientError', refuseMalformed);
  let port: number;
  try {
    port = await listen(server, bind);
  } catch (error) {
    service.streams.close();
    throw error;
  }
  service.listensOn(port);
  return { url: urlOf(bind, port), isLocal: bind.loopback, close: () => stop(server, service) };
}

function stop(server: Server, service: HttpService): Promise<void> {
  service.streams.close();
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeAllConnections();
  return closed;
}

/** What the parser could not read has no request object yet; the socket gets a plain answer. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const large = error.code === 'HPE_HEADER_OVERFLOW';
  const slow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const status = large
    ? '431 Request Header Fields Too Large'
    : slow
      ? '408 Request Timeout'
      : '400 Bad Request';
  const body = JSON.stringify({
    error: 'this is no HTTP request we can read',
    remedy: 'Send a plain GET with few headers.',
  });
  const head = [
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${body.length}`,
  ];
  socket.end(`HTTP/1.1 ${status}\r\n${head.join('\r\n')}\r\n\r\n${body}`);
}

class HttpService {
  readonly limits: HttpLimits;
  readonly streams: EventStreams;
  readonly #hosts: KnownHosts;
  readonly #rate: RateLimit;
  readonly #source: GatewaySource;
  readonly #token: string | undefined;
  readonly #owners: OwnerApi | undefined;
  readonly #doors: readonly Doors[];
  readonly #submitToken: string | undefined;
  readonly #map: MapFile | undefined;
  readonly #onFault: (error: unknown) => void;
  #check: TokenCheck | null = null;
  #submitCheck: TokenCheck | null = null;

  constructor(
    options: HttpServerOptions,
    bind: BindAddress,
    readonly assets: Assets,
  ) {
    this.limits = limitsFrom(options.limits);
    this.#source = options.source;
    this.#token = options.token;
    this.#owners = options.owners;
    this.#doors = options.doors ?? [];
    this.#submitToken = options.token ?? options.submitToken;
    this.#map = options.map;
    this.#onFault = options.onFault ?? ((error) => process.emitWarning(String(error)));
    this.#hosts = knownHosts(bind.host, bind.loopback);
    this.#rate = new RateLimit(this.limits);
    this.streams = new EventStreams(options.source, this.limits, this.#onFault);
  }

  /**
   * The cookie's name carries the port, because cookies of two gateways on one host would overwrite each
   * other.
   */
  listensOn(port: number): void {
    const cookieName = `fairhop_${port}`;
    if (this.#token !== undefined) this.#check = new TokenCheck(this.#token, cookieName);
    if (this.#submitToken !== undefined) this.#submitCheck = new TokenCheck(this.#submitToken, cookieName);
  }

  onRequest(request: IncomingMessage, response: ServerResponse): void {
    setSecurityHeaders(response);
    response.on('error', () => response.destroy());
    // A refused body is never read, so the connection that carries one cannot serve a next request.
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (encoding !== undefined || (length !== undefined && length !== '0'))
      response.setHeader('Connection', 'close');
    try {
      const refusal = this.#refuse(request) ?? this.#serve(request, response);
      if (refusal !== null) sendRefusal(response, refusal);
    } catch (error) {
      this.#fail(error, response);
    }
  }

  #fail(error: unknown, response: ServerResponse): void {
    this.#onFault(error);
    if (response.headersSent) return void response.destroy();
    sendRefusal(response, {
      status: 500,
      error: 'the gateway failed to answer',
      remedy: 'See the log of the gateway.',
    });
  }

  #refuse(request: IncomingMessage): Refusal | null {
    if (!this.#rate.take(addressOf(request), 1, performance.now())) {
      const headers = { 'Retry-After': '5' };
      return {
        status: 429,
        error: 'too many requests',
        remedy: 'Ask less often, or follow /api/events.',
        headers,
      };
    }
    // A path that is read as well as written takes a body with POST only.
    const isRead = request.method !== 'POST' && readDoor(this.#doors, pathOf(request)) !== undefined;
    const bodyBytesMax = isRead ? undefined : this.#writeRoute(request)?.bytesMax;
    return refuse(request, this.#hosts, this.limits, bodyBytesMax);
  }

  /** With its answer bound to whom it asks. */
  #writeRoute(request: IncomingMessage): ReturnType<typeof writeDoor> {
    const owners = this.#owners;
    const route = owners === undefined ? undefined : writeRoute(pathOf(request));
    if (owners === undefined || route === undefined) return writeDoor(this.#doors, pathOf(request));
    return { ...route, answer: (body) => route.answer(owners, body) };
  }

  /** Null when answered. */
  #serve(request: IncomingMessage, response: ServerResponse): Refusal | null {
    if (request.method === 'POST') return this.#write(request, response);
    const path = pathOf(request);
    const query = request.url!.slice(path.length + 1);
    if (this.#check !== null) {
      const token = path === '/' ? new URLSearchParams(query).get('token') : null;
      if (token !== null) return this.#logIn(this.#check, token, request, response);
      if (!this.#check.allows(request)) return this.#unauthorized(request, this.#check.tries(request));
    }
    const route = ROUTES.find((candidate) => candidate.path === path);
    if (route !== undefined) {
      const values = readQuery(query, route.parameters);
      if (isRefusal(values)) return values;
      sendJson(response, route.answer(this.#source, values as Record<string, number>));
      return null;
    }
    const owned = this.#owners === undefined ? undefined : ownerRoute(path);
    if (owned !== undefined) {
      const values = readQuery(query, owned.route.parameters);
      if (isRefusal(values)) return values;
      const answer = owned.route.answer(this.#owners!, owned.id, values as Record<string, number>);
      if (isRefusal(answer)) return answer;
      sendJson(response, answer);
      return null;
    }
    if (this.#answerByDoor(path, query, response)) return null;
    if (path === EVENTS_PATH) return this.#openStream(request, response, query);
    if (this.assets.send(path, request, response)) return null;
    if (path === MAP_PATH && this.#map !== undefined) {
      this.#map.send(request, response);
      return null;
    }
    return {
      status: 404,
      error: 'there is nothing at this path',
      remedy: 'See /api/openapi.json, or open / in a browser.',
    };
  }

  /** False when there is no such door. */
  #answerByDoor(path: string, query: string, response: ServerResponse): boolean {
    const found = readDoor(this.#doors, path);
    if (found === undefined) return false;
    const values = readQuery(query, found.door.parameters);
    if (isRefusal(values)) {
      sendRefusal(response, values);
      return true;
    }
    const send = (answer: object): void => {
      if (isRefusal(answer)) sendRefusal(response, answer);
      else if (isTextAnswer(answer)) sendText(response, answer);
      else sendJson(response, answer);
    };
    const answer = found.door.answer(found.id, values);
    if (answer instanceof Promise) answer.then(send).catch((error: unknown) => this.#fail(error, response));
    else send(answer);
    return true;
  }

  /** The guard has let through only a POST with a short body to a path that is written to. */
  #write(request: IncomingMessage, response: ServerResponse): Refusal | null {
    if (this.#submitCheck?.allowsWriting(request) !== true)
      return this.#unauthorized(request, request.headers.authorization !== undefined);
    const route = this.#writeRoute(request)!;
    const query = readQuery(request.url!.slice(route.path.length + 1), []);
    if (isRefusal(query)) return query;
    if (/^100-continue$/i.test(request.headers.expect ?? '')) response.writeContinue();
    readJson(request).then(
      (body) => void this.#answerWrite(route, body, response),
      () => response.destroy(),
    );
    return null;
  }

  async #answerWrite(route: WriteDoor, body: { value: unknown } | Refusal, response: ServerResponse): Promise<void> {
    try {
      const answer = isRefusal(body) ? body : await route.answer(body.value);
      if (isRefusal(answer)) sendRefusal(response, answer);
      else sendJson(response, answer.body, answer.status);
    } catch (error) {
      this.#fail(error, response);
    }
  }

  #openStream(request: IncomingMessage, response: ServerResponse, query: string): Refusal | null {
    const resumed = request.headers['last-event-id'];
    // The header is newer than the address: the browser repeats the address when it reconnects.
    const values = readQuery(
      resumed === undefined ? query : `after=${String(resumed)}`,
      EVENTS_PARAMETERS,
    );
    if (isRefusal(values)) return values;
    if (!this.streams.hasRoomFor(addressOf(request))) {
      const headers = { 'Retry-After': '10' };
      return {
        status: 503,
        error: 'too many event streams are open',
        remedy: 'Close another page of this gateway.',
        headers,
      };
    }
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    response.setHeader('Cache-Control', 'no-store');
    if (request.method === 'HEAD') {
      response.end();
      return null;
    }
    request.socket.setKeepAlive(true, 30_000);
    request.socket.setNoDelay(true);
    this.streams.open(response, addressOf(request), (values as Record<string, number>).after!);
    return null;
  }

  /** Puts the token into a cookie and off the address bar, where it would stay in the history. */
  #logIn(
    check: TokenCheck,
    token: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Refusal | null {
    if (!check.matches(token)) return this.#unauthorized(request, true);
    response.statusCode = 303;
    response.setHeader('Set-Cookie', check.setCookie());
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Location', '/');
    response.end();
    return null;
  }

  #unauthorized(request: IncomingMessage, guessed: boolean): Refusal {
    if (guessed) this.#rate.charge(addressOf(request), this.limits.wrongTokenCost, performance.now());
    const byWriting = 'Send Authorization: Bearer ... with the gateway\'s --token, or api-token of its data directory.';
    const byReading = 'Open /?token=... in a browser, or send Authorization: Bearer ...';
    return {
      status: 401,
      error: 'this gateway asks for its token',
      remedy: request.method === 'POST' ? byWriting : byReading,
      headers: { 'WWW-Authenticate': 'Bearer realm="fairhop"' },
    };
  }
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? 'gone';
}
