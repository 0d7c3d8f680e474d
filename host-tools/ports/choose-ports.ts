// Which ports a command works on: those named, all likely boards, or the only one there is. Never guesses
// between two. Called by commands that open ports; opens none itself.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { realPath } from './host-system.ts';
import type { PortInfo } from './list-ports.ts';
import { isLikelyBoard } from './list-ports.ts';

export interface ChosenPort {
  readonly path: string;
  readonly usb: { readonly vendorId: number; readonly productId: number } | null;
}

/** A named port need not be listed: ptys and network ports never are. Throws CliError (exit 3). */
export function choosePorts(
  listed: readonly PortInfo[],
  named: readonly string[],
  all: boolean,
): ChosenPort[] {
  if (named.length > 0) return withoutTwins(named.map((path) => ({ path, usb: usbOf(listed, path) })));
  const boards = listed.filter(isLikelyBoard);
  if (boards.length === 0) {
    throw new CliError(
      'no board is plugged in',
      'plug one in, or see what `fairhop doctor` finds',
      ExitCode.NoPort,
    );
  }
  if (boards.length > 1 && !all) {
    const paths = boards.map((port) => port.stableName ?? port.path).join(', ');
    throw new CliError(
      `several boards are plugged in: ${paths}`,
      'choose with --port, or take all with --all',
      ExitCode.NoPort,
    );
  }
  return boards.map(({ path, usb }) => ({ path, usb }));
}

function usbOf(listed: readonly PortInfo[], path: string): ChosenPort['usb'] {
  const target = realPath(path) ?? path;
  return listed.find((port) => port.path === target)?.usb ?? null;
}

/** The same device under two names would be opened twice. */
function withoutTwins(ports: readonly ChosenPort[]): ChosenPort[] {
  const seen = new Set<string>();
  return ports.filter(({ path }) => {
    const target = realPath(path) ?? path;
    if (seen.has(target)) return false;
    seen.add(target);
    return true;
  });
}
