// One real node and the neighbours that a test speaks for, byte by byte: what they send is chosen freely,
// what the node sends is kept. Time passes 50 ms an event; the radio of the node always succeeds. No ledger:
// STATE comes from a home whose key the test holds. Used by the tests of this folder.
import assert from 'node:assert/strict';
import type { Action, NodeConfig, StorePort } from '#mesh';
import { ActionKind, EventKind, KeyRecord, MeshNode, Note } from '#mesh';
import {
  Book,
  Class,
  Data,
  ErrorCode,
  Flag,
  FrameType,
  Link,
  Sync,
  Wire,
  getU16,
  getU32,
  lockOf,
  macKey,
  micOf,
  packetNonce,
  payPrefix,
  preimage,
  step,
  trailerBytes,
} from '#protocol';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';

export const NODE = 0x0a000011;
export const HOME = 0x0a000033;
export const LEDGER = new Uint8Array(Wire.LEDGER_ID).fill(8);
export const CHAIN = { generation: 1, chain: 9, limit: 40 };
const NETWORK = new Uint8Array(Wire.KEY).fill(1);
const END_MAC = new Uint8Array(Wire.KEY).fill(3);
const END_CIPHER = new Uint8Array(Wire.KEY).fill(4);

export const u16 = (value: number): number[] => [(value >> 8) & 255, value & 255];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

/** Address of the n-th neighbour; those up to `known` have keys. */
export function neighbourAddress(n: number): number {
  return 0x0a000022 + 0x100 * n;
}

function linkKey(address: number): Uint8Array {
  return new Uint8Array(Wire.KEY).fill(2 + (address >>> 8));
}

/** Links of a neighbour's chain, from the anchor up. */
export function chainOf(payer: number, generation = CHAIN.generation, chain = CHAIN.chain): Uint8Array[] {
  const prefix = payPrefix({ ledger: LEDGER, address: payer, generation }, chain);
  const links: Uint8Array[] = [new Uint8Array(Book.LINK).fill(0x44)];
  for (let i = 0; i < 200; i++) links.unshift(step(nodeCrypto, prefix, links[0]!));
  return links;
}

export interface ConversationOptions {
  /** Neighbours with keys; those met at once. */
  known?: number;
  met?: number;
  config?: Partial<NodeConfig>;
}

export class Conversation {
  readonly stored = new Map<string, Uint8Array>();
  node!: MeshNode;
  nowMs = 1000;
  readonly transmitted: Uint8Array[] = [];
  readonly notes: Action[] = [];
  readonly deliveries: Action[] = [];
  readonly broadcasts: Action[] = [];
  private readonly store: StorePort = {
    read: (name) => this.stored.get(name),
    readAt: (name, offset, count) => this.stored.get(name)?.slice(offset, offset + count),
    write: (name, bytes) => void this.stored.set(name, bytes.slice()),
  };
  private readonly config: NodeConfig;
  private readonly known: number;
  private readonly counters = new Map<number, number>();
  private seq = 1;
  private helloSeq = 2;

  constructor({ known = 1, met = 1, config = {} }: ConversationOptions = {}) {
    const profile = { spreadingFactor: 7, bandwidthHz: 125000, codingRate: 1, preambleSymbols: 8 };
    this.known = known;
    this.config = {
      address: NODE,
      home: HOME,
      ledger: LEDGER,
      networkKey: NETWORK,
      generation: 0,
      endOnHost: false,
      profile: { ...profile, explicitHeader: true, crc: true },
      linkValue: 256,
      levyPerMille: 50,
      price: 16,
      trustMaxLinks: 6,
      payBatchLinks: 3,
      claimFirstLinks: 6,
      windowCode: 7,
      epochHeights: 144,
      blockIntervalS: 600,
      freePerMille: 10,
      emergencyPerMille: 10,
      servicePerMille: 10,
      dutyPerMille: 1000,
      retryS: 30,
      helloMinMs: 2000,
      helloMaxMs: 60000,
      receiptDelayMs: 500,
      ...config,
    };
    this.boot();
    for (let n = 0; n < met; n++) this.meet(neighbourAddress(n));
  }

