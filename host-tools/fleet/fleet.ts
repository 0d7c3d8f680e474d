// One gateway's part in a fleet while it runs: the log and the pool read and written, heads exchanged, its own block
// offered when it is its turn, the engine watched for a log that shrinks. The only file of this room with timers; what
// it decides is in fleet-chain.ts.
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import { nodeCrypto } from '../crypto/index.ts';
import { LEDGER_DEPS } from '../gateway/chain-service.ts';
import type { ChainStore } from '../gateway/store/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { blockHash, decodeBlock } from '../ledger/index.ts';
import { FleetAlarm } from './alarm.ts';
import { FleetChain, storedPosition } from './fleet-chain.ts';
import { Heads, readHead, signHead } from './heads.ts';
import { addressToken, namesOf, type Names } from './names.ts';
import { NatsLog } from './nats-log.ts';
import type { LogEntry, LogHealth } from './ordered-log.ts';
import { idOf } from './pool.ts';
import { slotClock, type SlotClock } from './slot-clock.ts';
import { POOL_WINDOW_MS } from './streams.ts';
import { Tail } from './tail.ts';

export interface FleetParts {
  connection: NatsConnection;
  ledger: Ledger;
  store: ChainStore;
  /** This gateway's address; its block key signs. */
  producer: number;
  sign(message: Uint8Array): Uint8Array;
  clock?: SlotClock;
  log(level: 'info' | 'warn' | 'error', text: string): void;
}

