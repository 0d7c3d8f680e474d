// What a node learns of the ledger besides STATE (SPEC 8.7): the time, headers that prove themselves a slot
// later, proofs of its own records against their roots, keys of strangers, voted parameters. Asks home for all
// of it, a little at a time; trusts a proof more than home. An optional part: nothing else may need it.
import {
  ErrorCode, Header, HeaderChain, KeyRepPayload, KeyReqPayload, KeySubject, NodeClock, ParamsPayload, Payload,
  ProofPayload, ProofRecord, ProofRequestPayload, ProofValue, Reassembly, TimePayload, Wire, checkFragment,
  checkKeyReply, checkParams, copyBytes, cut, equalBytes, getI48, getU16, getU32, putU32, recordKey, verifyProof,
} from '#protocol';
import { Acc, InFlag } from './accounts.ts';
import { Note } from './actions.ts';
import type { Channels } from './channels.ts';
import { Index, Size } from './config.ts';
import type { Core } from './core.ts';
import { NbFlag } from './neighbours.ts';
import type { Relay } from './relay.ts';

/** In a slot shorter than this a header does not get far enough to be worth its air. */
const SLOT_MIN_S = 20;
const SLICE_HASHES = 12;
/** Marks a set of parameters in the store that is in force. */
const IN_FORCE = 0;

export class LedgerView {
  core: Core;
  channels: Channels;
  relay: Relay;
  clock: NodeClock;
  chains: HeaderChain[];
  gateways: number[];
  /** The header whose key is being walked, and its chain. */
  held: Uint8Array | undefined;
  walking: HeaderChain | undefined;
  /** Sends a header on that proved to be its gateway's. */
  pass: (header: Uint8Array) => void;
  /** Nonce of the question for the time, when it was asked, and how often without answer. */
  nonce: number;
  askedMs: number;
  timeS: number;
  timeAsks: number;
  keyS: number;
  keyAsks: number;
  /** The request that a proof must answer, and the neighbour it is about; NONE: this node's account. */
  request: Uint8Array | undefined;
  about: number;
  proofS: number;
  proofAsks: number;
  /** Height of the last proof of the own account. */
  accountAt: number;
  params: Uint8Array | undefined;
  reassembly: Reassembly;

  constructor(core: Core, channels: Channels, relay: Relay, pass: (header: Uint8Array) => void) {
    this.core = core;
    this.channels = channels;
    this.relay = relay;
    this.clock = new NodeClock(0);
    this.chains = [];
    this.gateways = [];
    this.held = undefined;
    this.walking = undefined;
    this.pass = pass;
    this.nonce = 0;
    this.askedMs = 0;
    this.timeS = 0;
    this.timeAsks = 0;
    this.keyS = 0;
    this.keyAsks = 0;
    this.request = undefined;
    this.about = Index.NONE;
    this.proofS = 0;
    this.proofAsks = 0;
    this.accountAt = 0;
    this.reassembly = new Reassembly();
    this.params = core.store.read('fh.v');
    if (this.params !== undefined && this.params[0] === IN_FORCE) this.apply(this.params);
  }

  // ---------------------------------------------------------------- headers and time

  /** A HEADER whose MIC holds. It is passed on once its key has proved to be the gateway's. */
  header(frame: Uint8Array): void {
    const core = this.core;
    const slotMs = core.config.blockIntervalS * 1000;
    if (slotMs < SLOT_MIN_S * 1000) return;
    const gateway = getU32(frame, Header.GATEWAY);
    const chain = this.chains[this.gateways.indexOf(gateway)];
    if (chain === undefined) {
      if (this.chains.length < Size.GATEWAYS) this.askKey(KeySubject.HEADER, gateway);
      return core.refuse(ErrorCode.NO_KEY, gateway);
    }
    const earliest = this.clock.earliestMs(core.nowMs);
    const latest = this.clock.latestMs(core.nowMs);
    if (!this.clock.known() || latest - earliest > slotMs >> 3) this.askTime();
    if (!this.clock.known()) return core.refuse(ErrorCode.NO_CLOCK, gateway);
    if (this.walking !== undefined) return core.refuse(ErrorCode.TABLE_FULL, gateway);
    const code = chain.offer(frame, earliest, latest);
    if (code !== ErrorCode.OK) {
      if (code !== ErrorCode.DUPLICATE) core.refuse(code, gateway);
      // Silent for more slots than are walked: home knows a newer key.
      if (code === ErrorCode.TOO_FAR_AHEAD) this.askKey(KeySubject.HEADER, gateway);
      return;
    }
    this.held = frame;
    this.walking = chain;
    this.work();
  }

