// `fairhop up`: runs a gateway. With no Fairhop board on USB it starts a virtual mesh and says so. Parses flags,
// prints, and turns what can go wrong into a line with its remedy; the work is in host-tools/gateway, which is loaded
// when there is something to run: help, completion and errors need not wait for it.
import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import type { FleetChoice, FleetOrderer } from '../fleet/orderer.ts';
import { StoreError } from '../gateway/store/index.ts';
import { BuildError } from '../firmware-build/build-error.ts';
import { fileError } from '../gateway/desk-files.ts';
import { LOG_LEVELS, type LogLevel } from '../gateway/log-file.ts';
import type { GatewayOptions, RunningGateway } from '../gateway/run.ts';
import type { MapOrigin } from '../gateway/view.ts';
import { thisComputer } from '../ports/host-system.ts';
import { knownBoardsUsb } from '../ports/known-boards.ts';
import { isLikelyBoard, listPorts } from '../ports/list-ports.ts';
import { PortError } from '../serial/port-errors.ts';
import { buildFailure } from './build-failure.ts';
import { CliError, ExitCode } from './cli-error.ts';
import { keepBlocksOption, storeChoice, storeOption, type StoreFlags } from './store-flags.ts';

interface UpFlags extends StoreFlags {
  data: string;
  http: string;
  boards: string;
  engine: 'vm' | 'espruino';
  port?: string;
  reading: string;
  loss: string;
  logLevel: LogLevel;
  token?: string;
  map?: string;
  mapOrigin?: string;
  webhook?: string;
  mqtt?: string;
  fleet?: string;
  fleetKey?: string;
  fleetTls?: string;
  fleetLedger?: string;
  founding?: string;
}

/** Blocks between two snapshots of a fleet's ledger: a quarter of an hour of one-second blocks. */
const SNAPSHOT_EVERY = 900;
const BOARDS_MAX = 64;

export function register(program: Command): void {
  program
    .command('up')
    .description('run a gateway; with no board on USB, with a virtual mesh around it')
    .addOption(new Option('--data <dir>', 'data directory').env('FAIRHOP_DATA').default('data'))
    .option('--http <host:port>', 'address of the page and the API', '127.0.0.1:8640')
    .addOption(
      new Option('--token <text>', 'token that requests must carry; needed beyond this computer').env(
        'FAIRHOP_TOKEN',
      ),
    )
    .option('--port <path>', 'serial port of the radio board; without it a board is looked for')
    .option('--boards <n>', "boards of the virtual mesh, the gateway's included", '8')
    .addOption(
      new Option('--engine <name>', 'what runs the virtual boards').choices(['vm', 'espruino']).default('vm'),
    )
    .option('--reading <s>', 'seconds between two readings of a virtual board', '10')
    .addOption(
      new Option('--log-level <level>', 'what DATA/log/gateway.jsonl holds').choices(LOG_LEVELS).default('info'),
    )
    .option('--loss <share>', 'share of virtual frames lost besides collisions', '0')
    .addOption(storeOption())
    .addOption(keepBlocksOption())
    .addOption(
      new Option('--map <file>', 'PMTiles file with pictures, drawn beneath the boards').env('FAIRHOP_MAP'),
    )
    .option('--map-origin <lat,lon>', "where on it the mesh's metres begin; without it, in its middle")
    .option('--webhook <url>', 'send every packet there, as JSON by POST')
    .option('--mqtt <url>', 'send packets and states to a broker, with Home Assistant discovery')
    .option('--fleet <servers>', 'many gateways, one ledger: blocks ordered by these NATS servers (docs/fleet.md)')
    .addOption(
      new Option('--fleet-key <file>', 'nkey seed or JWT credentials of this gateway').env('FAIRHOP_FLEET_KEY'),
    )
    .option('--fleet-tls <dir>', 'ca.pem, and for mutual TLS cert.pem and key.pem')
    .option('--fleet-ledger <id>', 'which ledger to join, where the cluster holds several')
    .option('--founding <file>', "a founder's first start: the file of `fairhop fleet found`")
    .addHelpText(
      'after',
      `
Examples:
  fairhop up                                  a gateway and seven virtual boards, page on http://127.0.0.1:8640
  fairhop up --boards 12 --loss 0.1           more boards, worse radio
  fairhop up --map village.pmtiles            with a map beneath the boards (docs/dashboard.md)
  fairhop up --port /dev/ttyUSB0              a real board as the gateway's radio
  fairhop up --fleet nats://10.0.0.1:4222     one gateway of a fleet; an empty directory joins its ledger
  ESPRUINO=... fairhop up --engine espruino   virtual boards on the real interpreter (its Linux build)`,
    )
    .action(up);
}

/** Children of ours end by themselves when we do; so long we wait for them to end in order. */
const STOP_WITHIN_MS = 4000;

async function up(flags: UpFlags): Promise<void> {
  const abort = new AbortController();
  const options = await optionsOf(flags, abort.signal);
  let running: RunningGateway | undefined;
  let stopping = false;
  const stop = (reason: string): void => {
    // Asked a second time: at once.
    if (stopping) process.exit(ExitCode.Interrupted);
    stopping = true;
    abort.abort();
    setTimeout(() => process.exit(ExitCode.Interrupted), STOP_WITHIN_MS).unref();
    if (running === undefined) console.log(`${reason}: stopping; the next start continues where this one was`);
    else void stopRunning(running, reason);
  };
  process.on('SIGINT', () => stop('interrupted'));
  process.on('SIGTERM', () => stop('terminated'));
  process.on('SIGHUP', () => stop('the terminal was closed'));
  // Whoever read our lines is gone (`fairhop up | head`).
  process.stdout.on('error', () => stopping || stop('nobody listens'));
  try {
    const { startGateway } = await import('../gateway/run.ts');
    running = await startGateway(options);
  } catch (error) {
    if (abort.signal.aborted) process.exit(ExitCode.Interrupted);
    throw explained(error);
  }
  if (abort.signal.aborted) return stopRunning(running, 'interrupted');
  const failure = await running.failed;
  await running.stop().catch(() => {});
  throw explained(failure);
}

