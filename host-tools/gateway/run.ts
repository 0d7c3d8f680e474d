// Composition of a running gateway: data directory, boards (serial or virtual), chain, HTTP. The one place with a
// clock. Called by `fairhop up` and by tests.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Note } from '#mesh';
import type { TransmissionReport } from '../ether/ether.ts';
import { FrameType, Flag } from '#protocol';
import { ROOT } from '../firmware-build/paths.ts';
import { addressText } from '../provision/identity.ts';
import { ReconnectingPort } from '../serial/reconnecting-port.ts';
import { BoardLink, parseBoardLine } from './board-link.ts';
import { ChainService } from './chain-service.ts';
import type { Desk } from './desk.ts';
import { describeMoney, identitiesOf, joinsFor, openDesk, signBlock } from './desk.ts';
import { EndStation } from './end-station.ts';
import { Gateway, leasedNumbers } from './gateway.ts';
import { startHttpServer } from './http/server.ts';
import { Narrator } from './narrator.ts';
import { LiveSource } from './source.ts';
import { startVirtualMesh } from './virtual-mesh.ts';

export interface GatewayOptions {
  directory: string;
  host: string;
  port: number;
  token?: string;
  boards: number;
  engine: 'vm' | 'espruino';
  interpreter: string;
  readingS: number;
  loss: number;
  /** Serial port of a real board; without it the mesh is virtual. */
  serialPort?: string;
  print(line: string): void;
}

export interface RunningGateway {
  url: string;
  height(): number;
  /** Resolves with the error that ended it: a disk that is full, a store that failed. */
  failed: Promise<unknown>;
  stop(): Promise<void>;
}

const TICK_MS = 200;
const LINE_MS = 1000;
const FRAME_NAMES: Record<number, string> = {
  [FrameType.DATA]: 'data',
  [FrameType.RECEIPT]: 'receipt',
  [FrameType.PAY]: 'pay',
  [FrameType.OPEN]: 'open',
  [FrameType.RESYNC]: 'resync',
  [FrameType.NACK]: 'nack',
  [FrameType.SYNC]: 'sync',
  [FrameType.SYNCACK]: 'sync',
  [FrameType.HELLO]: 'hello',
  [FrameType.BROADCAST]: 'broadcast',
  [FrameType.HEADER]: 'header',
};

/** Starts everything or nothing. Throws StoreError, PortError, BuildError or CliError with a remedy. */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const desk = await openDesk(options.directory, options.boards);
  const closers: (() => Promise<void>)[] = [() => desk.store.close()];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
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
  closers: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<RunningGateway> {
  const { print } = options;
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const ledgerId = Buffer.from(desk.ledger.ledgerId).toString('hex');
  print(`fairhop ${version}  data ${desk.directory}  ledger ${ledgerId}  height ${desk.ledger.height}`);
  const names = new Map(desk.members.map(({ address, name }) => [address, name]));
  const nameOf = (address: number): string => names.get(address) ?? addressText(address);
  const address = desk.founding.gatewayAddress;
  const chain = new ChainService(desk.ledger, desk.store, address, signBlock(desk));
  const end = new EndStation(
    address,
    desk.linkSecretOf(address),
    desk.founding.ledgerId,
    (node) => desk.ledger.account(node)?.linkKey,
    leasedNumbers(desk.store),
  );
  const gateway = new Gateway({ address, chain, store: desk.store, end, nameOf });
  const source = new LiveSource({
    desk,
    gateway,
    version,
    startedMs: Date.now(),
    boards: options.serialPort === undefined ? 'virtual' : 'serial',
    engine: options.serialPort === undefined ? options.engine : 'serial',
  });
  // The address first: a port that is taken should be known before two seconds of hashing a board.
  const http = await startHttpServer({
    host: options.host,
    port: options.port,
    source,
    ...(options.token !== undefined && { token: options.token }),
    onFault: (error) =>
      gateway.trouble(`a request failed: ${error instanceof Error ? error.message : String(error)}`),
  });
  closers.push(() => http.close());
  const narrator = new Narrator();
  gateway.subscribe((event) => narrator.hear(event));
  await joinMembers(options, desk, chain, closers, { gateway, source, narrator, nameOf });
  print(`page and API: ${http.url}    Ctrl-C stops; the next start continues the same chain`);
  const failed = run(gateway, narrator, print, closers);
  return { url: http.url, height: () => desk.ledger.height, failed, stop };
}

