// `on` and `emit` as Espruino's objects have them: an emit is queued, its listeners run after the current
// callback has returned. Knows no board. Used for E, process, sockets and whatever else a virtual board
// offers.

export type Listener = (...args: any[]) => void;

export class BoardEvents {
  private readonly listeners = new Map<string, Listener[]>();

  /** `queue` runs a function when the current callback has returned. */
  constructor(private readonly queue: (fn: () => void) => void) {}

  /** Gives the object `on`, `emit`, `removeListener` and `removeAllListeners`. */
  addTo(target: Record<string, any>): void {
    target.on = (event: string, listener: Listener) => void this.of(event).push(listener);
    target.emit = (event: string, ...args: unknown[]) => this.emit(event, ...args);
    target.removeListener = (event: string, listener: Listener) => {
      const all = this.of(event);
      if (all.includes(listener)) all.splice(all.indexOf(listener), 1);
    };
    target.removeAllListeners = (event?: string) => {
      if (event === undefined) this.listeners.clear();
      else this.listeners.delete(event);
    };
  }

  has(event: string): boolean {
    return (this.listeners.get(event)?.length ?? 0) > 0;
  }

  /** Each listener is a callback of its own: one that throws does not keep the next from running. */
  emit(event: string, ...args: unknown[]): void {
    for (const listener of [...this.of(event)]) this.queue(() => listener(...args));
  }

  /** Runs the listeners at once. False when there is none. */
  call(event: string, ...args: unknown[]): boolean {
    for (const listener of [...this.of(event)]) listener(...args);
    return this.has(event);
  }

  private of(event: string): Listener[] {
    let all = this.listeners.get(event);
    if (!all) this.listeners.set(event, (all = []));
    return all;
  }
}