  /** One slice of a walk; true when there is more. */
  work(): boolean {
    const chain = this.walking;
    if (chain === undefined) return false;
    const code = chain.work(SLICE_HASHES);
    if (code === ErrorCode.UNSYNCED) return true;
    this.walking = undefined;
    const frame = this.held;
    this.held = undefined;
    if (frame === undefined) return false;
    if (code !== ErrorCode.OK) this.core.refuse(code, getU32(frame, Header.GATEWAY));
    if (code !== ErrorCode.BAD_HEADER_KEY) this.pass(frame);
    return false;
  }

  private askTime(): void {
    if (this.channels.waiting(this.timeS, this.timeAsks)) return;
    this.timeS = this.core.nowS;
    this.timeAsks++;
    this.askedMs = this.core.nowMs;
    this.nonce = this.core.nextCounter();
    const ask = new Uint8Array(TimePayload.SIZE_ASK);
    ask[0] = Payload.TIME;
    putU32(ask, TimePayload.NONCE, this.nonce);
    this.channels.sendHome(ask);
  }

  private time(answer: Uint8Array): ErrorCode {
    const late = this.nonce === 0 || getU32(answer, TimePayload.NONCE) !== this.nonce;
    if (late || answer.length !== TimePayload.SIZE_ANSWER) return ErrorCode.REPLAYED;
    this.nonce = 0;
    this.timeAsks = 0;
    const unixMs = getU32(answer, TimePayload.SECONDS) * 1000 + ((answer[TimePayload.FRACTION] * 1000) >> 8);
    return this.clock.answer(unixMs, this.askedMs, this.core.nowMs) ? ErrorCode.OK : ErrorCode.BAD_SLOT;
  }

  // ---------------------------------------------------------------- keys

  askKey(subject: number, address: number): void {
    if (this.channels.waiting(this.keyS, this.keyAsks)) return;
    this.keyS = this.core.nowS;
    this.keyAsks = Math.min(this.keyAsks + 1, 255);
    const ask = new Uint8Array(KeyReqPayload.SIZE);
    ask[0] = Payload.KEYREQ;
    ask[KeyReqPayload.SUBJECT] = subject;
    putU32(ask, KeyReqPayload.ADDRESS, address);
    this.channels.sendHome(ask);
  }

  private key(reply: Uint8Array): ErrorCode {
    const core = this.core;
    const code = checkKeyReply(reply);
    if (code !== ErrorCode.OK) return code;
    const address = getU32(reply, KeyRepPayload.ADDRESS);
    if (reply.length === KeyRepPayload.SIZE_NONE || address === core.config.address) return ErrorCode.NO_KEY;
    this.keyAsks = 0;
    if (reply[KeyRepPayload.SUBJECT] === KeySubject.HEADER) {
      let i = this.gateways.indexOf(address);
      if (i < 0) i = this.gateways.length;
      if (i >= Size.GATEWAYS) return ErrorCode.TABLE_FULL;
      const id = { ledger: core.config.ledger, address: address, generation: reply[KeyRepPayload.GENERATION] };
      const slot = getU32(reply, KeyRepPayload.SLOT);
      const key = cut(reply, KeyRepPayload.KEY, Wire.KEY);
      this.gateways[i] = address;
      this.chains[i] = new HeaderChain(core.crypto, id, core.config.blockIntervalS * 1000, slot, key);
      return ErrorCode.OK;
    }
    if (!core.keys.put(address, reply, KeyRepPayload.LINK)) return ErrorCode.TABLE_FULL;
    core.store.write('fh.keys', core.keys.table);
    core.neighbours.keyed(core.neighbours.find(address), core.keys.find(address));
    return ErrorCode.OK;
  }

