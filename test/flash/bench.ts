// A test bench: emulated boards with a runtime already on them, the job to flash another, and the question
// every fault test ends with: is the flash old, new, or does it refuse to start?
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ChipFamily } from '../../host-tools/flash/chip-session.ts';
import { bootFromFlash } from '../../host-tools/flash/esp-rom-emulator/boot.ts';
import type { BoardOptions } from '../../host-tools/flash/esp-rom-emulator/emulated-board.ts';
import { EmulatedBoard } from '../../host-tools/flash/esp-rom-emulator/emulated-board.ts';
import { serveRfc2217 } from '../../host-tools/flash/esp-rom-emulator/serve-rfc2217.ts';
import type { FlashJob, FlashTools } from '../../host-tools/flash/flash-board.ts';
import { flashBoard } from '../../host-tools/flash/flash-board.ts';
import type { FlashReport } from '../../host-tools/flash/flash-report.ts';
import { lineFor } from '../../host-tools/flash/lines/serial-line.ts';
import type { RuntimeImage } from '../../host-tools/flash/runtime-image.ts';
import { runtimeFromBytes } from '../../host-tools/flash/runtime-image.ts';
import { runtimeFiles, tarGz } from './images.ts';

const OLD_SEED = 7;
const NEW_SEED = 1;
const FLASH_4MB = 4 * 1024 * 1024;

export interface Bench {
  readonly board: EmulatedBoard;
  readonly url: string;
  readonly directory: string;
  readonly oldImage: RuntimeImage;
  readonly newImage: RuntimeImage;
  flash(job?: Partial<FlashJob>, tools?: Partial<FlashTools>): Promise<FlashReport>;
  content(): 'old' | 'new' | 'refuses to start' | 'silently wrong';
}

export function runtime(chip: ChipFamily, seed: number): RuntimeImage {
  return runtimeFromBytes(`${chip}-${seed}.tgz`, tarGz('espruino', runtimeFiles(chip, seed)));
}

export function install(board: EmulatedBoard, image: RuntimeImage): void {
  for (const region of image.regions) board.flash.bytes.set(region.data, region.address);
}

/** An emulated board on RFC 2217 with the old runtime; `flash()` brings the new one. Ends with the test. */
export async function bench(t: TestContext, options: BoardOptions): Promise<Bench> {
  const board = new EmulatedBoard(options);
  const [oldImage, newImage] = [runtime(options.chip, OLD_SEED), runtime(options.chip, NEW_SEED)];
  install(board, oldImage);
  board.powerOn();
  const server = await serveRfc2217(board);
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-flash-'));
  t.after(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    board,
    url: server.url,
    directory,
    oldImage,
    newImage,
    flash: (job = {}, tools = {}) =>
      flashBoard(
        {
          port: server.url,
          usb: null,
          chip: options.chip,
          flashBytes: FLASH_4MB,
          image: newImage,
          upload: null,
          erase: 'none',
          baud: 921600,
          dryRun: false,
          backupDirectory: join(directory, 'backups'),
          ...job,
        },
        {
          openLine: lineFor,
          signal: new AbortController().signal,
          onProgress: () => {},
          log: () => {},
          ...tools,
        },
      ),
    content: () => contentOf(board, oldImage, newImage),
  };
}

function contentOf(
  board: EmulatedBoard,
  oldImage: RuntimeImage,
  newImage: RuntimeImage,
): ReturnType<Bench['content']> {
  if (!bootFromFlash(board.chip, board.flash).starts) return 'refuses to start';
  const holds = (image: RuntimeImage): boolean =>
    image.regions.every((region) =>
      Buffer.from(region.data).equals(
        board.flash.bytes.subarray(region.address, region.address + region.data.length),
      ),
    );
  if (holds(newImage)) return 'new';
  return holds(oldImage) ? 'old' : 'silently wrong';
}
