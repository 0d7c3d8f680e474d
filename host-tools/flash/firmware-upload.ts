// Puts the Fairhop firmware into the Storage of a board whose interpreter answers: as `.bootcde`, which
// Espruino runs at every start. The packet client proves each file by length and CRC-32 and skips what is
// there already, so a repeat finishes an interrupted upload. Called through the flash job.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { buildFirmware } from '../firmware-build/build-firmware.ts';
import { lostError } from '../ports/port-errors.ts';
import type { ByteStream } from '../serial/byte-stream.ts';
import { Listeners } from '../serial/byte-stream.ts';
import { PacketClient, PacketError } from '../serial/packet-protocol.ts';
import { interruptedError } from './chip-session.ts';
import type { Upload } from './flash-board.ts';
import type { SerialLine } from './lines/serial-line.ts';

export const BOOT_FILE = '.bootcde';
const BOOT_LINE_WITHIN_MS = 10_000;

/** Builds the firmware first: no board is touched for a build that fails. Throws what building throws. */
export async function firmwareUpload(boardId: string): Promise<Upload> {
  const { code } = await buildFirmware(boardId);
  return bootFileUpload(Buffer.from(code, 'latin1'), boardId);
}

/** `boardId` is what the firmware says of itself in its boot line (docs/console.md). */
export function bootFileUpload(code: Uint8Array, boardId: string): Upload {
  return async (line, signal, onProgress) => {
    const stream = lineStream(line);
    const client = new PacketClient(stream);
    try {
      const work = upload(client, code, boardId, onProgress);
      return (await Promise.race([work, interruption(line, signal)])) ? [BOOT_FILE] : [];
    } catch (error) {
      if (!(error instanceof PacketError)) throw error;
      throw new CliError(
        `the upload failed: ${error.message.split('\n')[0]}`,
        'repeat the same command; if it fails again add --erase region',
        ExitCode.CheckFailed,
      );
    } finally {
      client.close();
    }
  };
}

/** True when the file was not there yet. */
async function upload(
  client: PacketClient,
  code: Uint8Array,
  boardId: string,
  onProgress: (fraction: number) => void,
): Promise<boolean> {
  let sent = false;
  await client.writeFile(BOOT_FILE, code, (bytes) => {
    sent = true;
    onProgress(bytes / code.length);
  });
  if (!sent) return false;
  const started = bootLine(client, boardId);
  // A failure of the restart itself is reported by the request, not by the line that never comes.
  started.catch(() => {});
  await client.reload();
  await started;
  return true;
}

/** Resolves when the new firmware has said which board it is for; rejects with its first error otherwise. */
function bootLine(client: PacketClient, boardId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      stop();
      clearTimeout(timer);
      end();
    };
    const fail = (what: string): void =>
      settle(() =>
        reject(
          new CliError(
            what,
            'see `fairhop monitor` for what the board prints; repeat with --erase region to start afresh',
            ExitCode.CheckFailed,
          ),
        ),
      );
    const timer = setTimeout(() => fail('the firmware does not start'), BOOT_LINE_WITHIN_MS);
    const stop = client.lines.onLine((line) => {
      if (/^Uncaught|^Execution Interrupted/.test(line))
        return fail(`the firmware fails at its start: ${line}`);
      const board = bootedBoard(line);
      if (board === boardId) settle(resolve);
      else if (board !== null) fail(`the firmware on the board is for "${board}", not "${boardId}"`);
    });
  });
}

function bootedBoard(line: string): string | null {
  if (!line.startsWith('{"t":"boot"')) return null;
  try {
    const { board } = JSON.parse(line) as { board?: unknown };
    return typeof board === 'string' ? board : null;
  } catch {
    return null;
  }
}

function lineStream(line: SerialLine): ByteStream {
  const data = new Listeners<Uint8Array>();
  line.onData = (bytes) => data.emit(bytes);
  return {
    // A write that fails is a loss, which the line reports by itself.
    write: (bytes) => void line.write(bytes).catch(() => {}),
    onData: (listener) => data.add(listener),
  };
}

function interruption(line: SerialLine, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    line.onLost = () => reject(lostError(line.name));
    signal.addEventListener('abort', () => reject(interruptedError()), { once: true });
    if (signal.aborted) reject(interruptedError());
  });
}
