// The node: one event in, actions out (SPEC 8). The only switch over events and frame types; it decides who
// handles what and nothing else. It has no clock and no radio: `step(event, nowMs)` is all that happens, on a
// board, in the simulator and in a test alike.
import type { Crypto } from '#protocol';
import {
  Data, ErrorCode, Flag, FrameType, Link, Pay, Receipt, StatePayload, Sync, Wire, checkFrame, cut,
  getU32, isFlooded, macKey, namedSender, putU32, trailerBytes,
} from '#protocol';
import type { Action, NodeEvent } from './actions.ts';
import { EventKind } from './actions.ts';
import type { NodeConfig } from './config.ts';
import { Index } from './config.ts';
import type { Carrier } from './carrier.ts';
import { Channels } from './channels.ts';
import { Core } from './core.ts';
import { Endpoint } from './endpoint.ts';
import { Floods } from './floods.ts';
import { Greeter } from './hello.ts';
import { LedgerView } from './ledger-view.ts';
import { Nb, NbFlag } from './neighbours.ts';
import { Intent, Outbox } from './outbox.ts';
import { Payments } from './payments.ts';
import type { StorePort } from './ports.ts';
import { Relay } from './relay.ts';
import type { Settlement } from './settlement.ts';
import { Wallet } from './wallet.ts';

const SYNC_EVERY_S = 2;
/** A SYNC without an answer is repeated for so long after its neighbour was heard: three in all. */
const SYNC_FOR_S = 5;
const WORK_EVERY_MS = 10;
const SECOND_MS = 1000;
/** Frames one after another must not put it off for good. */
const SECOND_LATE_MS = 250;

/** The build moves in here whatever this function alone needs: that takes no memory until it is called. */
function optionalParts(): { Floods: typeof Floods; LedgerView: typeof LedgerView } {
  return { Floods: Floods, LedgerView: LedgerView };
}

export class MeshNode {
  core: Core;
  outbox: Outbox;
  wallet: Wallet;
  channels: Channels;
  payments: Payments;
  relay: Relay;
  settlement: Settlement;
  carrier: Carrier;
  endpoint: Endpoint;
  greeter: Greeter;
  /** Optional parts (SPEC 8.10). */
  floods: Floods | undefined;
  view: LedgerView | undefined;
  secondMs: number;
  /** True while the wallet has hashing left to do. */
  working: boolean;

  /** `keys`: the provisioned table of KeyRecords. `paySecret`: 32 bytes that never leave the board. */
  constructor(config: NodeConfig, crypto: Crypto, store: StorePort, keys: Uint8Array, paySecret: Uint8Array) {
    this.core = new Core(config, crypto, store, keys);
    this.outbox = new Outbox(this.core, this);
    this.wallet = new Wallet(this.core, macKey(paySecret));
    const sendHome = (payload: Uint8Array) => this.endpoint.sendHome(payload);
    this.channels = new Channels(this.core, this.wallet, this.outbox, sendHome);
    this.payments = new Payments(this.core, this.wallet, this.outbox, this.channels);
    const arrived = (rec: number, body: Uint8Array, hops: number) => this.endpoint.receive(rec, body, hops);
    this.relay = new Relay(this.core, this.outbox, this.payments, arrived);
    this.settlement = this.relay.settlement;
    this.carrier = this.relay.carrier;
    this.endpoint = new Endpoint(this.core, this.relay, this.channels);
    this.greeter = new Greeter(this.core, (nb) => this.wantSync(nb), (nb) => this.wallet.forget(nb));
    this.floods = undefined;
    this.view = undefined;
    this.secondMs = 0;
    this.working = false;
  }

  /** What a board with memory to spare does besides (SPEC 8.10), from now on. */
  extend(): void {
    const parts = optionalParts();
    const send = (dst: number, urgency: number, payload: Uint8Array) => this.endpoint.send(dst, urgency, payload);
    this.floods = new parts.Floods(this.core, this.outbox, this.relay, this.greeter, send);
    this.endpoint.floods = this.floods;
    // A gateway's host knows the ledger itself.
    if (this.core.config.endOnHost) return;
    const pass = (header: Uint8Array) => this.floods!.pass(header);
    this.view = new parts.LedgerView(this.core, this.channels, this.relay, pass);
    this.endpoint.view = this.view;
  }

  /** One event at one time; the list returned is valid until the next call. Times never go back. */
  step(event: NodeEvent, nowMs: number): Action[] {
    const core = this.core;
    core.actions = [];
    if (nowMs > core.nowMs) core.nowMs = nowMs;
    core.nowS = Math.floor(core.nowMs / SECOND_MS) + 1;
    switch (event.kind) {
      case EventKind.FRAME: this.receive(event.bytes, event.a, event.b); break;
      case EventKind.SENT: this.outbox.ended(event.a === 1); break;
      case EventKind.SEND: this.endpoint.send(event.a, event.b, event.bytes); break;
      case EventKind.HOST_SEND: this.endpoint.sendForHost(event.bytes, event.a, event.b); break;
      case EventKind.HOST_RECEIPT:
        this.settlement.hostReceipt(event.bytes, cut(event.bytes, Wire.LOCK, Wire.LOCK));
        break;
      case EventKind.HOST_STATE:
        if (event.bytes.length === StatePayload.SIZE) this.channels.receiveState(event.bytes);
        break;
      case EventKind.HOST_HEADER:
        if (this.floods !== undefined) this.floods.announce(event.bytes);
        break;
      default: break;
    }
    this.tick(event.kind === EventKind.TICK);
    return core.actions;
  }

