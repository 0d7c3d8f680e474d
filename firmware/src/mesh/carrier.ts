// An accepted packet on its way (SPEC 8.4, 8.8): composed when the radio is free, repeated until the next hop is heard
// forwarding it, given to the route's spare once, taken back when nothing helps. Own and relayed packets alike.
import {
  Class, Data, Flag, FrameType, Link, Money, Nack, NackReason, Pay, Receipt, Wire, copyBytes, cut, getU16, putU16,
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
  queue(index: number, delayMs: number): void {
    this.pending.set8(index, Pn.STATE, PnState.QUEUED);
    this.pending.set32(index, Pn.NEXT, this.core.nowDs() + FORGOTTEN_DS);
    this.outbox.push(Intent.DATA, this.pending.get8(index, Pn.DOWN), index, delayMs, undefined);
  }

  lockOfRecord(index: number): Uint8Array {
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
    const links = pending.get16(index, Pn.OUT) > 0 ? this.payments.linksDue(down) : 0;
    if (links > 0 || this.payments.repeats(down)) {
      const funding = this.payments.payable(down, links);
      // The channel ended under the packet: no link may be shown that the ledger does not cover.
      if (links > 0 && funding === Funding.NONE) return this.drop(index, NackReason.NO_CHANNEL);
      pay = funding !== Funding.LATER ? this.payments.reveal(down, links) : undefined;
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
        accounts.use(nb, Acc.OUT_USED, concede);
        // Nothing to concede: perhaps it misses links. Its answer shows how many it holds.
        if (concede === 0) this.payments.channels.resync(nb);
      }
      if (this.retry(index, RETRY_WAIT_MS)) return;
    } else if (reason === NackReason.BUSY && this.retry(index, BUSY_WAIT_MS)) return;
    if (reason === NackReason.CREDIT || reason === NackReason.NO_CHANNEL || reason === NackReason.PRICE) {
      const until = this.core.nowS + 2 * this.core.config.retryS;
      this.core.routes.unbackUntil(this.pending.get32(index, Pn.DST), until);
    }
    if (reason === NackReason.NO_ROUTE) this.broken(index);
    else this.drop(index, NackReason.NO_CHANNEL);
  }

  private retry(index: number, waitMs: number): boolean {
    const tries = this.pending.get8(index, Pn.TRIES);
    if (tries >= TRIES_MAX || this.pending.body(index) === undefined) return false;
    if (this.pending.get16(index, Pn.OUT) > 0) this.payments.repeat(this.pending.get8(index, Pn.DOWN));
    this.pending.set8(index, Pn.TRIES, tries + 1);
    this.queue(index, (waitMs << tries) + this.core.jitter.below(200));
    return true;
  }

  /** The next hop leads nowhere: the route's spare gets the packet once, if the budget suffices there. */
  private broken(index: number): void {
    const pending = this.pending;
    const core = this.core;
    const dst = pending.get32(index, Pn.DST);
    const old = pending.get8(index, Pn.DOWN);
    core.routes.breakTo(dst, old);
    const down = core.routes.next(dst);
    const again = down === Index.NONE || down === old || down === pending.get8(index, Pn.UP);
    const body = pending.body(index);
    if (again || body === undefined || pending.flag(index, PnFlag.REROUTED)) return this.drop(index, NackReason.NO_ROUTE);
    const last = core.neighbours.address(down) === dst;
    const out = last ? 0 : pending.get16(index, Pn.OUT);
    if (pending.get8(index, Pn.CLASS) & Class.BACKED && !last) {
      const short = out < neededUnits(core, dst, core.airtimeMs(Data.OVERHEAD + body.length), 0);
      if (short || this.payments.funding(down, out) === Funding.NONE) return this.drop(index, NackReason.NO_ROUTE);
    }
    this.settlement.release(index);
    this.settlement.assign(index, down, out);
    pending.setFlag(index, PnFlag.REROUTED, true);
    pending.set8(index, Pn.TRIES, 0);
    this.queue(index, RETRY_WAIT_MS);
  }

  /** An end: both promises are taken back and the upstream learns whether the way or the money was missing. */
  private drop(index: number, reason: number): undefined {
    const pending = this.pending;
    this.settlement.release(index);
    const backed = (pending.get8(index, Pn.CLASS) & Class.BACKED) !== 0;
    const up = pending.get8(index, Pn.UP);
    if (up === Index.SELF) this.core.note(Note.LOST, pending.get32(index, Pn.DST), pending.get16(index, Pn.SEQ));
    else {
      if (backed) this.core.accounts.add(up, Acc.IN_PENDING, -pending.get16(index, Pn.IN));
      this.nack(up, backed ? reason : NackReason.NO_ROUTE, this.lockOfRecord(index), 0);
    }
    pending.free(index);
    return undefined;
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
      else if (state === PnState.SETTLED || now < pending.get32(i, Pn.NEXT)) continue;
      else if (state === PnState.ACKED) this.ask(i);
      else if (state === PnState.QUEUED) this.forgotten(i);
      else if (!this.retry(i, RETRY_WAIT_MS)) this.broken(i);
    }
  }

  private forgotten(index: number): void {
    const sending = this.outbox.frame !== undefined && this.outbox.intent === Intent.DATA && this.outbox.arg === index;
    if (!sending) this.queue(index, 0);
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
    const down = pending.get8(index, Pn.DOWN);
    if (pending.flag(index, PnFlag.OUT_BOOKED)) {
      this.settlement.release(index);
      const lost = Math.min(pending.get16(index, Pn.OUT), core.accounts.i32(down, Acc.OUT_GRACE));
      core.accounts.add(down, Acc.OUT_GRACE, -lost);
      core.accounts.add(down, Acc.OUT_LOST, lost);
    }
    if (state !== PnState.SETTLED) {
      if (down < Size.NEIGHBOURS) core.neighbours.learn(down, false);
      if (up === Index.SELF) core.note(Note.LOST, pending.get32(index, Pn.DST), pending.get16(index, Pn.SEQ));
      else if (down !== Index.SELF && pending.get8(index, Pn.CLASS) & Class.BACKED) {
        core.accounts.add(up, Acc.IN_PENDING, -pending.get16(index, Pn.IN));
        core.accounts.allow(up, false);
      }
    }
    pending.free(index);
  }
}
