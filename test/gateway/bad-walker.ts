// Programs of a thread for walk-threads.test.ts: one dies as soon as it has taken a part, the other walks rightly but
// takes far too long for it. The fragment of the file's address says which.
import { WalkBoard } from '../../host-tools/gateway/walk-board.ts';
import type { WalkThreadData } from '../../host-tools/gateway/walk-thread.ts';
import type { Lanes } from '../../host-tools/ledger/hash/pair-walks.ts';
import { ShaEngine } from '../../host-tools/ledger/hash/sha-engine.ts';

/** So many, so often: a part takes longer than the main thread is patient, and less than some batches. */
const [NAP_MS, WALKS_A_NAP] = [3, 16];

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

export function serve({ buffer, hands, hand }: WalkThreadData): void {
  const board = new WalkBoard(buffer, hands);
  const engine = new ShaEngine();
  const dies = import.meta.url.endsWith('#dies');
  let walks = 0;
  const walk = (steps: number): void => {
    if (dies) throw new Error('died with a part in its hands');
    if (++walks % WALKS_A_NAP === 0) sleep(NAP_MS);
    engine.walk(steps);
  };
  const lanes: Lanes = { memory: engine.memory, walk };
  for (let heard = 0; ; heard = board.sleep(heard)) board.work(hand, lanes);
}
