// One board in virtual time: the real MeshNode, a store in memory, a half-duplex radio with listen before talk, and
// the timer that calls the node when it asks for it. What a player does differently hooks in here, between the node
// and the air. Knows no ledger and no other node; world.ts makes it and takes what it delivers.
import { Data, Flag, FrameType, Link, Pay, Receipt, Wire, getU32, trailerBytes } from '#protocol';
import {
  ActionKind, EventKind, Index, MeshNode, Nb, NbFlag, Pn, PnState, type Action, type NodeConfig, type NodeEvent,
  type StorePort,
} from '#mesh';
import type { Ether } from '../ether/ether.ts';
import type { VirtualScheduler } from '../ether/scheduler.ts';
import { fastCrypto } from './fast-crypto.ts';
import type { Player } from './players/player.ts';

/** Detection takes about two symbols (SX1276 datasheet rev. 7, section 4.1.6). */
const CAD_SYMBOLS = 2;
const NOTHING = new Uint8Array(0);

export class MemoryStore implements StorePort {
  private readonly records = new Map<string, Uint8Array>();

  read(name: string): Uint8Array | undefined {
    return this.records.get(name);
  }

  readAt(name: string, offset: number, count: number): Uint8Array | undefined {
    return this.records.get(name)?.slice(offset, offset + count);
  }

  write(name: string, bytes: Uint8Array): void {
    this.records.set(name, bytes.slice());
  }
}

export interface SimNodeParts {
  index: number;
  config: NodeConfig;
  keys: Uint8Array;
  paySecret: Uint8Array;
  store: MemoryStore;
  player: Player;
  idleTickMs: number;
}

/** What a node's world wants to know. */
export interface NodeListener {
  action(node: SimNode, action: Action): void;
  /** A frame goes on the air now, for so long. */
  sent(node: SimNode, frame: Uint8Array, airtimeUs: number): void;
}

export class SimNode {
  readonly index: number;
  readonly address: number;
  readonly player: Player;
  readonly config: NodeConfig;
  /** Made at the first boot. */
  mesh!: MeshNode;
  up = false;
  booted = false;
  steps = 0;
  private readonly event: NodeEvent = { kind: EventKind.TICK, bytes: NOTHING, a: 0, b: 0 };
  private wakeAtMs = Infinity;
  private timer = 0;
  private cad = 0;
  /** Raised at every power cut: callbacks of an earlier life do nothing. */
  private life = 0;
  private readonly cadMs: number;
  private readonly onTimer = (): void => this.timed();

  constructor(
    readonly parts: SimNodeParts,
    readonly ether: Ether,
    readonly scheduler: VirtualScheduler,
    private readonly listener: NodeListener,
  ) {
    this.index = parts.index;
    this.address = parts.config.address;
    this.config = parts.config;
    this.player = parts.player;
    const { spreadingFactor, bandwidthHz } = ether.profile;
    this.cadMs = (CAD_SYMBOLS * 1000 * (1 << spreadingFactor)) / bandwidthHz;
  }

  /** Power on: a new MeshNode over whatever the store holds. */
  boot(): void {
    const { config, store, keys, paySecret } = this.parts;
    this.mesh = new MeshNode(config, fastCrypto, store, keys, paySecret);
    // Deadlines count from the world's time, as after a boot that sets the clock.
    this.mesh.core.nowMs = this.scheduler.nowMs();
    this.up = true;
    this.booted = true;
    this.player.prepare?.(this);
    const receive = (frame: Uint8Array, rssiDbm: number, snrDb: number): void => {
      if (this.player.hears === undefined || this.player.hears(this, frame)) {
        this.step(EventKind.FRAME, frame, rssiDbm, Math.round(snrDb));
      }
    };
    this.ether.setReceiver(this.index, receive, (frame) => this.concerns(frame));
    this.step(EventKind.TICK, NOTHING, 0, 0);
  }

  /** Power off in the middle of whatever it did; the store stays. */
  cut(): void {
    this.up = false;
    this.life++;
    this.scheduler.cancel(this.timer);
    this.scheduler.cancel(this.cad);
    this.wakeAtMs = Infinity;
    this.ether.abort(this.index);
    this.ether.setReceiver(this.index, null);
  }

  step(kind: EventKind, bytes: Uint8Array, a: number, b: number): void {
    if (!this.up) return;
    this.steps++;
    const event = this.event;
    event.kind = kind;
    event.bytes = bytes;
    event.a = a;
    event.b = b;
    const actions = this.mesh.step(event, this.scheduler.nowMs());
    for (let i = 0; i < actions.length; i++) {
      const action = actions[i]!;
      if (action.kind === ActionKind.TRANSMIT) this.transmit(action.bytes);
      else this.listener.action(this, action);
    }
    this.plan();
  }

  /** The same after a moment: for what the host of a gateway answers while the board's actions are carried out. */
  later(kind: EventKind, bytes: Uint8Array, a: number, b: number, delayMs = 1): void {
    const life = this.life;
    this.scheduler.after(delayMs, () => {
      if (life === this.life) this.step(kind, bytes, a, b);
    });
  }

  // ---------------------------------------------------------------- time

