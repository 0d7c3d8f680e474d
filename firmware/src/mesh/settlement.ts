// Both ends of a promise (SPEC 8.4): a packet under way is owed for upstream and owes downstream; the
// preimage makes both true, expiry ends both. Receipts travel back towards the source in batches and are
// repeated until heard.
import {
  Class, Flag, FrameType, Link, Money, Receipt, Wire, copyBytes, cut, getU16, getU32, lockOf, putU16,
} from '#protocol';
import { Acc } from './accounts.ts';
import { Note } from './actions.ts';
import { Index, Size } from './config.ts';
import type { Core } from './core.ts';
import type { Outbox } from './outbox.ts';
import { Intent } from './outbox.ts';
import type { Pending } from './pending.ts';
import { Pn, PnFlag, PnState } from './pending.ts';

const RECEIPT_TRIES_MAX = 3;
/** How long a settled record answers repetitions: an upstream's may live 20 s and six times 10 s. */
const SETTLED_DS = 800;

export class Settlement {
  core: Core;
  outbox: Outbox;
  pending: Pending;
  /** Alias in the frame whose receipts are being read, when it was not for this node. */
  overheard: number;

  constructor(core: Core, outbox: Outbox, pending: Pending) {
    this.core = core;
    this.outbox = outbox;
    this.pending = pending;
    this.overheard = 0;
  }

  /** Gives a record its next hop and books what will be owed there. */
  assign(rec: number, down: number, out: number): void {
    this.pending.set8(rec, Pn.DOWN, down);
    putU16(this.pending.table, rec * Pn.SIZE + Pn.OUT, out);
    if (out > 0) {
      this.core.accounts.add(down, Acc.OUT_PENDING, out);
      this.pending.setFlag(rec, PnFlag.OUT_BOOKED, true);
    }
  }

  release(rec: number): void {
    if (!this.pending.flag(rec, PnFlag.OUT_BOOKED)) return;
    const down = this.pending.get8(rec, Pn.DOWN);
    this.core.accounts.add(down, Acc.OUT_PENDING, -this.pending.get16(rec, Pn.OUT));
    this.pending.setFlag(rec, PnFlag.OUT_BOOKED, false);
  }

  /** As `release`, for a next hop that has not refused: what it may still count is remembered as lost. */
  lapse(rec: number): void {
    if (!this.pending.flag(rec, PnFlag.OUT_BOOKED)) return;
    const accounts = this.core.accounts;
    accounts.add(this.pending.get8(rec, Pn.DOWN), Acc.OUT_LOST, this.pending.get16(rec, Pn.OUT));
    this.release(rec);
  }

  /**
   * Books one receipt entry; `nb` is the neighbour whose MIC it came under, NONE when overheard (SPEC 8.4).
   */
  receipt(entry: Uint8Array, at: number, nb: number): void {
    const pending = this.pending;
    for (let i = pending.findLock(entry, at, 2, -1); i !== Index.NONE; ) {
      if (this.opens(i, entry, at + Receipt.PREIMAGE)) this.settle(i, entry, at + Receipt.PREIMAGE, nb);
      i = pending.findLock(entry, at, 2, i);
    }
  }

  private opens(rec: number, bytes: Uint8Array, at: number): boolean {
    const t = this.pending.table;
    const record = rec * Pn.SIZE;
    const lock = lockOf(
      this.core.crypto, this.core.config.ledger, getU32(t, record + Pn.SRC), getU32(t, record + Pn.DST),
      getU16(t, record + Pn.SEQ), cut(bytes, at, Wire.LOCK),
    );
    for (let i = 0; i < Wire.LOCK; i++) if (lock[i] !== t[record + Pn.LOCK + i]) return false;
    return true;
  }

  private settle(rec: number, x: Uint8Array, at: number, nb: number): void {
    const pending = this.pending;
    const down = pending.get8(rec, Pn.DOWN);
    if (pending.get8(rec, Pn.STATE) !== PnState.SETTLED) {
      pending.set8(rec, Pn.STATE, PnState.SETTLED);
      copyBytes(pending.table, rec * Pn.SIZE + Pn.PREIMAGE, x, at, Wire.LOCK);
      pending.dropBody(rec);
      // Kept to answer an upstream that asks again, as it may until its own record ends: it is paid for once.
      const until = this.core.nowDs() + SETTLED_DS;
      if (pending.get32(rec, Pn.EXPIRY) < until) pending.set32(rec, Pn.EXPIRY, until);
      if (down < Size.NEIGHBOURS) this.core.neighbours.learn(down, true);
      this.settleUp(rec);
    } else if (nb === Index.NONE && pending.get8(rec, Pn.RECEIPT_TRIES) > 0) {
      // The upstream itself passes our receipt on: no need to repeat it.
      const up = pending.get8(rec, Pn.UP);
      const heard = up < Size.NEIGHBOURS && this.core.neighbours.aliasOf(up) === this.overheard;
      if (heard) pending.setFlag(rec, PnFlag.RECEIPT_DUE, false);
    }
    if (nb !== down || pending.flag(rec, PnFlag.DOWN_SETTLED)) return;
    const accounts = this.core.accounts;
    const units = pending.get16(rec, Pn.OUT);
    this.release(rec);
    pending.setFlag(rec, PnFlag.DOWN_SETTLED, true);
    if (units === 0) return;
    accounts.use(down, Acc.OUT_USED, units);
    accounts.indulge(down, units >> 3);
    // The payee's margin is at least its fee; believing less of its trust only prepays earlier.
    const most = this.core.config.trustMaxLinks * Money.UNITS_PER_LINK;
    accounts.setU32(down, Acc.OUT_TRUST, Math.min(accounts.i32(down, Acc.OUT_TRUST) + (units >> 3), most));
  }

