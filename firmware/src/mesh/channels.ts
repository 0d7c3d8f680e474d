// Payment channels with neighbours (SPEC 8.6): bind a chain and have it opened, learn from home what the
// ledger holds, find the place again after a reboot, claim what was earned. Every question is repeated with
// growing pauses until its effect is seen. Moves no packets and no links: payments.ts.
import {
  Book, ClaimPayload, ErrorCode, Flag, FrameType, Money, Open, OpenPayload, Pay, Payload, Resync, StateFlag,
  StatePayload, StateRequestPayload, copyBytes, equalBytes, getU16, getU32, putU16, putU32,
} from '#protocol';
import { Acc, InFlag, OutFlag } from './accounts.ts';
import { Note } from './actions.ts';
import { Index } from './config.ts';
import type { Core } from './core.ts';
import { NbFlag } from './neighbours.ts';
import type { Outbox } from './outbox.ts';
import { Intent } from './outbox.ts';
import { RetiredClaims } from './retired.ts';
import type { Wallet } from './wallet.ts';

/** A chain this close to its end is replaced. */
const CHAIN_RESERVE = 16;
/** Unanswered questions wait at most 2^5 retry periods. */
const DOUBLINGS_MAX = 5;
/** After so many unanswered RESYNCs the lease is skipped: 63 retry periods and 32 more. */
const RESYNC_ASKS_MAX = 7;

export class Channels {
  core: Core;
  wallet: Wallet;
  outbox: Outbox;
  retired: RetiredClaims;
  retiredS: number;
  retiredAsks: number;
  /** Carries a payload to the home gateway as an ordinary packet. */
  sendHome: (payload: Uint8Array) => void;

  constructor(core: Core, wallet: Wallet, outbox: Outbox, sendHome: (payload: Uint8Array) => void) {
    this.core = core;
    this.wallet = wallet;
    this.outbox = outbox;
    this.retired = new RetiredClaims(core.store);
    this.retiredS = 0;
    this.retiredAsks = 0;
    this.sendHome = sendHome;
  }

  /** Two epochs before its expiry a channel takes no more payments (SPEC 8.6). */
  lapsed(nb: number, expiryField: number): boolean {
    const last = this.core.accounts.u32(nb, expiryField) - 2 * this.core.config.epochHeights;
    return this.core.heightNow() > last;
  }

  /**
   * Sees to it that a neighbour can be paid: binds a chain, repeats OPEN, replaces a chain near its end.
   * `dry`: what the ledger is known to settle does not suffice; perhaps home knows of more.
   */
  want(nb: number, dry: boolean): void {
    const core = this.core;
    const accounts = core.accounts;
    if (!core.neighbours.has(nb, NbFlag.KEYED)) return;
    const flags = accounts.u8(nb, Acc.OUT_FLAGS);
    if (flags & OutFlag.PROVEN) {
      if (flags & OutFlag.RESYNC) return this.pushResync(nb);
      if (accounts.u16(nb, Acc.OUT_LINKS) < Book.LINKS - CHAIN_RESERVE && !this.lapsed(nb, Acc.OUT_EXPIRY)) {
        if (dry) this.askOut(nb);
        return;
      }
    }
    if ((flags & OutFlag.LEASED) === 0 || flags & OutFlag.PROVEN) {
      if (!this.wallet.lease(nb)) return;
      core.note(Note.OPENING, accounts.u32(nb, Acc.ADDRESS), accounts.u8(nb, Acc.OUT_CHAIN));
    }
    if (this.askedLately(nb)) return;
    if (this.wallet.signature(nb) !== undefined) {
      this.outbox.push(Intent.OPEN, nb, 0, core.jitter.below(400), undefined);
    } else {
      // One signature at a time; one whose OPEN is on its way gives up its place and is made again if needed.
      const job = this.wallet.signing;
      const free = job === undefined || (job.neighbour !== nb && this.askedLately(job.neighbour));
      if (free) this.wallet.startSigning(nb);
    }
  }

