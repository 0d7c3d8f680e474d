// Identities for several boards at once. Used where boards are provisioned in numbers: the virtual mesh and batch
// provisioning. The results come in the order of the jobs.
import { setImmediate } from 'node:timers/promises';
import type { Identity, Secrets } from './identity.ts';
import { makeIdentity } from './identity.ts';

export interface IdentityJob {
  name: string;
  address: number;
  generation: number;
  ledgerId: Uint8Array;
  secrets: Secrets;
}

/** `onDone` is told after each one. Between two of them the process hears signals and requests. */
export async function makeIdentities(jobs: IdentityJob[], onDone: (done: number) => void): Promise<Identity[]> {
  const identities: Identity[] = [];
  for (const { name, address, generation, ledgerId, secrets } of jobs) {
    identities.push(makeIdentity(name, address, generation, ledgerId, secrets));
    onDone(identities.length);
    await setImmediate();
  }
  return identities;
}
