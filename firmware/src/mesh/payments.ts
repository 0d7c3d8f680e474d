// Paying and being paid, link by link (SPEC 8.4): is a packet funded, pay ahead when it is not, take a
// neighbour's links. Moves no packets; the relay asks it before it promises anything. Channels are
// channels.ts.
import {
  Book, ErrorCode, Flag, FrameType, Link, Money, Pay, Wire, cut, equalBytes, payPrefix, walk,
} from '#protocol';
import { Acc, InFlag, OutFlag, Prepay } from './accounts.ts';
import { Note } from './actions.ts';
import type { Channels } from './channels.ts';
import type { Core } from './core.ts';
import type { Outbox } from './outbox.ts';
import { Intent } from './outbox.ts';
import type { Wallet } from './wallet.ts';

const LEASE_LINKS = 4;
/** So many links may be conceded in an epoch to a neighbour that delivered nothing. */
const EPOCH_LINKS = 4;

export const enum Funding {
  /** Covered by links already sent or by trust. */
  READY = 0,
  /** Covered after a payment that can be made at once. */
  PAYABLE = 1,
  /** Wait: the next link is still being computed, or its number asked for. */
  LATER = 2,
  /** No proven channel, or its limit is reached. */
  NONE = 3,
}

export class Payments {
  core: Core;
  wallet: Wallet;
  outbox: Outbox;
  channels: Channels;
  /** Epochs since boot. */
  epoch: number;

  constructor(core: Core, wallet: Wallet, outbox: Outbox, channels: Channels) {
    this.core = core;
    this.wallet = wallet;
    this.outbox = outbox;
    this.channels = channels;
    this.epoch = 0;
  }

  /** Links that must be sent before `units` more can be promised to a neighbour. */
  linksNeeded(nb: number, units: number): number {
    const accounts = this.core.accounts;
    const short = units - accounts.outFree(nb) - accounts.i32(nb, Acc.OUT_TRUST);
    return short > 0 ? Math.ceil(short / Money.UNITS_PER_LINK) : 0;
  }

  funding(nb: number, units: number): Funding {
    const links = this.linksNeeded(nb, units);
    return links > Prepay.LINKS ? Funding.NONE : this.payable(nb, links);
  }

  /**
   * Can so many more links be shown to a neighbour? None at all before STATE has, nor beyond what it will
   * settle.
   */
  payable(nb: number, links: number): Funding {
    const accounts = this.core.accounts;
    const flags = accounts.u8(nb, Acc.OUT_FLAGS);
    if ((flags & OutFlag.PROVEN) === 0 || this.channels.lapsed(nb, Acc.OUT_EXPIRY)) return Funding.NONE;
    if (links === 0) return Funding.READY;
    const target = accounts.u16(nb, Acc.OUT_LINKS) + links;
    if (target > accounts.u16(nb, Acc.OUT_LIMIT) || target > Book.LINKS) return Funding.NONE;
    // One question is waited for; while none is answered packets go unbacked.
    if (flags & OutFlag.RESYNC) return accounts.u8(nb, Acc.OUT_ASKS) > 1 ? Funding.NONE : Funding.LATER;
    return this.wallet.link(nb, target) === undefined ? Funding.LATER : Funding.PAYABLE;
  }

  /** Links that go with the next packet to a neighbour. */
  linksDue(nb: number): number {
    return Math.min(this.linksNeeded(nb, 0), Prepay.LINKS);
  }

  /** True when the newest link should go again: a packet that carried it was not acknowledged. */
  repeats(nb: number): boolean {
    const accounts = this.core.accounts;
    return (accounts.u8(nb, Acc.OUT_FLAGS) & OutFlag.REPEAT) !== 0 && accounts.u16(nb, Acc.OUT_LINKS) > 0;
  }

  /** The next packet to a neighbour brings the newest link again; a lost PAY then costs nothing. */
  repeat(nb: number): void {
    const accounts = this.core.accounts;
    accounts.setU8(nb, Acc.OUT_FLAGS, accounts.u8(nb, Acc.OUT_FLAGS) | OutFlag.REPEAT);
  }

  /**
   * Reveals `links` more links: lease on flash first. The 17 bytes of a PAY, or undefined when not computed
   * yet.
   */
  reveal(nb: number, links: number): Uint8Array | undefined {
    const accounts = this.core.accounts;
    const number = accounts.u16(nb, Acc.OUT_LINKS) + links;
    const link = this.wallet.link(nb, number);
    if (link === undefined) return undefined;
    accounts.setU16(nb, Acc.OUT_LINKS, number);
    accounts.setU8(nb, Acc.OUT_FLAGS, accounts.u8(nb, Acc.OUT_FLAGS) & ~OutFlag.REPEAT);
    if (number > accounts.u16(nb, Acc.OUT_LEASE)) {
      accounts.setU16(nb, Acc.OUT_LEASE, Math.min(number + LEASE_LINKS, Book.LINKS));
      accounts.save(nb);
    }
    const pay = new Uint8Array(Pay.SIZE);
    pay.set(link, 0);
    pay[Pay.NUMBER] = number;
    if (links > 0) this.core.note(Note.PAID_OUT, accounts.u32(nb, Acc.ADDRESS), number);
    return pay;
  }