  /** The neighbour disagrees about what was paid: ask how far it is, and pay no more until it has answered. */
  resync(nb: number): void {
    const accounts = this.core.accounts;
    if ((accounts.u8(nb, Acc.OUT_FLAGS) & OutFlag.PROVEN) === 0 || this.askedLately(nb)) return;
    accounts.setU8(nb, Acc.OUT_FLAGS, accounts.u8(nb, Acc.OUT_FLAGS) | OutFlag.RESYNC);
    this.pushResync(nb);
  }

  private pushResync(nb: number): void {
    const accounts = this.core.accounts;
    if (this.askedLately(nb)) return;
    if (accounts.u8(nb, Acc.OUT_ASKS) < RESYNC_ASKS_MAX) {
      this.outbox.push(Intent.RESYNC, nb, 0, this.core.jitter.below(200), undefined);
      return;
    }
    // It has forgotten, or will not say: what may have been shown is lost, and paying goes on behind it.
    const shown = Math.max(accounts.u16(nb, Acc.OUT_LINKS), accounts.u16(nb, Acc.OUT_LEASE));
    accounts.setU16(nb, Acc.OUT_LINKS, shown);
    this.resumed(nb);
  }

  private resumed(nb: number): void {
    const accounts = this.core.accounts;
    accounts.setU8(nb, Acc.OUT_FLAGS, accounts.u8(nb, Acc.OUT_FLAGS) & ~OutFlag.RESYNC);
    accounts.setU8(nb, Acc.OUT_ASKS, 0);
    accounts.save(nb);
  }

  private askedLately(nb: number): boolean {
    return this.waiting(this.core.accounts.u32(nb, Acc.OUT_ASKED_S), this.core.accounts.u8(nb, Acc.OUT_ASKS));
  }

  /** True while a question of `askedS` still waits for its effect; each repetition waits twice as long. */
  waiting(askedS: number, asks: number): boolean {
    const doublings = asks > DOUBLINGS_MAX ? DOUBLINGS_MAX : asks > 1 ? asks - 1 : 0;
    return askedS !== 0 && this.core.nowS - askedS < this.core.config.retryS << doublings;
  }

  private asked(nb: number, sinceField: number, asksField: number): void {
    const accounts = this.core.accounts;
    accounts.setU32(nb, sinceField, this.core.nowS);
    accounts.setU8(nb, asksField, Math.min(accounts.u8(nb, asksField) + 1, 255));
  }

  composeOpen(nb: number): Uint8Array | undefined {
    const accounts = this.core.accounts;
    const signature = this.wallet.signature(nb);
    if (signature === undefined || accounts.u8(nb, Acc.OUT_FLAGS) & OutFlag.PROVEN) return undefined;
    const frame = new Uint8Array(Open.SIZE);
    frame[Open.GENERATION] = accounts.u8(nb, Acc.OUT_GENERATION);
    frame[Open.CHAIN] = accounts.u8(nb, Acc.OUT_CHAIN);
    frame[Open.WINDOW] = this.core.config.windowCode;
    frame.set(signature, Open.SIGNATURE);
    this.core.seal(frame, FrameType.OPEN | Flag.PAIRWISE, nb);
    this.asked(nb, Acc.OUT_ASKED_S, Acc.OUT_ASKS);
    return frame;
  }

  /** Carries a neighbour's OPEN to the gateway; this node profits, so it sends it as its own packet. */
  receiveOpen(nb: number, frame: Uint8Array): void {
    const core = this.core;
    const accounts = core.accounts;
    // Whatever it offers: an OPEN without effect doubles the wait, one step behind the payer's own.
    if (this.waiting(accounts.u32(nb, Acc.IN_ASKED_S), accounts.u8(nb, Acc.IN_ASKS) - 1)) return;
    accounts.setU16(nb, Acc.IN_OFFER, frame[Open.GENERATION] * 256 + frame[Open.CHAIN]);
    this.asked(nb, Acc.IN_ASKED_S, Acc.IN_ASKS);
    const payload = new Uint8Array(OpenPayload.SIZE);
    payload[0] = Payload.OPEN;
    putU32(payload, OpenPayload.PAYER, accounts.u32(nb, Acc.ADDRESS));
    const rest = OpenPayload.SIZE - OpenPayload.GENERATION;
    copyBytes(payload, OpenPayload.GENERATION, frame, Open.GENERATION, rest);
    this.sendHome(payload);
  }