  // ---------------------------------------------------------------- proofs

  /** Asks for the proof of one record at a proven height: a channel that pays this node, else its own account. */
  private askProof(height: number): void {
    const core = this.core;
    const accounts = core.accounts;
    let nb = 0;
    while (nb < Size.NEIGHBOURS && !this.unchecked(nb, height)) nb++;
    const account = nb === Size.NEIGHBOURS;
    if (account && this.accountAt !== 0 && height - this.accountAt < core.config.epochHeights) return;
    if (this.channels.waiting(this.proofS, this.proofAsks)) return;
    this.proofS = core.nowS;
    this.proofAsks = Math.min(this.proofAsks + 1, 255);
    const ask = new Uint8Array(account ? ProofRequestPayload.SIZE_NODE : ProofRequestPayload.SIZE_CHANNEL);
    ask[0] = Payload.PROOF_REQUEST;
    ask[ProofRequestPayload.RECORD] = account ? ProofRecord.NODE : ProofRecord.CHANNEL;
    putU32(ask, ProofRequestPayload.HEIGHT, height);
    putU32(ask, ProofRequestPayload.ID, account ? core.config.address : accounts.u32(nb, Acc.ADDRESS));
    if (!account) copyBytes(ask, ProofRequestPayload.ID + 4, accounts.table, nb * Acc.SIZE + Acc.IN_GENERATION, 2);
    this.request = ask;
    this.about = account ? Index.NONE : nb;
    this.channels.sendHome(ask);
  }

  /** What STATE told of a channel is older than the header, and nobody but home has said so. */
  private unchecked(nb: number, height: number): boolean {
    const accounts = this.core.accounts;
    const flags = accounts.u8(nb, Acc.IN_FLAGS) & (InFlag.PROVEN | InFlag.CHECKED);
    return this.core.neighbours.used(nb) && flags === InFlag.PROVEN && accounts.u32(nb, Acc.IN_STATE) <= height;
  }

  private proof(reply: Uint8Array): ErrorCode {
    const core = this.core;
    const ask = this.request;
    const chain = this.chains[this.gateways.indexOf(core.config.home)];
    if (ask === undefined || chain === undefined) return ErrorCode.REPLAYED;
    const height = getU32(reply, ProofPayload.HEIGHT);
    const root = chain.root(height);
    const other = height !== getU32(ask, ProofRequestPayload.HEIGHT) || reply[ProofPayload.RECORD] !== ask[1];
    if (root === undefined || other) return ErrorCode.REPLAYED;
    const id = cut(ask, ProofRequestPayload.ID, ask.length - ProofRequestPayload.ID);
    const key = recordKey(core.crypto, ask[ProofRequestPayload.RECORD], id);
    const proof = cut(reply, ProofPayload.PROOF, reply.length - ProofPayload.PROOF);
    const { code, value } = verifyProof(core.crypto, root, Wire.HASH_AIR, key, proof);
    if (code !== ErrorCode.OK) return code;
    this.request = undefined;
    this.proofAsks = 0;
    if (this.about !== Index.NONE) this.judge(this.about, id, height, value);
    else {
      this.accountAt = height;
      core.note(Note.BALANCE, core.config.address, value === undefined ? 0 : getI48(value, ProofValue.BALANCE));
    }
    return ErrorCode.OK;
  }

