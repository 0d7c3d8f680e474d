// `fairhop boards`: which boards there are, and what nobody has tried on them yet.
import type { Command } from 'commander';
import { boardIds, loadBoard, type BoardFile } from '../firmware-build/boards.ts';
import { buildFailure } from './build-failure.ts';

export function register(program: Command): void {
  program
    .command('boards')
    .description('list the boards that Fairhop knows')
    .option('--json', 'print the board files as JSON')
    .action(boards);
}

function boards(flags: { json?: boolean }): void {
  const known = readAll();
  if (flags.json === true) {
    console.log(JSON.stringify(known, undefined, 2));
    return;
  }
  const idWidth = Math.max(...known.map((board) => board.id.length));
  for (const board of known) {
    const { chip, radio, untried } = board;
    const trust =
      untried.length === 0 ? 'tried' : `${untried.length} untried (see boards/${board.id}.json)`;
    console.log(`${board.id.padEnd(idWidth)}  ${board.name}`);
    console.log(`${' '.repeat(idWidth)}  ${chip.espruinoBuild}, ${radio.kind}, ${bands(board)}; ${trust}`);
  }
}

function readAll(): BoardFile[] {
  try {
    return boardIds().map((id) => loadBoard(id));
  } catch (error) {
    throw buildFailure(error);
  }
}

function bands(board: BoardFile): string {
  return board.radio.frequencyMHz.map(([low, high]) => `${low}-${high} MHz`).join(' and ');
}
