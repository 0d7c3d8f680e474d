// The figures of a run, its comparison with the baseline, and the verdicts on the targets. Plain data that prints as
// JSON: no wall time, no machine, so that the same seed gives the same bytes.
import { pictureOf, takenBy, type MoneyPicture } from './gain.ts';
import type { AirtimeMs } from './meter.ts';
import { HOPS_MAX, LATE_FROM, SLICES } from './meter.ts';
import type { Baseline } from './run.ts';
import type { Scenario, Target } from './scenarios.ts';
import { TxKind } from '../ledger/index.ts';
import type { World } from './world.ts';

export type Verdict = 'held' | 'missed' | 'does not apply';

export interface Outcome {
  scenario: string;
  seed: number;
  nodes: number;
  params: World['params'];
  /** P, the reference path price, in credits. */
  pathPrice: number;
  /** Honest packets delivered in the last third of the run, against the baseline's share of the same nodes. */
  honestDeliveryRatio: number;
  honestDelivery: number;
  baselineDelivery: number;
  /** Honest nodes with less than a tenth delivered that the baseline serves for the greater part. */
  starvedHonest: number;
  /** Share delivered of free riders that need a relay; null without any. */
  freeRiderDelivery: number | null;
  /** Share delivered of all special players; null without any. */
  specialDelivery: number | null;
  /**
   * Credits that the special players take by not playing honestly: `attackerTaken` less what the same nodes take on
   * the same seed when they are honest, where that is more than nothing: who stops giving has taken nothing yet.
   * gain.ts says what "take" means.
   */
  attackerNetGain: number;
  attackerTaken: number;
  honestTaken: number;
  /** The parts of `attackerTaken` and of `honestTaken` that were allowance. */
  attackerAllowance: number;
  honestAllowance: number;
  /** The most that the rules let them take. */
  attackerBound: number;
  attackers: number;
  /** Share of the special owners' gateways in the turns to write blocks; null without weight. */
  attackerWeight: number | null;
  gini: number;
  /** Spendable money per node in units of P. */
  moneyPerActiveNode: number;
  airtime: AirtimeMs;
  ledgerBytesPerPacket: number;
  ledger: { blocks: number; opens: number; claims: number; refused: number; headerBytesPerBlock: number };
  packets: { sent: number; delivered: number; backedShare: number };
  deliveryByHops: { hops: number; sent: number; delivered: number; baseline: number }[];
  series: { delivery: number[]; baseline: number[]; gini: number[]; money: number[] };
  steps: number;
  conserved: boolean;
  violations: string[];
  targets: Record<Target, Verdict>;
  verdict: 'held' | 'missed';
}

interface Share {
  sent: number;
  delivered: number;
}

type Counts = Pick<Baseline, 'sent' | 'delivered'>;

function count(counts: Counts, nodes: number[], from: number, to: number): Share {
  const share = { sent: 0, delivered: 0 };
  for (const node of nodes) {
    for (let slice = from; slice < to; slice++) {
      share.sent += counts.sent[node * SLICES + slice]!;
      share.delivered += counts.delivered[node * SLICES + slice]!;
    }
  }
  return share;
}

function ratio(share: Share): number {
  return share.sent === 0 ? 0 : round(share.delivered / share.sent);
}

function round(value: number): number {
  return Math.round(value * 10000) / 10000;
}

function late(counts: Counts, nodes: number[]): Share {
  return count(counts, nodes, LATE_FROM, SLICES);
}

function starved(world: World, baseline: Baseline, honest: number[]): number {
  return honest.filter((node) => {
    const here = late(world.meter, [node]);
    return here.sent > 0 && ratio(here) < 0.1 && ratio(late(baseline, [node])) > 0.5;
  }).length;
}

function byHops(world: World, baseline: Baseline, honest: number[]): Outcome['deliveryByHops'] {
  const rows = [];
  for (let hops = 1; hops <= HOPS_MAX; hops++) {
    const there = honest.filter((node) => world.place.hops[node] === hops);
    if (there.length === 0) continue;
    const here = late(world.meter, there);
    rows.push({ hops, sent: here.sent, delivered: ratio(here), baseline: ratio(late(baseline, there)) });
  }
  return rows;
}

/** A cheat may keep what each neighbour trusted it with: at most trustMax, and a packet's budget under way. */
function boundOf(world: World, scenario: Scenario, special: number[]): number {
  if (scenario.oneShot !== true) return 0;
  const windowP = world.params.trustMaxP + 1;
  const neighbours = special.reduce((sum, node) => sum + world.nodes[node]!.neighbourCount(), 0);
  return windowP * world.chain.ledger.money.pathPrice * neighbours;
}

function weightOf(world: World): number | null {
  const own = new Set((world.cast.ownTrees ?? []).flatMap((tree) => [...tree]).map((i) => world.nodes[i]!.address));
  let [all, special] = [0, 0];
  for (const { address, weight } of world.chain.ledger.gateways()) {
    all += weight;
    if (own.has(address)) special += weight;
  }
  return all === 0 ? null : round(special / all);
}

