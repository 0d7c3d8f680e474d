// Where everybody stands and which gateway is whose home: positions from the topologies of the ether room, gateways
// spread over them, homes by the fewest hops. Station numbers: gateways first. Pure, from parameters and seed.
import { rangeM, sensitivityDbm, VILLAGE_PATH_LOSS } from '../ether/path-loss.ts';
import {
  NearIndex, defaultVillage, distanceM, grid, line, randomGeometric, scattered, type Position,
} from '../ether/topology.ts';
import type { SimParams } from './params.ts';

export interface Place {
  positions: Position[];
  rangeM: number;
  /** Station number of each station's gateway; its own for a gateway. */
  homes: number[];
  /** Hops to it; -1 where there is no way. */
  hops: number[];
  /** Stations within range of each. */
  near: number[][];
}

const POWER_DBM = 14;
const BANDWIDTH_HZ = 125_000;

interface Station extends Position {
  index: number;
}

export function placeStations(params: SimParams, seed: number): Place {
  const range = rangeM(VILLAGE_PATH_LOSS, POWER_DBM, sensitivityDbm(params.spreadingFactor, BANDWIDTH_HZ));
  const drawn = draw(params, range, seed);
  const positions = params.topology === 'map' ? drawn : gatewaysFirst(drawn, params.gateways);
  const near = nearOf(positions, range);
  const { homes, hops } = nearestGateways(near, params.gateways);
  return { positions, rangeM: range, homes, hops, near };
}

function draw(params: SimParams, range: number, seed: number): Position[] {
  switch (params.topology) {
    case 'line': return line(params.nodes, 0.8 * range);
    case 'grid': return grid(Math.ceil(Math.sqrt(params.nodes)), Math.ceil(Math.sqrt(params.nodes)), 0.8 * range)
      .slice(0, params.nodes);
    case 'scattered': return scattered(params.nodes, 0.65 * range, 0.15 * range, seed);
    case 'map': return params.map;
    case 'village': return defaultVillage(params.nodes, range);
    default: return randomGeometric(params.nodes, range, seed, params.neighbours);
  }
}

/** The first stays; each further gateway is the station farthest from all gateways so far. */
function gatewaysFirst(positions: Position[], gateways: number): Position[] {
  const chosen = [0];
  const away = positions.map((position) => distanceM(position, positions[0]!));
  while (chosen.length < gateways) {
    let farthest = 0;
    away.forEach((distance, i) => {
      if (distance > away[farthest]!) farthest = i;
    });
    chosen.push(farthest);
    positions.forEach((position, i) => {
      away[i] = Math.min(away[i]!, distanceM(position, positions[farthest]!));
    });
  }
  const taken = new Set(chosen);
  return [...chosen.map((i) => positions[i]!), ...positions.filter((_, i) => !taken.has(i))];
}

function nearOf(positions: Position[], range: number): number[][] {
  const index = new NearIndex(range);
  positions.forEach((position, i) => index.add({ ...position, index: i } as Station));
  return positions.map((position, i) => {
    const found: number[] = [];
    for (const other of index.around(position) as Iterable<Station>) {
      if (other.index !== i && distanceM(position, other) <= range) found.push(other.index);
    }
    return found.sort((a, b) => a - b);
  });
}

/** Breadth first from all gateways at once. */
function nearestGateways(near: number[][], gateways: number): { homes: number[]; hops: number[] } {
  const homes = near.map((_, i) => (i < gateways ? i : 0));
  const hops: number[] = near.map((_, i) => (i < gateways ? 0 : -1));
  const queue = Array.from({ length: gateways }, (_, i) => i);
  for (let next = 0; next < queue.length; next++) {
    const at = queue[next]!;
    for (const other of near[at]!) {
      if (hops[other] !== -1) continue;
      hops[other] = hops[at]! + 1;
      homes[other] = homes[at]!;
      queue.push(other);
    }
  }
  return { homes, hops };
}
