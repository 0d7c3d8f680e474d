// Child of the kill -9 test: makes and stores blocks full of signed transactions as fast as it can, and prints height
// and nonce of the last one when they are durable.
import { writeSync } from 'node:fs';
import { openChain } from '../../../host-tools/gateway/store/index.ts';
import { signEd25519 } from '../../../host-tools/crypto/index.ts';
import { signTx, TxCode, TxKind } from '../../../host-tools/ledger/index.ts';
import { BLOCK_SEED, deps, HOME, person } from '../../ledger/fixture.ts';

const PER_BLOCK = 3;
const [directory, address] = [process.argv[2]!, Number(process.argv[3])];
const keepBlocks = process.argv[4] === undefined ? undefined : Number(process.argv[4]);
const store = openChain(directory, keepBlocks === undefined ? {} : { keepBlocks });
const ledger = store.load(deps);
const owner = person(1);
const sign = (message: Uint8Array): Uint8Array => signEd25519(BLOCK_SEED, message);

function homes(): Uint8Array[] {
  const first = ledger.account(owner.key)!.nonce;
  const validUntil = ledger.height + 100;
  return Array.from({ length: PER_BLOCK }, (_, i) =>
    signTx(ledger.ledgerId, TxKind.HOME, { address, home: HOME, nonce: first + i, validUntil }, owner.sign));
}

for (let i = 0; i < 100000; i++) {
  const timeS = Math.max(1_700_000_001, ledger.counters.slot + 1);
  const built = ledger.buildBlock({ timeS, producer: HOME, candidates: homes(), sign });
  if (built.results.some(({ code }) => code !== TxCode.OK)) throw new Error('a transaction was refused');
  store.append(built.block, ledger.changes(), [['blocks', Uint8Array.of(ledger.height & 255)]]);
  writeSync(1, `${ledger.height} ${ledger.account(owner.key)!.nonce}\n`);
}
