// Turns the serial room's reasons why a port cannot be used into a command's sentence, remedy and exit code.
// Called by the lines of the flasher and wherever else a command opens a port.
import { statSync } from 'node:fs';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { classifyOpenError } from '../serial/port-errors.ts';
import { groupName } from './accounts.ts';
import { portHolders } from './port-holders.ts';

export function openError(path: string, error: Error): CliError {
  switch (classifyOpenError(path, error).code) {
    case 'missing':
      return new CliError(
        `there is no port ${path}`,
        'plug the board in; `fairhop ports` lists what is there',
        ExitCode.NoPort,
      );
    case 'permission':
      return new CliError(`no permission to open ${path}`, permissionRemedy(path), ExitCode.Permission);
    case 'busy':
      return new CliError(
        `${path} is in use${holderText(path)}`,
        'close that program and try again',
        ExitCode.PortBusy,
      );
    case 'not-a-port':
      return new CliError(
        `${path} is not a serial port`,
        'give a port that `fairhop ports` lists',
        ExitCode.NoPort,
      );
    default:
      return new CliError(
        `${path} cannot be opened: ${error.message}`,
        'unplug the board, plug it in again, retry',
        ExitCode.NoPort,
      );
  }
}

export function lostError(path: string): CliError {
  return new CliError(
    `${path} disappeared`,
    'plug the board in again (another cable or socket if it happens twice) and repeat the same command',
    ExitCode.PortLost,
  );
}

/** The exact command that gives this user the group of the device node. */
export function permissionRemedy(path: string): string {
  let group: string | null = null;
  try {
    const { gid, mode } = statSync(path);
    // A node that its own group may not open is not cured by joining the group.
    group = (mode & 0o060) === 0o060 ? groupName(gid) : null;
  } catch {
    group = null;
  }
  if (group === null || group === 'root') return `sudo chmod a+rw ${path} (until the next plug-in)`;
  return `sudo usermod -aG ${group} "$USER", then log out and in again`;
}

function holderText(path: string): string {
  const holders = portHolders(path).map((holder) => `${holder.command} (process ${holder.pid})`);
  return holders.length > 0 ? ` by ${holders.join(', ')}` : '';
}
