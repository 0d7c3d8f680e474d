// `fairhop flash`: brings the runtime and the Fairhop firmware to one board or many. Collects what the job
// needs, shows progress on stderr, prints the result on stdout; the work is in the flash room.
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { BoardFile } from '../firmware-build/boards.ts';
import { loadBoard } from '../firmware-build/boards.ts';
import { firmwareUpload } from '../flash/firmware-upload.ts';
import type { ChipFamily } from '../flash/chip-session.ts';
import type { Erase, FlashJob, Upload } from '../flash/flash-board.ts';
import { batchExitCode, flashMany } from '../flash/flash-many.ts';
import { progressDisplay } from '../flash/flash-progress.ts';
import type { FlashReport } from '../flash/flash-report.ts';
import { reportCsv } from '../flash/flash-report.ts';
import { reportLines } from '../flash/flash-summary.ts';
import { lineFor } from '../flash/lines/serial-line.ts';
import { downloadRuntime, readDownloadManifest } from '../flash/runtime-download.ts';
import type { RuntimeImage } from '../flash/runtime-image.ts';
import { loadRuntime } from '../flash/runtime-image.ts';
import type { ChosenPort } from '../ports/choose-ports.ts';
import { choosePorts } from '../ports/choose-ports.ts';
import { thisComputer } from '../ports/host-system.ts';
import { knownBoardsUsb } from '../ports/known-boards.ts';
import { listPorts } from '../ports/list-ports.ts';
import { buildFailure } from './build-failure.ts';
import { CliError, ExitCode } from './cli-error.ts';

const DATA_DIRECTORY = 'data';
const JOBS_MAX = 32;

interface FlashFlags {
  board: string;
  port?: string[];
  all?: boolean;
  jobs: number;
  /** False: leave the runtime alone. Undefined: the official download. */
  runtime?: string | false;
  app: boolean;
  dryRun?: boolean;
  erase: Erase;
  baud: number;
  trust?: boolean;
  backupDir: string;
  report?: string;
  json?: boolean;
}

const EXAMPLES = `
Examples:
  fairhop flash --board generic-esp32-rfm95 --runtime espruino_2v29_esp32.tgz --dry-run
  fairhop flash --board generic-esp32-rfm95 --port /dev/ttyUSB0
  fairhop flash --board generic-esp32-rfm95 --all --jobs 8 --report boards.csv
  fairhop flash --board generic-esp32-rfm95 --no-runtime          (only the Fairhop firmware)`;

export function register(program: Command): void {
  program
    .command('flash')
    .description(
      'bring the Espruino runtime and the Fairhop firmware to a board; a repeat finishes what was cut off',
    )
    .requiredOption('--board <id>', 'board id, see `fairhop boards`')
    .option('--port <port...>', 'serial port or rfc2217://HOST:PORT, several are flashed at once')
    .option('--all', 'every board that is plugged in')
    .option('--jobs <n>', 'boards at the same time', numberBetween(1, JOBS_MAX), 4)
    .option('--runtime <path>', 'runtime as folder, .tgz or merged .bin; by default the official download')
    .option('--no-runtime', 'leave the runtime as it is')
    .option('--no-app', 'do not upload the Fairhop firmware')
    .option('--dry-run', 'only say what would be written')
    .option('--erase <what>', 'none, region (stored files) or all', eraseChoice, 'none' as Erase)
    .option('--baud <n>', 'rate to start with; it steps down on errors', numberBetween(9600, 3_000_000), 921_600)
    .option('--trust', 'accept a download without a SHA-256 on record')
    .option(
      '--backup-dir <dir>',
      'where copies of stored files go (they hold secrets)',
      `${DATA_DIRECTORY}/backups`,
    )
    .option('--report <file>', 'write the result to a .csv or .json file')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', EXAMPLES)
    .action(flash);
}

