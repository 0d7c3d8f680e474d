// A store in memory with the same order and the same atomicity, for tests and for tools that keep nothing.
import type { Batch, Range, Store, StoreStats } from './store.ts';

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export class MemoryStore implements Store {
  private readonly values = new Map<string, Uint8Array>();

  get(key: Uint8Array): Uint8Array | undefined {
    return this.values.get(hexOf(key))?.slice();
  }

  write(batch: Batch): void {
    for (const key of batch.deletes) this.values.delete(hexOf(key));
    for (const [key, value] of batch.puts) this.values.set(hexOf(key), value.slice());
  }

  range(range: Range): [key: Uint8Array, value: Uint8Array][] {
    const [from, to] = [hexOf(range.from), hexOf(range.to)];
    const keys = [...this.values.keys()].filter((key) => key >= from && key < to).sort();
    if (range.reverse === true) keys.reverse();
    return keys.slice(0, range.limit).map((key) => [Buffer.from(key, 'hex'), this.values.get(key)!.slice()]);
  }

  stats(): StoreStats {
    return { kind: 'memory', entries: this.values.size, bytesOnDisk: 0 };
  }

  async close(): Promise<void> {
    // Nothing is held open.
  }
}
