// What all parts of the node share: identity, tables, time as it was told, the list of actions, and the
// sealing and checking of frames between neighbours (SPEC 3.3, 3.4). No decisions here.
import type { Crypto } from '#protocol';
import {
  ErrorCode, Link, Sync, Wire, copyBytes, equalBytes, getU16, getU32, micOf, putU16, putU32, timeOnAirMs,
} from '#protocol';
import { Accounts } from './accounts.ts';
import type { Action } from './actions.ts';
import { ActionKind, Note } from './actions.ts';
import type { NodeConfig } from './config.ts';
import { Index } from './config.ts';
import { Keys } from './keys.ts';
import { Nb, NbFlag, Neighbours } from './neighbours.ts';
import type { StorePort } from './ports.ts';
import { Jitter } from './random.ts';
import { Routes } from './routes.ts';

const LEASE = 256;
const MIC_FAILS_MAX = 3;
const EMPTY = new Uint8Array(0);

/** Tallies for the monitor; never read by a decision. */
export interface Counters {
  received: number;
  refused: number;
  sent: number;
  relayed: number;
  airtimeMs: number;
}

export class Core {
  config: NodeConfig;
  crypto: Crypto;
  store: StorePort;
  keys: Keys;
  neighbours: Neighbours;
  accounts: Accounts;
  routes: Routes;
  jitter: Jitter;
  actions: Action[];
  counters: Counters;
  nowMs: number;
  nowS: number;
  alias: number;
  /** Next send counter, and the bound that is already on flash. */
  counter: number;
  counterLease: number;
  /** Ledger height as last told, and when (SPEC 8.7). */
  height: number;
  heightS: number;
  /** The length whose time on air was computed last, and that time. */
  airBytes: number;
  airMs: number;

  constructor(config: NodeConfig, crypto: Crypto, store: StorePort, keys: Uint8Array) {
    this.config = config;
    this.crypto = crypto;
    this.store = store;
    this.keys = new Keys(keys);
    this.neighbours = new Neighbours();
    this.accounts = new Accounts(store);
    this.routes = new Routes(this.keys);
    this.actions = [];
    this.counters = { received: 0, refused: 0, sent: 0, relayed: 0, airtimeMs: 0 };
    this.nowMs = 0;
    this.nowS = 0;
    this.alias = config.address & 255;
    const lease = store.read('fh.c');
    this.counter = lease !== undefined && lease.length === 4 ? getU32(lease, 0) : 1;
    this.counterLease = this.counter;
    this.jitter = new Jitter(config.address ^ (this.counter << 8));
    this.height = 0;
    this.heightS = 0;
    this.airBytes = -1;
    this.airMs = 0;
  }

  act(kind: number, bytes: Uint8Array, address: number, a: number, b: number): void {
    this.actions.push({ kind: kind, bytes: bytes, address: address, a: a, b: b });
  }

  note(note: Note, address: number, figure: number): void {
    this.act(ActionKind.NOTE, EMPTY, address, note, figure);
  }

  refuse(code: ErrorCode, address: number): void {
    this.counters.refused++;
    this.note(Note.REFUSED, address, code);
  }

  /** Deciseconds since boot: the unit of all deadlines in tables. */
  nowDs(): number {
    return Math.floor(this.nowMs / 100);
  }

  /** The same frame is asked for several times on its way out. */
  airtimeMs(bytes: number): number {
    if (bytes !== this.airBytes) {
      this.airBytes = bytes;
      this.airMs = timeOnAirMs(this.config.profile, bytes);
    }
    return this.airMs;
  }

  /** Credits of one budget unit. */
  unitCredits(): number {
    return this.config.linkValue / 64;
  }

  /** Height estimated from the last one told; runs ahead in an outage, which only makes the node stricter. */
  heightNow(): number {
    if (this.height === 0) return 0;
    return this.height + Math.floor((this.nowS - this.heightS) / this.config.blockIntervalS);
  }

  /**
   * One counter for all frames this node sends, leased on flash 256 at a time: it never repeats (SPEC 3.4).
   */
  nextCounter(): number {
    if (this.counter >= this.counterLease) {
      const bytes = new Uint8Array(4);
      putU32(bytes, 0, this.counter + LEASE);
      this.store.write('fh.c', bytes);
      this.counterLease = this.counter + LEASE;
    }
    return this.counter++;
  }

