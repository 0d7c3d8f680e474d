// What the tests of virtual boards share: a directory that goes away, a board in virtual time, and the same
// program on either engine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualScheduler } from '../../host-tools/ether/scheduler.ts';
import { VmBoard, type VmBoardOptions } from '../../host-tools/virtual/vm-board.ts';

export async function inTemp(fn: (directory: string) => unknown): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-virtual-'));
  try {
    await fn(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export interface Bench {
  scheduler: VirtualScheduler;
  board: VmBoard;
  lines: string[];
  /** Puts the program in, powers on and lets a second pass; gives the lines of that second. */
  run(): string[];
}

export function bench(directory: string, code: string, options: Partial<VmBoardOptions> = {}): Bench {
  const scheduler = new VirtualScheduler();
  const board = new VmBoard({ name: 'bench', scheduler, directory, code, ...options });
  const lines: string[] = [];
  board.onLine((line) => lines.push(line));
  const run = (): string[] => {
    lines.length = 0;
    board.powerOn();
    scheduler.runFor(1000);
    return [...lines];
  };
  return { scheduler, board, lines, run };
}
