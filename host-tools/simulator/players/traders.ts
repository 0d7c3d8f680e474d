// Players that try to make money out of the money system: rings that trade with themselves, many names of one
// person, false prices, one chain promised twice. They stand close together and choose their partners by station.
import { Index, Rt, costThrough } from '#mesh';
import { getU32, putU16 } from '#protocol';
import type { SimNode } from '../sim-node.ts';
import type { Player } from './player.ts';
import { refuseRoutes } from './takers.ts';

/** What one honest hop asks with its levy. */
const HONEST_COST = costThrough(16, 0, 50);

/** Packets to `target` take `through` as their next hop, whatever the routes say, once both have met. */
function forceRoute(node: SimNode, target: number, through: number): void {
  const { routes, neighbours } = node.mesh.core;
  const next = routes.next.bind(routes);
  routes.next = (dst) => {
    const neighbour = dst === target ? neighbours.find(through) : Index.NONE;
    if (neighbour === Index.NONE) return next(dst);
    ensureRoute(node, dst, neighbour);
    return neighbour;
  };
}

/** The fee is asked of the route record, so there has to be one: a hop at price 1.0, what an honest relay asks. */
function ensureRoute(node: SimNode, dst: number, neighbour: number): void {
  const { routes } = node.mesh.core;
  const index = routes.find(dst);
  if (index === Index.NONE) {
    routes.offer(dst, 0, 1, 32, HONEST_COST, neighbour, 16, node.mesh.core.nowS);
  } else if (getU32(routes.table, index * Rt.SIZE) === dst && routes.cost(index) === 0) {
    putU16(routes.table, index * Rt.SIZE + Rt.COST, HONEST_COST);
  }
}

/**
 * One of a ring of stations that sends to the one after next through the next, much and for nothing: turnover without
 * service. It pays levies, which count as consensus weight. `relays`: it carries for others too.
 */
export function circularTrader(ring: number[], addressOf: (index: number) => number, relays = true): Player {
  const after = (index: number, steps: number): number => ring[(ring.indexOf(index) + steps) % ring.length]!;
  return {
    kind: 'circular-trader',
    packetS: 15,
    target: (node) => after(node.index, 2),
    prepare: (node) => {
      forceRoute(node, addressOf(after(node.index, 2)), addressOf(after(node.index, 1)));
      if (!relays) refuseRoutes(node, () => true);
    },
  };
}

/**
 * A second name of the person who also runs `boss`: it spends its line on packets through the boss to another name of
 * the same person. `relays`: it also carries for others, so that it counts as eligible for the allowance.
 */
export function sybil(boss: number, partner: number, relays: boolean, addressOf: (index: number) => number): Player {
  return {
    kind: 'sybil',
    packetS: 20,
    target: () => partner,
    prepare: (node) => {
      forceRoute(node, addressOf(partner), addressOf(boss));
      if (!relays) refuseRoutes(node, () => true);
    },
    transmits: (node, frame) => relays || !node.isForeignData(frame),
  };
}

/** The person's first name: relays, for its other names above all. */
export function sybilBoss(): Player {
  return { kind: 'sybil-boss' };
}

/** Charges as if its packets went over two more hops of its own. Invented hops are a price, and nothing else. */
export function hopInventor(): Player {
  return {
    kind: 'hop-inventor',
    prepare: ({ mesh }) => {
      // A node's own settings; nobody else's.
      mesh.core.config = { ...mesh.core.config, price: 48 };
    },
  };
}

/** Binds its first chain to every neighbour, with a valid one-time signature each time. */
export function doubleBinder(): Player {
  return {
    kind: 'double-binder',
    prepare: ({ mesh }) => {
      const { wallet } = mesh;
      const lease = wallet.lease.bind(wallet);
      wallet.lease = (neighbour) => {
        wallet.nextChain = 0;
        return lease(neighbour);
      };
    },
  };
}
