// The ledger's engine with threads beside it, for batches of payment chains that are worth it: a block of a thousand
// long claims, a chain that is verified, imported or caught up with. The links are those of one thread, whatever the
// threads do: none that fails to start, dies or is slow is waited for. Put in place by whoever runs a ledger; the
// ledger itself knows of no threads.
import { availableParallelism } from 'node:os';
import { isMainThread, Worker } from 'node:worker_threads';
import { byLastMark, LANES, type PairWalks } from '../ledger/hash/pair-walks.ts';
import { ShaEngine, shaEngine, useEngine } from '../ledger/hash/sha-engine.ts';
import { WalkBoard, WALKS_MAX } from './walk-board.ts';
import type { WalkThreadData } from './walk-thread.ts';

const THREADS_MAX = 3;
/** Steps in a batch from which it is shared, about 5 ms of one thread: less is done before others are awake. */
const SHARED_STEPS = 1 << 16;
/** Steps in such batches before threads are started: starting costs a tenth of a second of another core. */
const START_STEPS = 1 << 21;
/** Steps in a part, about half a millisecond. */
const PART_STEPS = 1 << 13;
/** For parts that others have taken: not much more than one takes, so that a busy computer costs little. */
const PATIENCE_MS = 1;

/** A thread does not inherit the loader of TypeScript sources: it registers its own. */
const THREAD = `
const { workerData } = require('node:worker_threads');
import(workerData.loader)
  .then(({ register }) => { register(); return import(workerData.program); })
  .then(({ serve }) => serve(workerData.data));
`;

export interface ThreadedOptions {
  threads: number;
  /** File of the threads' program. */
  program?: URL;
  /** Steps in large batches after which the threads start. */
  startSteps?: number;
}

export class ThreadedEngine extends ShaEngine {
  /** Threads that have not ended; none before they are needed. */
  alive = 0;
  /** Parts of batches that threads have walked. */
  helped = 0;
  private board: WalkBoard | undefined;
  private seenSteps = 0;
  private readonly workers: Worker[] = [];

  constructor(private readonly options: ThreadedOptions) {
    super();
  }

  override walkPairs(walks: PairWalks): void {
    let steps = 0;
    for (let i = 0; i < walks.count; i++) steps += walks.marks[2 * i + 1]!;
    if (steps < SHARED_STEPS || !this.hasHelp(steps)) return super.walkPairs(walks);
    const size = LANES * Math.ceil((PART_STEPS * walks.count) / steps / LANES);
    const order = byLastMark(walks);
    for (let first = 0; first < walks.count; first += WALKS_MAX) {
      const some = order.subarray(first, first + WALKS_MAX);
      this.board!.post(walks, some, size);
      this.board!.work(0, this);
      this.helped += this.board!.collect(walks, some, this, PATIENCE_MS);
    }
  }

  private hasHelp(steps: number): boolean {
    this.seenSteps += steps;
    if (this.board === undefined && this.seenSteps > (this.options.startSteps ?? START_STEPS)) this.start();
    return this.alive > 0;
  }

  private start(): void {
    const { threads, program = new URL('./walk-thread.ts', import.meta.url) } = this.options;
    const hands = threads + 1;
    this.board = WalkBoard.create(hands);
    for (let hand = 1; hand <= threads; hand++) {
      const data: WalkThreadData = { module: this.compiled, buffer: this.board.buffer, hands, hand };
      this.startThread({ loader: import.meta.resolve('tsx/esm/api'), program: program.href, data });
    }
  }

  private startThread(workerData: { loader: string; program: string; data: WalkThreadData }): void {
    try {
      const worker = new Worker(THREAD, { eval: true, execArgv: [], workerData });
      // Nobody waits for it when the process has nothing else to do.
      worker.unref();
      worker.on('error', ({ message }) => process.emitWarning(`a thread for payment chains ended: ${message}`));
      worker.once('exit', () => this.alive--);
      this.workers.push(worker);
      this.alive++;
    } catch (error) {
      process.emitWarning(`a thread for payment chains did not start: ${(error as Error).message}`);
    }
  }

  /** Ends the threads; walks go on without them. */
  async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

/** Threads beside the main one: none on a computer of one core, and none that threads start themselves. */
export function threadsHere(): number {
  return isMainThread ? Math.min(THREADS_MAX, availableParallelism() - 1) : 0;
}

/** From now on this process walks the payment chains of large batches with all its cores. */
export function useWalkThreads(): void {
  const threads = threadsHere();
  if (threads > 0 && !(shaEngine() instanceof ThreadedEngine)) useEngine(new ThreadedEngine({ threads }));
}
