// Child of the disk-full test: writes until the store refuses, frees some space, and reads everything back.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LmdbStore, StoreError } from '../../../host-tools/gateway/store/index.ts';

const directory = process.argv[2]!;
const ballast = join(directory, 'ballast');
writeFileSync(ballast, new Uint8Array(2_000_000));
let store = LmdbStore.open(directory);
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
store = LmdbStore.open(directory);
const reopened = store.stats().entries;
await store.close();
process.stderr.write(JSON.stringify({ written, reopened, refusal }));
