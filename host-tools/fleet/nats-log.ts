// An OrderedLog on a JetStream stream, used as its documentation says: acknowledged publishing with message ids, one
// ordered consumer a reader. Order, replication and stamps are the engine's; here is only the patience that a leader
// election needs.
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
const STALL_MS = 2000;
const RETRY_MS = 100;
const RETRY_MS_MAX = 1000;

export class LogClosed extends Error {
  override readonly name = 'LogClosed';
}

interface Reader {
  /** Sequence of the entry that is handed over next. */
  next: number;
  stopped: boolean;
  /** Ends the present consumer. */
  end(): void;
}

export class NatsLog implements OrderedLog {
  private readonly js: JetStreamClient;

  private constructor(
    private readonly connection: NatsConnection,
    private readonly manager: JetStreamManager,
    private readonly stream: string,
    private readonly subjectOf: (author: number) => string,
  ) {
    this.js = jetstream(connection, { timeout: ANSWER_MS });
  }

  static async open(
    connection: NatsConnection,
    stream: string,
    subjectOf: (author: number) => string,
  ): Promise<NatsLog> {
    // Without the check: during an election the engine says that JetStream is not there at all.
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: ANSWER_MS });
    return new NatsLog(connection, manager, stream, subjectOf);
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
        const { seq } = await this.js.publish(this.subjectOf(author), bytes, { msgID: id, timeout: ANSWER_MS });
        return seq;
      } catch (error) {
        if (isRefusal(error) || Date.now() + waitMs > untilMs) throw error;
        await pause(waitMs);
      }
    }
  }

  async read(sequence: number): Promise<LogEntry | undefined> {
    const message = await this.manager.streams.getMessage(this.stream, { seq: sequence });
    if (message === null) return undefined;
    return {
      sequence: message.seq,
      stampMs: message.time.getTime(),
      author: authorOf(message.subject),
      bytes: message.data,
    };
  }

  watch(from: number, take: (entry: LogEntry) => void | Promise<void>): () => Promise<void> {
    const reader = { next: from, stopped: false, end: () => {} };
    const reading = this.readOn(reader, take);
    const watching = setInterval(() => void this.lookAfter(reader), STALL_MS);
    return async () => {
      reader.stopped = true;
      clearInterval(watching);
      reader.end();
      await Promise.race([reading, pause(2 * ANSWER_MS, undefined, { ref: false })]);
    };
  }

  /** One ordered consumer after another: each ends with its server, and the next goes on where it was. */
  private async readOn(reader: Reader, take: (entry: LogEntry) => void | Promise<void>): Promise<void> {
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
          if (reader.stopped || message.seq > reader.next) break;
          if (message.seq < reader.next) continue;
          await take(entryOf(message));
          reader.next++;
        }
        messages.stop();
      } catch {
        // No leader, or no connection: asked again below.
      }
      await pause(RETRY_MS);
    }
  }

  /** A consumer can wait for ever for a server that died: when the log has more and nothing comes, it is let go. */
  private async lookAfter(reader: Reader): Promise<void> {
    const before = reader.next;
    try {
      if ((await this.head()) < before) return;
      await pause(STALL_MS);
      if (reader.next === before && !reader.stopped) reader.end();
    } catch {
      // The engine does not answer: nothing could be read either.
    }
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
  const { seq, subject, data, info } = message;
  return { sequence: seq, stampMs: Math.floor(info.timestampNanos / 1e6), author: authorOf(subject), bytes: data };
}

/** What asking again would not change: too large, the stream is full, no permission. */
function isRefusal(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return [10054, 10077, 10047, 10122].includes(error.code);
  return error instanceof Error && /permission|authorization/i.test(`${error.name} ${error.message}`);
}
