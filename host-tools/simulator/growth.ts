// How the simulator itself grows: the same village pattern with more nodes and more gateways, a packet every five
// minutes each, and how fast and in how much memory it runs. The only part of the room that looks at a clock.
import { DEFAULTS } from './params.ts';
import { SCENARIOS } from './scenarios.ts';
import { honest } from './players/player.ts';
import { World } from './world.ts';

/** Nodes per gateway: what one home can know the way to (SPEC 8.1, routes). */
const NODES_PER_GATEWAY = 25;
const HOURS = 0.5;

export interface GrowthPoint {
  nodes: number;
  setupS: number;
  runS: number;
  timesRealTime: number;
  stepsPerS: number;
  megabytes: number;
  delivery: number;
}

export function measureGrowth(nodes: number, hours = HOURS): GrowthPoint {
  const params = {
    ...DEFAULTS, nodes, hours, gateways: Math.min(64, Math.max(1, Math.round(nodes / NODES_PER_GATEWAY))),
    packetS: 300, blockIntervalS: 600, helloMaxS: 600, retryS: 60, freePerMille: 10, chains: 2, idleTickMs: 30_000,
  };
  const before = process.cpuUsage();
  const world = new World({
    params, seed: 1, cast: () => ({ players: new Map() }), everybody: () => honest, wrap: (player) => player,
    cooperative: SCENARIOS['honest']!.unpaid !== undefined,
  });
  const setup = process.cpuUsage(before);
  const start = process.cpuUsage();
  world.run();
  const run = process.cpuUsage(start);
  const seconds = (usage: NodeJS.CpuUsage): number => (usage.user + usage.system) / 1e6;
  const runS = seconds(run);
  const steps = world.nodes.reduce((sum, node) => sum + node.steps, 0);
  return {
    nodes, setupS: seconds(setup), runS, timesRealTime: (hours * 3600) / runS, stepsPerS: steps / runS,
    megabytes: process.memoryUsage().rss / 2 ** 20, delivery: world.packets.delivered / world.packets.sent,
  };
}

/** Processor seconds, so that other work on the machine does not count. */
export function growth(most: number, print: (line: string) => void): void {
  print('nodes   setup s    run s   x real time   steps/s      MB   delivered');
  for (const nodes of [100, 300, 1000, 3000, 10_000].filter((count) => count <= most)) {
    const point = measureGrowth(nodes);
    print([
      String(nodes).padStart(5), point.setupS.toFixed(1).padStart(9), point.runS.toFixed(1).padStart(8),
      point.timesRealTime.toFixed(0).padStart(13), point.stepsPerS.toFixed(0).padStart(9),
      point.megabytes.toFixed(0).padStart(7), point.delivery.toFixed(2).padStart(11),
    ].join(' '));
  }
}
