// Child of the ledger benchmark: a ledger of as many accounts as its argument says, in a process of its own, so that
// its memory is its own. Prints one JSON object.
import { Ledger, StateKind } from '../ledger/index.ts';
import { DEPS, FIRST_ADDRESS, largeLedger } from './ledger-world.ts';

const ACCOUNTS = Number(process.argv[2]);
const PROOFS = 200;
const SPREAD = Math.floor(ACCOUNTS / PROOFS);

/** Processor seconds since. */
function seconds(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

const large = largeLedger(ACCOUNTS, 16, 1024);
globalThis.gc?.();
const loading = process.cpuUsage();
const ledger = Ledger.load(DEPS, large);
const loadS = seconds(loading);

let bytes = 0;
const proving = process.cpuUsage();
for (let i = 0; i < PROOFS; i++) {
  const id = Buffer.alloc(4);
  id.writeUInt32BE(FIRST_ADDRESS + i * SPREAD);
  bytes += ledger.prove(StateKind.NODE, id).length;
}
const proofUs = (seconds(proving) * 1e6) / PROOFS;
globalThis.gc?.();
const { rss: rssBytes } = process.memoryUsage();
console.log(JSON.stringify({ loadS, proofBytes: bytes / PROOFS, proofUs, rssBytes, height: ledger.height }));
