// An OrderedLog on a JetStream stream, used as its documentation says: acknowledged publishing with message ids, one
// ordered consumer a reader, single entries by their sequence. Order, replication and stamps are the engine's; here is
// only the patience that a leader election needs.
import { setTimeout as pause } from 'node:timers/promises';
import {
  DeliverPolicy,
  JetStreamApiError,
  jetstream,
  jetstreamManager,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { LogEntry, LogHealth, OrderedLog } from './ordered-log.ts';
import { addressOf } from './names.ts';

/** Few at a time: a reader with more than 64 MiB outstanding is cut off as too slow. */
const READ_AHEAD = 64;
const EXPIRES_MS = 5000;
const HEARTBEAT_MS = 1000;
const ANSWER_MS = 3000;
/** An append whose answer went down with a server is asked for again after this; its id makes the two one. */
const APPEND_ANSWER_MS = 1000;
/** Silence after which a reader looks for the next entry itself, and after which it lets a consumer go. */
const SILENCE_MS = 400;
const STALL_MS = 2000;
const RETRY_MS = 50;
const RETRY_MS_MAX = 400;

export class LogClosed extends Error {
  override readonly name = 'LogClosed';
}

type Take = (entry: LogEntry) => void | Promise<void>;

interface Reader {
  /** Sequence of the entry that is handed over next. */
  next: number;
  stopped: boolean;
  /** Done when the entry that is being handed over has been taken. */
  turn: Promise<void>;
  /** When an entry was last handed over, and when the consumer last gave one. */
  movedMs: number;
  consumedMs: number;
  looking: boolean;
  /** Ends the present consumer. */
  end(): void;
}

export class NatsLog implements OrderedLog {
  private readonly js: JetStreamClient;

  private constructor(
    private readonly connection: NatsConnection,
    private readonly manager: JetStreamManager,
    /** For questions that are asked again and again: an answer that went down with a server is not waited for. */
    private readonly impatient: JetStreamManager,
    private readonly stream: string,
    private readonly subjectOf: (author: number) => string,
    private readonly sparse: boolean,
  ) {
    this.js = jetstream(connection, { timeout: ANSWER_MS });
  }

  /** `sparse`: old entries of the stream go, so a reader takes what is left; else none may be missing. */
  static async open(
    connection: NatsConnection,
    stream: string,
    subjectOf: (author: number) => string,
    { sparse = false } = {},
  ): Promise<NatsLog> {
    // Without the check: during an election the engine says that JetStream is not there at all.
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: ANSWER_MS });
    const impatient = await jetstreamManager(connection, { checkAPI: false, timeout: SILENCE_MS });
    return new NatsLog(connection, manager, impatient, stream, subjectOf, sparse);
  }

  async head(): Promise<number> {
    return (await this.manager.streams.info(this.stream)).state.last_seq;
  }

  /** The same id again is the same entry, so an answer that got lost is asked for again until there is one. */
  async append(author: number, id: string, bytes: Uint8Array, untilMs = Infinity): Promise<number> {
    for (let waitMs = RETRY_MS; ; waitMs = Math.min(2 * waitMs, RETRY_MS_MAX)) {
      if (this.connection.isClosed() || this.connection.isDraining())
        throw new LogClosed('the connection is closed');
      try {
        const { seq } = await this.js.publish(this.subjectOf(author), bytes, {
          msgID: id,
          timeout: APPEND_ANSWER_MS,
        });
        return seq;
      } catch (error) {
        if (isRefusal(error) || Date.now() + waitMs > untilMs) throw error;
        await pause(waitMs);
      }
    }
  }

  async read(sequence: number, manager = this.manager): Promise<LogEntry | undefined> {
    const message = await manager.streams.getMessage(this.stream, { seq: sequence });
    if (message === null) return undefined;
    return {
      sequence: message.seq,
      stampMs: message.time.getTime(),
      author: authorOf(message.subject),
      bytes: message.data,
    };
  }

  watch(from: number, take: Take): () => Promise<void> {
    const turn = Promise.resolve();
    const nowMs = Date.now();
    const reader: Reader = {
      next: from,
      stopped: false,
      turn,
      movedMs: nowMs,
      consumedMs: nowMs,
      looking: false,
      end: () => {},
    };
    const reading = this.readOn(reader, take);
    const watching = setInterval(() => void this.lookAfter(reader, take), SILENCE_MS);
    return async () => {
      reader.stopped = true;
      clearInterval(watching);
      reader.end();
      await Promise.race([reading, pause(2 * ANSWER_MS, undefined, { ref: false })]);
    };
  }

  /** One ordered consumer after another: each ends with its server, and the next goes on where it was. */
  private async readOn(reader: Reader, take: Take): Promise<void> {
    while (!reader.stopped && !this.connection.isClosed()) {
      try {
        const consumer = await this.js.consumers.get(this.stream, {
          deliver_policy: DeliverPolicy.StartSequence,
          opt_start_seq: reader.next,
        });
        const messages = await consumer.consume({
          max_messages: READ_AHEAD,
          expires: EXPIRES_MS,
          idle_heartbeat: HEARTBEAT_MS,
        });
        reader.end = () => messages.stop();
        if (reader.stopped) return reader.end();
        for await (const message of messages) {
          reader.consumedMs = Date.now();
          if (!(await this.hand(reader, entryOf(message), take))) break;
        }
        messages.stop();
      } catch {
        // No leader, or no connection: asked again below.
      }
      await pause(RETRY_MS);
    }
  }

  /** One at a time, whoever read it; one that was handed over already is dropped. False: this reader is at its end. */
  private hand(reader: Reader, entry: LogEntry, take: Take): Promise<boolean> {
    const done = reader.turn.then(async () => {
      if (reader.stopped || (entry.sequence > reader.next && !this.sparse)) return false;
      if (entry.sequence < reader.next) return true;
      await take(entry);
      reader.next = entry.sequence + 1;
      reader.movedMs = Date.now();
      return true;
    });
    reader.turn = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** A silent reader looks whether there is something to read. */
  private async lookAfter(reader: Reader, take: Take): Promise<void> {
    if (reader.looking || reader.stopped || Date.now() - reader.movedMs < SILENCE_MS) return;
    reader.looking = true;
    try {
      if (this.sparse ? await this.hasMore(reader) : await this.readAhead(reader, take)) this.renew(reader);
    } catch {
      // The engine does not answer: nothing could be read either.
    } finally {
      reader.looking = false;
    }
  }

  /**
   * After the death of a server a consumer is made anew by the leader of the whole cluster, which may have to be chosen
   * first. The stream's own leader is enough to read an entry by its sequence. Says whether there was one.
   */
  private async readAhead(reader: Reader, take: Take): Promise<boolean> {
    for (let some = false; ; some = true) {
      const entry = await this.read(reader.next, this.impatient);
      if (entry === undefined || !(await this.hand(reader, entry, take))) return some;
    }
  }

  private async hasMore({ next }: Reader): Promise<boolean> {
    const { messages, last_seq: last } = (await this.impatient.streams.info(this.stream)).state;
    return messages > 0 && last >= next;
  }

  /** A consumer can wait for ever for a server that died: silent although there are entries, it is let go. */
  private renew(reader: Reader): void {
    if (Date.now() - reader.consumedMs < STALL_MS) return;
    reader.consumedMs = Date.now();
    reader.end();
  }

  async health(): Promise<LogHealth> {
    if (this.connection.isClosed()) return { connected: false, replicas: 0, current: 0, leader: undefined };
    const { cluster } = await this.manager.streams.info(this.stream);
    const followers = cluster?.replicas ?? [];
    return {
      connected: true,
      replicas: followers.length + 1,
      current: followers.filter(({ current, offline }) => current && offline !== true).length + 1,
      leader: cluster?.leader,
    };
  }
}

function authorOf(subject: string): number {
  return addressOf(subject.slice(subject.lastIndexOf('.') + 1)) ?? 0;
}

function entryOf(message: JsMsg): LogEntry {
  const { seq, subject, data, timestampNanos } = message;
  // In whole numbers: a stamp of nanoseconds has more digits than a double, and read() must come to the same.
  const stampMs = Number(timestampNanos / 1_000_000n);
  return { sequence: seq, stampMs, author: authorOf(subject), bytes: data };
}

/** What asking again would not change: too large, the stream is full, no permission. */
function isRefusal(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return [10054, 10077, 10047, 10122].includes(error.code);
  return error instanceof Error && /permission|authorization/i.test(`${error.name} ${error.message}`);
}
