// What a set of players took over its border: money, links that are not claimed yet, and airtime spent for its paid
// packets. A picture of a finished world is enough to ask for any set, so one honest run answers for every attack
// that starts from the same founding. Called by run.ts and outcome.ts; changes nothing.
import { Acc } from '#mesh';
import type { World } from './world.ts';

/** Credits by station, and by pair: first x nodes + second. */
export interface MoneyPicture {
  nodes: number;
  balances: number[];
  /** What pools paid to each station. */
  allowances: number[];
  /** Sum of the balances of the owners who vouch for sets of their own. */
  treeOwners: number;
  /** Value of links that a payee holds and has not claimed, by payer and payee. */
  unclaimed: Map<number, number>;
  /** Airtime that a relay spent on a source's delivered paid-for packets, by source and relay. */
  carried: Map<number, number>;
  levyPerMille: number;
}

export interface Taken {
  /** Change of the set's balances, with what will still be claimed; joining nodes begin with 0. */
  money: number;
  /** Airtime that others spent on its delivered paid-for packets, less what it spent on theirs. */
  service: number;
  /** The part of the money that was allowance. */
  allowance: number;
}

export function pictureOf(world: World): MoneyPicture {
  const { ledger, allowances } = world.chain;
  const addresses = world.nodes.map(({ address }) => address);
  const { owners } = world.founding;
  const special = owners.slice(owners.length - (world.cast.ownTrees?.length ?? 0));
  return {
    nodes: world.nodes.length,
    balances: addresses.map((address) => ledger.account(address)?.balance ?? 0),
    allowances: addresses.map((address) => allowances.get(address) ?? 0),
    treeOwners: special.reduce((sum, { key }) => sum + (ledger.account(key)?.balance ?? 0), 0),
    unclaimed: unclaimedOf(world),
    carried: world.meter.carried,
    levyPerMille: world.params.levyLocalPerMille + world.params.levyGlobalPerMille,
  };
}

function unclaimedOf(world: World): Map<number, number> {
  const { ledger } = world.chain;
  const pairs = new Map<number, number>();
  for (const node of world.nodes) {
    if (!node.booted) continue;
    const { accounts, neighbours } = node.mesh.core;
    for (let nb = 0; nb < accounts.table.length / Acc.SIZE; nb++) {
      const payer = neighbours.used(nb) ? world.indexOf(neighbours.addressOf(nb)) : undefined;
      if (payer === undefined) continue;
      const channel = ledger.channel(
        neighbours.addressOf(nb), accounts.u8(nb, Acc.IN_GENERATION), accounts.u8(nb, Acc.IN_CHAIN),
      );
      if (channel === undefined || channel.payee !== node.address) continue;
      const links = Math.min(accounts.u16(nb, Acc.IN_LINKS), channel.limit) - channel.settled;
      if (links > 0) pairs.set(payer * world.nodes.length + node.index, links * ledger.money.linkValue);
    }
  }
  return pairs;
}

/** Sum over the pairs that cross the border of the set: `inward` those whose second station belongs to it. */
function crossing(pairs: Map<number, number>, nodes: number, set: ReadonlySet<number>, inward: boolean): number {
  let sum = 0;
  for (const [pair, amount] of pairs) {
    const [first, second] = [set.has(Math.floor(pair / nodes)), set.has(pair % nodes)];
    if (first !== second && second === inward) sum += amount;
  }
  return sum;
}

export function takenBy(picture: MoneyPicture, set: ReadonlySet<number>): Taken {
  const { nodes, balances, allowances, unclaimed, carried } = picture;
  let money = picture.treeOwners;
  let allowance = 0;
  for (const index of set) {
    money += balances[index]!;
    allowance += allowances[index]!;
  }
  const due = crossing(unclaimed, nodes, set, true);
  money += Math.floor((due * (1000 - picture.levyPerMille)) / 1000) - crossing(unclaimed, nodes, set, false);
  const service = crossing(carried, nodes, set, false) - crossing(carried, nodes, set, true);
  return { money: Math.round(money), service: Math.round(service), allowance };
}
