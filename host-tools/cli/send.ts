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
  outcome: 'delivered' | 'lost' | 'unsendable' | 'sent';
  text: string;
}

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
  const to = addressText(dst);
  const told = outcomeOf(client, dst, waitS);
  const plaintext = Buffer.concat([Buffer.of(Payload.TEXT), Buffer.from(text)]);
  try {
    await client.event({ t: 'message', dst, data: plaintext.toString('base64') });
  } catch (error) {
    if (!(error instanceof PacketError) || error.code !== 'refused') throw error;
    throw new CliError(
      'the board takes no messages',
      'it must run as a node: see `fairhop provision`',
      ExitCode.CheckFailed,
    );
  }
  const outcome = await told;
  if (outcome !== undefined) return outcome;
  const doubt = waitS === 0 ? 'handed to the board' : `handed to the board; no receipt within ${waitS} s`;
  return { to, outcome: waitS === 0 ? 'sent' : 'lost', text: doubt };
}

/** The first note about a packet to that node; undefined when none comes in time. */
function outcomeOf(client: PacketClient, dst: number, waitS: number): Promise<Outcome | undefined> {
  const OUTCOMES = new Map<number, Outcome['outcome']>([
    [Note.RECEIPT, 'delivered'],
    [Note.LOST, 'lost'],
    [Note.UNSENDABLE, 'unsendable'],
  ]);
  return new Promise((resolve) => {
    if (waitS === 0) return resolve(undefined);
    const timer = setTimeout(() => resolve(undefined), waitS * 1000);
    // A request that fails before ends the command; the timer must not hold it.
    timer.unref();
    client.lines.onLine((line) => {
      const message = parseBoardLine(line);
      if (message?.kind !== 'note' || message.who !== dst) return;
      const outcome = OUTCOMES.get(message.note);
      if (outcome === undefined) return;
      clearTimeout(timer);
      resolve({
        to: addressText(dst),
        outcome,
        text: noteName(message.note)!.words(addressText(dst), message.value),
      });
    });
  });
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= WAIT_S_MAX) return value;
  throw new InvalidArgumentError(`give a whole number from 0 to ${WAIT_S_MAX}.`);
}