async function flash(flags: FlashFlags): Promise<void> {
  checkFlags(flags);
  const board = readBoard(flags.board);
  const listed = await listPorts(thisComputer(), knownBoardsUsb());
  const ports = choosePorts(listed, flags.port ?? [], flags.all === true);
  // This computer's own interpreter has no loader, but it takes the firmware all the same.
  const chip = flags.runtime === false && board.chip.family === 'linux' ? null : chipOf(board);
  const image = chip === null ? null : await runtimeFor(flags, chip);
  const upload = flags.app && flags.dryRun !== true ? await uploadFor(flags.board) : null;
  const jobs = ports.map((port) => jobFor(flags, board, chip, port, image, upload));

  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  const display = progressDisplay(
    jobs.map((job) => job.port),
    process.stderr,
  );
  const reports = await flashMany(jobs, flags.jobs, {
    openLine: lineFor,
    signal: stop.signal,
    ...display.events,
  });
  display.end();
  process.off('SIGINT', interrupt);
  publish(flags, reports);
}

function checkFlags(flags: FlashFlags): void {
  if (flags.all === true && flags.port !== undefined) {
    throw new CliError('--all and --port exclude each other', 'give one of them', ExitCode.Usage);
  }
  if (flags.runtime === false && (!flags.app || flags.dryRun === true || flags.erase !== 'none')) {
    throw new CliError(
      '--no-runtime leaves nothing to do together with --no-app, --dry-run or --erase',
      'leave one of them out',
      ExitCode.Usage,
    );
  }
  if (flags.report !== undefined && !/\.(csv|json)$/.test(flags.report)) {
    throw new CliError(
      `--report ${flags.report} is neither .csv nor .json`,
      'name the file *.csv or *.json',
      ExitCode.Usage,
    );
  }
}

function readBoard(id: string): BoardFile {
  try {
    return loadBoard(id);
  } catch (error) {
    throw buildFailure(error);
  }
}

function chipOf(board: BoardFile): ChipFamily {
  const { family } = board.chip;
  if (family !== 'linux') return family;
  throw new CliError(
    `${board.id} runs on this computer and is not flashed`,
    'choose a board with an ESP32, or give --no-runtime for an Espruino that runs already',
    ExitCode.Usage,
  );
}

async function runtimeFor(flags: FlashFlags, chip: ChipFamily): Promise<RuntimeImage | null> {
  if (flags.runtime === false) return null;
  if (flags.runtime !== undefined) return loadRuntime(flags.runtime);
  return downloadRuntime(readDownloadManifest(), chip, flags.trust === true, `${DATA_DIRECTORY}/runtime`, (text) =>
    console.error(text),
  );
}

async function uploadFor(boardId: string): Promise<Upload> {
  try {
    return await firmwareUpload(boardId);
  } catch (error) {
    throw buildFailure(error);
  }
}

function jobFor(
  flags: FlashFlags,
  board: BoardFile,
  chip: FlashJob['chip'],
  port: ChosenPort,
  image: RuntimeImage | null,
  upload: Upload | null,
): FlashJob {
  return {
    port: port.path,
    usb: port.usb,
    chip,
    flashBytes: board.chip.flashBytes,
    image,
    upload,
    erase: flags.erase,
    baud: flags.baud,
    dryRun: flags.dryRun === true,
    backupDirectory: flags.backupDir,
  };
}

function publish(flags: FlashFlags, reports: FlashReport[]): void {
  if (flags.report !== undefined) {
    const isCsv = flags.report.endsWith('.csv');
    writeFileSync(flags.report, isCsv ? reportCsv(reports) : `${JSON.stringify(reports, undefined, 2)}\n`);
  }
  if (flags.json === true) console.log(JSON.stringify(reports, undefined, 2));
  else for (const report of reports) console.log(reportLines(report).join('\n'));
  process.exitCode = batchExitCode(reports);
}

function numberBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`give a number from ${min} to ${max}.`);
    }
    return value;
  };
}

function eraseChoice(text: string): Erase {
  if (text === 'none' || text === 'region' || text === 'all') return text;
  throw new InvalidArgumentError('give none, region or all.');
}