  /**
   * What the ledger has of a channel at a height not below that of the STATE which told of it; undefined: nothing.
   * Limit and expiry never fall, so less than STATE said means that home lied (SPEC 8.7).
   */
  private judge(nb: number, id: Uint8Array, height: number, value: Uint8Array | undefined): void {
    const { accounts, config } = this.core;
    if (!equalBytes(accounts.table, nb * Acc.SIZE + Acc.IN_GENERATION, id, 4, 2)) return;
    if (getU32(id, 0) !== accounts.u32(nb, Acc.ADDRESS)) return;
    const agrees =
      value !== undefined &&
      getU32(value, ProofValue.PAYEE) === config.address &&
      getU16(value, ProofValue.LIMIT) >= accounts.u16(nb, Acc.IN_LIMIT) &&
      getU32(value, ProofValue.EXPIRY) >= accounts.u32(nb, Acc.IN_EXPIRY);
    const flags = accounts.u8(nb, Acc.IN_FLAGS);
    accounts.setU8(nb, Acc.IN_FLAGS, agrees ? flags | InFlag.CHECKED : InFlag.REFUTED);
    accounts.save(nb);
    this.core.note(agrees ? Note.CHECKED : Note.CONTRADICTED, getU32(id, 0), height);
  }

  // ---------------------------------------------------------------- parameters

  private receiveParams(set: Uint8Array): ErrorCode {
    const code = checkParams(set);
    if (code !== ErrorCode.OK) return code;
    const old = this.params;
    const newer = old === undefined ? 1 : (set[ParamsPayload.VERSION] - old[ParamsPayload.VERSION]) & 255;
    if (newer === 0 || newer > 127) return ErrorCode.REPLAYED;
    this.params = set;
    this.core.store.write('fh.v', set);
    return ErrorCode.OK;
  }

  private apply(set: Uint8Array): void {
    const config = this.core.config;
    config.payBatchLinks = set[ParamsPayload.PAY_BATCH];
    config.trustMaxLinks = set[ParamsPayload.TRUST_MAX];
    config.claimFirstLinks = set[ParamsPayload.CLAIM_FIRST];
    config.windowCode = set[ParamsPayload.WINDOW];
    config.levyPerMille = set[ParamsPayload.LEVY];
    this.relay.free.setRate(set[ParamsPayload.FREE]);
    this.relay.emergency.setRate(set[ParamsPayload.EMERGENCY]);
    this.relay.service.setRate(set[ParamsPayload.SERVICE]);
    config.price = Math.max(set[ParamsPayload.PRICE_FLOOR], Math.min(config.price, set[ParamsPayload.PRICE_CAP]));
  }

  // ---------------------------------------------------------------- from home, and time

  /** The whole message when this is its last missing piece (SPEC 5.9). */
  assembled(src: number, fragment: Uint8Array): Uint8Array | undefined {
    const code = checkFragment(fragment);
    if (code === ErrorCode.OK) return this.reassembly.add(src, fragment, this.core.nowMs);
    this.core.refuse(code, src);
    return undefined;
  }

  /** A payload from home, opened and genuine. False: it is none of these. */
  receive(payload: Uint8Array): boolean {
    let code;
    switch (payload[0]) {
      case Payload.TIME: code = this.time(payload); break;
      case Payload.KEYREP: code = this.key(payload); break;
      case Payload.PROOF: code = this.proof(payload); break;
      case Payload.PARAMS: code = this.receiveParams(payload); break;
      default: return false;
    }
    if (code !== ErrorCode.OK) this.core.refuse(code, this.core.config.home);
    return true;
  }

  /** Once a second. */
  tick(): void {
    const core = this.core;
    const set = this.params;
    if (set !== undefined && set[0] !== IN_FORCE && core.heightNow() >= getU32(set, ParamsPayload.HEIGHT)) {
      set[0] = IN_FORCE;
      core.store.write('fh.v', set);
      this.apply(set);
    }
    const chain = this.chains[this.gateways.indexOf(core.config.home)];
    if (chain !== undefined && chain.provenHeight > 0) this.askProof(chain.provenHeight);
    // One of the strangers near.
    const nb = core.nowS % Size.NEIGHBOURS;
    const stranger = core.neighbours.used(nb) && !core.neighbours.has(nb, NbFlag.KEYED);
    if (stranger) this.askKey(KeySubject.PAIR, core.neighbours.addressOf(nb));
  }
}