async function stopRunning(running: RunningGateway, reason: string): Promise<void> {
  console.log(`${reason}: stopping; the chain is at height ${running.height()} and continues at the next start`);
  try {
    await running.stop();
  } catch (error) {
    console.error(`fairhop: stopped, but not in order: ${error instanceof Error ? error.message : String(error)}`);
  }
  process.exit(ExitCode.Ok);
}

/** Ports behind which a board is likely; whether it is one of ours is found out by asking. */
async function likelyPorts(): Promise<string[]> {
  const ports = await listPorts(thisComputer(), knownBoardsUsb());
  return ports.filter(isLikelyBoard).map(({ path }) => path);
}

async function optionsOf(flags: UpFlags, signal: AbortSignal): Promise<GatewayOptions> {
  const boards = wholeNumber(flags.boards, '--boards', 2, BOARDS_MAX);
  const { host, port } = httpAddress(flags.http);
  const loss = Number(flags.loss);
  if (!(loss >= 0 && loss < 1))
    throw usage(`--loss ${flags.loss} is no share`, 'give a number from 0 to below 1, such as 0.1');
  const interpreter = process.env.ESPRUINO ?? '';
  if (flags.engine === 'espruino' && interpreter === '') {
    throw usage(
      '--engine espruino needs the interpreter',
      'build Espruino for Linux and set ESPRUINO to the program (docs/getting-started.md)',
    );
  }
  if (flags.mapOrigin !== undefined && flags.map === undefined)
    throw usage('--map-origin needs a map', 'give --map FILE.pmtiles, or leave it out');
  return {
    directory: resolve(flags.data),
    host,
    port,
    boards,
    engine: flags.engine,
    interpreter,
    loss,
    logLevel: flags.logLevel,
    readingS: wholeNumber(flags.reading, '--reading', 1, 86400),
    ...(flags.port !== undefined && { serialPort: flags.port }),
    ...(flags.token !== undefined && { token: flags.token }),
    ...(flags.map !== undefined && { map: { path: flags.map, ...mapOrigin(flags.mapOrigin) } }),
    ...(flags.webhook !== undefined && { webhook: flags.webhook }),
    ...(flags.mqtt !== undefined && { mqtt: flags.mqtt }),
    ...(flags.fleet !== undefined && { orderer: await fleetOrderer(flags, flags.fleet) }),
    store: storeChoice(flags),
    usbPorts: likelyPorts,
    signal,
    print: (line) => console.log(line),
  };
}

async function fleetOrderer(flags: UpFlags, fleet: string): Promise<FleetOrderer> {
  const { fleetKey, fleetTls, fleetLedger, founding } = flags;
  const { parseServers } = await import('../fleet/connect.ts');
  const { FleetOrderer } = await import('../fleet/orderer.ts');
  const choice: FleetChoice = {
    servers: parseServers(fleet),
    snapshotEvery: SNAPSHOT_EVERY,
    ...(fleetKey !== undefined && { credentials: fleetKey }),
    ...(fleetTls !== undefined && { tls: fleetTls }),
    ...(fleetLedger !== undefined && { ledger: fleetLedger }),
    ...(founding !== undefined && { founding }),
  };
  return new FleetOrderer(choice, console.log);
}

function httpAddress(text: string): { host: string; port: number } {
  const match = /^(\[[0-9a-f:]+\]|[^:]+):(\d+)$/i.exec(text);
  if (match === null) throw usage(`--http ${text} is no address`, 'give HOST:PORT, such as 127.0.0.1:8641');
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port: wholeNumber(match[2]!, 'the port of --http', 0, 65535) };
}

/** Beyond 85.05 degrees there are no tiles (Web Mercator). */
function mapOrigin(text: string | undefined): { origin?: MapOrigin } {
  if (text === undefined) return {};
  const match = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  const [latitude, longitude] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || Math.abs(latitude) > 85 || Math.abs(longitude) > 180)
    throw usage(`--map-origin ${text} is no place`, 'give latitude and longitude in degrees, such as 47.3769,8.5417');
  return { origin: { latitude, longitude } };
}

function wholeNumber(text: string, name: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw usage(`${name} ${text} is out of range`, `give a whole number from ${least} to ${most}`);
  }
  return value;
}

function usage(message: string, remedy: string): CliError {
  return new CliError(message, remedy, ExitCode.Usage);
}

const PORT_EXIT: Partial<Record<PortError['code'], number>> = {
  missing: ExitCode.NoPort,
  'not-a-port': ExitCode.NoPort,
  permission: ExitCode.Permission,
  busy: ExitCode.PortBusy,
  lost: ExitCode.PortLost,
};

function explained(error: unknown): unknown {
  if (error instanceof BuildError) return buildFailure(error);
  if (error instanceof PortError) {
    return new CliError(
      error.message,
      '`fairhop ports` lists the ports, `fairhop doctor` finds the cause',
      PORT_EXIT[error.code],
    );
  }
  const { path = 'a file' } = error as NodeJS.ErrnoException;
  const cause = error instanceof CliError ? error : fileError(path, error);
  return cause instanceof StoreError ? new CliError(cause.message, cause.remedy, ExitCode.CheckFailed) : cause;
}
