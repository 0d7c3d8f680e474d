// Child of the read-only test: makes a chain (`make`), or looks at one on a disk that may no longer be written (`try`).
import { ChainStore, LmdbStore, StoreError } from '../../../host-tools/gateway/store/index.ts';
import { deps, smallGenesis } from '../../ledger/fixture.ts';

const [phase, directory] = [process.argv[2], process.argv[3]!];
if (phase === 'make') {
  const store = ChainStore.over(LmdbStore.open(directory));
  store.create(deps, smallGenesis());
  await store.close();
} else {
  let refusal = '';
  try {
    LmdbStore.open(directory);
  } catch (error) {
    refusal = error instanceof StoreError ? `${error.message}. ${error.remedy}` : `untyped: ${String(error)}`;
  }
  const store = ChainStore.over(LmdbStore.openReadOnly(directory));
  const { height } = store.load(deps);
  await store.close();
  process.stderr.write(JSON.stringify({ refusal, height }));
}
