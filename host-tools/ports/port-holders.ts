// Who has a device node open, from /proc/*/fd: the answer to "port busy" that the kernel does not give.
// Other users' processes are only visible to root; then the list is shorter, never wrong.
// Linux only; elsewhere it is empty.
import { readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

export interface PortHolder {
  readonly pid: number;
  readonly command: string;
}

export function portHolders(path: string, procDirectory = '/proc'): PortHolder[] {
  const target = resolved(path);
  return processIds(procDirectory)
    .filter((pid) => pid !== process.pid && holds(join(procDirectory, String(pid), 'fd'), target))
    .map((pid) => ({ pid, command: commandName(procDirectory, pid) }));
}

/** Ids of running processes with this command name (as in /proc/PID/comm). */
export function processesNamed(name: string, procDirectory = '/proc'): number[] {
  return processIds(procDirectory).filter((pid) => commandName(procDirectory, pid) === name);
}

function processIds(procDirectory: string): number[] {
  return entries(procDirectory)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function holds(fdDirectory: string, target: string): boolean {
  return entries(fdDirectory).some((fd) => {
    try {
      return readlinkSync(join(fdDirectory, fd)) === target;
    } catch {
      return false;
    }
  });
}

function commandName(procDirectory: string, pid: number): string {
  try {
    return readFileSync(join(procDirectory, String(pid), 'comm'), 'utf8').trim();
  } catch {
    return 'unknown program';
  }
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