  /**
   * The neighbour lacks `links` for packets that it counts as delivered and this node as lost: gives in as
   * far as packets were really lost, at most an eighth of what was settled with it and four links an epoch.
   */
  concede(nb: number, links: number): boolean {
    const accounts = this.core.accounts;
    const lost = Math.min(accounts.i32(nb, Acc.OUT_LOST), accounts.i32(nb, Acc.OUT_GRACE));
    const units = Math.min(lost, links * Money.UNITS_PER_LINK);
    accounts.add(nb, Acc.OUT_LOST, -units);
    accounts.add(nb, Acc.OUT_GRACE, -units);
    accounts.use(nb, Acc.OUT_USED, units);
    return units > 0;
  }

  /**
   * A debt of a batch is paid without waiting for a packet to ride on; on a channel that ran dry any debt is, since a
   * claim of it is what fills the channel up.
   */
  payDebt(nb: number): void {
    const accounts = this.core.accounts;
    const debt = -accounts.outFree(nb);
    const least = accounts.u8(nb, Acc.OUT_ASKS) > 0 ? 1 : this.core.config.payBatchLinks * Money.UNITS_PER_LINK;
    if (debt < least) return;
    if (this.funding(nb, 0) !== Funding.NONE) this.outbox.push(Intent.PAY, nb, 0, 0, undefined);
  }

  composePay(nb: number): Uint8Array | undefined {
    const accounts = this.core.accounts;
    const debt = -accounts.outFree(nb);
    const affordable = accounts.u16(nb, Acc.OUT_LIMIT) - accounts.u16(nb, Acc.OUT_LINKS);
    const links = Math.min(Math.ceil(debt / Money.UNITS_PER_LINK), Prepay.LINKS, affordable);
    if (links <= 0 || accounts.u8(nb, Acc.OUT_FLAGS) & OutFlag.RESYNC) return undefined;
    const pay = this.reveal(nb, links);
    if (pay === undefined) return undefined;
    const frame = new Uint8Array(Link.BODY + Pay.SIZE + Wire.MIC);
    frame.set(pay, Link.BODY);
    this.core.seal(frame, FrameType.PAY | Flag.PAIRWISE, nb);
    return frame;
  }

  /** A link from a neighbour: worth what lies between it and the last one held (SPEC 4.3). */
  receivePay(nb: number, frame: Uint8Array, at: number): void {
    const core = this.core;
    const accounts = core.accounts;
    const address = accounts.u32(nb, Acc.ADDRESS);
    if ((accounts.u8(nb, Acc.IN_FLAGS) & InFlag.PROVEN) === 0 || this.channels.lapsed(nb, Acc.IN_EXPIRY)) {
      this.channels.askIn(nb);
      return core.refuse(ErrorCode.NO_CHANNEL, address);
    }
    const held = accounts.u16(nb, Acc.IN_LINKS);
    const ahead = (frame[at + Pay.NUMBER] - held) & 255;
    if (ahead === 0) return;
    if (ahead > Pay.AHEAD_MAX) return core.refuse(ErrorCode.TOO_FAR_AHEAD, address);
    if (held + ahead > accounts.u16(nb, Acc.IN_LIMIT)) {
      this.channels.askIn(nb);
      return core.refuse(ErrorCode.OVER_LIMIT, address);
    }
    const link = cut(frame, at, Book.LINK);
    const end = walk(core.crypto, this.inPrefix(nb, address), link, ahead);
    if (!equalBytes(end, 0, accounts.inLink(nb), 0, Book.LINK)) {
      this.channels.askIn(nb);
      return core.refuse(ErrorCode.BAD_LINK, address);
    }
    accounts.setInLink(nb, link, 0);
    accounts.setU16(nb, Acc.IN_LINKS, held + ahead);
    accounts.save(nb);
    core.note(Note.PAID_IN, address, held + ahead);
    this.channels.claimIfDue(nb);
  }

  private inPrefix(nb: number, payer: number): Uint8Array {
    const generation = this.core.accounts.u8(nb, Acc.IN_GENERATION);
    const id = { ledger: this.core.config.ledger, address: payer, generation: generation };
    return payPrefix(id, this.core.accounts.u8(nb, Acc.IN_CHAIN));
  }

  /** Once a second: what is due with every neighbour. */
  tick(): void {
    const config = this.core.config;
    const epoch = Math.floor(this.core.nowS / (config.epochHeights * config.blockIntervalS));
    this.channels.claimRetired();
    this.channels.askHeight();
    for (let nb = 0; nb < this.core.neighbours.top; nb++) {
      if (!this.core.neighbours.used(nb)) continue;
      this.channels.tend(nb);
      this.payDebt(nb);
      if (epoch === this.epoch) continue;
      const { accounts } = this.core;
      accounts.indulge(nb, EPOCH_LINKS * Money.UNITS_PER_LINK);
      accounts.setU8(nb, Acc.IN_FLAGS, accounts.u8(nb, Acc.IN_FLAGS) & ~InFlag.CHECKED);
    }
    this.epoch = epoch;
  }
}
