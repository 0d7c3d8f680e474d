// Why a serial port cannot be used, told from the serial library's texts (it gives no codes) and confirmed
// with the operating system; each reason with what to do about it. Used by serial-port.ts.
import { accessSync, constants, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

export type PortErrorCode = 'missing' | 'permission' | 'busy' | 'not-a-port' | 'lost' | 'other';

/** One line for the user: what is wrong and the remedy. */
export class PortError extends Error {
  constructor(
    readonly code: PortErrorCode,
    readonly path: string,
    message: string,
  ) {
    super(message);
  }
}

export function classifyOpenError(path: string, error: Error): PortError {
  const { message } = error;
  if (/no such file|file not found|cannot find/i.test(message) || !exists(path)) {
    return new PortError('missing', path, `${path}: no such port. Is the board plugged in?`);
  }
  if (/permission denied|access (is )?denied/i.test(message) || !accessible(path)) {
    return new PortError('permission', path, `${path}: permission denied. ${permissionRemedy(path)}`);
  }
  if (/cannot lock port|temporarily unavailable|device or resource busy|access denied/i.test(message)) {
    return new PortError('busy', path, `${path}: in use${holderOf(path)}. Close that program and try again`);
  }
  if (/inappropriate ioctl|not a tty|invalid argument|is a directory|not a serial/i.test(message)) {
    return new PortError('not-a-port', path, `${path}: not a serial port`);
  }
  return new PortError('other', path, `${path}: ${message.replace(/^Error:? /, '')}`);
}

export function lostError(path: string): PortError {
  return new PortError('lost', path, `${path}: the board was unplugged or its port closed`);
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function accessible(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Names the group that owns the device, as Debian (dialout) and Arch (uucp) differ. */
function permissionRemedy(path: string): string {
  const gid = statSync(path, { throwIfNoEntry: false })?.gid;
  let groups = '';
  try {
    groups = readFileSync('/etc/group', 'utf8');
  } catch {
    // No such file outside Linux: the general advice has to do.
  }
  const group = groups.split('\n').find((line) => line.split(':')[2] === String(gid))?.split(':')[0];
  if (!group || group === 'root') return 'Run as a user who may open it';
  return `Run \`sudo usermod -aG ${group} $USER\`, then log out and in again`;
}

/** " by NAME (process N)" from /proc, as far as we may look; empty when nobody is found. */
function holderOf(path: string): string {
  for (const pid of numbersIn('/proc')) {
    if (pid === process.pid) continue;
    for (const fd of numbersIn(`/proc/${pid}/fd`)) {
      try {
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) !== path) continue;
        return ` by ${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (process ${pid})`;
      } catch {
        // The process ended while we looked.
      }
    }
  }
  return '';
}

function numbersIn(directory: string): number[] {
  try {
    return readdirSync(directory).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}
