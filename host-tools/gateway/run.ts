// Composition of a running gateway: data directory, boards (serial or virtual), chain, HTTP. The one place with a
// clock. Called by `fairhop up` and by tests.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeCrypto } from '../crypto/index.ts';
import { startExports, type ExportOptions } from '../exports/start.ts';
import { ROOT } from '../firmware-build/paths.ts';
import { addressText } from '../provision/identity.ts';
import type { Identity } from '../provision/identity.ts';
import { pendingJoins } from '../provision/pending-joins.ts';
import { AirTrace } from './air-trace.ts';
import { apiToken } from './api-token.ts';
import type { BoardLink } from './board-link.ts';
import type { Chain } from './chain-service.ts';
import type { Desk } from './desk.ts';
import { describeMoney, identitiesOf, joinsFor, linkSecretsOf } from './desk.ts';
import { EndStation } from './end-station.ts';
import { Gateway, leasedNumbers } from './gateway.ts';
import { exportDoors } from './http/export-routes.ts';
import { MapFile } from './http/map-file.ts';
import { insightDoors } from './http/insight-routes.ts';
import { replDoors } from './http/repl-routes.ts';
import { startHttpServer } from './http/server.ts';
import { simulationDoors } from './http/simulation-routes.ts';
import { BoardWatch } from './insight/board-watch.ts';
import { Insight } from './insight/insight.ts';
import { portLines } from './insight/port-lines.ts';
import { Simulation } from './insight/simulation.ts';
import { ALONE, type Air, type Orderer } from './orderer.ts';
import { OwnerSource } from './owner-source.ts';
import { LogFile, type LogLevel } from './log-file.ts';
import { Narrator } from './narrator.ts';
import { checkRadio, setUpRadio } from './radio-setup.ts';
import { ReceiptTrace } from './receipt-trace.ts';
import { Repl, type ReplBoards } from './repl.ts';
import { findRadio, radioAt, type RadioBoard } from './radio-search.ts';
import { LiveSource } from './source.ts';
import type { StoreChoice } from './store/index.ts';
import type { MapOrigin } from './view.ts';
import type { Board } from '../virtual/board.ts';
import { startVirtualMesh } from './virtual-mesh.ts';
import { useWalkThreads } from './walk-threads.ts';
import { attachRadio, frameView, watchLine, type Watchers } from './watch-boards.ts';

export interface GatewayOptions extends ExportOptions {
  directory: string;
  host: string;
  port: number;
  token?: string;
  /** Of the virtual mesh, the gateway's included. */
  boards: number;
  engine: 'vm' | 'espruino';
  interpreter: string;
  readingS: number;
  loss: number;
  /** Serial port of the radio board; without it a board is looked for. */
  serialPort?: string;
  /** Where a board may be plugged in; asked when no port is given. None answering, the mesh is virtual. */
  usbPorts(): Promise<string[]>;
  /** How the chain is kept; lmdb and all blocks without it. */
  store?: StoreChoice;
  /** Of DATA/log/gateway.jsonl; info without it. */
  logLevel?: LogLevel;
  /** A PMTiles file to draw beneath the boards, and where their metres begin: in its middle unless said. */
  map?: { path: string; origin?: MapOrigin };
  /** Without one this gateway orders its own blocks. */
  orderer?: Orderer;
  /** Ends the start, which then rejects. */
  signal: AbortSignal;
  print(line: string): void;
}

export interface RunningGateway {
  url: string;
  height(): number;
  /** The virtual mesh around it, in the order of its members; empty where boards are real. */
  boards: Board[];
  /** Resolves with the error that ended it: a disk that is full, a store that failed. */
  failed: Promise<unknown>;
  stop(): Promise<void>;
}

type Closer = () => Promise<void>;

const TICK_MS = 200;
const LINE_MS = 1000;
/** Over a wire: as a neighbour in the same room is heard. */
const WIRE_RSSI_DBM = -40;
const WIRE_SNR_DB = 10;