  boot(): void {
    const addresses = [HOME, ...Array.from({ length: this.known }, (_, n) => neighbourAddress(n))];
    const keys = addresses.flatMap((address) => [...u32(address), ...linkKey(address), ...END_MAC, ...END_CIPHER]);
    assert.equal(keys.length, addresses.length * KeyRecord.SIZE);
    this.node = new MeshNode(
      this.config,
      nodeCrypto,
      this.store,
      Uint8Array.from(keys),
      new Uint8Array(32).fill(5),
    );
    this.node.extend();
    this.step(EventKind.TICK, []);
  }

  /** One event 50 ms on. Whatever the node transmits has left the radio at once, and is kept. */
  step(kind: EventKind, bytes: ArrayLike<number>, a = -80, b = 5): Action[] {
    this.nowMs += 50;
    const actions = this.node.step({ kind, bytes: Uint8Array.from(bytes), a, b }, this.nowMs).slice();
    // What a frame that has left makes room for belongs to this event too.
    for (let i = 0; i < actions.length; i++) {
      const action = actions[i]!;
      if (action.kind === ActionKind.NOTE) this.notes.push(action);
      else if (action.kind === ActionKind.DELIVER) this.deliveries.push(action);
      else if (action.kind === ActionKind.BROADCAST) this.broadcasts.push(action);
      else if (action.kind === ActionKind.TRANSMIT) {
        this.transmitted.push(action.bytes);
        const sent = { kind: EventKind.SENT, bytes: new Uint8Array(0), a: 1, b: 0 };
        actions.push(...this.node.step(sent, this.nowMs));
      }
    }
    return actions;
  }

  wait(seconds: number): void {
    for (let i = 0; i < seconds * 20; i++) this.step(EventKind.TICK, []);
  }

  hear(frame: ArrayLike<number>): Action[] {
    return this.step(EventKind.FRAME, frame);
  }

  /** Codes that the node names for these bytes. */
  refusals(frame: ArrayLike<number>): ErrorCode[] {
    return this.hear(frame)
      .filter(({ kind, a }) => kind === ActionKind.NOTE && a === Note.REFUSED)
      .map(({ b }) => b as ErrorCode);
  }

  /** Frames of a type that the node has sent since the last call. */
  sent(type: FrameType): Uint8Array[] {
    const found = this.transmitted.filter((frame) => (frame[0]! & Flag.TYPE) === type);
    this.transmitted.length = 0;
    return found;
  }

  withMic(body: number[], key: Uint8Array, sender: number, counterHigh: number, size: number): Uint8Array {
    const frame = Uint8Array.from([...body, ...new Uint8Array(size)]);
    frame.set(micOf(nodeCrypto, key, sender, counterHigh, frame, size).subarray(0, size), body.length);
    return frame;
  }

  aliasOf(address: number): number {
    return (address >>> 8) & 255;
  }

  /** A frame from a neighbour to the node under their key, with a fresh counter. */
  linked(type: number, body: ArrayLike<number>, from = neighbourAddress(0)): Uint8Array {
    const counter = (this.counters.get(from) ?? 0x10000) + 1;
    this.counters.set(from, counter);
    const head = [type | Flag.PAIRWISE, this.aliasOf(from), this.node.core.alias, ...u16(counter & 0xffff)];
    return this.withMic([...head, ...Array.from(body)], linkKey(from), from, counter >>> 16, Wire.MIC);
  }

  syncAck(nonce: number, from = neighbourAddress(0)): Uint8Array {
    const head = [FrameType.SYNCACK | Flag.PAIRWISE, this.aliasOf(from), this.node.core.alias];
    const counter = this.counters.get(from) ?? 0x10000;
    return this.withMic([...head, ...u32(nonce), ...u32(counter)], linkKey(from), from, 0, Wire.MIC_SYNC);
  }

  /** HELLO under the network key; `routes` are 11 bytes each. */
  hello(
    from: number,
    options: { seq?: number; price?: number; alias?: number; routes?: number[][] } = {},
  ): Uint8Array {
    const { seq = (this.helloSeq += 2), price = 16, alias = this.aliasOf(from), routes = [] } = options;
    const head = [FrameType.HELLO, alias, Wire.VERSION, ...u32(from), ...u16(seq), 0, price, 0x10 | routes.length];
    return this.withMic([...head, this.node.core.alias, 255, ...routes.flat()], NETWORK, from, 0, Wire.MIC);
  }