/** How often it looks whether it is its turn, at most; half a rank's share where slots are short. */
const TURN_MS = 20;
const WATCH_MS = 2000;
/** Entries read ahead of the ledger. */
const BACKLOG_MAX = 128;
const PAUSE_MS = 10;
/** Transactions of our own on their way to the pool's stream. */
const SPREADING_MAX = 40_000;
/** Of these, handed to the engine and not acknowledged. */
const UNDER_WAY_MAX = 256;
/** Acknowledged ones that are remembered. */
const SPREAD_MAX = 65_536;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Fleet {
  readonly chain: FleetChain;
  readonly heads: Heads;
  readonly ledger: Ledger;
  readonly producer: number;
  readonly clock: SlotClock;
  /** Told of every stored block, and whether it was our own. */
  afterBlock: (height: number, own: boolean) => void = () => {};
  /** As it was at the last look. */
  engine: LogHealth = { connected: true, replicas: 0, current: 0, leader: undefined };
  private readonly names: Names;
  private readonly tail = new Tail();
  /** Gateways whose other chain was said. */
  private readonly named = new Set<number>();
  private readonly spreading = new Map<string, Promise<void>>();
  /** When the engine acknowledged a transaction, the oldest first. */
  private readonly spreadAtMs = new Map<string, number>();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly stops: (() => Promise<void>)[] = [];
  private underWay = 0;
  private readonly queue: (() => void)[] = [];
  private offered = { id: '', attempts: 0, busy: false, atMs: 0 };
  private draining = false;

  private constructor(
    private readonly parts: FleetParts,
    private readonly blocks: NatsLog,
    private readonly pool: NatsLog,
  ) {
    const { ledger, store, producer, sign } = parts;
    this.names = namesOf(ledger.ledgerId);
    this.clock = parts.clock ?? slotClock(ledger.params.blockIntervalS);
    this.ledger = ledger;
    this.producer = producer;
    this.heads = new Heads(ledger, producer);
    this.chain = new FleetChain({
      ledger,
      store,
      producer,
      sign,
      clock: this.clock,
      // Who submitted it has it in the own pool, and the log says why the others have not.
      spread: (transaction) => void this.spread(transaction).catch(() => {}),
    });
    this.chain.onBlock = (height, hash, stateRoot, author) => {
      this.tellHead(height, hash, stateRoot);
      this.afterBlock(height, author === producer);
    };
  }

  /** The streams must exist. Rejects with a FleetAlarm when the log does not hold what the store holds. */
  static async start(parts: FleetParts): Promise<Fleet> {
    const { connection, ledger } = parts;
    const names = namesOf(ledger.ledgerId);
    const blocks = await NatsLog.open(connection, names.blocks, (author) => names.subject('block', author));
    const pool = await NatsLog.open(connection, names.pool, (author) => names.subject('tx', author), {
      sparse: true,
    });
    const fleet = new Fleet(parts, blocks, pool);
    await fleet.checkTip();
    fleet.run();
    return fleet;
  }

  /** What this gateway keeps must be where it was in the log. */
  private async checkTip(): Promise<void> {
    const { store, ledger } = this.parts;
    if (ledger.height === 0) return;
    const { sequence } = storedPosition(store);
    const entry = await this.blocks.read(sequence).catch(() => undefined);
    const kept = store.block(ledger.height)!;
    if (entry !== undefined && Buffer.compare(entry.bytes, kept) === 0) return this.tail.read(entry);
    throw new FleetAlarm(`the fleet's log has something else, or nothing, where block ${ledger.height} was`);
  }

  private run(): void {
    this.stops.push(this.blocks.watch(this.chain.position.sequence + 1, (entry) => this.hear(entry)));
    this.stops.push(this.pool.watch(1, (entry) => this.hearTransaction(entry)));
    this.hearHeads();
    this.timers.push(setInterval(() => this.turn(Date.now()), Math.min(TURN_MS, this.clock.slotMs / 20)));
    this.timers.push(setInterval(() => void this.lookAtLog(), WATCH_MS));
  }

  private async hear(entry: LogEntry): Promise<void> {
    this.tail.read(entry);
    this.chain.hear(entry);
    while (this.chain.backlog >= BACKLOG_MAX && !this.draining) await pause(PAUSE_MS);
  }

  private hearTransaction({ author, bytes }: LogEntry): void {
    if (author === this.parts.producer || this.parts.ledger.gateway(author) === undefined) return;
    this.chain.pool.offer(author, bytes);
  }

  // ---------------------------------------------------------------- transactions

  /**
   * Resolves when the engine keeps it for all gateways: acknowledged, whatever happens to this one. Rejects when the
   * engine refuses it, or too many are under way: it is then in this gateway's pool alone. What waits is handed in
   * again after every block; the engine hears of it once in as long as it would know it again.
   */
  spread(transaction: Uint8Array): Promise<void> {
    const id = idOf(transaction);
    this.forgetSpread(Date.now() - POOL_WINDOW_MS);
    if (this.spreadAtMs.has(id)) return Promise.resolve();
    const under = this.spreading.get(id);
    if (under !== undefined) return under;
    if (this.spreading.size >= SPREADING_MAX)
      return Promise.reject(new Error(`${SPREADING_MAX} transactions are not acknowledged yet`));
    const way = this.spreadInTurn(id, transaction)
      .catch((error: Error) => {
        this.parts.log('warn', `a transaction was not spread: ${error.message}`);
        throw error;
      })
      .finally(() => this.spreading.delete(id));
    this.spreading.set(id, way);
    return way;
  }

  /** Few at a time: all of them, asked for again and again, would drown an engine that has just come back. */
  private async spreadInTurn(id: string, transaction: Uint8Array): Promise<void> {
    while (this.underWay >= UNDER_WAY_MAX) await new Promise<void>((resolve) => this.queue.push(resolve));
    this.underWay++;
    try {
      await this.pool.append(this.parts.producer, id, transaction);
      this.spreadAtMs.set(id, Date.now());
    } finally {
      this.underWay--;
      this.queue.shift()?.();
    }
  }

  private forgetSpread(beforeMs: number): void {
    for (const [id, atMs] of this.spreadAtMs) {
      if (atMs > beforeMs && this.spreadAtMs.size <= SPREAD_MAX) return;
      this.spreadAtMs.delete(id);
    }
  }

  get unacknowledged(): number {
    return this.spreading.size;
  }

  // ---------------------------------------------------------------- blocks of our own

  private turn(nowMs: number): void {
    if (this.draining || this.offered.busy || this.parts.connection.isClosed()) return;
    const block = this.chain.ownBlock(nowMs);
    if (block !== undefined) void this.offer(block, nowMs);
  }

  /** Twice at most: the engine's clock may be a little behind ours, and the first was too early then. */
  private async offer(block: Uint8Array, nowMs: number): Promise<void> {
    const { headerBytes, header } = decodeBlock(block)!;
    const id = Buffer.from(blockHash(nodeCrypto, headerBytes)).toString('hex');
    if (id !== this.offered.id) this.offered = { id, attempts: 0, busy: false, atMs: 0 };
    const wait = this.clock.slotMs / 20;
    const again = this.offered.attempts > 0 && nowMs - this.offered.atMs < wait;
    if (this.offered.attempts >= 2 || again) return;
    this.offered.busy = true;
    this.offered.atMs = nowMs;
    const attempt = `${id}:${this.offered.attempts++}`;
    try {
      await this.blocks.append(this.parts.producer, attempt, block, this.clock.startMs(header.slot + 1));
    } catch (error) {
      this.parts.log('warn', `own block ${header.height} was not taken: ${(error as Error).message}`);
    } finally {
      this.offered.busy = false;
    }
  }

  // ---------------------------------------------------------------- heads

  private tellHead(height: number, hash: Uint8Array, stateRoot: Uint8Array): void {
    this.heads.grown(height, hash, stateRoot);
    this.checkHeads();
    const { connection, ledger, producer, sign } = this.parts;
    if (this.chain.backlog > 1 || connection.isClosed() || connection.isDraining()) return;
    const head = signHead(ledger.ledgerId, { gateway: producer, height, hash, stateRoot }, sign);
    connection.publish(this.names.subject('head', producer), head);
  }

  private hearHeads(): void {
    const heard: Subscription = this.parts.connection.subscribe(this.names.all('head'), {
      callback: (error, message) => {
        if (error !== null) return;
        const head = readHead(this.parts.ledger, LEDGER_DEPS.verify, message.data);
        if (head === undefined || message.subject !== this.names.subject('head', head.gateway)) return;
        this.heads.hear(head);
        this.checkHeads();
      },
    });
    this.stops.push(async () => heard.unsubscribe());
  }

  private checkHeads(): void {
    for (const [gateway, height] of this.heads.differing) {
      if (this.named.has(gateway)) continue;
      this.named.add(gateway);
      const name = addressToken(gateway);
      this.parts.log('warn', `gateway ${name} signed another block or state at height ${height}`);
    }
    const why = this.heads.alarm();
    if (why !== undefined) this.halt(why);
  }

  private halt(why: string): void {
    if (this.chain.alarm !== undefined) return;
    this.chain.halt(why);
    this.parts.log('error', this.chain.alarm!);
  }

  // ---------------------------------------------------------------- the engine

  private async lookAtLog(): Promise<void> {
    try {
      this.engine = await this.blocks.health();
      const why = await this.tail.look(this.blocks, Date.now());
      if (why !== undefined) this.halt(why);
    } catch {
      // No leader or no connection: nothing is known, and blocks wait.
      this.engine = { ...this.engine, connected: false, current: 0, leader: undefined };
    }
  }

  /** Highest sequence read from the log. */
  get highest(): number {
    return this.tail.sequence;
  }

  /** Sequence of the log's last entry. */
  head(): Promise<number> {
    return this.blocks.head();
  }

  /** Stops writing, lets out what is on its way, and leaves the engine. */
  async close(withinMs = 3000): Promise<void> {
    this.draining = true;
    for (const timer of this.timers) clearInterval(timer);
    await Promise.race([Promise.allSettled(this.spreading.values()), pause(withinMs)]);
    await Promise.all(this.stops.map((stop) => stop()));
    await Promise.race([this.parts.connection.drain().catch(() => undefined), pause(withinMs)]);
    await this.parts.connection.close();
  }
}
