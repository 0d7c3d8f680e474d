// Runs a scenario and what it is compared with, and sums both up. The only door of the simulator for the command
// line, the sweep's threads and tests. Deterministic: name, parameters and seed give the same outcome everywhere.
import { Checkers } from './checkers.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { DEFAULTS, paramFaults, setParam, type SimParams } from './params.ts';
import { cooperator } from './players/takers.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { World } from './world.ts';

export interface RunRequest {
  scenario: string;
  seed: number;
  /** `name=value`, after the scenario's own. */
  set?: string[];
  /** Watches every settlement too; costs memory in long runs. */
  watch?: boolean;
}

/** Throws a RangeError with one sentence when the request makes no sense. */
export function paramsOf(request: RunRequest): { scenario: Scenario; params: SimParams } {
  const scenario = SCENARIOS[request.scenario];
  if (scenario === undefined) throw new RangeError(`there is no scenario "${request.scenario}"`);
  const params = { ...DEFAULTS, ...scenario.params };
  for (const assignment of request.set ?? []) setParam(params, assignment);
  const fault = paramFaults(params)[0];
  if (fault !== undefined) throw new RangeError(fault);
  return { scenario, params };
}

/** `onBlock` sees the world after every block, for whoever watches. */
export function runScenario(request: RunRequest, onBlock?: (world: World) => void): Outcome {
  const { scenario, params } = paramsOf(request);
  const { world, checkers } = play(scenario, params, request.seed, request.watch === true, onBlock);
  const baseline = baselineOf(params, request.seed);
  return outcomeOf(request.scenario, scenario, request.seed, world, baseline, checkers.violations);
}

/** The world of a scenario after its time is over. */
export function play(
  scenario: Scenario,
  params: SimParams,
  seed: number,
  watch: boolean,
  onBlock?: (world: World) => void,
): { world: World; checkers: Checkers } {
  const checkers = new Checkers();
  let halved = false;
  const world = new World({
    params: scenario.unpaid === undefined ? params : { ...params, chains: 1 },
    seed,
    cast: (place) => scenario.cast?.(place, params, seed) ?? { players: new Map() },
    cooperative: scenario.unpaid === 'cooperative',
    everybody: scenario.unpaid === undefined ? undefined : cooperator,
    wrap: (player) => (watch ? checkers.watch(player) : player),
    afterBlock: (at) => {
      checkers.afterBlock(at);
      onBlock?.(at);
      if (halved || at.scheduler.nowMs() < at.durationMs / 2) return;
      halved = true;
      scenario.atHalf?.(at);
    },
  });
  world.run();
  checkers.atEnd(world);
  return { world, checkers };
}

/** What a baseline run leaves for the comparison: packets sent and delivered, per node and slice. */
export interface Baseline {
  sent: Int32Array;
  delivered: Int32Array;
}

const baselines = new Map<string, Baseline>();

/** Everybody cooperates for free on the same channel and seed; the same one serves every scenario of a process. */
function baselineOf(params: SimParams, seed: number): Baseline {
  const ofChannel = { ...DEFAULTS, ...channelOf(params) };
  const name = JSON.stringify([ofChannel, seed]);
  const known = baselines.get(name);
  if (known !== undefined) return known;
  const { world } = play(SCENARIOS['no-incentive']!, ofChannel, seed, false);
  const baseline = { sent: world.meter.sent, delivered: world.meter.delivered };
  baselines.set(name, baseline);
  return baseline;
}

/** The parameters that shape place, channel and traffic; money and misbehaviour have no part in a baseline. */
function channelOf(params: SimParams): Partial<SimParams> {
  const { nodes, gateways, hours, topology, neighbours, shadowingDb, lossPerMille, spreadingFactor, packetS } = params;
  const { payloadBytes, anyToAny, churnS, outageS, metresPerHour, blockIntervalS, helloMinS, helloMaxS } = params;
  const { receiptDelayMs, idleTickMs, dutyPerMille } = params;
  return {
    nodes, gateways, hours, topology, neighbours, shadowingDb, lossPerMille, spreadingFactor, packetS, payloadBytes,
    anyToAny, churnS, outageS, metresPerHour, blockIntervalS, helloMinS, helloMaxS, receiptDelayMs, idleTickMs,
    dutyPerMille,
  };
}