  private settleUp(rec: number): void {
    const core = this.core;
    const pending = this.pending;
    const up = pending.get8(rec, Pn.UP);
    if (up === Index.SELF) {
      core.note(Note.RECEIPT, pending.get32(rec, Pn.DST), pending.get16(rec, Pn.SEQ));
      return;
    }
    if (pending.get8(rec, Pn.CLASS) & Class.BACKED) {
      const units = pending.get16(rec, Pn.IN);
      core.accounts.add(up, Acc.IN_PENDING, -units);
      core.accounts.use(up, Acc.IN_USED, units);
      core.accounts.allow(up, true);
      const net = Math.floor((units * (1000 - core.config.levyPerMille)) / 1000) - pending.get16(rec, Pn.OUT);
      core.accounts.add(up, Acc.MARGIN, net);
      if (units > 0) core.note(Note.EARNED, core.neighbours.addressOf(up), net);
    }
    const own = pending.get8(rec, Pn.DOWN) === Index.SELF;
    this.receiptDue(rec, own ? core.config.receiptDelayMs : core.config.receiptDelayMs >> 2);
  }

  /** A delivery is proven: the preimage for the records that end here. False when it fits none. */
  hostReceipt(lock: Uint8Array, x: Uint8Array): boolean {
    let fits = false;
    for (let i = this.pending.findLock(lock, 0, Wire.LOCK, -1); i !== Index.NONE; ) {
      if (this.pending.get8(i, Pn.DOWN) === Index.SELF && this.opens(i, x, 0)) {
        this.settle(i, x, 0, Index.SELF);
        fits = true;
      }
      i = this.pending.findLock(lock, 0, Wire.LOCK, i);
    }
    return fits;
  }

  receiptDue(rec: number, delayMs: number): void {
    this.pending.setFlag(rec, PnFlag.RECEIPT_DUE, true);
    this.outbox.push(Intent.RECEIPT, this.pending.get8(rec, Pn.UP), 0, delayMs + 5, undefined);
  }

  /**
   * The entries waiting for a neighbour, at most `most`; each then waits to be heard forwarded or repeated.
   */
  collectReceipts(up: number, most: number, alone: boolean): Uint8Array {
    const pending = this.pending;
    const found: number[] = [];
    const t = pending.table;
    for (let i = 0, at = 0; i < pending.top && found.length < most; i++, at += Pn.SIZE) {
      if (t[at + Pn.UP] !== up || t[at] !== PnState.SETTLED) continue;
      if (pending.flag(i, PnFlag.RECEIPT_DUE)) found.push(i);
    }
    const entries = new Uint8Array(found.length * Receipt.SIZE);
    for (let n = 0; n < found.length; n++) {
      copyBytes(entries, n * Receipt.SIZE, pending.table, found[n] * Pn.SIZE + Pn.LOCK, Receipt.PREIMAGE);
      const at = n * Receipt.SIZE + Receipt.PREIMAGE;
      copyBytes(entries, at, pending.table, found[n] * Pn.SIZE + Pn.PREIMAGE, Wire.LOCK);
      const tries = pending.get8(found[n], Pn.RECEIPT_TRIES) + 1;
      pending.set8(found[n], Pn.RECEIPT_TRIES, tries);
      const source = this.core.neighbours.addressOf(up) === pending.get32(found[n], Pn.SRC);
      // A source forwards nothing that we could hear; it asks again itself when the receipt was lost.
      if (source || tries >= RECEIPT_TRIES_MAX) pending.setFlag(found[n], PnFlag.RECEIPT_DUE, false);
      else {
        const waitMs = this.core.config.receiptDelayMs + (alone ? 1500 : 2500);
        this.outbox.push(Intent.RECEIPT, up, 0, waitMs, undefined);
      }
    }
    return entries;
  }

  composeReceipt(up: number): Uint8Array | undefined {
    const entries = this.collectReceipts(up, Receipt.BATCH_MAX, true);
    if (entries.length === 0) return undefined;
    const frame = new Uint8Array(Link.BODY + 1 + entries.length + Wire.MIC);
    frame[Link.BODY] = entries.length / Receipt.SIZE;
    frame.set(entries, Link.BODY + 1);
    this.core.seal(frame, FrameType.RECEIPT | Flag.PAIRWISE, up);
    return frame;
  }
}
