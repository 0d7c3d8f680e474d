// `fairhop provision`: makes plugged-in boards nodes of the ledger in a data directory. Collects flags or the rows of
// a list, prints labels and results; the work is in the provision room. Nothing secret is printed.
import { readFileSync, writeFileSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { BoardError } from '../firmware-build/boards.ts';
import { fileError } from '../gateway/desk-files.ts';
import { StoreError } from '../gateway/store/index.ts';
import { parseBatch, type BatchRow } from '../provision/batch-csv.ts';
import { openHomeLedger } from '../provision/home-ledger.ts';
import { boardUri, labelSvg, labelText } from '../provision/label.ts';
import { FOUNDER, isOwnerName } from '../provision/owners.ts';
import { provisionBoard, type ProvisionResult } from '../provision/provision-board.ts';
import { buildFailure } from './build-failure.ts';
import { CliError, ExitCode } from './cli-error.ts';
import { onePort, withBoard } from './port-session.ts';

interface ProvisionFlags {
  port?: string;
  owner?: string;
  guarantor: string;
  name?: string;
  csv?: string;
  replace?: boolean;
  data: string;
  reading?: number;
  frequency?: number;
  power?: number;
  label?: string;
  json?: boolean;
}

/** The same fields for a board that failed, with null for what is not known of it. */
type Report = { [Field in keyof ProvisionResult]: ProvisionResult[Field] | null } & {
  port: string;
  ok: boolean;
  exitCode: number;
  uri: string | null;
  message: string | null;
};

const NOTHING_KNOWN = {
  outcome: null,
  address: null,
  name: null,
  owner: null,
  guarantor: null,
  ledger: null,
  join: null,
  backup: null,
  replaced: null,
  uri: null,
};

const EXAMPLES = `
Examples:
  fairhop provision --port /dev/ttyUSB0 --owner founder --name "hill barn"
  fairhop provision --owner alice --guarantor founder --label barn.svg     alice's key is made if she is new
  fairhop provision --csv boards.csv --owner founder --json                columns port,name,owner,guarantor
The join is signed here and kept in the data directory; the next \`fairhop up\` on it brings it to the ledger.
A board that is provisioned already is brought up to date (keys of newer nodes), not made anew.`;

const OWNER_FORM = 'give small letters, digits and "-"';
const NAME_FORM = 'give 1 to 32 plain characters';

export function register(program: Command): void {
  program
    .command('provision')
    .description(
      'make a board a node: secrets, chequebook, keys and settings, written with read-back; works offline',
    )
    .option('--port <path>', 'serial port; without it the only board that is plugged in')
    .option(
      '--owner <name>',
      'whose board it is: "founder" or any name, whose key is then made and kept',
      ownerName,
    )
    .option('--guarantor <name>', "whose credit stands for the board's line", ownerName, FOUNDER)
    .option('--name <text>', 'name of the board, up to 32 characters', boardName)
    .option('--csv <file>', 'several boards: a list with the columns port,name,owner,guarantor')
    .option('--replace', 'overwrite the identity that is on the board; what it has not claimed is lost')
    .addOption(new Option('--data <dir>', 'data directory').env('FAIRHOP_DATA').default('data'))
    .option('--reading <s>', 'seconds between two readings, 0 for none', whole(0, 86_400))
    .option('--frequency <mhz>', "channel, by default the region's", between(137, 1020))
    .option('--power <dbm>', 'transmit power', whole(-9, 22))
    .option('--label <file>', 'write the label as SVG')
    .option('--json', 'print the results as JSON')
    .addHelpText('after', EXAMPLES)
    .action(provision);
}

async function provision(flags: ProvisionFlags): Promise<void> {
  const rows = await rowsOf(flags);
  const reports: Report[] = [];
  // One after another: each needs the joins of those before it.
  for (const row of rows) reports.push(await provisionRow(flags, row));
  if (flags.json === true) console.log(JSON.stringify(reports, undefined, 2));
  else for (const report of reports) console.log(reportText(report));
  process.exitCode = reports.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? ExitCode.Ok;
}

async function rowsOf(flags: ProvisionFlags): Promise<BatchRow[]> {
  if (flags.csv === undefined)
    return [{ port: await onePort(flags.port), ...(flags.name !== undefined && { name: flags.name }) }];
  if (flags.port !== undefined || flags.name !== undefined || flags.label !== undefined)
    throw usage('--csv names ports and boards itself', 'leave --port, --name and --label out');
  let text: string;
  try {
    text = readFileSync(flags.csv, 'utf8');
  } catch (error) {
    throw usage(`${flags.csv} cannot be read (${(error as NodeJS.ErrnoException).code})`, 'give a CSV file');
  }
  const rows = parseBatch(text);
  for (const { name, owner, guarantor } of rows) {
    if (name !== undefined && !isBoardName(name)) throw usage(`"${name}" in ${flags.csv} is no name`, NAME_FORM);
    const wrong = [owner, guarantor].find((person) => person !== undefined && !isOwnerName(person));
    if (wrong !== undefined) throw usage(`"${wrong}" in ${flags.csv} is no owner's name`, OWNER_FORM);
  }
  return rows;
}

/** In a batch a board that fails does not stop the others. */
async function provisionRow(flags: ProvisionFlags, row: BatchRow): Promise<Report> {
  const { port } = row;
  try {
    const owner = row.owner ?? flags.owner;
    if (owner === undefined)
      throw usage('whose board is it?', 'give --owner NAME ("founder" founded this ledger)');
    // Opened for each board: the one before it has become somebody this one must know.
    const home = await openHomeLedger(flags.data);
    if (home.isNew) console.error(`founded a new ledger in ${flags.data}`);
    const result = await withBoard(port, (client) =>
      provisionBoard(client, {
        home,
        owner,
        guarantor: row.guarantor ?? flags.guarantor,
        name: row.name,
        isReplacing: flags.replace === true,
        readingS: flags.reading,
        radio: {
          frequencyHz: flags.frequency === undefined ? undefined : Math.round(flags.frequency * 1e6),
          txPowerDbm: flags.power,
        },
        onProgress: (text) => console.error(`${port}: ${text}`),
      }),
    );
    if (flags.label !== undefined) writeLabel(flags.label, labelSvg(result));
    return { port, ok: true, exitCode: ExitCode.Ok, ...result, uri: boardUri(result), message: null };
  } catch (error) {
    const failure = explained(error);
    if (!(failure instanceof CliError) || flags.csv === undefined) throw failure;
    const { exitCode } = failure;
    return { port, ok: false, exitCode, ...NOTHING_KNOWN, message: `${failure.message}; ${failure.remedy}` };
  }
}

function explained(error: unknown): unknown {
  if (error instanceof StoreError) return new CliError(error.message, error.remedy, ExitCode.CheckFailed);
  return error instanceof BoardError ? buildFailure(error) : error;
}

function writeLabel(file: string, svg: string): void {
  try {
    writeFileSync(file, svg);
  } catch (error) {
    throw fileError(file, error);
  }
}

function reportText(report: Report): string {
  const { port, name, address, owner, ledger, outcome, join, backup, replaced, message } = report;
  if (!report.ok) return `${port}: FAILED: ${message}`;
  const waits = join === 'pending' ? 'waits for the next `fairhop up` on this data directory' : 'on the ledger';
  const lines = [
    `${port}: ${outcome}`,
    labelText({ name: name!, address: address!, owner: owner!, ledger: ledger! }),
  ];
  if (replaced !== null) lines.push(`instead of    ${replaced}, which no board has any more`);
  return [...lines, `join          ${waits}`, `secrets       encrypted in ${backup}`].join('\n');
}

function ownerName(text: string): string {
  if (isOwnerName(text)) return text;
  throw new InvalidArgumentError(`${OWNER_FORM}.`);
}

function boardName(text: string): string {
  if (isBoardName(text)) return text;
  throw new InvalidArgumentError(`${NAME_FORM}.`);
}

const isBoardName = (text: string): boolean => /^[ -~]{1,32}$/.test(text);

function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`give a number from ${least} to ${most}.`);
  };
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    if (Number.isInteger(between(least, most)(text))) return Number(text);
    throw new InvalidArgumentError('give a whole number.');
  };
}

function usage(message: string, remedy: string): CliError {
  return new CliError(message, remedy, ExitCode.Usage);
}