function ledgerFigures(world: World): Pick<Outcome, 'ledger' | 'ledgerBytesPerPacket'> {
  const { bytesOfKind, countOfKind, refused, blocks, blockBytes } = world.chain.tally;
  const bytes = (bytesOfKind[TxKind.OPEN] ?? 0) + (bytesOfKind[TxKind.CLAIM] ?? 0);
  const all = Object.values(bytesOfKind).reduce((sum, part) => sum + part, 0);
  return {
    ledgerBytesPerPacket: round(bytes / Math.max(1, world.packets.delivered)),
    ledger: {
      blocks, opens: countOfKind[TxKind.OPEN] ?? 0, claims: countOfKind[TxKind.CLAIM] ?? 0,
      refused: Object.values(refused).reduce((sum, part) => sum + part, 0),
      headerBytesPerBlock: round((blockBytes - all) / blocks),
    },
  };
}

function seriesOf(world: World, baseline: Baseline, honest: number[]): Outcome['series'] {
  const slices = Array.from({ length: SLICES }, (_, i) => i);
  return {
    delivery: slices.map((slice) => ratio(count(world.meter, honest, slice, slice + 1))),
    baseline: slices.map((slice) => ratio(count(baseline, honest, slice, slice + 1))),
    gini: world.samples.map((sample) => sample.giniPerMille / 1000),
    money: world.samples.map((sample) => sample.moneyCentiP / 100),
  };
}

/** What a run is compared with. */
export interface References {
  baseline: Baseline;
  /** The same founding with everybody honest; undefined where nobody is special. */
  honestly: MoneyPicture | undefined;
  violations: string[];
}

export function outcomeOf(
  name: string,
  scenario: Scenario,
  seed: number,
  world: World,
  { baseline, honestly, violations }: References,
): Outcome {
  const { params, meter, packets } = world;
  const senders = world.nodes.map(({ index }) => index).filter((index) => index >= params.gateways);
  // Where the special players are the population (threshold), the population is what has to be served.
  const isPopulation = params.share > 50 && world.cast.players.size > 0;
  const honest = senders.filter((index) => isPopulation || world.isHonest(index));
  const special = senders.filter((index) => !world.isHonest(index));
  const honestLate = late(meter, honest);
  const baselineLate = late(baseline, honest);
  const needy = special.filter((index) => world.place.hops[index]! > 1);
  const isRiding = special.some((index) => world.cast.players.get(index)!.kind === 'free-rider');
  const cheats = new Set([world.cast.players.keys(), ...(world.cast.ownTrees ?? [])].flatMap((set) => [...set]));
  const taken = takenBy(pictureOf(world), cheats);
  const reference = honestly === undefined ? taken : takenBy(honestly, cheats);
  const last = world.samples.at(-1);
  const air = meter.airtimeUs;
  const ms = (us: number): number => Math.round(us / 1000);
  const backed = meter.backed.reduce((sum, part) => sum + part, 0);
  const figures = {
    scenario: name,
    seed,
    nodes: params.nodes,
    params,
    pathPrice: world.chain.ledger.money.pathPrice,
    honestDeliveryRatio: round(ratio(honestLate) / Math.max(0.0001, ratio(baselineLate))),
    honestDelivery: ratio(honestLate),
    baselineDelivery: ratio(baselineLate),
    starvedHonest: starved(world, baseline, honest),
    freeRiderDelivery: isRiding && needy.length > 0 ? ratio(late(meter, needy)) : null,
    specialDelivery: special.length > 0 ? ratio(late(meter, special)) : null,
    attackerNetGain: taken.money + taken.service - Math.max(0, reference.money + reference.service),
    attackerTaken: taken.money + taken.service,
    honestTaken: reference.money + reference.service,
    attackerAllowance: taken.allowance,
    honestAllowance: reference.allowance,
    attackerBound: boundOf(world, scenario, special),
    attackers: special.length,
    attackerWeight: weightOf(world),
    gini: (last?.giniPerMille ?? 0) / 1000,
    moneyPerActiveNode: (last?.moneyCentiP ?? 0) / 100,
    airtime: {
      payload: ms(air.payload), routing: ms(air.routing), receipts: ms(air.receipts), payments: ms(air.payments),
      control: ms(air.control),
    },
    ...ledgerFigures(world),
    packets: {
      sent: packets.sent, delivered: packets.delivered, backedShare: round(backed / Math.max(1, packets.delivered)),
    },
    deliveryByHops: byHops(world, baseline, honest),
    series: seriesOf(world, baseline, honest),
    steps: world.nodes.reduce((sum, node) => sum + node.steps, 0),
    conserved: world.chain.ledger.totals().conserved,
    violations,
  };
  return { ...figures, ...judge(figures, scenario) };
}

function judge(
  figures: Omit<Outcome, 'targets' | 'verdict'>,
  scenario: Scenario,
): Pick<Outcome, 'targets' | 'verdict'> {
  const held: Record<Target, boolean | null> = {
    'honest-delivery': figures.honestDeliveryRatio >= 0.95,
    'starvation': figures.starvedHonest === 0,
    'free-riders': figures.freeRiderDelivery === null ? null : figures.freeRiderDelivery <= 0.2,
    'attacker-gain': figures.attackers === 0 ? null : figures.attackerNetGain <= figures.attackerBound,
  };
  const targets = {} as Record<Target, Verdict>;
  for (const [target, holds] of Object.entries(held) as [Target, boolean | null][]) {
    const applies = holds !== null && scenario.exempt?.includes(target) !== true;
    targets[target] = !applies ? 'does not apply' : holds ? 'held' : 'missed';
  }
  const missed = Object.values(targets).includes('missed') || !figures.conserved || figures.violations.length > 0;
  return { targets, verdict: missed ? 'missed' : 'held' };
}
