// Ends code of a board that does not end by itself. Node can stop running code only at the bound of a script
// (`timeout` of node:vm), which costs a thread, 50 to 100 microseconds a call: vm-session.ts takes this way only for
// boards at whose prompt something was typed. Knows no board.
import vm from 'node:vm';

export class OverrunError extends Error {}

/** Between the limit, after which the board's functions no longer act, and the end. */
const GRACE_MS_MAX = 500;

const gate = vm.createContext(Object.create(null)) as { enter?: () => void };
const ENTER = new vm.Script('enter()', { filename: '' });

/** What `fn` returns or throws; an OverrunError when it had to be ended, cut off in the middle of what it called. */
export function callBounded<T>(fn: () => T, limitMs: number): T {
  const result: T[] = [];
  gate.enter = () => void result.push(fn());
  try {
    ENTER.runInContext(gate as vm.Context, { timeout: limitMs + Math.min(limitMs, GRACE_MS_MAX) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException | null | undefined)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new OverrunError(`Execution interrupted: it did not end within ${limitMs / 1000} s`);
  }
  return result[0]!;
}
