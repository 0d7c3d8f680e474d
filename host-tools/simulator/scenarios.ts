// The scenarios by name: who plays what, which parameters differ, what must hold. A scenario is data and a function
// that casts players onto stations; running it is run.ts.
import { Prng } from '../ether/prng.ts';
import { addressOf } from './founding.ts';
import type { SimParams } from './params.ts';
import type { Place } from './place.ts';
import type { Player } from './players/player.ts';
import * as persons from './players/persons.ts';
import * as takers from './players/takers.ts';
import * as traders from './players/traders.ts';
import type { Cast, World } from './world.ts';

export interface Scenario {
  summary: string;
  params?: Partial<SimParams>;
  cast?: (place: Place, params: SimParams, seed: number) => Cast;
  /** Nobody pays; relays give what their free budget holds. */
  unpaid?: 'cooperative' | 'limited';
  /** What breaks, in every run that this one is compared with too: by part of the time, ascending. */
  failures?: { name: string; events: [part: number, act: (world: World) => void][] };
  /** Gateways publish their key chains, so that there is consensus weight. */
  reveals?: boolean;
  /** The special players cheat once: what they may gain is one trust window per neighbour instead of nothing. */
  oneShot?: boolean;
  /** Targets that do not apply, because the special players attack the channel itself or there is no money. */
  exempt?: Target[];
}

export type Target = 'honest-delivery' | 'starvation' | 'free-riders' | 'attacker-gain';

/** `params.share` percent of the ordinary stations, drawn by the seed; at least one. */
function someOf(place: Place, params: SimParams, seed: number): number[] {
  const stations = place.positions.map((_, i) => i).filter((i) => i >= params.gateways && place.hops[i]! > 0);
  const prng = new Prng(seed * 8 + 4);
  const count = Math.max(1, Math.round((stations.length * params.share) / 100));
  const chosen: number[] = [];
  while (chosen.length < count && stations.length > 0) {
    chosen.push(stations.splice(prng.below(stations.length), 1)[0]!);
  }
  return chosen.sort((a, b) => a - b);
}

function everyChosen(make: () => Player): NonNullable<Scenario['cast']> {
  return (place, params, seed) => ({ players: new Map(someOf(place, params, seed).map((i) => [i, make()])) });
}

/** One station with most neighbours that are not gateways, and up to `count` - 1 of those. */
function cluster(place: Place, params: SimParams, count: number): number[] {
  const ordinary = (i: number): boolean => i >= params.gateways && place.hops[i]! > 0;
  let best: number[] = [];
  place.near.forEach((near, i) => {
    const group = [i, ...near.filter(ordinary)];
    if (ordinary(i) && group.length > best.length) best = group;
  });
  return best.slice(0, count);
}

function sybils(relays: boolean): NonNullable<Scenario['cast']> {
  return (place, params) => {
    const [boss, ...names] = cluster(place, params, 5);
    const players = new Map<number, Player>([[boss!, traders.sybilBoss()]]);
    names.forEach((name, i) => {
      players.set(name, traders.sybil(boss!, names[(i + 1) % names.length]!, relays, addressOf));
    });
    return { players, ownTrees: [new Set(players.keys())] };
  };
}

/** A sender far out that will default, and a station nearer to the gateway that shares its loot. */
function colluders(place: Place, params: SimParams): Cast {
  const hops = Math.max(...place.hops);
  const players = new Map<number, Player>();
  place.hops.forEach((distance, i) => {
    if (i < params.gateways || players.size >= 4) return;
    if (distance === hops || (distance === 1 && players.size < 2)) players.set(i, takers.defaulter());
  });
  return { players };
}

/** The last gateway, and up to two of the stations whose home it is. */
function gatewayGang(place: Place, params: SimParams): Cast {
  const gateway = params.gateways - 1;
  const homely = place.homes.map((_, i) => i).filter((i) => i >= params.gateways && place.homes[i] === gateway);
  // The farther out, the more others carry for them.
  const gang = homely.sort((a, b) => place.hops[b]! - place.hops[a]! || a - b).slice(0, 2);
  const players = new Map<number, Player>(gang.map((i) => [i, persons.accomplice()]));
  players.set(gateway, persons.lyingGateway(gang));
  return { players, ownTrees: [new Set(players.keys())] };
}

function weightBuyers(place: Place, params: SimParams): Cast {
  const ring = cluster(place, params, 3);
  const players = new Map(ring.map((i) => [i, traders.circularTrader(ring, addressOf)]));
  return { players, ownTrees: [new Set([...ring, params.gateways - 1])], isApart: true };
}

/** Moves the third of the stations that is farthest from the gateways out of reach, or back. */
function shift(world: World, byM: number): void {
  const { positions, hops } = world.place;
  const byDistance = positions.map((_, i) => i).sort((a, b) => hops[b]! - hops[a]! || b - a);
  for (const i of byDistance.slice(0, Math.floor(positions.length / 3))) {
    world.ether.move(i, { x: positions[i]!.x + byM, y: positions[i]!.y });
  }
}

/** Epochs of 48 minutes, so that a run of half a day has fifteen; half the line, money rounds of 8 minutes. */
const SHORT_EPOCHS: Partial<SimParams> = { epoch: 24, moneyRound: 4, creditLineP: 128 };

const MONEYLESS: Target[] = ['free-riders', 'attacker-gain'];

