// What the gateway needs of an embedded store: ordered byte keys, one atomic and durable batch, a scan. Small on
// purpose, so that a store for another medium is one file. Knows nothing of blocks; chain-store.ts does.

export interface Batch {
  puts: [key: Uint8Array, value: Uint8Array][];
  deletes: Uint8Array[];
}

export interface Range {
  /** First key, inclusive. */
  from: Uint8Array;
  /** End key, exclusive. */
  to: Uint8Array;
  /** From the end towards the start. */
  reverse?: boolean;
  limit?: number;
}

export interface StoreStats {
  kind: string;
  entries: number;
  bytesOnDisk: number;
}

export interface Store {
  get(key: Uint8Array): Uint8Array | undefined;
  /** All of it or nothing, on the medium when it returns. Deletes come first. Throws a StoreError. */
  write(batch: Batch): void;
  /** In byte order of the keys. The values are copies. */
  range(range: Range): Iterable<[key: Uint8Array, value: Uint8Array]>;
  stats(): StoreStats;
  close(): Promise<void>;
}

/** What went wrong with the store, for a person: one sentence, and what to do about it. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(message: string, readonly remedy: string) {
    super(message);
  }
}

/** The smallest key that is larger than every key with this prefix. */
export function afterPrefix(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice();
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i]! < 0xff) {
      end[i]! += 1;
      return end.slice(0, i + 1);
    }
  }
  throw new RangeError('a prefix of 0xff has no end');
}