  composeResync(nb: number, answer: number): Uint8Array | undefined {
    const accounts = this.core.accounts;
    const frame = new Uint8Array(answer ? Resync.SIZE_ANSWER : Resync.SIZE_ASK);
    if (answer) {
      frame[Resync.GENERATION] = accounts.u8(nb, Acc.IN_GENERATION);
      frame[Resync.CHAIN] = accounts.u8(nb, Acc.IN_CHAIN);
      putU16(frame, Resync.NUMBER, accounts.u16(nb, Acc.IN_LINKS));
      frame.set(accounts.inLink(nb), Resync.LINK);
    } else {
      frame[Resync.GENERATION] = accounts.u8(nb, Acc.OUT_GENERATION);
      frame[Resync.CHAIN] = accounts.u8(nb, Acc.OUT_CHAIN);
      this.asked(nb, Acc.OUT_ASKED_S, Acc.OUT_ASKS);
    }
    this.core.seal(frame, FrameType.RESYNC | Flag.PAIRWISE, nb);
    return frame;
  }

  receiveResync(nb: number, frame: Uint8Array): void {
    const accounts = this.core.accounts;
    const generation = frame[Resync.GENERATION];
    const chain = frame[Resync.CHAIN];
    if (frame.length === Resync.SIZE_ASK) {
      const proven = (accounts.u8(nb, Acc.IN_FLAGS) & InFlag.PROVEN) !== 0;
      if (proven && accounts.u16(nb, Acc.IN_GENERATION) === generation * 256 + chain) {
        this.outbox.push(Intent.RESYNC, nb, 1, 0, undefined);
        return;
      }
      // A chain of which no STATE came, or which this node forgot: home knows.
      accounts.setU16(nb, Acc.IN_OFFER, generation * 256 + chain);
      return this.askIn(nb);
    }
    if (accounts.u16(nb, Acc.OUT_GENERATION) !== generation * 256 + chain) return;
    if ((accounts.u8(nb, Acc.OUT_FLAGS) & OutFlag.RESYNC) === 0) return;
    // The payee proves how far the chain is with the link, which only this node can have shown.
    const core = this.core;
    const address = accounts.u32(nb, Acc.ADDRESS);
    const number = getU16(frame, Resync.NUMBER);
    if (number > accounts.u16(nb, Acc.OUT_LIMIT)) return core.refuse(ErrorCode.BAD_LINK, address);
    if (number > 0) {
      const own = this.wallet.link(nb, number);
      if (own === undefined) return;
      if (!equalBytes(own, 0, frame, Resync.LINK, Book.LINK)) return core.refuse(ErrorCode.BAD_LINK, address);
    }
    const forgotten = number - accounts.u16(nb, Acc.OUT_LINKS);
    if (forgotten > 0) {
      accounts.setU16(nb, Acc.OUT_LINKS, number);
      accounts.add(nb, Acc.OUT_LOST, forgotten * Money.UNITS_PER_LINK);
      accounts.indulge(nb, forgotten * Money.UNITS_PER_LINK);
    } else if (forgotten < 0) {
      // So far behind that it could not follow: the same links again, from where it can (SPEC 4.5).
      if (forgotten < -Pay.AHEAD_MAX) accounts.setU16(nb, Acc.OUT_LINKS, number + Pay.AHEAD_MAX);
      accounts.setU8(nb, Acc.OUT_FLAGS, accounts.u8(nb, Acc.OUT_FLAGS) | OutFlag.REPEAT);
    }
    this.resumed(nb);
    core.note(Note.RESYNCED, address, number);
  }

