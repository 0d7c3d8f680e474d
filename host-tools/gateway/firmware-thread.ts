// Compiles the firmware beside the gateway: some seconds of work in which Ctrl-C and the page must not wait. What the
// thread leaves behind is the kept bundle, nothing else.
import { Worker } from 'node:worker_threads';
import { buildFirmware, type Firmware } from '../firmware-build/build-firmware.ts';

/** A thread does not inherit the loader of TypeScript sources: it registers its own. */
const THREAD = `
const { workerData } = require('node:worker_threads');
import(workerData.loader)
  .then(({ register }) => { register(); return import(workerData.builder); })
  .then(({ buildFirmware }) => buildFirmware(workerData.boardId));
`;

/** Throws what building throws, or the signal's reason. */
export async function firmwareFor(boardId: string, signal: AbortSignal): Promise<Firmware> {
  const thread = new Worker(THREAD, {
    eval: true,
    workerData: {
      boardId,
      loader: import.meta.resolve('tsx/esm/api'),
      builder: new URL('../firmware-build/build-firmware.ts', import.meta.url).href,
    },
  });
  const stop = (): void => void thread.terminate();
  signal.addEventListener('abort', stop, { once: true });
  await new Promise<void>((resolve) => {
    // A failure is met again below, where it can be thrown with its reason.
    thread.once('error', () => resolve());
    thread.once('exit', () => resolve());
  });
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  return buildFirmware(boardId);
}
