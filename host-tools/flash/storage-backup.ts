// Copies Espruino's Storage from a board to a file before it is at risk. The copy holds the node's secrets:
// the file is readable by its owner alone and is named by board and content, so a repeated run finds it.
// Blank blocks are recognised by their hash and not transferred. Called by the board flasher.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ChipSession } from './chip-session.ts';
import { SEGMENT_BYTES, md5Of } from './flash-plan.ts';

export interface StorageContent {
  readonly address: number;
  readonly bytes: number;
  /** Blocks with something in them. */
  readonly usedBlocks: readonly { address: number; bytes: number }[];
  readonly bytesUsed: number;
}

export async function lookAtStorage(
  session: ChipSession,
  storage: { address: number; bytes: number },
): Promise<StorageContent> {
  const usedBlocks: { address: number; bytes: number }[] = [];
  const end = storage.address + storage.bytes;
  for (let address = storage.address; address < end; address += SEGMENT_BYTES) {
    const bytes = Math.min(SEGMENT_BYTES, end - address);
    const blank = md5Of(new Uint8Array(bytes).fill(0xff));
    if ((await session.md5(address, bytes)) !== blank) usedBlocks.push({ address, bytes });
  }
  const bytesUsed = usedBlocks.reduce((sum, block) => sum + block.bytes, 0);
  return { ...storage, usedBlocks, bytesUsed };
}

/** Returns the file's path. The file is the whole partition, ready to be written back at its address. */
export async function backUpStorage(
  session: ChipSession,
  mac: string,
  content: StorageContent,
  directory: string,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const image = new Uint8Array(content.bytes).fill(0xff);
  let done = 0;
  for (const block of content.usedBlocks) {
    image.set(await session.read(block.address, block.bytes), block.address - content.address);
    done += block.bytes;
    onBytes(done);
  }
  const board = mac.replaceAll(':', '');
  const name = `storage-${board}-0x${content.address.toString(16)}-${md5Of(image).slice(0, 12)}.bin`;
  const path = join(directory, name);
  if (!existsSync(path)) writePrivately(directory, path, image);
  return path;
}

function writePrivately(directory: string, path: string, image: Uint8Array): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const partial = `${path}.part`;
  const file = openSync(partial, 'w', 0o600);
  try {
    writeSync(file, image);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
}
