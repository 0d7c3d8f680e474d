// A mesh without hardware: boards that run the built bundle over a simulated channel, the first of them reached over
// a real serial port (a pty). In this process (vm) or as real Espruino processes with the UDP radio. `fairhop up`
// starts it when no board is plugged in.
import { join } from 'node:path';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { radioOf } from '../ledger/index.ts';
import { Ether } from '../ether/ether.ts';
import type { TransmissionReport } from '../ether/ether.ts';
import { RealScheduler } from '../ether/scheduler.ts';
import { defaultVillage, type Position } from '../ether/topology.ts';
import { boardFiles, keyTable, type Identity } from '../provision/identity.ts';
import { writingOrder } from '../provision/board-storage.ts';
import { settingsOf } from '../provision/found-desk.ts';
import { joinStreams } from '../serial/byte-stream.ts';
import { openPty, type Pty } from '../serial/pty.ts';
import type { Board } from '../virtual/board.ts';
import { EspruinoBoard } from '../virtual/espruino-board.ts';
import { LocalDatagrams } from '../virtual/local-datagrams.ts';
import { RadioHub } from '../virtual/radio-hub.ts';
import { HUB_ADDRESS, UdpHub } from '../virtual/udp-hub.ts';
import { VmBoard } from '../virtual/vm-board.ts';
import type { Desk } from './desk.ts';
import { linkKeys } from './desk.ts';
import { firmwareFor } from './firmware-thread.ts';
import { StoreError } from './store/index.ts';

export const VIRTUAL_BOARD = 'linux-udp';

export interface VirtualMeshOptions {
  desk: Desk;
  engine: 'vm' | 'espruino';
  /** The interpreter, for engine espruino. */
  interpreter: string;
  /** Identities made just now; those of earlier starts are on the boards already. */
  identities: Identity[];
  readingS: number;
  /** Probability that a frame is lost besides collisions. */
  loss: number;
  onLine(address: number, line: string): void;
  onTransmission(report: TransmissionReport): void;
  onProgress(text: string): void;
  /** Ends the start; what runs by then is stopped. */
  signal: AbortSignal;
}

export interface VirtualMesh {
  /** The serial port of the gateway's board. */
  portPath: string;
  positions: Position[];
  ether: Ether;
  /** In the order of the members. */
  boards: Board[];
  close(): Promise<void>;
}

/** Settings of a table-top mesh: everything a little faster than in a field, so that a person sees it move. */
const DESK_PACE = {
  helloMinMs: 1500,
  helloMaxMs: 20000,
  receiptDelayMs: 1200,
  retryS: 6,
  freePerMille: 10,
  servicePerMille: 200,
  dutyPerMille: 1000,
};
const SHADOW_SEED = 1;

export async function startVirtualMesh(options: VirtualMeshOptions): Promise<VirtualMesh> {
  const { desk, engine } = options;
  options.onProgress(`building the firmware of ${VIRTUAL_BOARD}`);
  const firmware = await firmwareFor(VIRTUAL_BOARD, options.signal);
  const scheduler = new RealScheduler();
  const ether = new Ether({
    scheduler,
    profile: radioOf(desk.founding.params),
    seed: SHADOW_SEED,
    loss: options.loss,
    onTransmission: options.onTransmission,
  });
  const positions = defaultVillage(desk.members.length, ether.rangeM);
  for (const position of positions) ether.attach(position, null);
  const hub = new RadioHub(ether, scheduler);
  const network = new LocalDatagrams(scheduler);
  const udp = engine === 'espruino' ? await UdpHub.open(hub) : undefined;
  const hubPort = udp?.port ?? network.serve(hub);
  const boards = desk.members.map(({ name, address }): Board => {
    const directory = join(desk.directory, 'boards', name);
    const board =
      engine === 'vm'
        ? new VmBoard({ name, scheduler, directory, code: firmware.code, network })
        : new EspruinoBoard({ name, interpreter: options.interpreter, directory, code: firmware.code });
    board.onLine((line) => options.onLine(address, line));
    return board;
  });
  let pty: Pty | undefined;
  const close = async (): Promise<void> => {
    await Promise.all(boards.map((board) => board.stop()));
    await pty?.close();
    pty = undefined;
  };
  const hurry = (): void => void close();
  options.signal.addEventListener('abort', hurry, { once: true });
  const closeAll = async (): Promise<void> => {
    await close();
    await udp?.close();
    scheduler.close();
  };
  try {
    await provisionAll(options, boards, hubPort, hurry);
    pty = await openPty().catch(withRemedy('install socat, or util-linux for `script`'));
    options.signal.throwIfAborted();
    joinStreams(pty.stream, boards[0]!.console);
  } catch (error) {
    await closeAll();
    throw error;
  }
  options.signal.removeEventListener('abort', hurry);
  return { portPath: pty.path, positions, ether, boards, close: closeAll };
}

