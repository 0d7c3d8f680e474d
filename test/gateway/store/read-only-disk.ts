// Child of the read-only test: makes a chain (`make`), or looks at one on a disk that may no longer be written (`try`).
import { openChain, readChain, StoreError, type StoreKind } from '../../../host-tools/gateway/store/index.ts';
import { deps, smallGenesis } from '../../ledger/fixture.ts';

const [phase, kind, directory] = [process.argv[2], process.argv[3] as StoreKind, process.argv[4]!];

async function refusalOf(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return '';
  } catch (error) {
    return error instanceof StoreError ? `${error.message}. ${error.remedy}` : `untyped: ${String(error)}`;
  }
}

if (phase === 'make') {
  const store = openChain(directory, { kind });
  store.create(deps, smallGenesis());
  await store.close();
} else {
  const refusal = await refusalOf(() => openChain(directory).close());
  let height = -1;
  const reading = await refusalOf(async () => {
    const store = readChain(directory);
    height = store.load(deps).height;
    await store.close();
  });
  process.stderr.write(JSON.stringify({ refusal, height, reading }));
}