  /** STATE from home (SPEC 5.4): what the ledger has of one channel that this node pays or is paid by. */
  receiveState(state: Uint8Array): void {
    const core = this.core;
    const height = getU32(state, StatePayload.HEIGHT);
    if (height >= core.height) {
      core.height = height;
      core.heightS = core.nowS;
    }
    if ((state[StatePayload.FLAGS] & StateFlag.EXISTS) === 0) return;
    const payer = getU32(state, StatePayload.PAYER);
    const payee = getU32(state, StatePayload.PAYEE);
    if (payer === core.config.address) this.outState(core.neighbours.find(payee), state);
    else if (payee === core.config.address) this.inState(core.neighbours.find(payer), state);
  }

  private outState(nb: number, state: Uint8Array): void {
    const core = this.core;
    const accounts = core.accounts;
    if (nb === Index.NONE || accounts.u8(nb, Acc.OUT_CHAIN) !== state[StatePayload.CHAIN]) return;
    if (accounts.u8(nb, Acc.OUT_GENERATION) !== state[StatePayload.GENERATION]) return;
    const fresh = (accounts.u8(nb, Acc.OUT_FLAGS) & OutFlag.PROVEN) === 0;
    if (!this.wallet.leased(nb)) return;
    accounts.setU8(nb, Acc.OUT_FLAGS, accounts.u8(nb, Acc.OUT_FLAGS) | OutFlag.PROVEN);
    const limit = getU16(state, StatePayload.LIMIT);
    // A channel that stays dry is asked about less and less often.
    if (fresh || limit > accounts.u16(nb, Acc.OUT_LIMIT)) {
      accounts.setU16(nb, Acc.OUT_LIMIT, limit);
      accounts.setU8(nb, Acc.OUT_ASKS, 0);
    }
    accounts.setU16(nb, Acc.OUT_SETTLED, getU16(state, StatePayload.SETTLED));
    // Of two dates the later is right: a STATE may be an old one, played again.
    const expiry = Math.max(getU32(state, StatePayload.EXPIRY), accounts.u32(nb, Acc.OUT_EXPIRY));
    accounts.setU32(nb, Acc.OUT_EXPIRY, expiry);
    accounts.save(nb);
    if (fresh) {
      const job = this.wallet.signing;
      if (job !== undefined && job.neighbour === nb) this.wallet.signing = undefined;
      core.note(Note.CHANNEL_OUT, accounts.u32(nb, Acc.ADDRESS), accounts.u16(nb, Acc.OUT_LIMIT));
      // The first links will be wanted at once: begin to walk their segment.
      this.wallet.link(nb, accounts.u16(nb, Acc.OUT_LINKS) + 1);
    }
  }