/** Side by side: a real interpreter takes its files at the pace of a serial port. */
async function provisionAll(
  options: VirtualMeshOptions,
  boards: Board[],
  hubPort: number,
  hurry: () => void,
): Promise<void> {
  const keys = linkKeys(options.desk);
  const work = boards.map((board, index) => provision(options, board, index, keys, hubPort));
  // The first failure ends the others; none of them may start something after we have given up.
  for (const one of work) one.catch(hurry);
  const results = await Promise.allSettled(work);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function provision(
  options: VirtualMeshOptions,
  board: Board,
  index: number,
  keys: { address: number; linkKey: Uint8Array }[],
  hubPort: number,
): Promise<void> {
  const { desk, onProgress } = options;
  const { name, address } = desk.members[index]!;
  if (board instanceof EspruinoBoard)
    await board.start().catch(withRemedy('set ESPRUINO to an Espruino built for Linux (docs/getting-started.md)'));
  const choice = { ...DESK_PACE, readingS: options.readingS };
  const settings = settingsOf(desk.founding, { name, address, generation: 0 }, desk.networkKey, choice);
  const peers = keys.filter((peer) => peer.address !== address);
  const files = boardFiles(settings, keyTable(desk.linkSecretOf(address), peers), desk.paySecretOf(address));
  files.set('fh.radio', new Uint8Array(Buffer.from(JSON.stringify({ host: HUB_ADDRESS, port: hubPort, index }))));
  const checkpoints = await checkpointsFor(options, board, address);
  if (checkpoints !== undefined) files.set('fh.cp', checkpoints);
  await writeFiles(board, files);
  onProgress(`${name} runs (${desk.members.length} in all)`);
}

/** What starting a program of somebody else's says, with what to do about it. */
function withRemedy(remedy: string): (error: unknown) => never {
  return (error) => {
    const text = error instanceof Error ? error.message : String(error);
    throw new CliError(text.split('\n')[0]!, remedy, ExitCode.CheckFailed);
  };
}

/**
 * Undefined when the board holds them already. A board that has lost its flash must not go on with a chequebook of
 * which it does not know the used chains (SPEC 6.3).
 */
async function checkpointsFor(
  { identities, engine }: VirtualMeshOptions,
  board: Board,
  address: number,
): Promise<Uint8Array | undefined> {
  const fresh = identities.find((identity) => identity.address === address);
  if (fresh !== undefined) return fresh.checkpoints;
  if ((await board.readFile('fh.cp')) !== undefined) return undefined;
  throw new StoreError(
    `${board.name} is on the ledger, but its flash in boards/${board.name} is empty for engine ${engine}`,
    'Start with the engine that made it (--engine), or with another data directory (--data DIR).',
  );
}

/** What differs is written, the settings last; a real interpreter is then started anew, one in this process now. */
async function writeFiles(board: Board, files: Map<string, Uint8Array>): Promise<void> {
  let changed = false;
  for (const name of writingOrder(files)) {
    const bytes = files.get(name)!;
    const held = await board.readFile(name);
    if (held !== undefined && Buffer.compare(held, bytes) === 0) continue;
    await board.writeFile(name, bytes);
    changed = true;
  }
  if (!(board instanceof EspruinoBoard)) await board.start();
  else if (changed) await board.reload();
}
