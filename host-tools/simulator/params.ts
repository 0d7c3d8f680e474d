// Everything a run can be told, with its default: the place, the traffic, the money, the clock. A scenario overrides
// some of it, `--set` the rest. Values are numbers or one of a few words; nothing here knows how they are used.
import type { Position } from '../ether/topology.ts';
import { deskProfile, type Founders, type GenesisParams } from '../ledger/index.ts';
import { FIELD_PACE } from '../provision/found-desk.ts';

export interface SimParams {
  nodes: number;
  /** Home gateways, spread over the map; each serves the nodes nearest to it. */
  gateways: number;
  hours: number;
  topology: 'village' | 'random' | 'scattered' | 'line' | 'grid' | 'map';
  /** Where everybody stands on a map of one's own (map-file.ts), gateways first; empty on all others. */
  map: Position[];
  /** Mean number of others in range on random maps. */
  neighbours: number;
  shadowingDb: number;
  /** Frames lost for no reason the channel model knows, per mille. */
  lossPerMille: number;
  spreadingFactor: number;
  /** Seconds between two packets of a node, on average. */
  packetS: number;
  payloadBytes: number;
  /** Share of packets that go to another node instead of the home gateway, percent. */
  anyToAny: number;
  /** Share of nodes that the scenario's special players take, percent. */
  share: number;
  /** Seconds from a node's failure to its return, and mean seconds between failures; 0 for never. */
  churnS: number;
  outageS: number;
  /** Mean speed of every other node, in metres per hour. */
  metresPerHour: number;
  blockIntervalS: number;
  moneyRound: number;
  epoch: number;
  /** Epochs that a channel lives after its last claim, and that notices take. */
  channelEpochs: number;
  creditLineP: number;
  windowP: number;
  trustMaxP: number;
  payBatchP: number;
  levyLocalPerMille: number;
  levyGlobalPerMille: number;
  demurragePerMille: number;
  freePerMille: number;
  servicePerMille: number;
  /** Where a threshold player stops relaying: spendable money in P. */
  thresholdP: number;
  helloMinS: number;
  helloMaxS: number;
  receiptDelayMs: number;
  retryS: number;
  /** An idle node is called at least this often. */
  idleTickMs: number;
  /** Most of its own time that any node may be on the air, per mille (ETSI EN 300 220: 10 % at 869.5 MHz). */
  dutyPerMille: number;
  /** Nodes that one voted member vouches for: they share its basic allowance. */
  nodesPerOwner: number;
  /** Chains of each chequebook that are real. */
  chains: number;
}

/**
 * A minute between packets and blocks of two minutes keep the proportions of the village profile (a packet every five
 * minutes, ten-minute blocks) at a fifth of its length: 288 packets a node and epoch, twelve blocks a money round.
 */
export const DEFAULTS: SimParams = {
  nodes: 20,
  gateways: 1,
  hours: 24,
  topology: 'random',
  map: [],
  neighbours: 5,
  shadowingDb: 0,
  lossPerMille: 10,
  spreadingFactor: 7,
  packetS: 60,
  payloadBytes: 50,
  anyToAny: 20,
  share: 20,
  churnS: 0,
  outageS: 600,
  metresPerHour: 0,
  blockIntervalS: 120,
  moneyRound: 12,
  epoch: 144,
  channelEpochs: 7,
  creditLineP: 384,
  windowP: 64,
  trustMaxP: 4,
  payBatchP: 2,
  levyLocalPerMille: 40,
  levyGlobalPerMille: 10,
  demurragePerMille: 200,
  freePerMille: FIELD_PACE.freePerMille,
  servicePerMille: 10,
  thresholdP: 768,
  helloMinS: 10,
  helloMaxS: 120,
  receiptDelayMs: 2000,
  retryS: 20,
  idleTickMs: 5000,
  dutyPerMille: 100,
  nodesPerOwner: 4,
  chains: 16,
};

const TOPOLOGIES = ['village', 'random', 'scattered', 'line', 'grid'];

/** Throws a RangeError with one sentence when a name or value is none. */
export function setParam(params: SimParams, assignment: string): void {
  const [name = '', value = ''] = assignment.split('=');
  if (!(name in params)) throw new RangeError(`there is no parameter "${name}"`);
  if (name === 'map') throw new RangeError('a map is read from a file: --map FILE');
  if (name === 'topology') {
    if (!TOPOLOGIES.includes(value)) throw new RangeError(`topology is one of ${TOPOLOGIES.join(', ')}`);
    params.topology = value as SimParams['topology'];
    return;
  }
  const number = Number(value);
  if (value === '' || !Number.isFinite(number) || number < 0) {
    throw new RangeError(`${name} needs a number, not "${value}"`);
  }
  (params as unknown as Record<string, number>)[name] = number;
}

/** Sentences about what cannot be simulated; empty when the run can start. */
export function paramFaults(params: SimParams): string[] {
  const faults: string[] = [];
  const within = (name: keyof SimParams, low: number, high: number): void => {
    const value = params[name] as number;
    if (value < low || value > high) faults.push(`${name} must lie between ${low} and ${high}`);
  };
  within('nodes', 2, 20000);
  within('gateways', 1, Math.min(64, params.nodes - 1));
  within('hours', 0.01, 24 * 365);
  within('packetS', 1, 86400);
  within('payloadBytes', 8, 120);
  within('anyToAny', 0, 100);
  within('share', 0, 90);
  within('chains', 1, 256);
  within('nodesPerOwner', 1, 1000);
  within('spreadingFactor', 7, 12);
  within('channelEpochs', 3, 60);
  const isMap = params.topology === 'map';
  if (isMap && params.map.length !== params.nodes) faults.push('the map has another number of nodes');
  return faults;
}

/** The genesis parameters of a run: the desk profile with the run's radio, money and clock. */
export function simProfile(params: SimParams) {
  return (founders: Founders): GenesisParams => {
    const base = deskProfile(founders);
    const { ownerKeys, ...rest } = founders;
    return {
      ...base, ...rest,
      spreadingFactor: params.spreadingFactor,
      bandwidthHz: 125_000,
      creditLineP: params.creditLineP,
      windowP: params.windowP,
      trustMaxP: params.trustMaxP,
      payBatchP: params.payBatchP,
      levyLocalPerMille: params.levyLocalPerMille,
      levyGlobalPerMille: params.levyGlobalPerMille,
      demurragePerMille: params.demurragePerMille,
      claimFirst: 5,
      blockIntervalS: params.blockIntervalS,
      moneyRound: params.moneyRound,
      epoch: params.epoch,
      channelEpochs: params.channelEpochs,
      plannedNodes: 2 * params.nodes,
      owners: ownerKeys.map((key) => ({ key, line: 0 })),
    };
  };
}