  /** What comes once a second waits for a step of its own: after a frame the board would not listen for too long. */
  private tick(alone: boolean): void {
    const core = this.core;
    if (core.nowMs >= (alone ? this.secondMs : this.secondMs + SECOND_LATE_MS)) {
      this.secondMs = core.nowMs + SECOND_MS;
      this.carrier.tick();
      this.payments.tick();
      this.greeter.sweep();
      this.repeatSyncs();
      if (this.floods !== undefined) this.floods.tick();
      if (this.view !== undefined) this.view.tick();
    }
    this.working = this.wallet.work() || (this.view !== undefined && this.view.work());
    if (this.greeter.due()) this.outbox.push(Intent.HELLO, Index.NONE, 0, 0, undefined);
    this.outbox.poll();
  }

  /** When `step` wants to be called again if nothing else happens. */
  wakeMs(): number {
    let wake = this.secondMs < this.greeter.nextMs ? this.secondMs : this.greeter.nextMs;
    if (this.working && this.core.nowMs + WORK_EVERY_MS < wake) wake = this.core.nowMs + WORK_EVERY_MS;
    const send = this.outbox.wakeMs();
    return send < wake ? send : wake;
  }

  // ---------------------------------------------------------------- receiving

  private receive(frame: Uint8Array, rssiDbm: number, snrDb: number): void {
    const core = this.core;
    core.counters.received++;
    const error = checkFrame(frame);
    if (error !== ErrorCode.OK) return core.refuse(error, 0);
    const type = frame[Link.TYPE] & Flag.TYPE;
    if (type === FrameType.HELLO) return this.greeter.receive(frame, rssiDbm, snrDb);
    if (isFlooded(type)) return this.receiveFlood(type, frame);
    if (frame[Link.NEXT] !== core.alias) return this.overhear(type, frame);
    if ((frame[Link.TYPE] & Flag.PAIRWISE) === 0) return core.refuse(ErrorCode.NO_KEY, 0);
    if (type === FrameType.SYNC || type === FrameType.SYNCACK) return this.receiveSync(type, frame);
    const nb = core.authenticate(frame, (index) => this.wantSync(index));
    if (nb !== Index.NONE) this.receiveFrom(nb, type, frame);
  }

  private receiveFrom(nb: number, type: number, frame: Uint8Array): void {
    putU32(this.core.neighbours.table, nb * Nb.SIZE + Nb.HEARD_S, this.core.nowS);
    switch (type) {
      case FrameType.DATA: this.receiveData(nb, frame); break;
      case FrameType.RECEIPT: this.receiveReceipts(frame, Link.BODY + 1, frame[Link.BODY], nb); break;
      case FrameType.PAY: this.payments.receivePay(nb, frame, Link.BODY); break;
      case FrameType.OPEN: this.channels.receiveOpen(nb, frame); break;
      case FrameType.RESYNC: this.channels.receiveResync(nb, frame); break;
      case FrameType.NACK: this.carrier.receiveNack(nb, frame); break;
      case FrameType.ROUTE_REPLY:
        if (this.floods !== undefined) this.floods.receiveReply(nb, frame);
        break;
      default: this.core.refuse(ErrorCode.UNKNOWN_TYPE, 0); break;
    }
  }

  /** Whoever holds the network key may have made it; the MIC says for whom it speaks (SPEC 3.3). */
  private receiveFlood(type: number, frame: Uint8Array): void {
    const core = this.core;
    const origin = namedSender(frame);
    const part = type === FrameType.HEADER ? this.view : this.floods;
    if (part === undefined || origin === core.config.address) return;
    const holds = core.micHolds(frame, core.config.networkKey, origin, 0, Wire.MIC);
    if (!holds) return core.refuse(ErrorCode.BAD_MIC, origin);
    if (type === FrameType.HEADER) this.view!.header(frame);
    else this.floods!.receive(frame);
  }

  /** Trailers first: the payment may be what makes the packet acceptable. */
  private receiveData(nb: number, frame: Uint8Array): void {
    const flags = frame[Link.TYPE];
    let end = frame.length - Wire.MIC;
    if (flags & Flag.PAY) {
      end -= Pay.SIZE;
      this.payments.receivePay(nb, frame, end);
    }
    if (flags & Flag.RECEIPTS) {
      const count = frame[end - 1];
      this.receiveReceipts(frame, end - 1 - count * Receipt.SIZE, count, nb);
    }
    this.relay.receive(nb, frame);
  }

  private receiveReceipts(frame: Uint8Array, start: number, count: number, nb: number): void {
    for (let i = 0; i < count; i++) this.settlement.receipt(frame, start + i * Receipt.SIZE, nb);
  }

