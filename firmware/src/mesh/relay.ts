// Admission (SPEC 8.4, 8.5): a packet is accepted only when it is paid for and can be paid on, or when something is left
// to give away. Carrying it on is carrier.ts, settling settlement.ts. Own packets take the same path.
import {
  Class, Data, ErrorCode, Money, NackReason, Wire, cut, getU16, getU32, putU16, trailerBytes,
} from '#protocol';
import { Acc } from './accounts.ts';
import { Note } from './actions.ts';
import { AirBudget } from './budgets.ts';
import { Index, Size } from './config.ts';
import { HOP_SLACK, feeUnits, neededUnits } from './fees.ts';
import type { Channels } from './channels.ts';
import { Carrier } from './carrier.ts';
import type { Core } from './core.ts';
import { Nb } from './neighbours.ts';
import type { Outbox } from './outbox.ts';
import type { Payments } from './payments.ts';
import { Funding } from './payments.ts';
import { BODY_MAX, Pending, Pn, PnState } from './pending.ts';
import { Settlement } from './settlement.ts';

export const TTL_START = 15;
const LIFE_HOPS_MAX = 6;
/** How long gifts to one neighbour are added up before the count begins anew, and what the buckets hold. */
const GIFT_S = 600;

export class Relay {
  core: Core;
  outbox: Outbox;
  payments: Payments;
  channels: Channels;
  pending: Pending;
  settlement: Settlement;
  carrier: Carrier;
  free: AirBudget;
  emergency: AirBudget;
  giftS: number;
  /** Own packet for this node: lock, ciphertext; the endpoint or the host decides whether it is genuine. */
  arrived: (index: number, ciphertext: Uint8Array, hops: number) => void;

  constructor(
    core: Core,
    outbox: Outbox,
    payments: Payments,
    arrived: (index: number, ciphertext: Uint8Array, hops: number) => void,
  ) {
    this.core = core;
    this.outbox = outbox;
    this.payments = payments;
    this.channels = payments.channels;
    this.pending = new Pending();
    this.settlement = new Settlement(core, outbox, this.pending);
    this.carrier = new Carrier(core, outbox, payments, this.pending, this.settlement);
    this.free = new AirBudget(core.config.freePerMille, GIFT_S, GIFT_S);
    this.emergency = new AirBudget(core.config.emergencyPerMille, GIFT_S, GIFT_S);
    this.giftS = 0;
    this.arrived = arrived;
  }

  // ---------------------------------------------------------------- receiving

  /** DATA from an authenticated neighbour, addressed to this node. */
  receive(up: number, frame: Uint8Array): void {
    const trailers = trailerBytes(frame);
    const known = this.pending.findFrom(frame, Data.LOCK, up);
    if (known !== Index.NONE) return this.repeated(known, up);
    const body = frame.subarray(Data.BODY, frame.length - Wire.MIC - trailers);
    if (getU32(frame, Data.DST) === this.core.config.address) return this.receiveOwn(up, frame, body);
    this.accept(up, frame, body);
  }

  /** The upstream did not hear us: the receipt, if there is one, else word that we have the packet. */
  private repeated(index: number, up: number): void {
    if (this.pending.get8(index, Pn.STATE) === PnState.SETTLED) this.settlement.receiptDue(index, 0);
    else this.carrier.nack(up, NackReason.ACCEPTED, this.carrier.lockOfRecord(index), 0);
  }

  private receiveOwn(up: number, frame: Uint8Array, body: Uint8Array): void {
    const crowded = this.pending.countFrom(up) >= Size.UPSTREAM_PENDING;
    const index = crowded ? Index.NONE : this.pending.add(frame, up, this.core.nowDs() + this.lifeDs(0));
    if (index === Index.NONE) return this.core.refuse(ErrorCode.TABLE_FULL, this.core.neighbours.address(up));
    this.pending.set8(index, Pn.DOWN, Index.SELF);
    // The destination is paid nothing, whatever the frame says.
    putU16(this.pending.table, index * Pn.SIZE + Pn.IN, 0);
    this.pending.set8(index, Pn.STATE, PnState.ACKED);
    this.pending.set32(index, Pn.NEXT, this.pending.get32(index, Pn.EXPIRY));
    this.arrived(index, cut(body, 0, body.length), TTL_START + 1 - (frame[Data.CLASS] & Class.TTL));
  }