interface Watchers {
  gateway: Gateway;
  source: LiveSource;
  narrator: Narrator;
  nameOf(address: number): string;
}

/** Makes what members lack (chequebooks, joins), then brings the boards up and attaches the gateway's own. */
async function joinMembers(
  options: GatewayOptions,
  desk: Desk,
  chain: ChainService,
  closers: (() => Promise<void>)[],
  watchers: Watchers,
): Promise<void> {
  const { print } = options;
  const missing = desk.members.filter(({ address }) => desk.ledger.account(address) === undefined);
  if (missing.length > 0)
    print(`new members: making ${missing.length} chequebooks (some seconds); ${describeMoney(desk)}`);
  const identities = await identitiesOf(desk, missing, (done) =>
    print(`  chequebook ${done} of ${missing.length}`),
  );
  chain.submitAll(joinsFor(desk, identities));
  let portPath = options.serialPort;
  if (portPath === undefined) {
    const boards = `${desk.members.length} boards (engine ${options.engine})`;
    print(`no board on USB: starting a VIRTUAL mesh of ${boards}; nothing here is hardware`);
    const mesh = await startVirtualMesh({
      desk,
      identities,
      engine: options.engine,
      interpreter: options.interpreter,
      readingS: options.readingS,
      loss: options.loss,
      onLine: (address, line) => watchLine(desk, watchers, address, line),
      onTransmission: (report) => watchers.gateway.frame(frameView(desk, report)),
      onProgress: (text) => print(`  ${text}`),
    });
    closers.push(() => mesh.close());
    watchers.source.place(mesh.positions);
    portPath = mesh.portPath;
  }
  await attach(portPath, desk, watchers, closers);
}

async function attach(
  portPath: string,
  desk: Desk,
  watchers: Watchers,
  closers: (() => Promise<void>)[],
): Promise<void> {
  const port = new ReconnectingPort(portPath);
  const link = new BoardLink(port, (message) => {
    watchers.gateway.hear(message);
    if (message.kind === 'status') watchers.source.heardStatus(desk.founding.gatewayAddress, message.status);
    if (message.kind === 'note' && message.note === Note.PAID_IN) watchers.narrator.paid();
  });
  port.onLost((error) => watchers.gateway.trouble(error.message));
  await port.start();
  closers.push(async () => {
    link.close();
    await port.close();
  });
  watchers.gateway.attach(link);
}

/** Lines of the other virtual boards: watched for the page, never obeyed. */
function watchLine(
  desk: Desk,
  { gateway, source, narrator, nameOf }: Watchers,
  address: number,
  line: string,
): void {
  if (address === desk.founding.gatewayAddress) return;
  const message = parseBoardLine(line);
  if (message?.kind === 'status') source.heardStatus(address, message.status);
  else if (message?.kind === 'trouble') gateway.trouble(`${nameOf(address)}: ${message.text}`);
  else if (message?.kind === 'note') {
    gateway.seen(message.note);
    if (message.note === Note.PAID_IN) narrator.paid();
  }
}

function frameView(
  desk: Desk,
  report: TransmissionReport,
): { from: string; kind: string; bytes: number; receivedBy: string[] } {
  const text = (station: number): string => addressText(desk.members[station]!.address);
  return {
    from: text(report.station),
    kind: FRAME_NAMES[report.frame[0]! & Flag.TYPE] ?? 'other',
    bytes: report.frame.length,
    receivedBy: report.receivedBy.map(text),
  };
}

/** The clock: blocks and messages several times a second, one line of text at most a second. */
function run(
  gateway: Gateway,
  narrator: Narrator,
  print: (line: string) => void,
  closers: (() => Promise<void>)[],
): Promise<unknown> {
  return new Promise((resolve) => {
    const ticking = setInterval(() => {
      try {
        gateway.tick(Date.now());
      } catch (error) {
        clearInterval(ticking);
        resolve(error);
      }
    }, TICK_MS);
    const telling = setInterval(() => {
      const line = narrator.line(new Date().toTimeString().slice(0, 8));
      if (line !== undefined) print(line);
    }, LINE_MS);
    closers.push(async () => {
      clearInterval(ticking);
      clearInterval(telling);
    });
  });
}