  /**
   * A node asks to be called every second. Between the times at which a packet under way has something due its
   * questions are answered a little later here.
   */
  private nextMs(): number {
    const mesh = this.mesh;
    const wake = mesh.wakeMs();
    if (wake < mesh.secondMs || mesh.working || mesh.outbox.frame !== undefined) return wake;
    const second = Math.max(mesh.secondMs, Math.min(this.dueMs(), mesh.secondMs + this.parts.idleTickMs));
    return Math.min(mesh.greeter.nextMs, mesh.outbox.wakeMs(), second);
  }

  /** When the next record of a packet under way has something due. */
  private dueMs(): number {
    const { pending } = this.mesh.relay;
    const { table } = pending;
    let due = Infinity;
    for (let i = 0, at = 0; at < table.length; i++, at += Pn.SIZE) {
      // A settled record only waits for its end, which nobody waits for.
      if (table[at] === PnState.FREE || table[at] === PnState.SETTLED) continue;
      due = Math.min(due, pending.get32(i, Pn.NEXT), pending.get32(i, Pn.EXPIRY));
    }
    return due * 100;
  }

  // ---------------------------------------------------------------- hearing

  /**
   * Whether a frame can change anything here: one for this node, a HELLO, or one between others that is about a
   * packet under way. The rest, most of what a radio hears, is only counted.
   */
  private concerns(frame: Uint8Array): boolean {
    const type = frame[Link.TYPE]! & Flag.TYPE;
    if (type === FrameType.HELLO || frame[Link.NEXT] === this.mesh.core.alias) return true;
    const about = type === FrameType.DATA ? this.aboutData(frame)
      : type === FrameType.RECEIPT && this.aboutReceipts(frame, Link.BODY + 1, frame[Link.BODY]!);
    if (!about) this.mesh.core.counters.received++;
    return about;
  }

  private aboutData(frame: Uint8Array): boolean {
    if (frame.length < Data.OVERHEAD) return true;
    if (this.mesh.relay.pending.findLock(frame, Data.LOCK, Wire.LOCK, -1) !== Index.NONE) return true;
    if ((frame[Link.TYPE]! & Flag.RECEIPTS) === 0) return false;
    const count = (trailerBytes(frame) - (frame[Link.TYPE]! & Flag.PAY ? Pay.SIZE : 0) - 1) / Receipt.SIZE;
    return this.aboutReceipts(frame, Data.BODY + frame.length - Data.OVERHEAD - trailerBytes(frame), count);
  }

  private aboutReceipts(frame: Uint8Array, start: number, count: number): boolean {
    const { pending } = this.mesh.relay;
    for (let i = 0; i < count; i++) {
      if (pending.findLock(frame, start + i * Receipt.SIZE, 2, -1) !== Index.NONE) return true;
    }
    return false;
  }

  private plan(): void {
    const now = this.scheduler.nowMs();
    const next = Math.max(now + 1, this.nextMs());
    // A timer that fires too early looks again; only an earlier one has to replace it.
    if (next >= this.wakeAtMs) return;
    this.scheduler.cancel(this.timer);
    this.wakeAtMs = next;
    this.timer = this.scheduler.after(next - now, this.onTimer);
  }

  private timed(): void {
    this.wakeAtMs = Infinity;
    if (this.nextMs() <= this.scheduler.nowMs()) this.step(EventKind.TICK, NOTHING, 0, 0);
    else this.plan();
  }

  // ---------------------------------------------------------------- radio

  private transmit(frame: Uint8Array): void {
    const allowed = this.player.transmits === undefined || this.player.transmits(this, frame);
    // The node believes that it sent: from its own point of view nothing differs.
    if (!allowed) return this.later(EventKind.SENT, NOTHING, 1, 0);
    if (this.cad !== 0 || this.ether.transmitting(this.index)) return this.later(EventKind.SENT, NOTHING, 0, 0);
    const busyBefore = this.ether.busy(this.index);
    this.cad = this.scheduler.after(this.cadMs, () => {
      this.cad = 0;
      if (busyBefore || this.ether.busy(this.index)) this.step(EventKind.SENT, NOTHING, 0, 0);
      else this.onAir(frame);
    });
  }

  private onAir(frame: Uint8Array): void {
    const life = this.life;
    const airtimeUs = this.ether.transmit(this.index, frame, () => {
      if (life === this.life) this.step(EventKind.SENT, NOTHING, 1, 0);
    });
    this.listener.sent(this, frame, airtimeUs);
  }

  // ---------------------------------------------------------------- for players and checkers

  /** True for a DATA frame of somebody else's packet. */
  isForeignData(frame: Uint8Array): boolean {
    return (frame[Link.TYPE]! & Flag.TYPE) === FrameType.DATA && getU32(frame, Data.SRC) !== this.address;
  }

  /** Neighbours that this node has met and not dropped. */
  neighbourCount(): number {
    let count = 0;
    const { table } = this.mesh.core.neighbours;
    for (let at = 0; at < table.length; at += Nb.SIZE) if (table[at + Nb.FLAGS]! & NbFlag.USED) count++;
    return count;
  }
}
