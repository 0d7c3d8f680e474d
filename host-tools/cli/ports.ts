// `fairhop ports`: what is plugged in, under which names, and who has it open.
import type { Command } from 'commander';
import { thisComputer } from '../ports/host-system.ts';
import { knownBoardsUsb } from '../ports/known-boards.ts';
import type { PortInfo } from '../ports/list-ports.ts';
import { listPorts } from '../ports/list-ports.ts';
import { usbId } from '../ports/usb-bridges.ts';
import { buildFailure } from './build-failure.ts';
import { CliError, ExitCode } from './cli-error.ts';

export function register(program: Command): void {
  program
    .command('ports')
    .description('list the serial ports and the boards that are probably behind them')
    .option('--json', 'print the list as JSON')
    .addHelpText('after', '\nExamples:\n  fairhop ports\n  fairhop ports --json | jq -r ".[].path"')
    .action(ports);
}

async function ports(flags: { json?: boolean }): Promise<void> {
  const found = await listPorts(thisComputer(), boards());
  if (flags.json === true) {
    console.log(
      JSON.stringify(
        found.map(({ usbSysPath: _, ...port }) => port),
        undefined,
        2,
      ),
    );
    if (found.length === 0) process.exitCode = ExitCode.NoPort;
    return;
  }
  if (found.length === 0) {
    throw new CliError(
      'there is no serial port',
      'plug a board in; `fairhop doctor` says what may be wrong',
      ExitCode.NoPort,
    );
  }
  for (const port of found) console.log(portLines(port).join('\n'));
}

function boards(): ReturnType<typeof knownBoardsUsb> {
  try {
    return knownBoardsUsb();
  } catch (error) {
    throw buildFailure(error);
  }
}

function portLines(port: PortInfo): string[] {
  const id = port.usb === null ? 'not on USB' : usbId(port.usb.vendorId, port.usb.productId);
  const what = port.bridge ?? port.usb?.product ?? 'unknown device';
  const lines = [`${port.path}  ${id}  ${what}`];
  if (port.stableName !== null) lines.push(`  stable name  ${port.stableName}`);
  if (port.likelyBoards.length > 0) lines.push(`  likely       ${port.likelyBoards.join(' or ')}`);
  if (port.accessible !== true)
    lines.push(`  access       no (group ${port.group ?? '?'}); see \`fairhop doctor\``);
  for (const holder of port.holders) lines.push(`  in use by    ${holder.command} (process ${holder.pid})`);
  return lines;
}
