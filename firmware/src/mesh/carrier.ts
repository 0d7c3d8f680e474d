// An accepted packet on its way (SPEC 8.4, 8.8): composed when the radio is free, repeated until the next hop
// is heard forwarding it, given to the route's spare once, taken back when nothing helps. Own and relayed
// packets alike.
import {
  Class, Data, Flag, FrameType, Link, Nack, NackReason, Pay, Receipt, Wire, copyBytes, getU16, putU16,
} from '#protocol';
import { Acc } from './accounts.ts';
import { Note } from './actions.ts';
import { Index, Size } from './config.ts';
import { neededUnits } from './fees.ts';
import type { Core } from './core.ts';
import { Intent } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import type { Payments } from './payments.ts';
import { Funding } from './payments.ts';
import type { Pending } from './pending.ts';
import { Pn, PnFlag, PnState } from './pending.ts';
import type { Settlement } from './settlement.ts';

const TRIES_MAX = 3;
const LATER_MS = 60;
/** A frame that the radio never reported on is queued again after so long. */
const FORGOTTEN_DS = 100;
/**
 * A source without a receipt asks at half time, at three quarters and so on, but not more often than this.
 */
const ASK_DS = 50;
const BUSY_WAIT_MS = 1000;
const RETRY_WAIT_MS = 50;

export class Carrier {
  core: Core;
  outbox: Outbox;
  payments: Payments;
  pending: Pending;
  settlement: Settlement;

  constructor(core: Core, outbox: Outbox, payments: Payments, pending: Pending, settlement: Settlement) {
    this.core = core;
    this.outbox = outbox;
    this.payments = payments;
    this.pending = pending;
    this.settlement = settlement;
  }

  /** Puts a record's packet into the outbox. */
  queue(rec: number, delayMs: number): void {
    this.pending.set8(rec, Pn.STATE, PnState.QUEUED);
    this.pending.set32(rec, Pn.NEXT, this.core.nowDs() + FORGOTTEN_DS);
    this.outbox.push(Intent.DATA, this.pending.get8(rec, Pn.DOWN), rec, delayMs, undefined);
  }

  /** Refuses a packet whose lock stands at `at`. */
  nack(nb: number, reason: number, from: Uint8Array, at: number, amount: number): void {
    const data = new Uint8Array(9);
    data[0] = reason;
    copyBytes(data, 1, from, at, Wire.LOCK);
    putU16(data, 7, amount > 0xffff ? 0xffff : amount);
    this.outbox.push(Intent.NACK, nb, data[1], 5 + this.core.jitter.below(20), data);
  }

  // ---------------------------------------------------------------- sending