  private inState(nb: number, state: Uint8Array): void {
    const core = this.core;
    const accounts = core.accounts;
    if (nb === Index.NONE) return;
    const chain = state[StatePayload.CHAIN];
    const generation = state[StatePayload.GENERATION];
    const settled = getU16(state, StatePayload.SETTLED);
    const limit = getU16(state, StatePayload.LIMIT);
    const proven = (accounts.u8(nb, Acc.IN_FLAGS) & InFlag.PROVEN) !== 0;
    const order = accounts.u16(nb, Acc.IN_GENERATION);
    const fresh = !proven || order !== generation * 256 + chain;
    this.retired.settled(accounts.u32(nb, Acc.ADDRESS), generation, chain, settled);
    // News of an older chain concerns its last claim only.
    if (proven && generation * 256 + chain < order) return;
    if (accounts.u8(nb, Acc.IN_FLAGS) & InFlag.REFUTED && generation * 256 + chain === order) return;
    if (fresh && !this.switchChain(nb, generation, chain)) return;
    const kept = (fresh ? 0 : accounts.u8(nb, Acc.IN_FLAGS) & InFlag.CHECKED) | InFlag.PROVEN;
    accounts.setU8(nb, Acc.IN_FLAGS, kept | (state[StatePayload.FLAGS] & StateFlag.CLOSING));
    if (fresh || settled > accounts.u16(nb, Acc.IN_LINKS)) {
      accounts.setU16(nb, Acc.IN_LINKS, settled);
      accounts.setInLink(nb, state, StatePayload.LINK);
    }
    const told = accounts.u16(nb, Acc.IN_LIMIT);
    if (fresh || limit > told) {
      accounts.setU16(nb, Acc.IN_LIMIT, limit);
      accounts.setU8(nb, Acc.IN_ASKS, 0);
    }
    if (fresh || settled > accounts.u16(nb, Acc.IN_SETTLED)) {
      accounts.setU16(nb, Acc.IN_SETTLED, settled);
      accounts.setU8(nb, Acc.CLAIM_ASKS, 0);
    }
    const expiry = getU32(state, StatePayload.EXPIRY);
    const later = expiry > accounts.u32(nb, Acc.IN_EXPIRY);
    if (later) accounts.setU32(nb, Acc.IN_EXPIRY, expiry);
    if (later || limit > told) accounts.setU32(nb, Acc.IN_STATE, getU32(state, StatePayload.HEIGHT));
    accounts.save(nb);
    if (fresh) core.note(Note.CHANNEL_IN, accounts.u32(nb, Acc.ADDRESS), limit);
  }

  /** The neighbour pays on a new chain: claim the rest of the old one, and keep its unused links as credit. */
  private switchChain(nb: number, generation: number, chain: number): boolean {
    const accounts = this.core.accounts;
    if (accounts.unclaimed(nb) > 0 && !this.retired.add(this.claimOf(nb))) return false;
    this.retiredS = 0;
    this.retiredAsks = 0;
    accounts.setU32(nb, Acc.IN_EXPIRY, 0);
    const unused = accounts.u16(nb, Acc.IN_LINKS) * Money.UNITS_PER_LINK - accounts.i32(nb, Acc.IN_USED);
    accounts.setU8(nb, Acc.IN_GENERATION, generation);
    accounts.setU8(nb, Acc.IN_CHAIN, chain);
    accounts.setU16(nb, Acc.IN_LINKS, 0);
    accounts.setU16(nb, Acc.IN_SETTLED, 0);
    accounts.setU32(nb, Acc.IN_USED, 0);
    accounts.add(nb, Acc.IN_USED, -unused);
    return true;
  }

  /**
   * When a payee claims (SPEC 8.6): half the window, the first claim early, before expiry, a closing payer,
   * one that is gone. A claim of what is settled already fills up a channel that ran dry.
   */
  claimIfDue(nb: number): void {
    const core = this.core;
    const accounts = core.accounts;
    const unclaimed = accounts.unclaimed(nb);
    if ((accounts.u8(nb, Acc.IN_FLAGS) & InFlag.PROVEN) === 0) return;
    const settled = accounts.u16(nb, Acc.IN_SETTLED);
    const limit = accounts.u16(nb, Acc.IN_LIMIT);
    if (unclaimed <= 0 && settled < limit) return;
    const first = settled === 0 && unclaimed >= core.config.claimFirstLinks;
    const ageing = core.heightNow() + 4 * core.config.epochHeights >= accounts.u32(nb, Acc.IN_EXPIRY);
    const closing = (accounts.u8(nb, Acc.IN_FLAGS) & InFlag.CLOSING) !== 0;
    // Who is gone pays no more: settled, its record can make room.
    const gone = core.neighbours.silent(nb, core.nowS, Math.ceil(core.config.helloMaxMs / 1000));
    const due = unclaimed >= (limit - settled) >> 1 || first || ageing || closing || gone;
    if (unclaimed > 0 ? !due : closing || gone) return;
    if (this.waiting(accounts.u32(nb, Acc.CLAIM_S), accounts.u8(nb, Acc.CLAIM_ASKS))) return;
    this.asked(nb, Acc.CLAIM_S, Acc.CLAIM_ASKS);
    core.note(Note.CLAIMING, accounts.u32(nb, Acc.ADDRESS), accounts.u16(nb, Acc.IN_LINKS));
    this.sendHome(this.claimOf(nb));
  }

