// The store for SD cards: LevelDB through the npm package classic-level. It writes less than a tenth of what lmdb
// writes for the same batch, since it appends where lmdb copies pages; reading is slower, and only one process can have
// it open. The library writes by promises only, so it works in a thread of its own while the caller waits.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { lockDirectory } from './directory-lock.ts';
import { checkLevelFiles } from './level-files.ts';
import type { Answer, Line, Request } from './level-thread.ts';
import type { Batch, Range, Store, StoreStats } from './store.ts';
import { StoreError } from './store.ts';
import { openError, requireSpace, writeError } from './store-errors.ts';

const DIRECTORY = 'chain.level';
/** An SD card may take seconds to write; a thread that says nothing for so long has ended. */
const ANSWER_WITHIN_MS = 300_000;
/** Of a row in LevelDB's log, besides key and value. */
const ROW_BYTES = 32;

/** A thread does not inherit the loader of TypeScript sources: it registers its own. */
const THREAD = `
const { workerData } = require('node:worker_threads');
import(workerData.loader)
  .then(({ register }) => { register(); return import(workerData.thread); })
  .then(({ serve }) => serve(workerData.line));
`;

/** Asks the thread and waits for its answer without giving up the caller's turn. */
class LevelLine {
  private readonly channel = new MessageChannel();
  private readonly signal = new Int32Array(new SharedArrayBuffer(4));
  private readonly worker: Worker;

  constructor() {
    const line: Line = { port: this.channel.port2, signal: this.signal };
    this.worker = new Worker(THREAD, {
      eval: true,
      transferList: [this.channel.port2],
      workerData: {
        loader: import.meta.resolve('tsx/esm/api'),
        thread: new URL('./level-thread.ts', import.meta.url).href,
        line,
      },
    });
    this.worker.unref();
    this.channel.port1.unref();
  }

  /** Throws an Error with the library's text. */
  ask(request: Request): Answer {
    const seen = Atomics.load(this.signal, 0);
    this.channel.port1.postMessage(request);
    // The wake-up of the answer before may come late and wake this wait: the number says whether there is a new one.
    let told: string = 'ok';
    while (told === 'ok' && Atomics.load(this.signal, 0) === seen)
      told = Atomics.wait(this.signal, 0, seen, ANSWER_WITHIN_MS);
    const received = receiveMessageOnPort(this.channel.port1) as { message: Answer } | undefined;
    if (received === undefined) throw new Error(`the thread of the store does not answer (${told})`);
    const { error } = received.message;
    if (error !== undefined) throw new Error(error);
    return received.message;
  }

  async end(): Promise<void> {
    this.channel.port1.close();
    await this.worker.terminate();
  }
}

export class LevelStore implements Store {
  private constructor(
    private readonly line: LevelLine,
    private readonly directory: string,
    private readonly unlock: () => void,
  ) {}

  static isIn(directory: string): boolean {
    return existsSync(join(directory, DIRECTORY));
  }

  /**
   * Opens the store of a data directory, or with `create` makes one, and locks it. With `whole` the checksums of all
   * its files are compared first. Throws a StoreError.
   */
  static open(directory: string, { create = true, whole = false } = {}): LevelStore {
    const path = join(directory, DIRECTORY);
    if (!create && !LevelStore.isIn(directory))
      throw new StoreError(`there is no store in ${directory}`, 'Name its directory with --data.');
    const unlock = lockDirectory(directory);
    const line = new LevelLine();
    try {
      if (existsSync(join(path, 'CURRENT'))) checkLevelFiles(path, whole);
      requireSpace(directory, 0);
      line.ask({ op: 'open', path, create });
      return new LevelStore(line, directory, unlock);
    } catch (error) {
      void line.end();
      unlock();
      throw error instanceof StoreError ? error : openError(path, error);
    }
  }

  /** Deletes the store of a directory; it must be closed. */
  static remove(directory: string): void {
    rmSync(join(directory, DIRECTORY), { recursive: true, force: true });
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const { value } = this.ask({ op: 'get', key });
    return value;
  }

  write(batch: Batch): void {
    let bytes = 0;
    for (const [key, value] of batch.puts) bytes += key.length + value.length + ROW_BYTES;
    for (const key of batch.deletes) bytes += key.length + ROW_BYTES;
    // Twice: once in the log, once more when the log is sorted into a table.
    requireSpace(this.directory, 2 * bytes);
    this.ask({ op: 'write', batch });
  }

  *range(range: Range): Iterable<[key: Uint8Array, value: Uint8Array]> {
    if (Buffer.compare(range.from, range.to) >= 0) return;
    const scan = this.ask({ op: 'scan', range }).count!;
    try {
      for (;;) {
        const entries = this.ask({ op: 'next', scan }).entries!;
        if (entries.length === 0) return;
        yield* entries;
      }
    } finally {
      this.ask({ op: 'end', scan });
    }
  }

  /** Counts the rows one by one: LevelDB does not know how many there are. */
  stats(): StoreStats {
    const path = join(this.directory, DIRECTORY);
    let bytesOnDisk = 0;
    for (const name of readdirSync(path)) bytesOnDisk += statSync(join(path, name)).size;
    return { kind: 'level', entries: this.ask({ op: 'count' }).count!, bytesOnDisk };
  }

  private ask(request: Request): Answer {
    try {
      return this.line.ask(request);
    } catch (error) {
      throw writeError(error);
    }
  }

  async close(): Promise<void> {
    this.ask({ op: 'close' });
    await this.line.end();
    this.unlock();
  }
}
