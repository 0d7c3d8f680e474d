// A thread that walks payment chains beside the main one (walk-threads.ts): sleeps until a batch is on the board, takes
// parts of it, and sleeps again. It ends with its process.
import type { Lanes } from '../ledger/hash/pair-walks.ts';
import { wasm } from '../ledger/hash/wasm-module.ts';
import { WalkBoard } from './walk-board.ts';

interface Memory {
  buffer: ArrayBuffer;
}

export interface WalkThreadData {
  /** The engine's WebAssembly, compiled. */
  module: object;
  buffer: SharedArrayBuffer;
  hands: number;
  /** Its number among them. */
  hand: number;
}

export function serve({ module, buffer, hands, hand }: WalkThreadData): void {
  const { memory, walk } = new wasm.Instance(module).exports as { memory: Memory; walk: Lanes['walk'] };
  const lanes: Lanes = { memory: new Int32Array(memory.buffer), walk };
  const board = new WalkBoard(buffer, hands);
  for (let heard = 0; ; heard = board.sleep(heard)) board.work(hand, lanes);
}
