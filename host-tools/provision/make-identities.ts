// Identities for several boards at once, on all cores. Used where boards are provisioned in numbers: the virtual
// mesh and batch provisioning. The results come in the order of the jobs.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Identity, Secrets } from './identity.ts';

export interface IdentityJob {
  name: string;
  address: number;
  generation: number;
  ledgerId: Uint8Array;
  secrets: Secrets;
}

/** `onDone` is told after each one. Rejects when a thread fails; the others are stopped. */
export async function makeIdentities(jobs: IdentityJob[], onDone: (done: number) => void): Promise<Identity[]> {
  const results: Identity[] = new Array(jobs.length);
  let next = 0;
  let done = 0;
  const lanes = Math.min(jobs.length, availableParallelism());
  const workers: Worker[] = [];
  const lane = async (): Promise<void> => {
    const worker = new Worker(new URL('./book-worker.js', import.meta.url));
    workers.push(worker);
    while (next < jobs.length) {
      const index = next++;
      results[index] = await ask(worker, jobs[index]!);
      onDone(++done);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}

function ask(worker: Worker, job: IdentityJob): Promise<Identity> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit');
      act();
    };
    worker.once('message', (identity: Identity) => settle(() => resolve(identity)));
    worker.once('error', (error) => settle(() => reject(error)));
    worker.once('exit', (code) => settle(() => reject(new Error(`the thread ended with code ${code}`))));
    worker.postMessage(job);
  });
}
