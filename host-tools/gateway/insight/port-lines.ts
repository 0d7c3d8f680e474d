// The serial ports of the gateway's computer, in the words of the API. Looks, opens nothing.
import { thisComputer } from '../../ports/host-system.ts';
import { knownBoardsUsb } from '../../ports/known-boards.ts';
import { listPorts } from '../../ports/list-ports.ts';
import type { PortLine } from './insight-view.ts';

/** `own`: the port of the gateway's radio board, which a virtual mesh has outside the list. */
export async function portLines(own: string): Promise<PortLine[]> {
  const ports = await listPorts(thisComputer(), knownBoardsUsb());
  const lines = ports.map(({ path, stableName, likelyBoards, bridge, accessible, holders }): PortLine => ({
    path, stableName, bridge, accessible,
    likelyBoards: [...likelyBoards],
    holders: holders.map(({ command, pid }) => `${command} (${pid})`),
    ours: path === own || stableName === own,
  }));
  if (own === '' || lines.some(({ ours }) => ours)) return lines;
  return [ownLine(own), ...lines];
}

function ownLine(path: string): PortLine {
  return { path, stableName: null, likelyBoards: [], bridge: null, accessible: true, holders: [], ours: true };
}