  /** A packet to carry on: every promise is checked before any is made. */
  private accept(up: number, frame: Uint8Array, body: Uint8Array): void {
    const core = this.core;
    if ((frame[Data.CLASS] & Class.TTL) === 0) return core.refuse(ErrorCode.TTL_SPENT, core.neighbours.address(up));
    if (body.length > BODY_MAX) return core.refuse(ErrorCode.TOO_LONG, core.neighbours.address(up));
    const dst = getU32(frame, Data.DST);
    const down = core.routes.next(dst);
    if (down === Index.NONE || down === up) return this.carrier.nack(up, NackReason.NO_ROUTE, cut(frame, Data.LOCK, 6), 0);
    const backed = (frame[Data.CLASS] & Class.BACKED) !== 0;
    if (this.crowded(up, getU32(frame, Data.SRC), backed)) return this.carrier.nack(up, NackReason.BUSY, cut(frame, Data.LOCK, 6), 0);
    const budgetIn = getU16(frame, Data.BUDGET);
    const airtimeMs = core.airtimeMs(Data.OVERHEAD + body.length);
    const last = core.neighbours.address(down) === dst;
    let out = 0;
    if (backed) {
      const fee = feeUnits(core, airtimeMs);
      const net = Math.floor((budgetIn * (1000 - core.config.levyPerMille)) / 1000) - fee;
      const needed = last ? 0 : neededUnits(this.core, dst, airtimeMs, 0);
      if (net < needed) return this.carrier.nack(up, NackReason.PRICE, cut(frame, Data.LOCK, 6), needed + fee);
      out = last ? 0 : net;
      if (!this.checkFunds(up, down, frame, budgetIn, out)) return;
    } else if (!this.give(up, (frame[Data.CLASS] & Class.URGENCY) === Class.EMERGENCY, airtimeMs)) {
      return this.carrier.nack(up, NackReason.FREE_BUDGET, cut(frame, Data.LOCK, 6), 0);
    }
    this.take(up, down, frame, body, out, last);
  }

  /** Slow start of an upstream that brought packets without receipts, and no source may fill the table. */
  private crowded(up: number, src: number, backed: boolean): boolean {
    const most = backed ? this.core.accounts.u8(up, Acc.IN_ALLOW) : Size.UPSTREAM_PENDING;
    return this.pending.countFrom(up) >= most || this.pending.countSource(src) >= Size.SOURCE_PENDING;
  }

  /**
   * Airtime for an unbacked packet (SPEC 8.5). Emergencies have a bucket of their own. While little is left in the
   * other, a neighbour that had more than its share of it in these ten minutes gets no more.
   */
  private give(up: number, emergency: boolean, airtimeMs: number): boolean {
    const core = this.core;
    if (emergency && this.emergency.take(airtimeMs, core.nowMs)) return true;
    if (core.nowS - this.giftS >= GIFT_S) {
      this.giftS = core.nowS;
      for (let i = 0; i < Size.NEIGHBOURS; i++) putU16(core.neighbours.table, i * Nb.SIZE + Nb.GIVEN, 0);
    }
    const at = up * Nb.SIZE + Nb.GIVEN;
    const given = getU16(core.neighbours.table, at) + airtimeMs;
    if (this.free.low() && given * 1000 * core.neighbours.count() > this.free.capacityUs) return false;
    if (!this.free.take(airtimeMs, core.nowMs)) return false;
    putU16(core.neighbours.table, at, given > 0xffff ? 0xffff : given);
    return true;
  }

