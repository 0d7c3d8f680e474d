// One thread of a sweep: a request in, an outcome out.
import { parentPort } from 'node:worker_threads';
import { runScenario, type RunRequest } from './run.ts';

parentPort!.on('message', (request: RunRequest) => {
  parentPort!.postMessage(runScenario(request));
});