  linkKey(nb: number): Uint8Array {
    return this.keys.link(getU16(this.neighbours.table, nb * Nb.SIZE + Nb.KEY_AT));
  }

  /** A frame for a neighbour: header, counter and MIC around the body that the caller already wrote. */
  seal(frame: Uint8Array, type: number, nb: number): void {
    const counter = this.nextCounter();
    frame[Link.TYPE] = type;
    frame[Link.SENDER] = this.alias;
    frame[Link.NEXT] = this.neighbours.aliasOf(nb);
    putU16(frame, Link.COUNTER, counter % 65536);
    this.putMic(frame, this.linkKey(nb), Math.floor(counter / 65536), Wire.MIC);
  }

  putMic(frame: Uint8Array, key: Uint8Array, counterHigh: number, size: number): void {
    const mic = micOf(this.crypto, key, this.config.address, counterHigh, frame, size);
    copyBytes(frame, frame.length - size, mic, 0, size);
  }

  micHolds(frame: Uint8Array, key: Uint8Array, sender: number, counterHigh: number, size: number): boolean {
    const mic = micOf(this.crypto, key, sender, counterHigh, frame, size);
    return equalBytes(mic, 0, frame, frame.length - size, size);
  }

  /**
   * Whose frame is it? The neighbour index whose pairwise key and counter hold, else NONE. An alias is only a
   * hint, so every neighbour that carries it is tried; `unsynced` is told of one whose counter is not known.
   */
  authenticate(frame: Uint8Array, unsynced: (index: number) => void): number {
    const nb = this.neighbours;
    const low = getU16(frame, Link.COUNTER);
    const alias = frame[Link.SENDER];
    for (let i = nb.findAlias(alias, -1); i !== Index.NONE; i = nb.findAlias(alias, i)) {
      if (!nb.has(i, NbFlag.KEYED)) continue;
      if (!nb.has(i, NbFlag.SYNCED)) {
        unsynced(i);
        continue;
      }
      const counter = nb.counterOf(i, low);
      if (this.micHolds(frame, this.linkKey(i), nb.addressOf(i), Math.floor(counter / 65536), Wire.MIC)) {
        nb.setFloor(i, counter);
        // Its namesakes were tried in vain, which is no fault of theirs.
        for (let k = nb.findAlias(alias, -1); k < i; k = nb.findAlias(alias, k)) {
          nb.table[k * Nb.SIZE + Nb.MIC_FAILS] = 0;
        }
        return i;
      }
      const fails = ++nb.table[i * Nb.SIZE + Nb.MIC_FAILS];
      if (fails >= MIC_FAILS_MAX) {
        nb.setFlag(i, NbFlag.SYNCED, false);
        unsynced(i);
      }
    }
    this.refuse(ErrorCode.BAD_MIC, 0);
    return Index.NONE;
  }

  /** The same for SYNC and SYNCACK, which carry a 6-byte MIC and no counter. */
  authenticateSync(frame: Uint8Array): number {
    const nb = this.neighbours;
    const alias = frame[Link.SENDER];
    for (let i = nb.findAlias(alias, -1); i !== Index.NONE; i = nb.findAlias(alias, i)) {
      if (!nb.has(i, NbFlag.KEYED)) continue;
      if (this.micHolds(frame, this.linkKey(i), nb.addressOf(i), 0, Wire.MIC_SYNC)) return i;
    }
    this.refuse(ErrorCode.BAD_MIC, 0);
    return Index.NONE;
  }

  /** A new SYNC or SYNCACK with its MIC; `counter` undefined makes a SYNC. */
  syncFrame(nb: number, type: number, nonce: number, counter: number | undefined): Uint8Array {
    const frame = new Uint8Array(counter === undefined ? Sync.SIZE_SYNC : Sync.SIZE_ACK);
    frame[Link.TYPE] = type;
    frame[Link.SENDER] = this.alias;
    frame[Link.NEXT] = this.neighbours.aliasOf(nb);
    putU32(frame, Sync.NONCE, nonce);
    if (counter !== undefined) putU32(frame, Sync.COUNTER, counter);
    this.putMic(frame, this.linkKey(nb), 0, Wire.MIC_SYNC);
    return frame;
  }
}
