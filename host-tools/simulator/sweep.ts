// Many runs on several threads: a grid of parameters, scenarios and seeds. Each outcome is appended to a file as soon
// as it is there, so that an interrupted sweep goes on where it stopped; the result has the order of the requests,
// whatever the number of threads.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { bundled } from './bundle.ts';
import type { Outcome } from './outcome.ts';
import { paramsOf, type RunRequest } from './run.ts';

export interface SweepOptions {
  threads: number;
  /** Where finished runs are kept, a JSON line each; none keeps nothing. */
  journal?: string;
  onDone?: (done: number, all: number) => void;
}

/** Every combination of scenario, seed and one assignment of each row: `[['levy=1', 'levy=2'], ['share=10']]`. */
export function gridOf(scenarios: string[], seeds: number[], rows: string[][], common: string[]): RunRequest[] {
  let sets: string[][] = [common];
  for (const row of rows) sets = sets.flatMap((set) => row.map((assignment) => [...set, assignment]));
  return scenarios.flatMap((scenario) =>
    sets.flatMap((set) => seeds.map((seed) => ({ scenario, seed, set }))));
}

interface Line {
  request: RunRequest;
  outcome: Outcome;
}

/** A half-written last line is an interrupted run: it is done again. */
function readJournal(path: string | undefined): Map<string, Outcome> {
  const known = new Map<string, Outcome>();
  if (path === undefined || !existsSync(path)) return known;
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    if (!text.endsWith('}')) continue;
    try {
      const { request, outcome } = JSON.parse(text) as Line;
      known.set(JSON.stringify(request), outcome);
    } catch {
      // Cut short in the middle: not a run.
    }
  }
  return known;
}

/** Throws a RangeError for a request that makes no sense, before anything runs. */
export async function sweep(requests: RunRequest[], options: SweepOptions): Promise<Outcome[]> {
  for (const request of requests) paramsOf(request);
  const known = readJournal(options.journal);
  const results: (Outcome | undefined)[] = requests.map((request) => known.get(JSON.stringify(request)));
  const waiting = requests.map((_, i) => i).filter((i) => results[i] === undefined);
  let done = requests.length - waiting.length;
  options.onDone?.(done, requests.length);
  const lane = async (worker: Worker): Promise<void> => {
    for (let i = waiting.shift(); i !== undefined; i = waiting.shift()) {
      const outcome = await ask(worker, requests[i]!);
      results[i] = outcome;
      if (options.journal !== undefined) {
        appendFileSync(options.journal, `${JSON.stringify({ request: requests[i], outcome })}\n`);
      }
      options.onDone?.(++done, requests.length);
    }
  };
  const lanes = Math.min(options.threads, waiting.length);
  const program = lanes > 0 ? await bundled('sweep-thread.ts') : '';
  const workers = Array.from({ length: lanes }, () => new Worker(program, { eval: true }));
  try {
    await Promise.all(workers.map(lane));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results as Outcome[];
}

function ask(worker: Worker, request: RunRequest): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit');
      act();
    };
    worker.once('message', (outcome: Outcome) => settle(() => resolve(outcome)));
    worker.once('error', (error) => settle(() => reject(error)));
    worker.once('exit', (code) => settle(() => reject(new Error(`a thread ended with code ${code}`))));
    worker.postMessage(request);
  });
}
