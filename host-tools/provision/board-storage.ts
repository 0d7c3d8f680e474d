// The Fairhop files in a board's Storage over the packet protocol: what is there, erased, written with proof, and the
// firmware started anew. Knows names, not what is in the files. Used by provisioning, backup, `fairhop node` and
// the gateway's own radio.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { parseBoardLine } from '../gateway/board-lines.ts';
import { PacketError, type PacketClient } from '../serial/packet-protocol.ts';

export const SETTINGS_FILE = 'fh.node';
export const RADIO_FILE = 'fh.radio';

const BOOT_WITHIN_MS = 20_000;
/**
 * Whether the saved program is ours: it names that file. Looked at piece by piece, because the whole of it would not
 * fit beside a running node where the interpreter copies what it reads.
 */
const IS_FAIRHOP =
  '(function(s){for(var i=0;;i+=2000){var p=s.read(".bootcde",i,2040);if(!p)return false;' +
  `if(p.indexOf("${SETTINGS_FILE}")>=0)return true}})(require("Storage"))`;

export interface Boot {
  board: string;
  /** 0 before provisioning. */
  address: number;
}

/** False when the board runs something else, or nothing. */
export async function hasFirmware(client: PacketClient): Promise<boolean> {
  return (await client.eval(IS_FAIRHOP)) === true;
}

/** Throws a CliError when the board runs something else. */
export async function requireFirmware(client: PacketClient): Promise<void> {
  if (await hasFirmware(client)) return;
  throw new CliError(
    'the board has no Fairhop firmware',
    'put it there with `fairhop flash --board ID`',
    ExitCode.CheckFailed,
  );
}

/** Names of our files, in no order. */
export async function fairhopFiles(client: PacketClient): Promise<string[]> {
  const names = await client.eval('require("Storage").list(/^fh/)');
  if (!Array.isArray(names)) return [];
  return names.filter((name): name is string => typeof name === 'string' && /^fh\.[ -~]{1,25}$/.test(name));
}

export async function eraseFiles(client: PacketClient, names: readonly string[]): Promise<void> {
  for (const name of names) await client.eval(`require("Storage").erase(${JSON.stringify(name)})`);
}

/** The settings last: where they are, the rest is. */
export function writingOrder(files: ReadonlyMap<string, Uint8Array>): string[] {
  return [...files.keys()].sort((a, b) => Number(a === SETTINGS_FILE) - Number(b === SETTINGS_FILE));
}

/** In that order. Returns the names of those that were not there as they should be. */
export async function writeFiles(
  client: PacketClient,
  files: ReadonlyMap<string, Uint8Array>,
  onProgress: (text: string) => void,
): Promise<string[]> {
  const written: string[] = [];
  for (const name of writingOrder(files)) {
    const bytes = files.get(name)!;
    let sent = false;
    await client.writeFile(name, bytes, () => (sent = true));
    if (!sent) continue;
    written.push(name);
    onProgress(`${name}: ${bytes.length} bytes written and read back`);
  }
  return written;
}

/** Starts the firmware anew and waits until it says who it is. Rejects with a PacketError when it does not. */
export async function restart(client: PacketClient): Promise<Boot> {
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => {};
  const booted = new Promise<Boot>((resolve, reject) => {
    timer = setTimeout(() => reject(new PacketError('timeout', 'it does not start again')), BOOT_WITHIN_MS);
    stop = client.lines.onLine((line) => {
      const message = parseBoardLine(line);
      if (message?.kind === 'boot') resolve({ board: message.board, address: message.address });
    });
  });
  // A failure of the request itself is reported by the request.
  booted.catch(() => {});
  try {
    await client.reload();
    return await booted;
  } finally {
    clearTimeout(timer);
    stop();
  }
}

/** Fields of `fh.node`; undefined when there is no such file or it is no JSON object, which to a board is the same. */
export async function readSettings(client: PacketClient): Promise<Record<string, unknown> | undefined> {
  const bytes = await client.readFile(SETTINGS_FILE);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

export function settingsBytes(settings: object): Uint8Array {
  return new Uint8Array(Buffer.from(JSON.stringify(settings)));
}
