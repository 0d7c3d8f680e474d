// Time, as everything simulated sees it. RealScheduler is the computer's own clock; VirtualScheduler is a
// queue of events that jumps from one to the next, so that an hour of radio traffic takes a second and
// repeats exactly. Knows nothing of radios or boards. Used by the ether, the virtual boards and the
// simulator.

export interface Scheduler {
  /** Whole milliseconds. Never goes backwards. */
  nowMs(): number;
  /** Calls `fn` once, `delayMs` from now (rounded up, at least 0). Returns a handle for `cancel`. */
  after(delayMs: number, fn: () => void): number;
  /** A handle that has fired or is unknown is ignored. */
  cancel(handle: number): void;
}

/** Milliseconds since 1970, but monotonic: a change of the system's clock does not move it. */
export class RealScheduler implements Scheduler {
  private readonly timers = new Map<number, NodeJS.Timeout>();
  private nextHandle = 1;

  nowMs(): number {
    return Math.floor(performance.timeOrigin + performance.now());
  }

  after(delayMs: number, fn: () => void): number {
    const handle = this.nextHandle++;
    const timer = setTimeout(() => {
      this.timers.delete(handle);
      fn();
    }, Math.max(0, Math.ceil(delayMs)));
    this.timers.set(handle, timer);
    return handle;
  }

  cancel(handle: number): void {
    clearTimeout(this.timers.get(handle));
    this.timers.delete(handle);
  }

  /** Cancels everything, so that nothing keeps the process alive. */
  close(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }
}

const SLOT_LIMIT = 2 ** 24;

/**
 * Discrete events in whole milliseconds; events of one instant run in the order in which they were scheduled.
 * A binary heap of slot numbers over flat arrays: scheduling and firing allocate nothing once the arrays have
 * grown.
 */
export class VirtualScheduler implements Scheduler {
  private clockMs: number;
  private sequence = 0;
  private heap = new Int32Array(1024);
  private size = 0;
  private readonly dueMs: number[] = [];
  private readonly order: number[] = [];
  private readonly callback: ((() => void) | null)[] = [];
  private readonly generation: number[] = [];
  private readonly position: number[] = [];
  private readonly freeSlots: number[] = [];

  constructor(startMs = 0) {
    this.clockMs = startMs;
  }

  nowMs(): number {
    return this.clockMs;
  }

  /** Events waiting. */
  get pending(): number {
    return this.size;
  }

  after(delayMs: number, fn: () => void): number {
    const slot = this.freeSlots.pop() ?? this.callback.push(null) - 1;
    if (slot >= SLOT_LIMIT) throw new Error('16 million events are waiting: something schedules without end');
    this.dueMs[slot] = this.clockMs + Math.max(0, Math.ceil(delayMs));
    this.order[slot] = this.sequence++;
    this.callback[slot] = fn;
    this.generation[slot] = (this.generation[slot] ?? 0) + 1;
    if (this.size === this.heap.length) {
      const grown = new Int32Array(this.size * 2);
      grown.set(this.heap);
      this.heap = grown;
    }
    this.place(this.size, slot);
    this.rise(this.size++);
    return this.generation[slot] * SLOT_LIMIT + slot;
  }

  cancel(handle: number): void {
    const slot = handle % SLOT_LIMIT;
    if (this.generation[slot] !== Math.floor(handle / SLOT_LIMIT) || this.callback[slot] === null) return;
    this.remove(this.position[slot]);
  }

  /** Runs the next event. False when none is waiting. */
  step(): boolean {
    if (this.size === 0) return false;
    const slot = this.heap[0];
    const fn = this.callback[slot]!;
    this.clockMs = this.dueMs[slot];
    this.remove(0);
    fn();
    return true;
  }

  /** Runs every event due up to and including `timeMs`, then sets the clock to it. */
  runUntil(timeMs: number): void {
    while (this.size > 0 && this.dueMs[this.heap[0]] <= timeMs) this.step();
    if (timeMs > this.clockMs) this.clockMs = timeMs;
  }

  runFor(durationMs: number): void {
    this.runUntil(this.clockMs + durationMs);
  }

  private place(index: number, slot: number): void {
    this.heap[index] = slot;
    this.position[slot] = index;
  }

  private before(a: number, b: number): boolean {
    const difference = this.dueMs[a] - this.dueMs[b];
    return difference !== 0 ? difference < 0 : this.order[a] < this.order[b];
  }

  private remove(index: number): void {
    const slot = this.heap[index];
    this.callback[slot] = null;
    this.freeSlots.push(slot);
    const last = this.heap[--this.size];
    if (index === this.size) return;
    this.place(index, last);
    this.sink(this.rise(index));
  }

  private rise(index: number): number {
    const slot = this.heap[index];
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.before(slot, this.heap[parent])) break;
      this.place(index, this.heap[parent]);
      index = parent;
    }
    this.place(index, slot);
    return index;
  }

  private sink(index: number): void {
    const slot = this.heap[index];
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && this.before(this.heap[child + 1], this.heap[child])) child++;
      if (!this.before(this.heap[child], slot)) break;
      this.place(index, this.heap[child]);
      index = child;
    }
    this.place(index, slot);
  }
}
