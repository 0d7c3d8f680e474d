// The paths of a simulation beside the gateway: what can be run, how it goes, and starting and stopping one, which
// needs the token. openapi-insight.ts describes the same table.
import { SIMULATION_HOURS_MAX, SIMULATION_NODES_MAX, type Simulation } from '../insight/simulation.ts';
import type { SimulationRequest } from '../insight/simulation-view.ts';
import type { Doors } from './doors.ts';
import type { Refusal } from './respond.ts';

const BODY_BYTES_MAX = 512;

export function simulationDoors(simulation: Simulation): Doors {
  return {
    reads: [
      { path: '/api/v1/scenarios', parameters: [], answer: () => simulation.scenarios() },
      { path: '/api/v1/simulation', parameters: [], answer: () => simulation.look() },
    ],
    writes: [
      { path: '/api/v1/simulation', bytesMax: BODY_BYTES_MAX, answer: (body) => start(simulation, body) },
      {
        path: '/api/v1/simulation/stop',
        bytesMax: BODY_BYTES_MAX,
        answer: () => ({ status: 200, body: simulation.stop() }),
      },
    ],
  };
}

function start(simulation: Simulation, body: unknown): { status: number; body: object } | Refusal {
  const request = requestOf(body);
  const remedy =
    `Send {"scenario":"honest","seed":1,"nodes":20,"hours":6}: at most ${SIMULATION_NODES_MAX} nodes and ` +
    `${SIMULATION_HOURS_MAX} hours; /api/v1/scenarios lists the names.`;
  if (request === undefined) return { status: 400, error: 'the body asks for no simulation', remedy };
  try {
    return { status: 202, body: simulation.start(request) };
  } catch (error) {
    if (error instanceof RangeError) return { status: 422, error: error.message, remedy };
    throw error;
  }
}

function requestOf(body: unknown): SimulationRequest | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { scenario, seed, nodes, hours } = body as Record<string, unknown>;
  const whole = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1;
  if (typeof scenario !== 'string' || !Number.isInteger(seed) || !whole(nodes)) return undefined;
  if ((seed as number) < 0 || (seed as number) > 0xffffffff) return undefined;
  if (typeof hours !== 'number' || !(hours > 0)) return undefined;
  return { scenario, seed: seed as number, nodes, hours };
}