export const SCENARIOS: Record<string, Scenario> = {
  'honest': { summary: 'everybody plays by the rules' },
  'no-incentive': {
    summary: 'baseline: everybody carries for everybody and nobody pays', unpaid: 'cooperative', exempt: MONEYLESS,
  },
  'rate-limit-only': {
    summary: 'baseline: no money; each relay gives a tenth of its own airtime away', unpaid: 'limited',
    params: { freePerMille: 100 }, exempt: MONEYLESS,
  },
  'unpaid-riders': {
    summary: 'baseline: no money, and a share of the nodes carries nothing', unpaid: 'cooperative',
    cast: everyChosen(takers.freeCooperator), exempt: ['attacker-gain'],
  },
  'grant-only': {
    summary: 'baseline: a line to start with, the smallest levy, no demurrage, so nothing flows back',
    params: { levyLocalPerMille: 0, demurragePerMille: 0 },
  },
  'free-riders': { summary: 'a share of the nodes pays but carries nothing', cast: everyChosen(takers.freeRider) },
  'droppers': {
    summary: 'relays that accept packets and drop them', cast: everyChosen(takers.dropper), params: { share: 10 },
    // What neighbours had prepaid when their routes left it stays with it.
    oneShot: true,
  },
  'withheld-receipts': {
    summary: 'relays and sources that swallow proofs of delivery', cast: everyChosen(takers.withholder),
    params: { share: 10 }, oneShot: true,
  },
  'non-payers': {
    summary: 'senders that mark packets as paid and pay nothing', cast: everyChosen(takers.nonPayer),
    params: { share: 10 }, oneShot: true,
  },
  'defaulters': {
    summary: 'senders that earn trust for half of the run and then stop paying', cast: everyChosen(takers.defaulter),
    params: { share: 10 }, oneShot: true,
  },
  'collude-last-hop': {
    summary: 'defaulting senders far out and relays next to the gateway share', cast: colluders, oneShot: true,
  },
  'threshold-players': {
    summary: 'everybody stops relaying when rich', params: { share: 90 }, cast: everyChosen(takers.thresholdPlayer),
  },
  'hoarders': {
    summary: 'a share of the nodes earns and never spends', cast: everyChosen(takers.hoarder),
  },
  'sybil-funnel': { summary: 'one person, five names: their lines are spent through the first', cast: sybils(false) },
  'sybil-welfare': {
    summary: 'the same, and the names relay for others to be eligible for the allowance', cast: sybils(true),
  },
  'circular-traffic': {
    summary: 'three stations trade with each other to no purpose',
    cast: (place, params) => {
      const ring = cluster(place, params, 3);
      return { players: new Map(ring.map((i) => [i, traders.circularTrader(ring, addressOf)])) };
    },
  },
  'invented-hops': {
    summary: 'relays that charge for three hops', cast: everyChosen(traders.hopInventor), params: { share: 10 },
  },
  'double-bind': {
    summary: 'payers that bind one chain to every neighbour', cast: everyChosen(traders.doubleBinder),
    params: { share: 10 }, oneShot: true,
  },
  'flooders': {
    summary: 'unpaid packets every two seconds', cast: everyChosen(takers.flooder), params: { share: 5 },
    exempt: ['honest-delivery'],
  },
  'jammer': {
    summary: 'one station makes noise a fifth of the time', cast: everyChosen(takers.jammer), params: { share: 1 },
    exempt: ['honest-delivery', 'starvation'],
  },
  'churn': { summary: 'power cuts in the middle of everything', params: { churnS: 7200, outageS: 300 } },
  'edge-heavy': {
    summary: 'a line: most nodes are relays for somebody, the last for nobody',
    params: { topology: 'line', nodes: 8 },
  },
  'gateway-loss': {
    summary: 'one of two gateways is gone for the second half', params: { gateways: 2 },
    failures: { name: 'gateway', events: [[1 / 2, (world) => world.gateways.at(-1)!.node.cut()]] },
  },
  'island-cut-off': {
    summary: 'a third of the stations is cut off for a quarter of the time and comes back',
    params: { ...SHORT_EPOCHS, anyToAny: 50 },
    failures: {
      name: 'island',
      events: [[1 / 4, (world) => shift(world, 1e6)], [1 / 2, (world) => shift(world, 0)]],
    },
  },
  'bought-weight': {
    summary: 'a gateway\'s owner buys consensus weight with traffic in a circle, in a community of his own',
    params: { ...SHORT_EPOCHS, gateways: 3 }, cast: weightBuyers, reveals: true,
  },
  'split-guarantors': {
    summary: 'one person with four votes vouches for one name each; they trade in a circle and carry for nobody',
    cast: (place, params) => {
      const ring = cluster(place, params, 4);
      const players = new Map(ring.map((i) => [i, traders.circularTrader(ring, addressOf, false)]));
      return { players, ownTrees: ring.map((i) => new Set([i])) };
    },
  },
  'join-leave-recycle': {
    summary: 'one guarantor, one name after another: the line is spent, the name leaves, the next one joins',
    params: { ...SHORT_EPOCHS, channelEpochs: 3, chains: 48 },
    cast: (place, params) => {
      const names = cluster(place, params, 4);
      const players = new Map(names.map((i) => [i, persons.recycler(names)]));
      return { players, ownTrees: [new Set(names)], later: new Set(names.slice(1)) };
    },
  },
  'colluding-gateway': {
    summary: 'a gateway states false audits and false limits for nodes that carry nothing',
    params: { gateways: 2 }, cast: gatewayGang,
  },
};
