// The thread in which LevelDB works for level-store.ts: its library answers by promises only, and the gateway's batches
// must be on the medium when `write` returns. Takes one request at a time and wakes whoever waits for the answer.
import type { MessagePort } from 'node:worker_threads';
import type { Batch, Range } from './store.ts';

export type Entry = [key: Uint8Array, value: Uint8Array];

export type Request =
  | { op: 'open'; path: string; create: boolean }
  | { op: 'get'; key: Uint8Array }
  | { op: 'write'; batch: Batch }
  | { op: 'scan'; range: Range }
  | { op: 'next'; scan: number }
  | { op: 'end'; scan: number }
  | { op: 'count' }
  | { op: 'close' };

export interface Answer {
  error?: string;
  value?: Uint8Array;
  count?: number;
  entries?: Entry[];
}

export interface Line {
  port: MessagePort;
  /** One number, raised with every answer. */
  signal: Int32Array;
}

/** What this room needs of the library, which is loaded only where a store is LevelDB's. */
interface Level {
  open(): Promise<void>;
  getSync(key: Uint8Array): Uint8Array | undefined;
  batch(steps: object[], options: { sync: boolean }): Promise<void>;
  iterator(options: object): Scan;
  keys(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

interface Scan {
  nextv(count: number): Promise<Entry[]>;
  close(): Promise<void>;
}

type Library = { ClassicLevel: new (path: string, options: object) => Level };

const LIBRARY: string = 'classic-level';
const ENTRIES_MAX = 1000;
const AHEAD_BYTES = 1 << 20;
const BYTES = { keyEncoding: 'view', valueEncoding: 'view' } as const;

class LevelThread {
  private database: Level | undefined;
  /** Each sees the rows as they were when it began. */
  private readonly scans = new Map<number, Scan>();
  private numbers = 0;

  async answer(request: Request): Promise<Answer> {
    if (request.op === 'open') {
      const { ClassicLevel } = (await import(LIBRARY)) as Library;
      this.database = new ClassicLevel(request.path, { ...BYTES, createIfMissing: request.create });
      await this.database.open();
      return {};
    }
    return this.with(this.database!, request);
  }

  private async with(level: Level, request: Exclude<Request, { op: 'open' }>): Promise<Answer> {
    switch (request.op) {
      case 'get': {
        const value = level.getSync(request.key);
        return value === undefined ? {} : { value };
      }
      case 'write': {
        const { puts, deletes } = request.batch;
        const steps = [
          ...deletes.map((key) => ({ type: 'del', key }) as const),
          ...puts.map(([key, value]) => ({ type: 'put', key, value }) as const),
        ];
        await level.batch(steps, { sync: true });
        return {};
      }
      case 'scan':
        return { count: this.begin(level, request.range) };
      case 'next':
        return { entries: await this.scans.get(request.scan)!.nextv(ENTRIES_MAX) };
      case 'end':
        await this.scans.get(request.scan)!.close();
        this.scans.delete(request.scan);
        return {};
      case 'count': {
        let count = 0;
        for await (const _ of level.keys()) count += 1;
        return { count };
      }
      case 'close':
        await level.close();
        return {};
    }
  }

  private begin(level: Level, { from, to, reverse, limit }: Range): number {
    const options = { gte: from, lt: to, reverse: reverse ?? false, highWaterMarkBytes: AHEAD_BYTES };
    this.scans.set(++this.numbers, level.iterator({ ...options, ...(limit !== undefined && { limit }) }));
    return this.numbers;
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

export function serve({ port, signal }: Line): void {
  const thread = new LevelThread();
  port.on('message', (request: Request) => {
    void thread
      .answer(request)
      .catch((error: unknown): Answer => ({ error: textOf(error) }))
      .then((answer) => {
        port.postMessage(answer);
        Atomics.add(signal, 0, 1);
        Atomics.notify(signal, 0);
      });
  });
}
