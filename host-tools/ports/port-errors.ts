// Turns what the serial library or the kernel says about a port into a sentence, a remedy and an exit code.
// The library reports text only, no errno, so the text is a hint and the file system is asked as well.
// Called wherever a port is opened; the holder's name comes from the caller, which can look at /proc.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { groupName } from './accounts.ts';
import { portHolders } from './port-holders.ts';

export function openError(path: string, error: Error): CliError {
  if (!existsSync(path)) {
    return new CliError(`there is no port ${path}`, 'plug the board in; `fairhop ports` lists what is there',
      ExitCode.NoPort);
  }
  if (/permission denied|EACCES/i.test(error.message) || !readableAndWritable(path)) {
    return new CliError(`no permission to open ${path}`, permissionRemedy(path), ExitCode.Permission);
  }
  if (/lock|temporarily unavailable|busy|EBUSY|access denied/i.test(error.message)) {
    const holders = portHolders(path).map((holder) => `${holder.command} (process ${holder.pid})`);
    const who = holders.length > 0 ? ` by ${holders.join(', ')}` : '';
    return new CliError(`${path} is in use${who}`, 'close that program and try again', ExitCode.PortBusy);
  }
  if (/not a tty|inappropriate ioctl|ENOTTY/i.test(error.message)) {
    return new CliError(`${path} is not a serial port`, 'give a port that `fairhop ports` lists', ExitCode.NoPort);
  }
  return new CliError(`${path} cannot be opened: ${error.message}`, 'unplug the board, plug it in again, retry',
    ExitCode.NoPort);
}

export function lostError(path: string): CliError {
  return new CliError(`${path} disappeared`,
    'plug the board in again (another cable or socket if it happens twice) and repeat the same command',
    ExitCode.PortLost);
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

function readableAndWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
