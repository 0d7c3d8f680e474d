// `fairhop node config get|set`: the settings of a provisioned board, read from it and written with read-back. Secrets
// are not shown; what belongs to the ledger cannot be set. The rules are in provision/node-settings.ts.
import type { Command } from 'commander';
import {
  SETTINGS_FILE,
  readSettings,
  requireFirmware,
  restart,
  settingsBytes,
  writeFiles,
} from '../provision/board-storage.ts';
import { changedSettings, shownSettings } from '../provision/node-settings.ts';
import type { PacketClient } from '../serial/packet-protocol.ts';
import { CliError, ExitCode } from './cli-error.ts';
import { onePort, withBoard } from './port-session.ts';

interface Flags {
  port?: string;
  json?: boolean;
}

export function register(program: Command): void {
  const node = program.command('node').description('nodes: on a port, and on the ledger').helpCommand(false);
  node.addHelpText('after', '\nExamples:\n  fairhop node config get\n  fairhop node config set readingS=300');
  const config = node.command('config').description('settings of the node').helpCommand(false);
  const sub = (name: string, description: string): Command =>
    config
      .command(name)
      .description(description)
      .option('--port <path>', 'serial port; without it the only board that is plugged in')
      .option('--json', 'print the settings as JSON');
  sub('get', 'print the settings, or one of them')
    .argument('[key]', 'which one')
    .addHelpText(
      'after',
      '\nExamples:\n  fairhop node config get --port /dev/ttyUSB0\n  fairhop node config get price --json',
    )
    .action(get);
  sub('set', 'change settings; the board starts anew with them')
    .argument('<changes...>', 'KEY=VALUE')
    .addHelpText(
      'after',
      '\nExamples:\n  fairhop node config set readingS=300 price=20\n  fairhop node config set name="hill barn"',
    )
    .action(set);
}

async function get(key: string | undefined, flags: Flags): Promise<void> {
  const settings = shownSettings(await withBoard(await onePort(flags.port), settingsOn));
  if (key === undefined) return print(settings, flags);
  if (!Object.hasOwn(settings, key))
    throw new CliError(`there is no setting ${key}`, `use ${Object.keys(settings).join(', ')}`, ExitCode.Usage);
  if (flags.json === true) print({ [key]: settings[key] }, flags);
  else console.log(valueText(settings[key]));
}

async function set(changes: string[], flags: Flags): Promise<void> {
  const settings = await withBoard(await onePort(flags.port), async (client) => {
    const before = await settingsOn(client);
    const after = changedSettings(before, changes);
    const files = new Map([[SETTINGS_FILE, settingsBytes(after)]]);
    const written = await writeFiles(client, files, (text) => console.error(text));
    if (written.length > 0 && (await restart(client)).address !== after.address)
      throw new CliError(
        'the board does not start with these settings',
        'repeat with other values',
        ExitCode.CheckFailed,
      );
    return after;
  });
  print(shownSettings(settings), flags);
}

async function settingsOn(client: PacketClient): Promise<Record<string, unknown>> {
  await requireFirmware(client);
  const settings = await readSettings(client);
  if (settings !== undefined) return settings;
  throw new CliError('the board is not provisioned', 'see `fairhop provision`', ExitCode.CheckFailed);
}

function print(settings: Record<string, unknown>, flags: Flags): void {
  if (flags.json === true) console.log(JSON.stringify(settings, undefined, 2));
  else for (const [key, value] of Object.entries(settings)) console.log(`${key.padEnd(18)} ${valueText(value)}`);
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
