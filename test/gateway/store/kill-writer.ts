// Child of the kill -9 test: makes and stores blocks as fast as it can and prints each height once it is durable.
import { writeSync } from 'node:fs';
import { ChainStore, LmdbStore } from '../../../host-tools/gateway/store/index.ts';
import { signEd25519 } from '../../../host-tools/crypto/index.ts';
import { BLOCK_SEED, deps, HOME } from '../../ledger/fixture.ts';

const store = ChainStore.over(LmdbStore.open(process.argv[2]!));
const ledger = store.load(deps);
const sign = (message: Uint8Array): Uint8Array => signEd25519(BLOCK_SEED, message);
for (let i = 0; i < 100000; i++) {
  const timeS = Math.max(1_700_000_001, ledger.counters.slot + 1);
  const built = ledger.buildBlock({ timeS, producer: HOME, candidates: [], sign });
  store.append(built.block, ledger.changes());
  writeSync(1, `${ledger.height}\n`);
}