  /** A flood under the network key that speaks for `origin`. */
  flood(body: number[], origin: number): Uint8Array {
    return this.withMic(body, NETWORK, origin, 0, Wire.MIC);
  }

  /** HELLO, and the answer to the node's SYNC. */
  meet(from: number): void {
    assert.deepEqual(this.refusals(this.hello(from)), []);
    this.transmitted.length = 0;
    const index = this.node.core.neighbours.find(from);
    for (let i = 0; i < 200 && !this.node.core.neighbours.has(index, 2); i++) {
      this.step(EventKind.TICK, []);
      for (const asked of this.sent(FrameType.SYNC)) {
        if (asked[Link.NEXT] !== this.aliasOf(from)) continue;
        assert.deepEqual(this.refusals(this.syncAck(getU32(asked, Sync.NONCE), from)), []);
      }
    }
    assert.ok(
      this.node.core.neighbours.has(index, 2),
      'the node asks for the counter of a neighbour it has a key for',
    );
  }

  /** DATA from `src` by way of a neighbour; `plaintext` is for the node when `dst` is. */
  data(
    src: number,
    dst: number,
    packetClass: number,
    plaintext: ArrayLike<number>,
    budget = 0,
    via = neighbourAddress(0),
  ): {
    frame: Uint8Array;
    x: Uint8Array;
    lock: Uint8Array;
    ciphertext: Uint8Array;
    again(): Uint8Array;
  } {
    const seq = this.seq++;
    const ciphertext = nodeCrypto.aesCtr(END_CIPHER, packetNonce(src, dst, seq), Uint8Array.from(plaintext));
    const x = preimage(nodeCrypto, macKey(END_MAC), packetClass & Class.FIXED, src, dst, seq, ciphertext).slice();
    const lock = lockOf(nodeCrypto, LEDGER, src, dst, seq, x).slice();
    const head = [...u32(src), ...u32(dst), ...u16(seq), packetClass, ...lock, ...u16(budget)];
    const again = (): Uint8Array => this.linked(FrameType.DATA, [...head, ...ciphertext], via);
    return { frame: again(), x, lock, ciphertext, again };
  }

  /** STATE of a channel that pays the node, or that it pays. */
  state(
    payer: number,
    payee: number,
    link: Uint8Array,
    change: Partial<typeof CHAIN> & { settled?: number } = {},
  ): number[] {
    const { generation, chain, limit, settled = 0 } = { ...CHAIN, ...change };
    const head = [6, ...u32(100), 0, 0, 0, 0, 0, 0, 1, ...u32(payer), generation, chain, ...u32(payee)];
    return [...head, ...u16(settled), ...u16(limit), ...u32(5000), 1, ...link];
  }

  /** Home tells, by way of a neighbour. */
  tell(state: number[], via = neighbourAddress(0)): void {
    assert.deepEqual(this.refusals(this.data(HOME, NODE, 5, state, 0, via).frame), []);
  }

  pay(link: Uint8Array, number: number, from = neighbourAddress(0)): ErrorCode[] {
    return this.refusals(this.linked(FrameType.PAY, [...link, number & 255], from));
  }

  /** A receipt entry from a neighbour. */
  receipt(lock: Uint8Array, x: Uint8Array, from: number): Action[] {
    return this.hear(this.linked(FrameType.RECEIPT, [1, lock[0]!, lock[1]!, ...x], from));
  }

  /** The three keys that the node shares with an address, as home would tell them. */
  pairKeys(address: number): number[] {
    return [...linkKey(address), ...END_MAC, ...END_CIPHER];
  }

  /** Payloads in the packets that the node has sent to `dst` since they were last forgotten. */
  payloadsTo(dst: number): Uint8Array[] {
    const seen = new Map<number, Uint8Array>();
    for (const frame of this.transmitted) {
      if ((frame[0]! & Flag.TYPE) !== FrameType.DATA || getU32(frame, Data.DST) !== dst) continue;
      const seq = getU16(frame, Data.SEQ);
      const body = frame.subarray(Data.BODY, frame.length - Wire.MIC - trailerBytes(frame));
      seen.set(seq, nodeCrypto.aesCtr(END_CIPHER, packetNonce(getU32(frame, Data.SRC), dst, seq), body));
    }
    return [...seen.values()];
  }

  count(note: Note): number {
    return this.notes.filter(({ a }) => a === note).length;
  }
}
