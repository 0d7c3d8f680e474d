// One measurement of growth.ts in a thread of its own, from a bundle: how many nodes in, a point of the curve out.
import { parentPort, workerData } from 'node:worker_threads';
import { measureGrowth } from './growth.ts';

const { nodes, hours } = workerData as { nodes: number; hours: number };
parentPort!.postMessage(measureGrowth(nodes, hours));
