// `fairhop backup` and `fairhop restore`: a board's identity and state into one encrypted file, and back onto a board.
// Asks for passphrase and consent; the work is in provision/board-backup.ts.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { fileError } from '../gateway/desk-files.ts';
import { StoreError } from '../gateway/store/index.ts';
import { copyBoard, openCopy, restoreBoard, sealCopy } from '../provision/board-backup.ts';
import { addressText } from '../provision/identity.ts';
import { CliError, ExitCode } from './cli-error.ts';
import { onePort, withBoard } from './port-session.ts';
import { askLine } from './ask-line.ts';

interface Flags {
  port?: string;
  json?: boolean;
  force?: boolean;
  replace?: boolean;
  yes?: boolean;
}

export function register(program: Command): void {
  program
    .command('backup')
    .description("copy a board's identity and state into one encrypted file")
    .argument('<file>', 'where to')
    .option('--port <path>', 'serial port; without it the only board that is plugged in')
    .option('--force', 'overwrite the file if it is there')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  fairhop backup --port /dev/ttyUSB0 barn.backup\n' +
        '  FAIRHOP_PASSPHRASE=... fairhop backup barn.backup --json       without a question',
    )
    .action(backup);
  program
    .command('restore')
    .description('write a backup onto a board; only right when its node has not run since the backup')
    .argument('<file>', 'what `fairhop backup` wrote')
    .option('--port <path>', 'serial port; without it the only board that is plugged in')
    .option('--replace', 'overwrite the node that is on the board')
    .option('--yes', 'the node of this backup has not run since it was made')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  fairhop restore --port /dev/ttyUSB0 barn.backup\n' +
        'A node that ran on since would repeat packet numbers and payment signatures: provision it anew instead.',
    )
    .action(restore);
}

async function backup(file: string, flags: Flags): Promise<void> {
  const path = await onePort(flags.port);
  const passphrase = await passphraseFor('passphrase for the backup: ', true);
  const copy = await withBoard(path, (client) => copyBoard(client, (text) => console.error(text)));
  const part = `${file}.part`;
  try {
    // Refused here and not at the rename, which would overwrite silently.
    writeFileSync(file, '', { flag: flags.force === true ? 'a' : 'wx', mode: 0o600 });
    writeFileSync(part, sealCopy(copy, passphrase), { mode: 0o600, flush: true });
    renameSync(part, file);
  } catch (error) {
    throw writeFailure(file, error);
  }
  const result = { file, address: addressText(copy.address), name: copy.name, files: [...copy.files.keys()] };
  if (flags.json === true) console.log(JSON.stringify(result));
  else console.log(`${result.name} (${result.address}): ${result.files.length} files, encrypted in ${file}`);
}

async function restore(file: string, flags: Flags): Promise<void> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      'give a backup',
      ExitCode.Usage,
    );
  }
  const copy = openCopy(text, await passphraseFor('passphrase of the backup: ', false));
  await requireConsent(flags, `${copy.name} (${addressText(copy.address)}), backup of ${copy.madeAt}`);
  const path = await onePort(flags.port);
  const result = await withBoard(path, (client) =>
    restoreBoard(client, copy, flags.replace === true, (line) => console.error(line)),
  );
  if (flags.json === true) console.log(JSON.stringify(result));
  else
    console.log(
      `${path}: ${result.name} (${result.address}) runs again, ${result.written.length} files written`,
    );
}

async function requireConsent(flags: Flags, what: string): Promise<void> {
  if (flags.yes === true) return;
  const refused = new CliError(
    `${what}: not restored`,
    'give --yes if its node has not run since; if it has, use `fairhop provision --replace`',
    ExitCode.Usage,
  );
  if (!process.stdin.isTTY) throw refused;
  const answer = await askLine(`${what}. Has this node been off ever since? (yes/no) `, false);
  if (!/^y(es)?$/i.test(answer)) throw refused;
}

async function passphraseFor(question: string, isNew: boolean): Promise<string> {
  const given = process.env.FAIRHOP_PASSPHRASE;
  if (given !== undefined && given !== '') return given;
  if (!process.stdin.isTTY)
    throw new CliError(
      'a backup needs a passphrase',
      'set FAIRHOP_PASSPHRASE, or run this in a terminal',
      ExitCode.Usage,
    );
  const passphrase = await askLine(question, true);
  if (passphrase === '')
    throw new CliError('the passphrase is empty', 'choose one that is not', ExitCode.Usage);
  if (isNew && (await askLine('once more: ', true)) !== passphrase)
    throw new CliError('the two passphrases differ', 'repeat the command', ExitCode.Usage);
  return passphrase;
}

function writeFailure(file: string, error: unknown): unknown {
  if ((error as NodeJS.ErrnoException).code === 'EEXIST')
    return new CliError(`${file} is there already`, 'choose another name, or give --force', ExitCode.Usage);
  const cause = fileError(file, error);
  return cause instanceof StoreError
    ? new CliError(cause.message, cause.remedy, ExitCode.CheckFailed)
    : cause;
}
