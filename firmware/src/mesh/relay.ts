// The relay-and-receipt loop (SPEC 8.4): accept a packet only when it is paid for and can be paid on, forward it,
// listen for the next hop's forward, try again, give up. Settling is settlement.ts. Own packets take the same path.
import {
  Class, Data, ErrorCode, Flag, FrameType, Link, Money, Nack, NackReason, Pay, Receipt, Wire, copyBytes, cut, getU16,
  getU32, putU16, trailerBytes,
} from '#protocol';
import { Acc } from './accounts.ts';
import { Note } from './actions.ts';
import { AirBudget } from './budgets.ts';
import { Index, Size } from './config.ts';
import { feeUnits, neededUnits } from './fees.ts';
import type { Channels } from './channels.ts';
import type { Core } from './core.ts';
import { Intent } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import type { Payments } from './payments.ts';
import { Funding } from './payments.ts';
import { Pending, Pn, PnFlag, PnState } from './pending.ts';
import { Settlement } from './settlement.ts';

export const TTL_START = 15;
const TRIES_MAX = 3;
const LATER_MS = 60;

export class Relay {
  core: Core;
  outbox: Outbox;
  payments: Payments;
  channels: Channels;
  pending: Pending;
  settlement: Settlement;
  free: AirBudget;
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
    this.free = new AirBudget(core.config.freePerMille);
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
    else this.nack(up, NackReason.ACCEPTED, this.lockOfRecord(index), 0);
  }

  private receiveOwn(up: number, frame: Uint8Array, body: Uint8Array): void {
    const index = this.pending.add(frame, up, this.core.nowDs() + this.lifeDs(0));
    if (index === Index.NONE) return this.core.refuse(ErrorCode.TABLE_FULL, this.core.neighbours.address(up));
    this.pending.set8(index, Pn.DOWN, Index.SELF);
    this.pending.set8(index, Pn.STATE, PnState.ACKED);
    this.pending.set32(index, Pn.NEXT, this.pending.get32(index, Pn.EXPIRY));
    this.arrived(index, cut(body, 0, body.length), TTL_START + 1 - (frame[Data.CLASS] & Class.TTL));
  }

  /** A packet to carry on: every promise is checked before any is made. */
  private accept(up: number, frame: Uint8Array, body: Uint8Array): void {
    const core = this.core;
    if ((frame[Data.CLASS] & Class.TTL) === 0) return core.refuse(ErrorCode.TTL_SPENT, core.neighbours.address(up));
    const dst = getU32(frame, Data.DST);
    const down = core.routes.next(dst);
    if (down === Index.NONE || down === up) return this.nack(up, NackReason.NO_ROUTE, cut(frame, Data.LOCK, 6), 0);
    const backed = (frame[Data.CLASS] & Class.BACKED) !== 0;
    const budgetIn = getU16(frame, Data.BUDGET);
    const airtimeMs = core.airtimeMs(Data.OVERHEAD + body.length);
    const last = core.neighbours.address(down) === dst;
    let out = 0;
    if (backed) {
      const fee = feeUnits(core, airtimeMs);
      const net = Math.floor((budgetIn * (1000 - core.config.levyPerMille)) / 1000) - fee;
      const needed = last ? 0 : neededUnits(this.core, dst, airtimeMs);
      if (net < needed) return this.nack(up, NackReason.PRICE, cut(frame, Data.LOCK, 6), needed + fee);
      out = last ? 0 : net;
      if (!this.checkFunds(up, down, frame, budgetIn, out)) return;
    } else if (!this.free.take(airtimeMs, core.nowMs)) {
      return this.nack(up, NackReason.FREE_BUDGET, cut(frame, Data.LOCK, 6), 0);
    }
    this.take(up, down, frame, body, out, last);
  }

  /** Backed packets need prepaid links or trust from the upstream, and a funded channel to the downstream. */
  private checkFunds(up: number, down: number, frame: Uint8Array, budgetIn: number, out: number): boolean {
    const accounts = this.core.accounts;
    const credit = accounts.inFree(up) + accounts.trust(up, this.core.config.trustMaxLinks);
    if (credit < budgetIn) {
      const links = Math.ceil((budgetIn - credit) / Money.UNITS_PER_LINK);
      this.nack(up, NackReason.CREDIT, cut(frame, Data.LOCK, 6), links);
      return false;
    }
    if (out > 0 && this.payments.funding(down, out) === Funding.NONE) {
      this.channels.want(down);
      this.nack(up, NackReason.NO_CHANNEL, cut(frame, Data.LOCK, 6), 0);
      return false;
    }
    return true;
  }

  private take(up: number, down: number, frame: Uint8Array, body: Uint8Array, out: number, last: boolean): void {
    const core = this.core;
    const ttl = frame[Data.CLASS] & Class.TTL;
    const index = this.pending.add(frame, up, this.core.nowDs() + this.lifeDs(ttl > 4 ? 4 : ttl));
    if (index === Index.NONE || !this.pending.keepBody(index, body)) {
      if (index !== Index.NONE) this.pending.free(index);
      return this.nack(up, NackReason.BUSY, cut(frame, Data.LOCK, 6), 0);
    }
    this.pending.set8(index, Pn.CLASS, frame[Data.CLASS] - 1);
    const budgetIn = getU16(frame, Data.BUDGET);
    if (frame[Data.CLASS] & Class.BACKED) core.accounts.add(up, Acc.IN_PENDING, budgetIn);
    this.settlement.assign(index, down, out);
    if (!last) this.channels.want(down);
    core.counters.relayed++;
    core.note(Note.RELAYED, getU32(frame, Data.SRC), budgetIn);
    this.outbox.push(Intent.DATA, down, index, 5 + core.jitter.below(40), undefined);
  }

  /** Own or host's packet, as a DATA frame without link header: class, lock and addresses set. */
  originate(frame: Uint8Array, body: Uint8Array): boolean {
    const core = this.core;
    const dst = getU32(frame, Data.DST);
    const down = core.routes.next(dst);
    if (down === Index.NONE) return this.unsendable(dst, 1);
    if (this.pending.countFrom(Index.SELF) >= Size.OWN_PENDING) return this.unsendable(dst, 2);
    const last = core.neighbours.address(down) === dst;
    const airtimeMs = core.airtimeMs(Data.OVERHEAD + body.length);
    const out = last ? 0 : neededUnits(this.core, dst, airtimeMs);
    frame[Data.CLASS] = (frame[Data.CLASS] & Class.FIXED) | TTL_START;
    const index = this.pending.add(frame, Index.SELF, this.core.nowDs() + this.lifeDs(4));
    if (index === Index.NONE || !this.pending.keepBody(index, body)) {
      if (index !== Index.NONE) this.pending.free(index);
      return this.unsendable(dst, 2);
    }
    this.settlement.assign(index, down, frame[Data.CLASS] & Class.BACKED ? out : 0);
    if (!last) this.channels.want(down);
    this.outbox.push(Intent.DATA, down, index, 0, undefined);
    return true;
  }

  /** Would a packet of this size to `dst` be backed now? Decides the class before the preimage is made. */
  backable(dst: number, bodyBytes: number): boolean {
    const down = this.core.routes.next(dst);
    if (down === Index.NONE || this.core.neighbours.address(down) === dst) return false;
    if (this.core.nowS < this.core.routes.unbackedUntilS(this.core.routes.find(dst))) return false;
    const units = neededUnits(this.core, dst, this.core.airtimeMs(Data.OVERHEAD + bodyBytes));
    const funding = this.payments.funding(down, units);
    if (funding === Funding.NONE) this.channels.want(down);
    return funding !== Funding.NONE;
  }

  private unsendable(dst: number, why: number): boolean {
    this.core.note(Note.UNSENDABLE, dst, why);
    return false;
  }

  /** 20 s and 10 s a remaining hop, so that an upstream record outlives its downstream's (SPEC 8.4). */
  private lifeDs(hops: number): number {
    return 200 + 100 * hops;
  }

  private lockOfRecord(index: number): Uint8Array {
    return cut(this.pending.table, index * Pn.SIZE + Pn.LOCK, Wire.LOCK);
  }

  nack(nb: number, reason: number, lock: Uint8Array, amount: number): void {
    const data = new Uint8Array(9);
    data[0] = reason;
    data.set(lock, 1);
    putU16(data, 7, amount > 0xffff ? 0xffff : amount);
    this.outbox.push(Intent.NACK, nb, lock[0], 5 + this.core.jitter.below(20), data);
  }

  // ---------------------------------------------------------------- sending

  composeData(index: number): Uint8Array | undefined {
    const pending = this.pending;
    const state = pending.get8(index, Pn.STATE);
    const body = pending.body(index);
    if (state === PnState.FREE || state === PnState.SETTLED || body === undefined) return undefined;
    const down = pending.get8(index, Pn.DOWN);
    let pay: Uint8Array | undefined;
    const links = pending.get16(index, Pn.OUT) > 0 ? this.payments.linksNeeded(down, 0) : 0;
    if (links > 0 || this.payments.repeats(down)) {
      pay = this.payments.funding(down, 0) !== Funding.LATER ? this.payments.reveal(down, links) : undefined;
      if (pay === undefined) {
        this.outbox.push(Intent.DATA, down, index, LATER_MS, undefined);
        return undefined;
      }
    }
    const room = Wire.FRAME_MAX - Data.OVERHEAD - body.length - (pay === undefined ? 0 : Pay.SIZE) - 1;
    const receipts = this.settlement.collectReceipts(down, Math.min(Math.floor(room / Receipt.SIZE), Receipt.BATCH_MAX), false);
    return this.buildData(index, down, body, receipts, pay);
  }

  private buildData(
    index: number,
    down: number,
    body: Uint8Array,
    receipts: Uint8Array,
    pay: Uint8Array | undefined,
  ): Uint8Array {
    const count = receipts.length / Receipt.SIZE;
    let end = Data.BODY + body.length;
    const frame = new Uint8Array(end + (count ? receipts.length + 1 : 0) + (pay === undefined ? 0 : Pay.SIZE) + Wire.MIC);
    const record = index * Pn.SIZE;
    copyBytes(frame, Data.SRC, this.pending.table, record + Pn.SRC, 10);
    frame[Data.CLASS] = this.pending.get8(index, Pn.CLASS);
    copyBytes(frame, Data.LOCK, this.pending.table, record + Pn.LOCK, Wire.LOCK);
    copyBytes(frame, Data.BUDGET, this.pending.table, record + Pn.OUT, 2);
    frame.set(body, Data.BODY);
    if (count) {
      frame.set(receipts, end);
      end += receipts.length;
      frame[end++] = count;
    }
    if (pay !== undefined) frame.set(pay, end);
    const flags = Flag.PAIRWISE | (count ? Flag.RECEIPTS : 0) | (pay === undefined ? 0 : Flag.PAY);
    this.core.seal(frame, FrameType.DATA | flags, down);
    return frame;
  }

  /** DATA left the antenna (or never got a free channel): when to try again. */
  sentData(index: number, airtimeMs: number): void {
    const pending = this.pending;
    const state = pending.get8(index, Pn.STATE);
    if (state !== PnState.QUEUED && state !== PnState.SENT) return;
    pending.set8(index, Pn.STATE, PnState.SENT);
    const down = pending.get8(index, Pn.DOWN);
    const last = this.core.neighbours.address(down) === pending.get32(index, Pn.DST);
    // The last hop answers with a receipt, which waits for company; others with their forward.
    const waitMs = 1500 + 6 * airtimeMs + (last ? this.core.config.receiptDelayMs : 0) + this.core.jitter.below(800);
    pending.set32(index, Pn.NEXT, this.core.nowDs() + Math.ceil(waitMs / 100));
  }

  // ---------------------------------------------------------------- hearing

  /** Somebody else's DATA: if it is our packet going on, the next hop has it. */
  overhear(frame: Uint8Array): void {
    const pending = this.pending;
    for (let i = pending.findLock(frame, Data.LOCK, Wire.LOCK, -1); i !== Index.NONE; ) {
      const down = pending.get8(i, Pn.DOWN);
      if (down < Size.NEIGHBOURS && this.core.neighbours.alias(down) === frame[Link.SENDER]) this.acknowledge(i);
      i = pending.findLock(frame, Data.LOCK, Wire.LOCK, i);
    }
  }

  private acknowledge(index: number): void {
    const pending = this.pending;
    const state = pending.get8(index, Pn.STATE);
    if (state !== PnState.SENT && state !== PnState.QUEUED) return;
    pending.set8(index, Pn.STATE, PnState.ACKED);
    const expiry = pending.get32(index, Pn.EXPIRY);
    if (pending.get8(index, Pn.UP) === Index.SELF) {
      // The source asks once more at half time; relays that know the preimage answer with it.
      pending.set32(index, Pn.NEXT, this.core.nowDs() + ((expiry - this.core.nowDs()) >> 1));
    } else {
      pending.set32(index, Pn.NEXT, expiry);
      pending.dropBody(index);
    }
  }

  receiveNack(nb: number, frame: Uint8Array): void {
    const core = this.core;
    const reason = frame[Nack.REASON];
    for (let i = this.pending.findLock(frame, Nack.LOCK, Wire.LOCK, -1); i !== Index.NONE; ) {
      if (this.pending.get8(i, Pn.DOWN) === nb && this.pending.get8(i, Pn.STATE) !== PnState.SETTLED) {
        if (reason === NackReason.ACCEPTED) this.acknowledge(i);
        else {
          core.note(Note.NACKED, core.neighbours.address(nb), reason);
          this.refused(i, nb, reason, getU16(frame, Nack.AMOUNT));
        }
        return;
      }
      i = this.pending.findLock(frame, Nack.LOCK, Wire.LOCK, i);
    }
  }

  /** The next hop will not carry it: correct what we believed of it, and try again while tries are left. */
  private refused(index: number, nb: number, reason: number, amount: number): void {
    const accounts = this.core.accounts;
    if (reason === NackReason.CREDIT && amount > 0 && amount <= 8) {
      if (accounts.i32(nb, Acc.OUT_TRUST) > 0) accounts.setU32(nb, Acc.OUT_TRUST, 0);
      else {
        // It counts packets as delivered whose receipts never reached us: concede those, and nothing more.
        const concede = Math.min(accounts.i32(nb, Acc.OUT_LOST), amount * Money.UNITS_PER_LINK);
        accounts.add(nb, Acc.OUT_LOST, -concede);
        accounts.add(nb, Acc.OUT_USED, concede);
      }
      if (this.retry(index)) return;
    } else if (reason === NackReason.BUSY && this.retry(index)) return;
    if (reason === NackReason.CREDIT || reason === NackReason.NO_CHANNEL || reason === NackReason.PRICE) {
      const until = this.core.nowS + 2 * this.core.config.retryS;
      this.core.routes.unbackUntil(this.pending.get32(index, Pn.DST), until);
    }
    this.giveUp(index, reason === NackReason.NO_ROUTE);
  }

  private retry(index: number): boolean {
    const tries = this.pending.get8(index, Pn.TRIES);
    if (tries >= TRIES_MAX || this.pending.body(index) === undefined) return false;
    if (this.pending.get16(index, Pn.OUT) > 0) this.payments.repeat(this.pending.get8(index, Pn.DOWN));
    this.pending.set8(index, Pn.TRIES, tries + 1);
    this.pending.set8(index, Pn.STATE, PnState.QUEUED);
    const wait = (50 << tries) + this.core.jitter.below(200);
    this.pending.set32(index, Pn.NEXT, this.core.nowDs() + 100);
    this.outbox.push(Intent.DATA, this.pending.get8(index, Pn.DOWN), index, wait, undefined);
    return true;
  }

  /** No way on: another next hop once, else word to the upstream and an end. */
  private giveUp(index: number, routeBroken: boolean): void {
    const pending = this.pending;
    const down = pending.get8(index, Pn.DOWN);
    this.settlement.release(index);
    const backed = (pending.get8(index, Pn.CLASS) & Class.BACKED) !== 0;
    if (routeBroken) this.core.routes.breakTo(pending.get32(index, Pn.DST), down);
    const up = pending.get8(index, Pn.UP);
    if (up === Index.SELF) this.core.note(Note.LOST, pending.get32(index, Pn.DST), pending.get16(index, Pn.SEQ));
    else {
      if (backed) this.core.accounts.add(up, Acc.IN_PENDING, -pending.get16(index, Pn.IN));
      // The source learns whether the way or the money was missing.
      const reason = routeBroken || !backed ? NackReason.NO_ROUTE : NackReason.NO_CHANNEL;
      this.nack(up, reason, this.lockOfRecord(index), 0);
    }
    pending.free(index);
  }

  // ---------------------------------------------------------------- time

  /** Retries and expiries that are due. */
  tick(): void {
    const now = this.core.nowDs();
    const pending = this.pending;
    for (let i = 0; i < Size.PENDING; i++) {
      const state = pending.get8(i, Pn.STATE);
      if (state === PnState.FREE) continue;
      if (now >= pending.get32(i, Pn.EXPIRY)) this.expire(i, state);
      else if (state === PnState.SENT && now >= pending.get32(i, Pn.NEXT)) this.unheard(i);
      else if (state === PnState.ACKED && now >= pending.get32(i, Pn.NEXT)) this.ask(i);
    }
  }

  private unheard(index: number): void {
    if (!this.retry(index)) this.giveUp(index, true);
  }

  private ask(index: number): void {
    this.pending.set32(index, Pn.NEXT, this.pending.get32(index, Pn.EXPIRY));
    if (this.pending.get8(index, Pn.UP) !== Index.SELF) return;
    this.outbox.push(Intent.DATA, this.pending.get8(index, Pn.DOWN), index, this.core.jitter.below(300), undefined);
  }

  /** No receipt, no pay: both promises end. What the downstream may still count is remembered as lost. */
  private expire(index: number, state: number): void {
    const pending = this.pending;
    const core = this.core;
    const up = pending.get8(index, Pn.UP);
    if (pending.flag(index, PnFlag.OUT_BOOKED)) {
      core.accounts.add(pending.get8(index, Pn.DOWN), Acc.OUT_LOST, pending.get16(index, Pn.OUT));
      this.settlement.release(index);
    }
    if (state !== PnState.SETTLED) {
      if (up === Index.SELF) core.note(Note.LOST, pending.get32(index, Pn.DST), pending.get16(index, Pn.SEQ));
      else if (pending.get8(index, Pn.DOWN) !== Index.SELF && pending.get8(index, Pn.CLASS) & Class.BACKED) {
        core.accounts.add(up, Acc.IN_PENDING, -pending.get16(index, Pn.IN));
      }
    }
    pending.free(index);
  }
}
