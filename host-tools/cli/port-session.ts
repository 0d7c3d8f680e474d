// What every command that talks to one board needs: which port, opened and closed, and failures in the command
// line's words and exit codes. Used by monitor, provision, repl, backup, send and node.
import { existsSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { choosePorts } from '../ports/choose-ports.ts';
import { thisComputer } from '../ports/host-system.ts';
import { knownBoardsUsb } from '../ports/known-boards.ts';
import { listPorts, type PortInfo } from '../ports/list-ports.ts';
import { PacketClient, PacketError } from '../serial/packet-protocol.ts';
import { PortError } from '../serial/port-errors.ts';
import { ReconnectingPort } from '../serial/reconnecting-port.ts';
import { OpenPort } from '../serial/serial-port.ts';
import { CliError, ExitCode } from './cli-error.ts';

/** A virtual board shares this computer with everything else; a real one answers in milliseconds. */
const ANSWER_WITHIN_MS = 6000;

/** The port that was named, else the only board that is plugged in. Throws a CliError (exit 3). */
export async function onePort(named: string | undefined): Promise<string> {
  // A named port is taken as it is: no list has ptys.
  if (named !== undefined) return named;
  return choosePorts(await listed(), [], false)[0]!.path;
}

function listed(): Promise<PortInfo[]> {
  return listPorts(thisComputer(), knownBoardsUsb());
}

/** Opens the port, lets `work` talk over it, and closes both whatever happens. Throws CliErrors. */
export async function withBoard<T>(
  path: string,
  work: (client: PacketClient, port: OpenPort) => Promise<T>,
): Promise<T> {
  let port: OpenPort | undefined;
  let client: PacketClient | undefined;
  try {
    const opened = await OpenPort.open(path);
    port = opened;
    const talk = new PacketClient(opened, { packetTimeoutMs: ANSWER_WITHIN_MS });
    client = talk;
    let stop = (): void => {};
    const lost = new Promise<never>((_, reject) => {
      stop = opened.onLost(reject);
    });
    try {
      return await Promise.race([work(talk, opened), lost]);
    } finally {
      stop();
    }
  } catch (error) {
    throw portFailure(error);
  } finally {
    client?.close();
    await port?.close();
  }
}

/** A port that comes back even when the board returns under another name, as USB devices do. */
export async function followedPort(path: string): Promise<ReconnectingPort> {
  const usb = (await listed()).find((port) => port.path === path)?.usb;
  return new ReconnectingPort(path, async () => {
    if (existsSync(path) || usb?.serialNumber == null) return OpenPort.open(path);
    const same = (await listed()).find((port) => port.usb?.serialNumber === usb.serialNumber);
    return OpenPort.open(same?.path ?? path);
  });
}

const PORT_EXIT: Partial<Record<PortError['code'], number>> = {
  missing: ExitCode.NoPort,
  'not-a-port': ExitCode.NoPort,
  permission: ExitCode.Permission,
  busy: ExitCode.PortBusy,
  lost: ExitCode.PortLost,
};

/** A CliError for what ports and boards refuse; anything else comes back as it was. */
export function portFailure(error: unknown): unknown {
  if (error instanceof PortError) {
    const remedy =
      error.code === 'lost'
        ? 'plug the board in again and repeat the same command'
        : '`fairhop ports` lists the ports, `fairhop doctor` finds the cause';
    return new CliError(error.message, remedy, PORT_EXIT[error.code]);
  }
  if (!(error instanceof PacketError)) return error;
  const words = error.message.split('\n')[0]!;
  const remedy =
    error.code === 'timeout'
      ? 'press RESET on the board and repeat; `fairhop monitor` shows what it prints'
      : 'repeat the command; what has arrived is kept. `fairhop monitor` shows what the board prints';
  return new CliError(`the board: ${words}`, remedy, ExitCode.CheckFailed);
}

/** For commander: eight hexadecimal digits, as addresses are written everywhere. */
export function parseAddress(text: string): number {
  if (!/^[0-9a-f]{8}$/i.test(text) || /^(0{8}|f{8})$/i.test(text))
    throw new InvalidArgumentError('give eight hexadecimal digits, such as 3a7f0012.');
  return parseInt(text, 16);
}
