// How the simulator itself grows: the same village pattern with more nodes and more gateways, a packet every five
// minutes each, and how fast and in how much memory it runs once routes and channels stand. The only part of the room
// that looks at a clock.
import { Worker } from 'node:worker_threads';
import { DEFAULTS } from './params.ts';
import { honest } from './players/player.ts';
import { World } from './world.ts';
import { bundled } from './bundle.ts';
import { measurePeer, type PeerOptions } from './peer.ts';

/** Nodes per gateway: what one home can know the way to (SPEC 8.1, routes). */
const NODES_PER_GATEWAY = 25;
/** The mesh settles for the first half; the second one is measured. */
const HOURS = 2;
const PACKET_S = 300;

export interface GrowthPoint {
  nodes: number;
  setupS: number;
  /** Processor seconds for the settling half and for the measured one. */
  settleS: number;
  runS: number;
  timesRealTime: number;
  stepsPerS: number;
  megabytes: number;
  delivery: number;
  /** Of the square that the nodes stand in, in metres. */
  sideM: number;
}

export function measureGrowth(nodes: number, hours = HOURS): GrowthPoint {
  const params = {
    ...DEFAULTS, nodes, hours, gateways: Math.max(1, Math.round(nodes / NODES_PER_GATEWAY)),
    topology: 'scattered' as const, packetS: PACKET_S, blockIntervalS: 600, helloMaxS: 600, retryS: 60,
    freePerMille: 10, chains: 8, idleTickMs: 30_000,
  };
  const before = process.cpuUsage();
  const world = new World({ params, seed: 1, everybody: () => honest, wrap: (player) => player });
  const setupS = secondsSince(before);
  const settling = process.cpuUsage();
  world.start();
  world.scheduler.runUntil(world.durationMs / 2);
  const settleS = secondsSince(settling);
  const [sent, delivered, steps] = [world.packets.sent, world.packets.delivered, stepsOf(world)];
  const start = process.cpuUsage();
  world.scheduler.runUntil(world.durationMs);
  const runS = secondsSince(start);
  return {
    nodes, setupS, settleS, runS, timesRealTime: (hours * 1800) / runS, stepsPerS: (stepsOf(world) - steps) / runS,
    megabytes: process.memoryUsage().rss / 2 ** 20,
    delivery: (world.packets.delivered - delivered) / (world.packets.sent - sent),
    sideM: Math.max(...world.place.positions.map(({ x, y }) => Math.max(x, y))),
  };
}

function stepsOf(world: World): number {
  return world.nodes.reduce((sum, node) => sum + node.steps, 0);
}

function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** A measurement in a thread of its own, from a bundle. */
async function inThread(nodes: number, hours: number): Promise<GrowthPoint> {
  const options = { eval: true, workerData: { nodes, hours }, resourceLimits: { maxOldGenerationSizeMb: 8192 } };
  const worker = new Worker(await bundled('growth-thread.ts'), options);
  return new Promise((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
}

/** Processor seconds, so that other work on the machine counts little. */
export async function growth(most: number, print: (line: string) => void, hours = HOURS): Promise<void> {
  print('nodes   setup s  settle s    run s   x real time   steps/s      MB   delivered');
  for (const nodes of [100, 300, 1000, 3000, 10_000].filter((count) => count <= most)) {
    const point = await inThread(nodes, hours);
    print([
      String(nodes).padStart(5), point.setupS.toFixed(1).padStart(9),
      point.settleS.toFixed(1).padStart(9), point.runS.toFixed(1).padStart(8),
      point.timesRealTime.toFixed(0).padStart(13), point.stepsPerS.toFixed(0).padStart(9),
      point.megabytes.toFixed(0).padStart(7), point.delivery.toFixed(2).padStart(11),
    ].join(' '));
  }
}

/** Ours and the other simulator with as many nodes, half an hour and a message every five minutes, one by one. */
export async function besidePeer(options: PeerOptions, print: (line: string) => void): Promise<void> {
  print('nodes   ours: run s  x real time     other: run s  x real time');
  for (const nodes of [20, 50]) {
    const ours = await inThread(nodes, 1);
    const sideM = ours.sideM;
    const other = await measurePeer(nodes, 1800, PACKET_S, sideM, options);
    const theirs = other === undefined
      ? 'not done in five minutes'
      : `${other.runS.toFixed(1).padStart(16)} ${other.timesRealTime.toFixed(0).padStart(12)}`;
    print(`${String(nodes).padStart(5)} ${ours.runS.toFixed(1).padStart(13)} `
      + `${ours.timesRealTime.toFixed(0).padStart(12)} ${theirs}`);
  }
}