  /** Backed packets need prepaid links or trust from the upstream, and a funded channel to the downstream. */
  private checkFunds(up: number, down: number, frame: Uint8Array, budgetIn: number, out: number): boolean {
    const accounts = this.core.accounts;
    const credit = accounts.inFree(up) + accounts.trust(up, this.core.config.trustMaxLinks);
    if (credit < budgetIn) {
      const links = Math.ceil((budgetIn - credit) / Money.UNITS_PER_LINK);
      this.carrier.nack(up, NackReason.CREDIT, cut(frame, Data.LOCK, 6), links);
      return false;
    }
    if (out > 0 && this.payments.funding(down, out) === Funding.NONE) {
      this.channels.want(down, true);
      this.carrier.nack(up, NackReason.NO_CHANNEL, cut(frame, Data.LOCK, 6), 0);
      return false;
    }
    return true;
  }

  private take(up: number, down: number, frame: Uint8Array, body: Uint8Array, out: number, last: boolean): void {
    const core = this.core;
    const index = this.pending.add(frame, up, this.core.nowDs() + this.lifeDs(this.hopsTo(getU32(frame, Data.DST))));
    if (index === Index.NONE || !this.pending.keepBody(index, body)) {
      if (index !== Index.NONE) this.pending.free(index);
      return this.carrier.nack(up, NackReason.BUSY, cut(frame, Data.LOCK, 6), 0);
    }
    this.pending.set8(index, Pn.CLASS, frame[Data.CLASS] - 1);
    const budgetIn = getU16(frame, Data.BUDGET);
    if (frame[Data.CLASS] & Class.BACKED) core.accounts.add(up, Acc.IN_PENDING, budgetIn);
    this.settlement.assign(index, down, out);
    if (!last) this.channels.want(down, false);
    core.counters.relayed++;
    core.note(Note.RELAYED, getU32(frame, Data.SRC), budgetIn);
    this.carrier.queue(index, 5 + core.jitter.below(40));
  }

  /** Own or host's packet, as a DATA frame without link header: class, lock and addresses set. */
  originate(frame: Uint8Array, body: Uint8Array): boolean {
    const core = this.core;
    const dst = getU32(frame, Data.DST);
    const down = core.routes.next(dst);
    if (down === Index.NONE) return this.unsendable(dst, 1);
    if (body.length > BODY_MAX) return this.unsendable(dst, 4);
    if (this.pending.countFrom(Index.SELF) >= Size.OWN_PENDING) return this.unsendable(dst, 2);
    const last = core.neighbours.address(down) === dst;
    const airtimeMs = core.airtimeMs(Data.OVERHEAD + body.length);
    const out = last ? 0 : neededUnits(this.core, dst, airtimeMs, HOP_SLACK);
    frame[Data.CLASS] = (frame[Data.CLASS] & Class.FIXED) | TTL_START;
    const index = this.pending.add(frame, Index.SELF, this.core.nowDs() + this.lifeDs(this.hopsTo(dst)));
    if (index === Index.NONE || !this.pending.keepBody(index, body)) {
      if (index !== Index.NONE) this.pending.free(index);
      return this.unsendable(dst, 2);
    }
    this.settlement.assign(index, down, frame[Data.CLASS] & Class.BACKED ? out : 0);
    if (!last) this.channels.want(down, false);
    this.carrier.queue(index, 0);
    return true;
  }

  /** Would a packet of this size to `dst` be backed now? Decides the class before the preimage is made. */
  backable(dst: number, bodyBytes: number): boolean {
    const down = this.core.routes.next(dst);
    if (down === Index.NONE || this.core.neighbours.address(down) === dst) return false;
    if (this.core.nowS < this.core.routes.unbackedUntilS(this.core.routes.find(dst))) return false;
    const units = neededUnits(this.core, dst, this.core.airtimeMs(Data.OVERHEAD + bodyBytes), HOP_SLACK);
    const funding = this.payments.funding(down, units);
    if (funding === Funding.NONE) this.channels.want(down, true);
    return funding !== Funding.NONE;
  }

  private unsendable(dst: number, why: number): boolean {
    this.core.note(Note.UNSENDABLE, dst, why);
    return false;
  }

  private hopsTo(dst: number): number {
    return this.core.routes.hops(this.core.routes.find(dst));
  }

  /** 20 s and 10 s a hop still to go, so that an upstream record outlives its downstream's (SPEC 8.4). */
  private lifeDs(hops: number): number {
    return 200 + 100 * Math.min(hops, LIFE_HOPS_MAX);
  }
}
