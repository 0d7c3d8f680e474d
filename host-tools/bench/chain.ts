// A chain of a million claims, made, stored and verified from its genesis by a second ledger, with the time of each.
// made-chain.ts makes the chain; here it is only measured.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChainStore, LmdbStore, verifyStore } from '../gateway/store/index.ts';
import type { Figure } from './figure.ts';
import { figure } from './figure.ts';
import { DEPS } from './ledger-world.ts';
import { makeChain } from './made-chain.ts';

const CLAIMS = 1_000_000;

function seconds(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

export async function benchChain(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-chain-'));
  const lmdb = LmdbStore.open(directory);
  try {
    const store = ChainStore.over(lmdb);
    const making = process.cpuUsage();
    const ledger = makeChain(store, CLAIMS);
    const madeS = seconds(making);
    const verifying = process.cpuUsage();
    const verdict = verifyStore(store, DEPS);
    const verifiedS = seconds(verifying);
    const same = Buffer.from(verdict.ledger.stateRoot()).equals(ledger.stateRoot());
    if (verdict.fault !== undefined || !same) throw new Error(verdict.fault?.what ?? 'another state root');
    return [
      figure('chain.made.s', madeS, 's'),
      figure('chain.blocks', ledger.height, 'blocks'),
      figure('chain.bytes', store.stats().bytesOnDisk, 'bytes'),
      figure('chain.verify.s', verifiedS, 's'),
      figure('chain.verify.claimsPerSecond', CLAIMS / verifiedS, 'claims/s'),
      figure('chain.verify.blocksPerSecond', ledger.height / verifiedS, 'blocks/s'),
    ];
  } finally {
    await lmdb.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
