// The smallest two-way stream of bytes: what the packet protocol and the line splitter need of a port. Serial
// ports, ptys and virtual boards all have this shape, so that none of the parsers knows which one it talks
// to.

export interface ByteStream {
  write(bytes: Uint8Array): void;
  /** Returns the way to stop listening. */
  onData(listener: (bytes: Uint8Array) => void): () => void;
}

/** A set of listeners; each gets every value, in the order in which they came. */
export class Listeners<T> {
  private readonly all = new Set<(value: T) => void>();

  add(listener: (value: T) => void): () => void {
    this.all.add(listener);
    return () => this.all.delete(listener);
  }

  emit(value: T): void {
    for (const listener of this.all) listener(value);
  }
}

/** Carries everything that each stream says to the other. Returns the way to part them. */
export function joinStreams(a: ByteStream, b: ByteStream): () => void {
  const stopA = a.onData((bytes) => b.write(bytes));
  const stopB = b.onData((bytes) => a.write(bytes));
  return () => {
    stopA();
    stopB();
  };
}
