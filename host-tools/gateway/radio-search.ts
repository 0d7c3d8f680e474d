// Who answers on a serial port: a board with the Fairhop firmware, a bare interpreter, nobody. Asks the ports it is
// given and chooses the gateway's radio board among them; changes nothing on any board. run.ts calls it.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { hasFirmware, readSettings } from '../provision/board-storage.ts';
import { PacketClient, PacketError } from '../serial/packet-protocol.ts';
import { PortError } from '../serial/port-errors.ts';
import { OpenPort } from '../serial/serial-port.ts';

/** What a board's settings say of whom it serves. */
export interface Provisioned {
  address: number;
  /** Eight bytes in hexadecimal. */
  ledger: string;
}

/** A board with our firmware; `settings` is undefined before provisioning. */
export interface RadioBoard {
  path: string;
  settings: Provisioned | undefined;
}

type Answer =
  | { kind: 'fairhop'; board: RadioBoard }
  | { kind: 'interpreter'; path: string }
  | { kind: 'silent'; path: string }
  | { kind: 'closed'; path: string; error: PortError };

/** A board answers in milliseconds; one that opening the port has reset takes a second or two to boot. */
const ANSWER_WITHIN_MS = 3000;
const PACKET_WITHIN_MS = 900;
/** The one Fairhop board among these ports, or undefined. What is not used is said. Throws when there are several. */
export async function findRadio(paths: string[], print: (line: string) => void): Promise<RadioBoard | undefined> {
  const answers = await Promise.all(paths.map(ask));
  const boards = answers.flatMap((answer) => (answer.kind === 'fairhop' ? [answer.board] : []));
  for (const answer of answers) if (answer.kind !== 'fairhop') print(`not used: ${failureOf(answer).message}`);
  if (boards.length > 1) {
    const names = boards.map(({ path }) => path).join(', ');
    throw new CliError(
      `several Fairhop boards are plugged in: ${names}`,
      'choose the gateway\'s radio with --port',
      ExitCode.Usage,
    );
  }
  return boards[0];
}

/** The board on the port that the user named. Throws a PortError or a CliError within seconds. */
export async function radioAt(path: string): Promise<RadioBoard> {
  const answer = await ask(path);
  if (answer.kind === 'fairhop') return answer.board;
  throw failureOf(answer);
}

function failureOf(answer: Exclude<Answer, { kind: 'fairhop' }>): PortError | CliError {
  const { path } = answer;
  const flash = `put the firmware on the board with \`fairhop flash\`; \`fairhop ports\` lists the ports`;
  switch (answer.kind) {
    case 'closed':
      return answer.error;
    case 'interpreter':
      return new CliError(`the board on ${path} has no Fairhop firmware`, flash, ExitCode.CheckFailed);
    case 'silent':
      return new CliError(`no Fairhop firmware answers on ${path}`, flash, ExitCode.CheckFailed);
  }
}

async function ask(path: string): Promise<Answer> {
  let port: OpenPort;
  try {
    port = await OpenPort.open(path);
  } catch (error) {
    if (error instanceof PortError) return { kind: 'closed', path, error };
    throw error;
  }
  const client = new PacketClient(port, { packetTimeoutMs: PACKET_WITHIN_MS });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'silent', path }), ANSWER_WITHIN_MS);
  });
  try {
    return await Promise.race([identify(client, path), late]);
  } finally {
    clearTimeout(timer);
    client.close();
    await port.close();
  }
}

/**
 * Asks until something answers; never settles on a port where nothing does. The interpreter is asked and not the
 * node: a board without settings, and one whose radio has failed, run no node, and an interpreter may take an EVENT
 * to which no program listens.
 */
async function identify(client: PacketClient, path: string): Promise<Answer> {
  if (!(await patiently(() => hasFirmware(client)))) return { kind: 'interpreter', path };
  return { kind: 'fairhop', board: { path, settings: await settingsOn(client) } };
}

/** Again when there was no answer: the board may be booting. Ends with the client. */
async function patiently<T>(request: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof PacketError) || error.code !== 'timeout') throw error;
    }
  }
}

async function settingsOn(client: PacketClient): Promise<Provisioned | undefined> {
  const { address, ledger } = (await patiently(() => readSettings(client))) ?? {};
  return typeof address === 'number' && typeof ledger === 'string' ? { address, ledger } : undefined;
}