  private claimOf(nb: number): Uint8Array {
    const accounts = this.core.accounts;
    const payload = new Uint8Array(ClaimPayload.SIZE);
    payload[0] = Payload.CLAIM;
    putU32(payload, ClaimPayload.PAYER, accounts.u32(nb, Acc.ADDRESS));
    payload[ClaimPayload.GENERATION] = accounts.u8(nb, Acc.IN_GENERATION);
    payload[ClaimPayload.CHAIN] = accounts.u8(nb, Acc.IN_CHAIN);
    putU16(payload, ClaimPayload.NUMBER, accounts.u16(nb, Acc.IN_LINKS));
    payload.set(accounts.inLink(nb), ClaimPayload.LINK);
    return payload;
  }

  /** Once a second: the last claims on chains that are no longer used. */
  claimRetired(): void {
    if (this.retired.next(-1) === Index.NONE || this.waiting(this.retiredS, this.retiredAsks)) return;
    this.retiredS = this.core.nowS;
    this.retiredAsks++;
    for (let i = this.retired.next(-1); i !== Index.NONE; i = this.retired.next(i)) {
      this.sendHome(this.retired.claim(i));
    }
  }

  /** Asks home about the chain a neighbour pays on, or the newer one that it named. */
  askIn(nb: number): void {
    const accounts = this.core.accounts;
    if (this.waiting(accounts.u32(nb, Acc.IN_ASKED_S), accounts.u8(nb, Acc.IN_ASKS))) return;
    this.asked(nb, Acc.IN_ASKED_S, Acc.IN_ASKS);
    const chain = Math.max(accounts.u16(nb, Acc.IN_GENERATION), accounts.u16(nb, Acc.IN_OFFER));
    this.askState(accounts.u32(nb, Acc.ADDRESS), chain);
  }

  /** Asks home about the chain that pays a neighbour. */
  private askOut(nb: number): void {
    if (this.askedLately(nb)) return;
    this.asked(nb, Acc.OUT_ASKED_S, Acc.OUT_ASKS);
    this.askState(this.core.config.address, this.core.accounts.u16(nb, Acc.OUT_GENERATION));
  }

  private askState(payer: number, chain: number): void {
    const payload = new Uint8Array(StateRequestPayload.SIZE);
    payload[0] = Payload.STATE_REQUEST;
    putU32(payload, StateRequestPayload.PAYER, payer);
    putU16(payload, StateRequestPayload.GENERATION, chain);
    this.sendHome(payload);
  }

  /** After a boot: without the height no date of a channel means anything. Any STATE tells it. */
  askHeight(): void {
    const accounts = this.core.accounts;
    for (let nb = 0; this.core.height === 0 && nb < this.core.neighbours.top; nb++) {
      if (!this.core.neighbours.used(nb)) continue;
      const out = accounts.u8(nb, Acc.OUT_FLAGS) & (OutFlag.PROVEN | OutFlag.RESYNC);
      if (accounts.u8(nb, Acc.IN_FLAGS) & InFlag.PROVEN) return this.askIn(nb);
      if (out === OutFlag.PROVEN) return this.askOut(nb);
    }
  }

  /** Once a second for a neighbour: claims that are due, and whatever was asked and not answered. */
  tend(nb: number): void {
    this.claimIfDue(nb);
    const flags = this.core.accounts.u8(nb, Acc.OUT_FLAGS);
    if (flags !== 0 && (flags & (OutFlag.PROVEN | OutFlag.RESYNC)) !== OutFlag.PROVEN) this.want(nb, false);
  }
}