  composeData(rec: number): Uint8Array | undefined {
    const pending = this.pending;
    const state = pending.get8(rec, Pn.STATE);
    const body = pending.body(rec);
    if (state === PnState.FREE || state === PnState.SETTLED || body === undefined) return undefined;
    const down = pending.get8(rec, Pn.DOWN);
    let pay: Uint8Array | undefined;
    const links = pending.get16(rec, Pn.OUT) > 0 ? this.payments.linksDue(down) : 0;
    if (links > 0 || this.payments.repeats(down)) {
      const funding = this.payments.payable(down, links);
      // The channel ended under the packet: no link may be shown that the ledger does not cover.
      if (links > 0 && funding === Funding.NONE) return this.drop(rec, NackReason.NO_CHANNEL);
      pay = funding !== Funding.LATER ? this.payments.reveal(down, links) : undefined;
      if (pay === undefined) {
        this.outbox.push(Intent.DATA, down, rec, LATER_MS, undefined);
        return undefined;
      }
    }
    const room = Wire.FRAME_MAX - Data.OVERHEAD - body.length - (pay === undefined ? 0 : Pay.SIZE) - 1;
    const most = Math.min(Math.floor(room / Receipt.SIZE), Receipt.BATCH_MAX);
    const receipts = this.settlement.collectReceipts(down, most, false);
    const count = receipts.length / Receipt.SIZE;
    let end = Data.BODY + body.length;
    const trailers = (count ? receipts.length + 1 : 0) + (pay === undefined ? 0 : Pay.SIZE);
    const frame = new Uint8Array(end + trailers + Wire.MIC);
    const record = rec * Pn.SIZE;
    copyBytes(frame, Data.SRC, pending.table, record + Pn.SRC, 10);
    frame[Data.CLASS] = pending.get8(rec, Pn.CLASS);
    copyBytes(frame, Data.LOCK, pending.table, record + Pn.LOCK, Wire.LOCK);
    copyBytes(frame, Data.BUDGET, pending.table, record + Pn.OUT, 2);
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
  sentData(rec: number, airtimeMs: number): void {
    const pending = this.pending;
    const state = pending.get8(rec, Pn.STATE);
    if (state !== PnState.QUEUED && state !== PnState.SENT) return;
    pending.set8(rec, Pn.STATE, PnState.SENT);
    const down = pending.get8(rec, Pn.DOWN);
    const last = this.core.neighbours.addressOf(down) === pending.get32(rec, Pn.DST);
    // The last hop answers with a receipt, which waits for company; others with their forward.
    const answerMs = last ? this.core.config.receiptDelayMs : 0;
    const waitMs = 1500 + 6 * airtimeMs + answerMs + this.core.jitter.below(800);
    pending.set32(rec, Pn.NEXT, this.core.nowDs() + Math.ceil(waitMs / 100));
  }

  // ---------------------------------------------------------------- hearing

  /** Somebody else's DATA: if it is our packet going on, the next hop has it. */
  overhear(frame: Uint8Array): void {
    const pending = this.pending;
    for (let i = pending.findLock(frame, Data.LOCK, Wire.LOCK, -1); i !== Index.NONE; ) {
      const down = pending.get8(i, Pn.DOWN);
      const heard = down < Size.NEIGHBOURS && this.core.neighbours.aliasOf(down) === frame[Link.SENDER];
      if (heard) this.acknowledge(i);
      i = pending.findLock(frame, Data.LOCK, Wire.LOCK, i);
    }
  }

  private acknowledge(rec: number): void {
    const pending = this.pending;
    const state = pending.get8(rec, Pn.STATE);
    if (state !== PnState.SENT && state !== PnState.QUEUED) return;
    pending.set8(rec, Pn.STATE, PnState.ACKED);
    const expiry = pending.get32(rec, Pn.EXPIRY);
    if (pending.get8(rec, Pn.UP) === Index.SELF) {
      // The source asks again at half time; relays that know the preimage answer with it.
      pending.set32(rec, Pn.NEXT, this.core.nowDs() + ((expiry - this.core.nowDs()) >> 1));
    } else {
      pending.set32(rec, Pn.NEXT, expiry);
      pending.dropBody(rec);
    }
  }

  receiveNack(nb: number, frame: Uint8Array): void {
    const core = this.core;
    const reason = frame[Nack.REASON];
    for (let i = this.pending.findLock(frame, Nack.LOCK, Wire.LOCK, -1); i !== Index.NONE; ) {
      if (this.pending.get8(i, Pn.DOWN) === nb && this.pending.get8(i, Pn.STATE) !== PnState.SETTLED) {
        if (reason === NackReason.ACCEPTED) this.acknowledge(i);
        else {
          core.note(Note.NACKED, core.neighbours.addressOf(nb), reason);
          this.refused(i, nb, reason, getU16(frame, Nack.AMOUNT));
        }
        return;
      }
      i = this.pending.findLock(frame, Nack.LOCK, Wire.LOCK, i);
    }
  }

  /** The next hop will not carry it: correct what we believed of it, and try again while tries are left. */
  private refused(rec: number, nb: number, reason: number, amount: number): void {
    const accounts = this.core.accounts;
    if (reason === NackReason.CREDIT && amount > 0 && amount <= 8) {
      let hope = accounts.i32(nb, Acc.OUT_TRUST) > 0 || this.pending.get8(rec, Pn.TRIES) === 0;
      if (accounts.i32(nb, Acc.OUT_TRUST) > 0) accounts.setU32(nb, Acc.OUT_TRUST, 0);
      // It counts packets as delivered whose receipts never reached us. Else it misses links: asked, it shows
      // the last.
      else if (this.payments.concede(nb, amount)) hope = true;
      else this.payments.channels.resync(nb);
      if (hope && this.retry(rec, RETRY_WAIT_MS)) return;
    } else if (reason === NackReason.BUSY && this.retry(rec, BUSY_WAIT_MS)) return;
    if (reason === NackReason.CREDIT || reason === NackReason.NO_CHANNEL || reason === NackReason.PRICE) {
      const until = this.core.nowS + 4 * this.core.config.retryS;
      this.core.routes.unbackUntil(this.pending.get32(rec, Pn.DST), until);
    }
    if (reason === NackReason.NO_ROUTE) this.broken(rec);
    else this.drop(rec, NackReason.NO_CHANNEL);
  }

  private retry(rec: number, waitMs: number): boolean {
    const tries = this.pending.get8(rec, Pn.TRIES);
    if (tries >= TRIES_MAX || this.pending.body(rec) === undefined) return false;
    if (this.pending.get16(rec, Pn.OUT) > 0) this.payments.repeat(this.pending.get8(rec, Pn.DOWN));
    this.pending.set8(rec, Pn.TRIES, tries + 1);
    // Two that do not hear each other and began together part at last: the window grows by frames' lengths.
    const airtimeMs = this.core.airtimeMs(Data.OVERHEAD + this.pending.get8(rec, Pn.LENGTH));
    this.queue(rec, (waitMs << tries) + this.core.jitter.below(Math.min((4 * airtimeMs) << tries, 65536)));
    return true;
  }

  /** The next hop leads nowhere: the route's spare gets the packet once, if the budget suffices there. */
  private broken(rec: number): void {
    const pending = this.pending;
    const core = this.core;
    const dst = pending.get32(rec, Pn.DST);
    const old = pending.get8(rec, Pn.DOWN);
    core.neighbours.learn(old, false);
    core.routes.breakTo(dst, old);
    const down = core.routes.next(dst);
    const body = pending.body(rec);
    const elsewhere = down !== Index.NONE && down !== old && down !== pending.get8(rec, Pn.UP);
    if (!elsewhere || body === undefined || pending.flag(rec, PnFlag.REROUTED)) {
      return this.drop(rec, NackReason.NO_ROUTE);
    }
    const last = core.neighbours.addressOf(down) === dst;
    const out = last ? 0 : pending.get16(rec, Pn.OUT);
    if (pending.get8(rec, Pn.CLASS) & Class.BACKED && !last) {
      const short = out < neededUnits(core, dst, core.airtimeMs(Data.OVERHEAD + body.length), 0);
      const unpayable = short || this.payments.funding(down, out) === Funding.NONE;
      if (unpayable) return this.drop(rec, NackReason.NO_ROUTE);
    }
    this.settlement.release(rec);
    this.settlement.assign(rec, down, out);
    pending.setFlag(rec, PnFlag.REROUTED, true);
    pending.set8(rec, Pn.TRIES, 0);
    this.queue(rec, RETRY_WAIT_MS);
  }

  /**
   * An end: both promises are taken back and the upstream learns whether the way or the money was missing.
   */
  private drop(rec: number, reason: number): undefined {
    const pending = this.pending;
    this.settlement.release(rec);
    const backed = (pending.get8(rec, Pn.CLASS) & Class.BACKED) !== 0;
    const up = pending.get8(rec, Pn.UP);
    if (up === Index.SELF) this.core.note(Note.LOST, pending.get32(rec, Pn.DST), pending.get16(rec, Pn.SEQ));
    else {
      if (backed) this.core.accounts.add(up, Acc.IN_PENDING, -pending.get16(rec, Pn.IN));
      this.nack(up, backed ? reason : NackReason.NO_ROUTE, pending.table, rec * Pn.SIZE + Pn.LOCK, 0);
    }
    pending.free(rec);
    return undefined;
  }

  // ---------------------------------------------------------------- time

  /** Retries and expiries that are due. */
  tick(): void {
    const now = this.core.nowDs();
    const pending = this.pending;
    if (now < pending.nextDs) return;
    const outbox = this.outbox;
    const sending = outbox.frame !== undefined && outbox.intent === Intent.DATA ? outbox.arg : Index.NONE;
    const t = pending.table;
    for (let i = 0; i < pending.top; i++) {
      const state = t[i * Pn.SIZE];
      if (state === PnState.FREE) continue;
      const left = pending.get32(i, Pn.EXPIRY) - now;
      if (left <= 0) this.expire(i, state);
      else if (state === PnState.SETTLED || now < pending.get32(i, Pn.NEXT)) continue;
      else if (state === PnState.QUEUED) {
        if (i !== sending) this.queue(i, 0);
      } else if (state === PnState.SENT) {
        if (this.retry(i, RETRY_WAIT_MS)) continue;
        // Silence is no refusal: the next hop may have it, and count it when the receipt gets that far.
        this.settlement.lapse(i);
        this.broken(i);
      } else if (pending.get8(i, Pn.UP) === Index.SELF) {
        pending.set32(i, Pn.NEXT, now + Math.max(left >> 1, ASK_DS));
        outbox.push(Intent.DATA, pending.get8(i, Pn.DOWN), i, this.core.jitter.below(300), undefined);
      }
    }
    pending.nextDs = pending.soonestDs();
  }

  /** No receipt, no pay: both promises end. What the downstream may still count is remembered as lost. */
  private expire(rec: number, state: number): void {
    const pending = this.pending;
    const core = this.core;
    const up = pending.get8(rec, Pn.UP);
    const down = pending.get8(rec, Pn.DOWN);
    this.settlement.lapse(rec);
    if (state !== PnState.SETTLED) {
      if (down < Size.NEIGHBOURS) core.neighbours.learn(down, false);
      if (up === Index.SELF) core.note(Note.LOST, pending.get32(rec, Pn.DST), pending.get16(rec, Pn.SEQ));
      else if (down !== Index.SELF && pending.get8(rec, Pn.CLASS) & Class.BACKED) {
        core.accounts.add(up, Acc.IN_PENDING, -pending.get16(rec, Pn.IN));
        core.accounts.allow(up, false);
      }
    }
    pending.free(rec);
  }
}