  /** Frames between others: a forward is an acknowledgement, and a preimage is true whoever says it. */
  private overhear(type: number, frame: Uint8Array): void {
    this.settlement.overheard = frame[Link.SENDER];
    if (type === FrameType.RECEIPT) this.receiveReceipts(frame, Link.BODY + 1, frame[Link.BODY], Index.NONE);
    if (type !== FrameType.DATA) return;
    this.carrier.overhear(frame);
    const end = Data.BODY + (frame.length - Data.OVERHEAD - trailerBytes(frame));
    if (frame[Link.TYPE] & Flag.RECEIPTS) {
      const count = (trailerBytes(frame) - (frame[Link.TYPE] & Flag.PAY ? Pay.SIZE : 0) - 1) / Receipt.SIZE;
      this.receiveReceipts(frame, end, count, Index.NONE);
    }
  }

  // ---------------------------------------------------------------- link counters (SPEC 3.4)

  private wantSync(index: number): void {
    const t = this.core.neighbours.table;
    const at = index * Nb.SIZE + Nb.SYNC_S;
    if (this.core.nowS - getU32(t, at) < SYNC_EVERY_S) return;
    putU32(t, at, this.core.nowS);
    this.outbox.push(Intent.SYNC, index, 0, 10 + this.core.jitter.below(150), undefined);
  }

  /** One may collide with the other's own, which the same HELLO called forth. */
  private repeatSyncs(): void {
    const nb = this.core.neighbours;
    for (let i = 0; i < nb.top; i++) {
      if (!nb.has(i, NbFlag.KEYED) || nb.has(i, NbFlag.SYNCED)) continue;
      const heardS = getU32(nb.table, i * Nb.SIZE + Nb.HEARD_S);
      if (this.core.nowS - heardS <= SYNC_FOR_S) this.wantSync(i);
    }
  }

  private receiveSync(type: number, frame: Uint8Array): void {
    const core = this.core;
    const nb = core.authenticateSync(frame);
    if (nb === Index.NONE) return;
    if (type === FrameType.SYNC) {
      const nonce = new Uint8Array(frame.subarray(Sync.NONCE, Sync.NONCE + 4));
      this.outbox.push(Intent.SYNCACK, nb, 0, 5 + core.jitter.below(30), nonce);
      if (!core.neighbours.has(nb, NbFlag.SYNCED)) this.wantSync(nb);
      return;
    }
    const nonce = getU32(core.neighbours.table, nb * Nb.SIZE + Nb.NONCE);
    if (nonce === 0 || getU32(frame, Sync.NONCE) !== nonce) {
      return core.refuse(ErrorCode.REPLAYED, core.neighbours.addressOf(nb));
    }
    putU32(core.neighbours.table, nb * Nb.SIZE + Nb.NONCE, 0);
    core.neighbours.setFloor(nb, getU32(frame, Sync.COUNTER));
    core.neighbours.setFlag(nb, NbFlag.SYNCED, true);
  }

  private composeSync(nb: number): Uint8Array {
    // A counter value is a nonce that never repeats, reboots included.
    const nonce = this.core.nextCounter();
    putU32(this.core.neighbours.table, nb * Nb.SIZE + Nb.NONCE, nonce);
    return this.core.syncFrame(nb, FrameType.SYNC | Flag.PAIRWISE, nonce, undefined);
  }

  // ---------------------------------------------------------------- composing, for the outbox

  compose(intent: number, nb: number, arg: number, data: Uint8Array): Uint8Array | undefined {
    const core = this.core;
    if (intent === Intent.HELLO) return this.greeter.compose();
    if (intent === Intent.FLOOD) return this.floods!.compose(arg);
    if (!core.neighbours.used(nb)) return undefined;
    switch (intent) {
      case Intent.SYNC: return this.composeSync(nb);
      case Intent.SYNCACK:
        return core.syncFrame(nb, FrameType.SYNCACK | Flag.PAIRWISE, getU32(data, 0), core.nextCounter());
      case Intent.NACK: return this.composeNack(nb, data);
      case Intent.RECEIPT: return this.settlement.composeReceipt(nb);
      case Intent.DATA: return this.carrier.composeData(arg);
      case Intent.PAY: return this.payments.composePay(nb);
      case Intent.OPEN: return this.channels.composeOpen(nb);
      case Intent.RESYNC: return this.channels.composeResync(nb, arg);
      case Intent.ROUTE_REPLY: return this.floods!.composeReply(nb, data);
      default: return undefined;
    }
  }

  private composeNack(nb: number, data: Uint8Array): Uint8Array {
    const frame = new Uint8Array(Link.BODY + 9 + Wire.MIC);
    frame.set(data, Link.BODY);
    this.core.seal(frame, FrameType.NACK | Flag.PAIRWISE, nb);
    return frame;
  }

  sent(intent: number, _nb: number, arg: number, airtimeMs: number): void {
    if (intent === Intent.DATA) this.carrier.sentData(arg, airtimeMs);
  }
}
