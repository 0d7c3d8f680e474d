// Runs a scenario and what it is compared with, and sums both up. The only door of the simulator for the command
// line, the sweep's threads and tests. Deterministic: name, parameters and seed give the same outcome everywhere.
import type { Position } from '../ether/topology.ts';
import { Checkers } from './checkers.ts';
import { pictureOf, type MoneyPicture } from './gain.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { DEFAULTS, paramFaults, setParam, type SimParams } from './params.ts';
import { cooperator } from './players/takers.ts';
import { reveal } from './reveals.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { World, type Cast } from './world.ts';

export interface RunRequest {
  scenario: string;
  seed: number;
  /** `name=value`, after the scenario's own. */
  set?: string[];
  /** Positions in metres of all stations, gateways first, instead of a made-up topology. */
  map?: { positions: Position[]; gateways: number };
  /** Watches every settlement too; costs memory in long runs. */
  watch?: boolean;
}

/** Throws a RangeError with one sentence when the request makes no sense. */
export function paramsOf(request: RunRequest): { scenario: Scenario; params: SimParams } {
  const scenario = SCENARIOS[request.scenario];
  if (scenario === undefined) throw new RangeError(`there is no scenario "${request.scenario}"`);
  const params = { ...DEFAULTS, ...scenario.params };
  if (request.map !== undefined) {
    const { positions, gateways } = request.map;
    Object.assign(params, { topology: 'map', map: positions, nodes: positions.length, gateways });
  }
  for (const assignment of request.set ?? []) setParam(params, assignment);
  const fault = paramFaults(params)[0];
  if (fault !== undefined) throw new RangeError(fault);
  return { scenario, params };
}

/** `onBlock` sees the world after every block, for whoever watches. */
export function runScenario(request: RunRequest, onBlock?: (world: World) => void): Outcome {
  const { scenario, params } = paramsOf(request);
  const { seed } = request;
  const { world, checkers } = play(scenario, params, seed, request.watch === true, onBlock);
  const references = {
    baseline: baselineOf(scenario, params, seed),
    honestly: world.cast.players.size === 0 ? undefined : honestPicture(scenario, params, seed, world.cast),
    violations: checkers.violations,
  };
  return outcomeOf(request.scenario, scenario, seed, world, references);
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
  const failures = [...(scenario.failures?.events ?? [])];
  const world = new World({
    params: scenario.unpaid === undefined ? params : { ...params, chains: 1 },
    seed,
    cast: (place) => scenario.cast?.(place, params, seed) ?? { players: new Map() },
    cooperative: scenario.unpaid === 'cooperative',
    everybody: scenario.unpaid === undefined ? undefined : cooperator,
    reveal: scenario.reveals ? reveal : undefined,
    wrap: (player) => (watch ? checkers.watch(player) : player),
    afterBlock: (at) => {
      checkers.afterBlock(at);
      onBlock?.(at);
      const part = at.scheduler.nowMs() / at.durationMs;
      while (failures.length > 0 && failures[0]![0] <= part) failures.shift()![1](at);
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

/**
 * Everybody cooperates for free on the same channel and seed, while the same stations fail: what the channel allows.
 * One run serves every scenario of a process that shares it.
 */
function baselineOf({ failures }: Scenario, params: SimParams, seed: number): Baseline {
  const ofChannel = { ...DEFAULTS, ...channelOf(params) };
  const name = JSON.stringify([ofChannel, seed, failures?.name]);
  const known = baselines.get(name);
  if (known !== undefined) return known;
  const { world } = play({ ...SCENARIOS['no-incentive']!, failures }, ofChannel, seed, false);
  const baseline = { sent: world.meter.sent, delivered: world.meter.delivered };
  baselines.set(name, baseline);
  return baseline;
}

const pictures = new Map<string, MoneyPicture>();

/** The same people, boards and failures with everybody honest: what the special players' nodes would have taken. */
function honestPicture(scenario: Scenario, params: SimParams, seed: number, cast: Cast): MoneyPicture {
  const { failures, unpaid, reveals } = scenario;
  const { share: _share, thresholdP: _thresholdP, ...money } = params;
  const trees = cast.ownTrees?.map((tree) => [...tree]);
  const later = [...(cast.later ?? [])];
  const name = JSON.stringify([money, seed, trees, later, cast.isApart, unpaid, failures?.name, reveals]);
  const known = pictures.get(name);
  if (known !== undefined) return known;
  const everybody = { summary: '', cast: () => ({ ...cast, players: new Map() }), failures, unpaid, reveals };
  const { world } = play(everybody, params, seed, false);
  const picture = pictureOf(world);
  pictures.set(name, picture);
  return picture;
}

/** The parameters that shape place, channel and traffic; money and misbehaviour have no part in a baseline. */
function channelOf(params: SimParams): Partial<SimParams> {
  const { nodes, gateways, hours, topology, map, neighbours, shadowingDb, lossPerMille, spreadingFactor } = params;
  const { packetS, payloadBytes, anyToAny, churnS, outageS, metresPerHour, blockIntervalS } = params;
  const { helloMinS, helloMaxS, receiptDelayMs, idleTickMs, dutyPerMille } = params;
  return {
    nodes, gateways, hours, topology, map, neighbours, shadowingDb, lossPerMille, spreadingFactor, packetS,
    payloadBytes, anyToAny, churnS, outageS, metresPerHour, blockIntervalS, helloMinS, helloMaxS,
    receiptDelayMs, idleTickMs, dutyPerMille,
  };
}
