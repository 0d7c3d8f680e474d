// Watches that the log goes on holding what was read from it (SPEC F5): an engine that was restored from an old backup,
// or lost its end in a crash, must not get a second history past a gateway. Looks and remembers; fleet.ts asks it.
import type { LogEntry, OrderedLog } from './ordered-log.ts';

/** A server that has just come back may not know better for a while; blocks wait meanwhile. */
const PATIENCE_MS = 30_000;

export class Tail {
  private last: LogEntry | undefined;
  private shortSinceMs: number | undefined;

  /** Sequence of the last entry that was read; 0 before the first. */
  get sequence(): number {
    return this.last?.sequence ?? 0;
  }

  read(entry: LogEntry): void {
    this.last = entry;
  }

  /** Why this gateway must stop, if it must. Rejects while the engine does not answer: then nothing is known. */
  async look(log: Pick<OrderedLog, 'read'>, nowMs: number): Promise<string | undefined> {
    const { last } = this;
    if (last === undefined) return undefined;
    const found = await log.read(last.sequence);
    if (found !== undefined) {
      this.shortSinceMs = undefined;
      const same = found.stampMs === last.stampMs && Buffer.compare(found.bytes, last.bytes) === 0;
      return same ? undefined : `entry ${last.sequence} of the log is not what it was when it was read`;
    }
    this.shortSinceMs ??= nowMs;
    const isShort = nowMs - this.shortSinceMs >= PATIENCE_MS;
    return isShort ? `the log has lost its entry ${last.sequence}, which was read from it` : undefined;
  }
}
