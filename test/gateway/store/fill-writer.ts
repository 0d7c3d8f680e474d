// Child of the disk-full test: writes until the store refuses, frees some space, and reads everything back.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, StoreError, type StoreKind } from '../../../host-tools/gateway/store/index.ts';

const [kind, directory] = [process.argv[2] as StoreKind, process.argv[3]!];
const ballast = join(directory, 'ballast');
writeFileSync(ballast, new Uint8Array(2_000_000));
let store = openStore(directory, kind);
let written = 0;
let refusal = '';
while (refusal === '') {
  const key = new Uint8Array([9, written >> 8, written & 255]);
  try {
    store.write({ puts: [[key, new Uint8Array(2000)]], deletes: [] });
    written += 1;
  } catch (error) {
    refusal = error instanceof StoreError ? `${error.message}. ${error.remedy}` : `untyped: ${String(error)}`;
  }
}
await store.close();
rmSync(ballast);
store = openStore(directory);
const reopened = store.stats().entries;
await store.close();
process.stderr.write(JSON.stringify({ written, reopened, refusal }));
