// The five calls behind which an ordering engine sits: head, append, read, watch, health. What a log must give is one
// order, the same for every reader, and a stamp fixed at append; it decides nothing about what is in it. nats-log.ts
// is the driver; another engine is another file.

export interface LogEntry {
  /** Position in the log, from 1, without gaps. */
  sequence: number;
  /** Unix milliseconds by the engine's clock, fixed when the entry was appended. */
  stampMs: number;
  /** Address of the gateway to whose subject it was written; 0 where the log has no authors. */
  author: number;
  bytes: Uint8Array;
}

export interface LogHealth {
  connected: boolean;
  /** Servers of the engine that hold the log, and those of them that are up to date. */
  replicas: number;
  current: number;
  leader: string | undefined;
}

export interface OrderedLog {
  /** Sequence of the last entry; 0 for an empty log. Rejects while the engine does not answer. */
  head(): Promise<number>;
  /**
   * Appends once for each `id`, however often it is called. Resolves with the sequence when the engine keeps it;
   * asks again until then, or rejects after `untilMs` (Unix), when it may be in the log all the same.
   */
  append(author: number, id: string, bytes: Uint8Array, untilMs?: number): Promise<number>;
  read(sequence: number): Promise<LogEntry | undefined>;
  /**
   * Hands over every entry from `from` on, in order and none twice, over any loss of the connection, until stopped.
   * The next one comes when `take` is done; it must not throw.
   */
  watch(from: number, take: (entry: LogEntry) => void | Promise<void>): () => Promise<void>;
  health(): Promise<LogHealth>;
}
