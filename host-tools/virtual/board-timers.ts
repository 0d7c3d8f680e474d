// setTimeout and setInterval of a virtual board: small numeric ids, intervals that keep their beat,
// everything on the injected scheduler. Knows nothing else of the board: `run` takes each callback, `acts` says whether
// the program still has a say.
import type { Scheduler } from '../ether/scheduler.ts';

interface Timer {
  handle: number;
  dueMs: number;
  /** undefined for a timeout. */
  intervalMs: number | undefined;
  callback: () => void;
}

export class BoardTimers {
  private readonly timers = new Map<number, Timer>();
  private nextId = 1;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly run: (callback: () => void) => void,
    /** False once what the program does has no effect any more. */
    private readonly acts: () => boolean,
  ) {}

  set(callback: () => void, delayMs: number, repeat: boolean): number {
    if (!this.acts()) return 0;
    const id = this.nextId++;
    const ms = Number.isFinite(delayMs) ? Math.max(0, delayMs) : 0;
    // An interval of 0 would never let the clock move; the interpreter takes at least a millisecond a round.
    const intervalMs = repeat ? Math.max(1, ms) : undefined;
    const timer = { handle: 0, dueMs: this.scheduler.nowMs() + (intervalMs ?? ms), intervalMs, callback };
    this.timers.set(id, timer);
    this.arm(id, timer);
    return id;
  }

  clear(id: number): void {
    const timer = this.timers.get(id);
    if (!timer || !this.acts()) return;
    this.scheduler.cancel(timer.handle);
    this.timers.delete(id);
  }

  clearAll(): void {
    for (const timer of this.timers.values()) this.scheduler.cancel(timer.handle);
    this.timers.clear();
  }

  /** The next round comes after the new interval. False when there is no such timer. */
  change(id: number, intervalMs: number): boolean {
    const timer = this.timers.get(id);
    if (!timer) return false;
    if (!this.acts()) return true;
    this.scheduler.cancel(timer.handle);
    timer.intervalMs = Math.max(1, intervalMs);
    timer.dueMs = this.scheduler.nowMs() + timer.intervalMs;
    this.arm(id, timer);
    return true;
  }

  private arm(id: number, timer: Timer): void {
    timer.handle = this.scheduler.after(timer.dueMs - this.scheduler.nowMs(), () => this.fire(id, timer));
  }

  private fire(id: number, timer: Timer): void {
    if (timer.intervalMs === undefined) {
      this.timers.delete(id);
    } else {
      // A late round does not shift the later ones, and missed ones are not made up for.
      timer.dueMs = Math.max(timer.dueMs + timer.intervalMs, this.scheduler.nowMs());
      this.arm(id, timer);
    }
    this.run(timer.callback);
  }
}
