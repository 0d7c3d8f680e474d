// Admission (SPEC 8.4, 8.5): a packet is accepted only when it is paid for and can be paid on, or when
// something is left to give away. Carrying it on is carrier.ts, settling settlement.ts. Own packets take the
// same path.
import {
  Class,
  Data,
  ErrorCode,
  Money,
  NackReason,
  Wire,
  cut,
  getU16,
  getU32,
  putU16,
  trailerBytes,
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
const LIFE_DS = 200;
const LIFE_HOP_DS = 100;
/** No reason to refuse. */
const TAKEN = 0;
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
  service: AirBudget;
  emergency: AirBudget;
  giftS: number;
  /** What a refused packet lacked: links, or units. */
  missing: number;
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
    this.service = new AirBudget(core.config.servicePerMille, GIFT_S, GIFT_S);
    this.emergency = new AirBudget(core.config.emergencyPerMille, GIFT_S, GIFT_S);
    this.giftS = 0;
    this.missing = 0;
    this.arrived = arrived;
  }

  /** DATA from an authenticated neighbour, addressed to this node. */
  receive(up: number, frame: Uint8Array): void {
    const core = this.core;
    const from = core.neighbours.addressOf(up);
    const known = this.pending.findFrom(frame, Data.LOCK, up);
    const body = frame.subarray(Data.BODY, frame.length - Wire.MIC - trailerBytes(frame));
    if (known !== Index.NONE) {
      // The upstream did not hear us: the receipt, if there is one, else word that we have the packet.
      if (this.pending.get8(known, Pn.STATE) === PnState.SETTLED) this.settlement.receiptDue(known, 0);
      else this.carrier.nack(up, NackReason.ACCEPTED, frame, Data.LOCK, 0);
    } else if (getU32(frame, Data.DST) === core.config.address) this.receiveOwn(up, frame, body);
    else if ((frame[Data.CLASS] & Class.TTL) === 0) core.refuse(ErrorCode.TTL_SPENT, from);
    else if (body.length > BODY_MAX) core.refuse(ErrorCode.TOO_LONG, from);
    else {
      this.missing = 0;
      const reason = this.accept(up, frame, body);
      if (reason !== TAKEN) this.carrier.nack(up, reason, frame, Data.LOCK, this.missing);
    }
  }

  private receiveOwn(up: number, frame: Uint8Array, body: Uint8Array): void {
    const pending = this.pending;
    const crowded = pending.countFrom(up) >= Size.UPSTREAM_PENDING;
    const rec = crowded ? Index.NONE : pending.add(frame, up, this.core.nowDs() + LIFE_DS);
    if (rec === Index.NONE) return this.core.refuse(ErrorCode.TABLE_FULL, this.core.neighbours.addressOf(up));
    pending.set8(rec, Pn.DOWN, Index.SELF);
    // The destination is paid nothing, whatever the frame says.
    putU16(pending.table, rec * Pn.SIZE + Pn.IN, 0);
    pending.set8(rec, Pn.STATE, PnState.ACKED);
    pending.set32(rec, Pn.NEXT, pending.get32(rec, Pn.EXPIRY));
    this.arrived(rec, cut(body, 0, body.length), TTL_START + 1 - (frame[Data.CLASS] & Class.TTL));
  }

  /** A packet to carry on: every promise is checked before any is made. TAKEN, or why not. */
  private accept(up: number, frame: Uint8Array, body: Uint8Array): number {
    const core = this.core;
    const accounts = core.accounts;
    const src = getU32(frame, Data.SRC);
    const dst = getU32(frame, Data.DST);
    const down = core.routes.next(dst);
    if (down === Index.NONE || down === up) return NackReason.NO_ROUTE;
    const backed = (frame[Data.CLASS] & Class.BACKED) !== 0;
    // Slow start of an upstream that brought packets without receipts, and no source may fill the table.
    const most = backed ? accounts.u8(up, Acc.IN_ALLOW) : Size.UPSTREAM_PENDING;
    if (this.pending.countFrom(up) >= most) return NackReason.BUSY;
    if (this.pending.countSource(src) >= Size.SOURCE_PENDING) return NackReason.BUSY;
    const budgetIn = getU16(frame, Data.BUDGET);
    const airtimeMs = core.airtimeMs(Data.OVERHEAD + body.length);
    let out = 0;
    if (backed) {
      const last = core.neighbours.addressOf(down) === dst;
      const fee = feeUnits(core, airtimeMs);
      const net = Math.floor((budgetIn * (1000 - core.config.levyPerMille)) / 1000) - fee;
      const needed = last ? 0 : neededUnits(core, dst, airtimeMs, 0);
      this.missing = needed + fee;
      if (net < needed) return NackReason.PRICE;
      out = last ? 0 : net;
      const credit = accounts.inFree(up) + accounts.trust(up, core.config.trustMaxLinks);
      this.missing = Math.ceil((budgetIn - credit) / Money.UNITS_PER_LINK);
      if (credit < budgetIn) return NackReason.CREDIT;
      this.missing = 0;
      if (out > 0 && this.payments.funding(down, out) === Funding.NONE) {
        this.channels.want(down, true);
        return NackReason.NO_CHANNEL;
      }
    } else if (!this.give(up, frame[Data.CLASS] & Class.URGENCY, src, airtimeMs)) {
      return NackReason.FREE_BUDGET;
    }
    const rec = this.hold(up, frame, body, down, out);
    if (rec === Index.NONE) return NackReason.BUSY;
    this.pending.set8(rec, Pn.CLASS, frame[Data.CLASS] - 1);
    if (backed) accounts.add(up, Acc.IN_PENDING, budgetIn);
    core.counters.relayed++;
    core.note(Note.RELAYED, src, budgetIn);
    this.carrier.queue(rec, 5 + core.jitter.below(40));
    return TAKEN;
  }

  /** A record, a place for the ciphertext and a promise to the next hop, or NONE where there is no room. */
  private hold(up: number, frame: Uint8Array, body: Uint8Array, down: number, out: number): number {
    const core = this.core;
    const dst = getU32(frame, Data.DST);
    // Ten seconds for each hop still to go: an upstream record outlives its downstream's (SPEC 8.4).
    const hops = Math.min(core.routes.hops(core.routes.find(dst)), LIFE_HOPS_MAX);
    const rec = this.pending.add(frame, up, core.nowDs() + LIFE_DS + LIFE_HOP_DS * hops);
    if (rec === Index.NONE) return rec;
    if (!this.pending.keepBody(rec, body)) {
      this.pending.free(rec);
      return Index.NONE;
    }
    this.settlement.assign(rec, down, out);
    if (core.neighbours.addressOf(down) !== dst) this.channels.want(down, false);
    return rec;
  }

  /**
   * Airtime for an unbacked packet (SPEC 8.5). Emergencies and service packets have buckets of their own. While
   * little is left in one, a neighbour that had more than its share of it in these ten minutes gets no more; what
   * home says to all is nobody's share.
   */
  private give(up: number, urgency: number, src: number, airtimeMs: number): boolean {
    const core = this.core;
    const nb = core.neighbours;
    if (urgency === Class.EMERGENCY && this.emergency.take(airtimeMs, core.nowMs, 0)) return true;
    if (core.nowS - this.giftS >= GIFT_S) {
      this.giftS = core.nowS;
      for (let i = 0; i < Size.NEIGHBOURS; i++) {
        putU16(nb.table, i * Nb.SIZE + Nb.GIVEN, 0);
        putU16(nb.table, i * Nb.SIZE + Nb.SERVED, 0);
      }
    }
    const service = urgency === Class.SERVICE;
    const bucket = service ? this.service : this.free;
    const at = up * Nb.SIZE + (service ? Nb.SERVED : Nb.GIVEN);
    const given = getU16(nb.table, at) + airtimeMs;
    const scarce = bucket.tokensUs * 2 < bucket.capacityUs && !(service && src === core.config.home);
    if (scarce && given * 1000 * nb.count() > bucket.capacityUs) return false;
    if (!bucket.take(airtimeMs, core.nowMs, 0)) return false;
    putU16(nb.table, at, given > 0xffff ? 0xffff : given);
    return true;
  }

  /** Own or host's packet, as a DATA frame without link header: class, lock and addresses set. */
  originate(frame: Uint8Array, body: Uint8Array): boolean {
    const core = this.core;
    const dst = getU32(frame, Data.DST);
    const down = core.routes.next(dst);
    if (down === Index.NONE) return this.unsendable(dst, 1);
    if (body.length > BODY_MAX) return this.unsendable(dst, 4);
    if (this.pending.countFrom(Index.SELF) >= Size.OWN_PENDING) return this.unsendable(dst, 2);
    frame[Data.CLASS] = (frame[Data.CLASS] & Class.FIXED) | TTL_START;
    const free = (frame[Data.CLASS] & Class.BACKED) === 0 || core.neighbours.addressOf(down) === dst;
    const out = free ? 0 : neededUnits(core, dst, core.airtimeMs(Data.OVERHEAD + body.length), HOP_SLACK);
    const rec = this.hold(Index.SELF, frame, body, down, out);
    if (rec === Index.NONE) return this.unsendable(dst, 2);
    this.carrier.queue(rec, 0);
    return true;
  }

  /** Would a packet of this size to `dst` be backed now? Decides the class before the preimage is made. */
  backable(dst: number, bodyBytes: number): boolean {
    const down = this.core.routes.next(dst);
    if (down === Index.NONE || this.core.neighbours.addressOf(down) === dst) return false;
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
}
