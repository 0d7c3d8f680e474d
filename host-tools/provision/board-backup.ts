// All of a board's Fairhop files in one encrypted file, and back. The state in them (packet numbers, payment chains)
// must never run twice: a packet number is a cipher's nonce, a chain may be signed for once (SPEC 6.3, 7.3). So a
// copy is only good for a board that has not run since. Called by `fairhop backup` and `fairhop restore`.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { KeystoreError, openKeystore, sealKeystore } from '../keystore/keystore.ts';
import { crc32 } from '../serial/crc32.ts';
import { PacketError, type PacketClient } from '../serial/packet-protocol.ts';
import {
  RADIO_FILE,
  SETTINGS_FILE,
  eraseFiles,
  fairhopFiles,
  readSettings,
  requireFirmware,
  restart,
  writeFiles,
} from './board-storage.ts';
import { addressText } from './identity.ts';

export interface BoardCopy {
  /** ISO time at which it was made. */
  madeAt: string;
  address: number;
  name: string;
  ledger: string;
  files: Map<string, Uint8Array>;
}

/** In the keystore beside the files: what the copy is of. */
const ABOUT = 'about';
const READ_ATTEMPTS = 3;

/** Every file read and compared by its checksum. Throws a CliError for a board that is nobody. */
export async function copyBoard(
  client: PacketClient,
  onProgress: (text: string) => void,
): Promise<BoardCopy> {
  await requireFirmware(client);
  const settings = await readSettings(client);
  if (typeof settings?.address !== 'number')
    throw refusal('the board is not provisioned: there is nothing to keep', 'see `fairhop provision`');
  const files = new Map<string, Uint8Array>();
  for (const name of (await fairhopFiles(client)).sort()) {
    const bytes = await readChecked(client, name);
    onProgress(`${name}: ${bytes.length} bytes`);
    files.set(name, bytes);
  }
  const { address, name, ledger } = settings;
  return { madeAt: new Date().toISOString(), address, name: String(name), ledger: String(ledger), files };
}

/** A running node writes its files; one that changed between two looks is read again. */
async function readChecked(client: PacketClient, name: string): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    const bytes = await client.readFile(name).catch((error: unknown) => {
      if (error instanceof PacketError && error.code === 'corrupt' && attempt < READ_ATTEMPTS)
        return undefined;
      throw error;
    });
    const crc = await client.eval(`E.CRC32(require("Storage").read(${JSON.stringify(name)}))`);
    if (bytes !== undefined && crc === crc32(bytes)) return bytes;
    if (attempt === READ_ATTEMPTS) throw new PacketError('corrupt', `${name} reads differently each time`);
  }
}

export function sealCopy({ files, ...about }: BoardCopy, passphrase: string): string {
  const secrets = {
    [ABOUT]: new Uint8Array(Buffer.from(JSON.stringify(about))),
    ...Object.fromEntries(files),
  };
  return sealKeystore(secrets, passphrase);
}

/** Throws a CliError for a wrong passphrase or a file that is no copy. */
export function openCopy(text: string, passphrase: string): BoardCopy {
  let content: Record<string, Uint8Array>;
  try {
    content = openKeystore(text, passphrase);
  } catch (error) {
    if (!(error instanceof KeystoreError)) throw error;
    throw refusal(error.message, 'check the passphrase and the file');
  }
  const { [ABOUT]: about, ...files } = content;
  const names = Object.keys(files);
  if (
    about === undefined ||
    files[SETTINGS_FILE] === undefined ||
    !names.every((name) => /^fh\.[ -~]{1,25}$/.test(name))
  )
    throw refusal(
      'the file is a keystore, but no copy of a board',
      'give a file that `fairhop backup` has written',
    );
  const fields = JSON.parse(Buffer.from(about).toString()) as Omit<BoardCopy, 'files'>;
  return { ...fields, files: new Map(Object.entries(files)) };
}

export interface RestoreResult {
  address: string;
  name: string;
  /** Files that were not as in the copy. */
  written: string[];
}

/** `isReplacing`: the board may be a node already. Throws CliErrors and PacketErrors. */
export async function restoreBoard(
  client: PacketClient,
  copy: BoardCopy,
  isReplacing: boolean,
  onProgress: (text: string) => void,
): Promise<RestoreResult> {
  await requireFirmware(client);
  const present = await readSettings(client);
  if (typeof present?.address === 'number' && !isReplacing)
    throw refusal(`the board is node ${addressText(present.address)}`, 'give --replace to overwrite it');
  // The node that is there stops first, so that it changes nothing under our hands.
  await eraseFiles(client, [SETTINGS_FILE]);
  await restart(client);
  const others = (await fairhopFiles(client)).filter((name) => !copy.files.has(name) && name !== RADIO_FILE);
  await eraseFiles(client, others);
  const written = await writeFiles(client, copy.files, onProgress);
  const boot = await restart(client);
  if (boot.address !== copy.address)
    throw refusal(`the board starts as ${addressText(boot.address)}`, 'repeat the command');
  return { address: addressText(copy.address), name: copy.name, written };
}

function refusal(message: string, remedy: string): CliError {
  return new CliError(message, remedy, ExitCode.CheckFailed);
}
