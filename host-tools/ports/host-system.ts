// What the port listing and the doctor look at: the file system below a root, and who the user is. Tests
// give another root with a made-up /sys and /dev; everything else uses this computer's.
import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface HostSystem {
  readonly root: string;
  readonly platform: NodeJS.Platform;
  readonly uid: number;
  readonly gids: readonly number[];
  /** Directories searched for programs. */
  readonly searchPath: readonly string[];
}

export function thisComputer(): HostSystem {
  return {
    root: '/',
    platform: process.platform,
    uid: process.getuid?.() ?? -1,
    gids: process.getgroups?.() ?? [],
    searchPath: (process.env.PATH ?? '').split(delimiter),
  };
}

export function hasProgram(host: HostSystem, name: string): boolean {
  return host.searchPath.some((directory) => existsSync(join(directory, name)));
}

/** Content without surrounding space, or null. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

/** Names in a directory, sorted; none when it cannot be read. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

export function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
