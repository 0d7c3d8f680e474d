// Makes a board on a serial port the gateway's own radio: refuses one that serves another ledger or address, writes
// what is missing and waits until it runs. Files are proven by their checksum; the settings come last, so that a board
// that was unplugged in between counts as unprovisioned still.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { restart, writeFiles } from '../provision/board-storage.ts';
import { FIELD_PACE, settingsOf } from '../provision/found-desk.ts';
import { addressText, boardFiles, keyTable, type Identity } from '../provision/identity.ts';
import { PacketClient, PacketError } from '../serial/packet-protocol.ts';
import { OpenPort } from '../serial/serial-port.ts';
import { linkKeys, type Desk } from './desk.ts';
import type { RadioBoard } from './radio-search.ts';

const PACKET_WITHIN_MS = 4000;

/** Throws a CliError when the board is not this gateway's, or cannot become its radio. */
export function checkRadio(desk: Desk, { path, settings }: RadioBoard): void {
  const own = { address: desk.founding.gatewayAddress, ledger: Buffer.from(desk.founding.ledgerId).toString('hex') };
  const remedy =
    'start with the data directory it belongs to (--data DIR), or empty it: `fairhop flash --board ID --erase all`';
  if (settings === undefined) {
    // A new board has no memory of the chequebook's used chains: to go on with an old one could give credits away.
    if (!desk.hasJoined(own.address)) return;
    throw new CliError(
      `this ledger has a gateway board already, and the one on ${path} is new`,
      'plug in the board that was used before, or begin another ledger: --data DIR',
      ExitCode.CheckFailed,
    );
  }
  if (settings.ledger !== own.ledger)
    throw new CliError(`the board on ${path} belongs to another ledger (${settings.ledger.slice(0, 16)})`, remedy,
      ExitCode.CheckFailed);
  if (settings.address !== own.address) {
    throw new CliError(
      `the board on ${path} is node ${addressText(settings.address)}, not this gateway's ${addressText(own.address)}`,
      remedy,
      ExitCode.CheckFailed,
    );
  }
}

/** `identity`: made just now for a board that has none; undefined when the ledger knows it already. */
export async function setUpRadio(
  desk: Desk,
  { path, settings }: RadioBoard,
  identity: Identity | undefined,
  onProgress: (text: string) => void,
): Promise<void> {
  const files = radioFiles(desk);
  if (settings === undefined) files.set('fh.cp', identity!.checkpoints);
  const port = await OpenPort.open(path);
  const client = new PacketClient(port, { packetTimeoutMs: PACKET_WITHIN_MS });
  try {
    const written = await writeFiles(client, files, onProgress);
    if (written.length > 0) await restartAs(client, desk.founding.gatewayAddress);
  } catch (error) {
    if (!(error instanceof PacketError)) throw error;
    throw new CliError(
      `the board on ${path} did not take its settings: ${error.message.split('\n')[0]!}`,
      'start again; what has arrived is kept. If it fails again: `fairhop doctor`',
      ExitCode.CheckFailed,
    );
  } finally {
    client.close();
    await port.close();
  }
}

function radioFiles(desk: Desk): Map<string, Uint8Array> {
  const address = desk.founding.gatewayAddress;
  const { name } = desk.members[0]!;
  const settings = settingsOf(desk.founding, { name, address, generation: 0 }, desk.networkKey, {
    ...FIELD_PACE,
    readingS: 0,
  });
  const others = linkKeys(desk).filter((peer) => peer.address !== address);
  // A file in Storage cannot be empty; a key shared with itself serves nobody else.
  const peers = others.length > 0 ? others : linkKeys(desk);
  return boardFiles(settings, keyTable(desk.linkSecretOf(address), peers), desk.paySecretOf(address));
}

async function restartAs(client: PacketClient, own: number): Promise<void> {
  const { address } = await restart(client);
  if (address === own) return;
  throw new PacketError('refused', `it starts as ${addressText(address)}, not as ${addressText(own)}`);
}
