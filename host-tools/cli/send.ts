// `fairhop send`: a text from the board that is plugged in to another node, and what became of it. The board makes it
// a packet of its own (docs/console.md, request `message`) and pays for it; its notes tell the rest.
import { InvalidArgumentError, type Command } from 'commander';
import { Note } from '#mesh';
import { Payload } from '#protocol';
import { parseBoardLine } from '../gateway/board-lines.ts';
import { noteName } from '../monitor/names.ts';
import { addressText } from '../provision/identity.ts';
import { PacketError, type PacketClient } from '../serial/packet-protocol.ts';
import { CliError, ExitCode } from './cli-error.ts';
import { onePort, parseAddress, withBoard } from './port-session.ts';

interface Flags {
  port?: string;
  wait: number;
  json?: boolean;
}

interface Outcome {
  to: string;
  /** The packet's number, low 16 bits; null when the board made none of it. */
  seq: number | null;
  outcome: 'delivered' | 'lost' | 'unsendable' | 'sent';
  text: string;
}

const OUTCOMES = new Map<number, Outcome['outcome']>([
  [Note.RECEIPT, 'delivered'],
  [Note.LOST, 'lost'],
  [Note.UNSENDABLE, 'unsendable'],
]);
const TAKEN_WITHIN_MS = 6000;
const WAIT_S = 90;
const WAIT_S_MAX = 3600;

export function register(program: Command): void {
  program
    .command('send')
    .description('send a text from the plugged-in board to another node')
    .argument('<address>', 'eight hexadecimal digits', parseAddress)
    .argument('<text>', 'what to send')
    .option('--port <path>', 'serial port; without it the only board that is plugged in')
    .option('--wait <s>', 'seconds to wait for the receipt, 0 for not at all', seconds, WAIT_S)
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  fairhop send 3a7f0012 "gate is open" --port /dev/ttyUSB0\n  fairhop send 3a7f0012 hello --wait 0',
    )
    .action(send);
}

async function send(address: number, text: string, flags: Flags): Promise<void> {
  const outcome = await withBoard(await onePort(flags.port), (client) =>
    sendText(client, address, text, flags.wait),
  );
  if (flags.json === true) console.log(JSON.stringify(outcome));
  else console.log(outcome.text);
  if (outcome.outcome === 'lost' || outcome.outcome === 'unsendable') process.exitCode = ExitCode.CheckFailed;
}

async function sendText(client: PacketClient, dst: number, text: string, waitS: number): Promise<Outcome> {
  const told = new Fate(client, dst);
  const plaintext = Buffer.concat([Buffer.of(Payload.TEXT), Buffer.from(text)]);
  try {
    await client.event({ t: 'message', dst, data: plaintext.toString('base64') });
  } catch (error) {
    if (!(error instanceof PacketError) || error.code !== 'refused') throw error;
    throw notTaken();
  }
  // The board answers in the same turn in which it takes the request.
  const taken = await within(told.taken, TAKEN_WITHIN_MS);
  if (taken === undefined) throw notTaken();
  if (taken.outcome === 'unsendable' || waitS === 0) return taken;
  return (await within(told.settled, waitS * 1000)) ?? unproven(taken, waitS);
}

function notTaken(): CliError {
  return new CliError(
    'the board takes no messages',
    'it must run as a node: see `fairhop provision`',
    ExitCode.CheckFailed,
  );
}

function unproven({ to, seq }: Outcome, waitS: number): Outcome {
  return { to, seq, outcome: 'lost', text: `packet ${seq} handed to the board; no receipt within ${waitS} s` };
}

/** What the board tells of the one packet: of others to the same node it is known apart by its number. */
class Fate {
  readonly taken: Promise<Outcome>;
  readonly settled: Promise<Outcome>;
  private seq: number | null = null;

  constructor(client: PacketClient, dst: number) {
    const to = addressText(dst);
    let take = (_outcome: Outcome): void => {};
    let settle = (_outcome: Outcome): void => {};
    this.taken = new Promise((resolve) => (take = resolve));
    this.settled = new Promise((resolve) => (settle = resolve));
    client.lines.onLine((line) => {
      const message = parseBoardLine(line);
      if (message?.kind === 'sent' && message.dst === dst && this.seq === null) {
        this.seq = message.seq16;
        take({ to, seq: this.seq, outcome: 'sent', text: `packet ${this.seq} to ${to} handed to the board` });
      }
      if (message?.kind !== 'note' || message.who !== dst) return;
      const outcome = OUTCOMES.get(message.note);
      if (outcome === undefined) return;
      const words = noteName(message.note)!.words(to, message.value);
      if (outcome === 'unsendable') take({ to, seq: null, outcome, text: words });
      else if (message.value === this.seq) settle({ to, seq: this.seq, outcome, text: words });
    });
  }
}

/** Undefined when it takes longer. */
async function within<T>(result: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), ms)));
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= WAIT_S_MAX) return value;
  throw new InvalidArgumentError(`give a whole number from 0 to ${WAIT_S_MAX}.`);
}