/** Starts everything or nothing. Throws StoreError, PortError, BuildError or CliError with a remedy. */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  useWalkThreads();
  const desk = await (options.orderer ?? ALONE).openDesk(options.directory, options.store ?? {});
  const closers: Closer[] = [() => desk.store.close()];
  const stop = async (): Promise<void> => {
    const results = [];
    // One after another, the newest first; what cannot be closed does not keep the rest open.
    for (const close of closers.splice(0).reverse()) results.push(...(await Promise.allSettled([close()])));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  };
  try {
    return await compose(options, desk, closers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function compose(
  options: GatewayOptions,
  desk: Desk,
  closers: Closer[],
  stop: () => Promise<void>,
): Promise<RunningGateway> {
  const { print, signal } = options;
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const ledgerId = Buffer.from(desk.ledger.ledgerId).toString('hex');
  print(`fairhop ${version}  data ${desk.directory}  ledger ${ledgerId}  height ${desk.ledger.height}`);
  const map = openMap(options, closers);
  const radio = await chooseRadio(options);
  signal.throwIfAborted();
  if (radio === undefined) desk.seat(options.boards);
  else checkRadio(desk, radio);
  const nameOf = namesOf(desk);
  const { chain, air, doors, metrics, close } = await (options.orderer ?? ALONE).start(desk, print);
  closers.push(close);
  const { ledger, store, founding: { gatewayAddress } } = desk;
  const trace = traceOf(desk);
  const gateway = gatewayOf(desk, chain, nameOf, trace);
  const source = new LiveSource({
    desk,
    gateway,
    version,
    startedMs: Date.now(),
    ...(radio === undefined ? { boards: 'virtual', engine: options.engine } : { boards: 'serial', engine: 'serial' }),
    map: map?.origin,
  });
  const watch = new BoardWatch(nameOf);
  const insight = new Insight({ ledger, store, gatewayAddress, source, watch, nameOf, trace }, gateway);
  const own = { path: '' };
  const ports = (): ReturnType<typeof portLines> => portLines(own.path);
  const repl = new Repl(ports);
  const simulation = new Simulation();
  closers.push(async () => void simulation.stop());
  const views = [insightDoors(insight, ports), simulationDoors(simulation), replDoors(repl)];
  const exporting = exportDoors(source, () => insight.economy(), watch, metrics);
  // The address first: a port that is taken should be known before anything slow begins.
  const http = await startHttpServer({
    host: options.host,
    port: options.port,
    source,
    ...(options.token !== undefined && { token: options.token }),
    owners: new OwnerSource(chain, desk.store, gateway),
    submitToken: apiToken(desk.directory),
    ...(map !== undefined && { map: map.file }),
    doors: [...views, exporting, ...(doors === undefined ? [] : [doors])],
    onFault: (error) => gateway.trouble(`a request failed: ${messageOf(error)}`),
  });
  closers.push(() => http.close());
  signal.throwIfAborted();
  closers.push(await startExports(options, source, (text) => gateway.log('info', text)));
  const narrator = new Narrator();
  gateway.subscribe((event) => narrator.hear(event));
  closers.push(keepLog(options, gateway, { version, ledgerId, height: desk.ledger.height, url: http.url }));
  let fail = (_error: unknown): void => {};
  const failed = new Promise<unknown>((resolve) => (fail = resolve));
  const watchers: Watchers = { desk, gateway, source, narrator, watch, nameOf, fail };
  const up = await bringUpBoards(options, chain, radio, closers, watchers, trace, air);
  own.path = up.path;
  const { link, close: detach } = await attachRadio(own.path, watchers);
  closers.push(detach);
  const parties = { own: gatewayAddress, boards: up.boards, isVirtual: radio === undefined, isLocal: http.isLocal };
  repl.attach(replBoards(desk, link, parties));
  signal.throwIfAborted();
  print(`page and API: ${http.url}    Ctrl-C stops; the next start continues the same chain`);
  closers.push(runClock(watchers, print));
  return { url: http.url, height: () => desk.ledger.height, boards: up.boards, failed, stop };
}

function namesOf({ members }: Desk): (address: number) => string {
  const names = new Map(members.map(({ address, name }) => [address, name]));
  return (address) => names.get(address) ?? addressText(address);
}

function openMap(
  { map, print }: GatewayOptions,
  closers: Closer[],
): { file: MapFile; origin: MapOrigin } | undefined {
  if (map === undefined) return undefined;
  const file = MapFile.open(map.path);
  closers.push(async () => file.close());
  const { origin = file.centre } = map;
  print(`map ${map.path}: the mesh's metres begin at ${origin.latitude}, ${origin.longitude}`);
  return { file, origin };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `boards`: of a virtual mesh, the own first. */
function replBoards(
  { members }: Desk,
  link: BoardLink,
  { own, boards, ...where }: { own: number; boards: Board[]; isVirtual: boolean; isLocal: boolean },
): ReplBoards {
  const addressOf = (board: Board): string =>
    addressText(members.find(({ name }) => name === board.name)!.address);
  const others = boards.slice(1);
  return {
    ...where,
    own: { address: addressText(own), client: () => link.prompt() },
    virtual: others.map((board) => ({ address: addressOf(board), name: board.name, board })),
  };
}

/** From the start of this run to its end. Returns the way to end it. */
function keepLog(options: GatewayOptions, gateway: Gateway, about: Record<string, unknown>): Closer {
  const { directory, logLevel = 'info' } = options;
  const log = new LogFile(directory, logLevel, (error) => gateway.trouble(`the log is not written: ${error.message}`));
  log.write('info', 'start', about);
  gateway.subscribe((event) => log.hear(event));
  return async () => {
    log.write('info', 'stop', {});
    log.close();
  };
}

async function chooseRadio(options: GatewayOptions): Promise<RadioBoard | undefined> {
  const { serialPort, print } = options;
  if (serialPort !== undefined) return radioAt(serialPort);
  const ports = await options.usbPorts();
  if (ports.length > 0) print(`looking for a Fairhop board on ${ports.join(', ')}`);
  return findRadio(ports, print);
}

function traceOf({ ledger, founding }: Desk): AirTrace {
  const receipts = new ReceiptTrace(nodeCrypto, ledger.ledgerId, founding.gatewayAddress);
  return new AirTrace(founding.gatewayAddress, () => ledger.money.linkValue, receipts);
}

function gatewayOf(desk: Desk, chain: Chain, nameOf: (address: number) => string, trace: AirTrace): Gateway {
  const { store, ledger, founding } = desk;
  const address = founding.gatewayAddress;
  const end = new EndStation(
    address,
    desk.linkSecretOf(address),
    founding.ledgerId,
    (node) => ledger.account(node)?.linkKey,
    leasedNumbers(store),
  );
  const pathOf = (src: number, seq16: number): ReturnType<AirTrace['path']> => trace.path(src, seq16);
  const { blockSeed, ownerSeed } = founding;
  const keys = { blockSeed, ownerSeed, linkSecretOf: linkSecretsOf(desk) };
  return new Gateway({ address, chain, store, end, keys, nameOf, pathOf });
}

/**
 * Makes what members lack (chequebooks, joins) and brings the boards up.
 * Returns the gateway's own port, and the virtual ones.
 */
async function bringUpBoards(
  options: GatewayOptions,
  chain: Chain,
  radio: RadioBoard | undefined,
  closers: Closer[],
  watchers: Watchers,
  trace: AirTrace,
  air: Air | undefined,
): Promise<{ path: string; boards: Board[] }> {
  const { print } = options;
  const { desk } = watchers;
  const missing = desk.members.filter(({ address }) => !desk.hasJoined(address));
  if (missing.length > 0) print(`new members: making ${missing.length} chequebooks; ${describeMoney(desk)}`);
  const identities = await identitiesOf(desk, missing, () => options.signal.throwIfAborted());
  // Boards provisioned with this directory while the gateway was off join after its own.
  const joins = joinsFor(desk, identities);
  const pending = pendingJoins(desk, joins);
  for (const problem of pending.problems) print(problem);
  chain.submitAll([...joins, ...pending.transactions]);
  if (radio !== undefined) {
    print(`radio board on ${radio.path}${radio.settings === undefined ? ': new, writing its settings' : ''}`);
    const own = identities.find(({ address }) => address === desk.founding.gatewayAddress);
    await setUpRadio(desk, radio, own, (text) => print(`  ${text}`));
    return { path: radio.path, boards: [] };
  }
  return startMesh(options, identities, closers, watchers, trace, air);
}

async function startMesh(
  options: GatewayOptions,
  identities: Identity[],
  closers: Closer[],
  watchers: Watchers,
  trace: AirTrace,
  air: Air | undefined,
): Promise<{ path: string; boards: Board[] }> {
  const { print, engine, interpreter, readingS, loss, signal } = options;
  const { desk, gateway, source } = watchers;
  const boards = `${desk.members.length} boards (engine ${engine})`;
  print(`no Fairhop board on USB: starting a VIRTUAL mesh of ${boards}; nothing here is hardware`);
  const mesh = await startVirtualMesh({
    desk,
    identities,
    engine,
    interpreter,
    readingS,
    loss,
    signal,
    onLine: (address, line) => watchLine(watchers, address, line),
    onTransmission: (report) => {
      const address = (station: number): number => desk.members[station]!.address;
      trace.frame(address(report.station), report.frame, report.receivedBy.map(address), performance.now());
      gateway.frame(frameView(desk, report));
      if (report.station === 0) air?.send(report.frame);
    },
    onProgress: (text) => print(`  ${text}`),
  });
  closers.push(() => mesh.close());
  air?.listen((frame) => mesh.ether.inject(0, frame, WIRE_RSSI_DBM, WIRE_SNR_DB));
  source.place(mesh.positions);
  return { path: mesh.portPath, boards: mesh.boards };
}

/** Blocks and messages several times a second, one line of text at most a second. Returns the way to stop. */
function runClock({ gateway, narrator, fail }: Watchers, print: (line: string) => void): Closer {
  const ticking = setInterval(() => {
    try {
      gateway.tick(Date.now());
    } catch (error) {
      clearInterval(ticking);
      fail(error);
    }
  }, TICK_MS);
  const telling = setInterval(() => {
    const line = narrator.line(new Date().toTimeString().slice(0, 8));
    if (line !== undefined) print(line);
  }, LINE_MS);
  return async () => {
    clearInterval(ticking);
    clearInterval(telling);
    try {
      gateway.keep();
    } catch {
      // Figures of the last second only; what ended the gateway (a full disk) is told by `failed`.
    }
  };
}
