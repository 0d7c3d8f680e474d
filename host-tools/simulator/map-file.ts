// A map of one's own: a JSON file with the position of every station in metres, east and north of any point, and which
// of them are gateways. Checked in full before anything runs. Read by the command line only.
import { readFileSync } from 'node:fs';
import type { Position } from '../ether/topology.ts';

const STATIONS_MAX = 20_000;
const GATEWAYS_MAX = 64;
/** A thousand kilometres: farther apart nobody hears anybody on any setting. */
const METRES_MAX = 1e6;

export interface StationMap {
  /** Gateways first. */
  positions: Position[];
  gateways: number;
}

/** `{"stations": [{"x": 0, "y": 0, "gateway": true}, {"x": 120.5, "y": -40}]}`. Throws a RangeError in one sentence. */
export function parseMap(text: string): StationMap {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new RangeError('the map is not JSON');
  }
  const stations = (data as { stations?: unknown } | null)?.stations;
  if (!Array.isArray(stations)) throw new RangeError('the map has no list "stations"');
  if (stations.length < 2 || stations.length > STATIONS_MAX) {
    throw new RangeError(`a map has 2 to ${STATIONS_MAX} stations, not ${stations.length}`);
  }
  const gateways: Position[] = [];
  const others: Position[] = [];
  stations.forEach((station: unknown, i) => {
    const { position, isGateway } = stationOf(station, i + 1);
    (isGateway ? gateways : others).push(position);
  });
  if (gateways.length === 0 || gateways.length > GATEWAYS_MAX || others.length === 0) {
    throw new RangeError(`1 to ${GATEWAYS_MAX} stations have "gateway": true, and at least one has not`);
  }
  return { positions: [...gateways, ...others], gateways: gateways.length };
}

function stationOf(station: unknown, number: number): { position: Position; isGateway: boolean } {
  if (typeof station !== 'object' || station === null) throw new RangeError(`station ${number} is not an object`);
  const { x, y, gateway = false, ...rest } = station as Record<string, unknown>;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw new RangeError(`station ${number}: there is no field "${unknown}"`);
  for (const metres of [x, y]) {
    if (typeof metres !== 'number' || !(Math.abs(metres) <= METRES_MAX)) {
      throw new RangeError(`station ${number}: x and y are metres, numbers up to ${METRES_MAX}`);
    }
  }
  if (typeof gateway !== 'boolean') throw new RangeError(`station ${number}: "gateway" is true or false`);
  return { position: { x: x as number, y: y as number }, isGateway: gateway };
}

export function readMap(path: string): StationMap {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new RangeError(`cannot read the map ${path}`);
  }
  return parseMap(text);
}
