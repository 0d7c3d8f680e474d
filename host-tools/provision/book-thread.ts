// One thread of makeIdentities: a chequebook is two seconds of hashing, and a computer has several cores.
import { parentPort } from 'node:worker_threads';
import { makeIdentity } from './identity.ts';
import type { IdentityJob } from './make-identities.ts';

parentPort!.on('message', (job: IdentityJob) => {
  const { name, address, generation, ledgerId, secrets } = job;
  parentPort!.postMessage(makeIdentity(name, address, generation, ledgerId, secrets));
});
