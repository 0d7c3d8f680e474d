// The error codes that only a whole node can give (SPEC 9): a neighbour, played here byte by byte, says something it
// must not, and the node names the reason, keeps its money and answers the next good frame as ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action, NodeConfig, StorePort } from '#mesh';
import { ActionKind, EventKind, KeyRecord, MeshNode, Note } from '#mesh';
import {
  Book,
  ErrorCode,
  Flag,
  FrameType,
  Link,
  Sync,
  Wire,
  getU32,
  lockOf,
  macKey,
  micOf,
  packetNonce,
  payPrefix,
  preimage,
  step,
} from '#protocol';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';

const [NODE, NEIGHBOUR, HOME] = [0x0a000011, 0x0a000022, 0x0a000033];
const LEDGER = new Uint8Array(Wire.LEDGER_ID).fill(8);
const [NETWORK, LINK_KEY, END_MAC, END_CIPHER] = [1, 2, 3, 4].map((n) =>
  new Uint8Array(Wire.KEY).fill(n),
) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const CHAIN = { generation: 1, chain: 9, limit: 40 };

const u16 = (value: number): number[] => [value >> 8, value & 255];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

function keyTable(): Uint8Array {
  const table = new Uint8Array(2 * KeyRecord.SIZE);
  for (const [i, address] of [NEIGHBOUR, HOME].entries()) {
    table.set([...u32(address), ...LINK_KEY, ...END_MAC, ...END_CIPHER], i * KeyRecord.SIZE);
  }
  return table;
}

/** A node and the neighbour that this test speaks for. */
class Conversation {
  private readonly stored = new Map<string, Uint8Array>();
  private readonly store: StorePort = {
    read: (name) => this.stored.get(name),
    readAt: (name, offset, count) => this.stored.get(name)?.slice(offset, offset + count),
    write: (name, bytes) => void this.stored.set(name, bytes.slice()),
  };
  private readonly node: MeshNode;
  private nowMs = 1000;
  private counter = 0x10000;
  private seq = 1;
  private readonly transmitted: Uint8Array[] = [];

  constructor() {
    const profile = { spreadingFactor: 7, bandwidthHz: 125000, codingRate: 1, preambleSymbols: 8 };
    const config: NodeConfig = {
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
      dutyPerMille: 1000,
      retryS: 30,
      helloMinMs: 2000,
      helloMaxMs: 60000,
      receiptDelayMs: 500,
    };
    this.node = new MeshNode(config, nodeCrypto, this.store, keyTable(), new Uint8Array(32).fill(5));
    this.step(EventKind.TICK, []);
    this.meet();
  }

  /** One event 50 ms on. Whatever the node transmits has left the radio at once, and is kept. */
  private step(kind: EventKind, bytes: ArrayLike<number>): Action[] {
    this.nowMs += 50;
    const actions = this.node.step({ kind, bytes: Uint8Array.from(bytes), a: -80, b: 5 }, this.nowMs).slice();
    for (const { kind: action, bytes: frame } of actions) {
      if (action !== ActionKind.TRANSMIT) continue;
      this.transmitted.push(frame);
      this.node.step({ kind: EventKind.SENT, bytes: new Uint8Array(0), a: 1, b: 0 }, this.nowMs);
    }
    return actions;
  }

  /** Codes that the node names for these bytes. */
  refusals(frame: ArrayLike<number>): ErrorCode[] {
    return this.step(EventKind.FRAME, frame)
      .filter(({ kind, a }) => kind === ActionKind.NOTE && a === Note.REFUSED)
      .map(({ b }) => b as ErrorCode);
  }

  withMic(body: number[], key: Uint8Array, counterHigh: number, size: number): Uint8Array {
    const frame = Uint8Array.from([...body, ...new Uint8Array(size)]);
    frame.set(micOf(nodeCrypto, key, NEIGHBOUR, counterHigh, frame, size).subarray(0, size), body.length);
    return frame;
  }

  /** A frame from the neighbour to the node under their key, with a fresh counter. */
  linked(type: number, body: ArrayLike<number>): Uint8Array {
    this.counter += 1;
    const head = [type | Flag.PAIRWISE, NEIGHBOUR & 255, NODE & 255, ...u16(this.counter & 0xffff)];
    return this.withMic([...head, ...Array.from(body)], LINK_KEY, this.counter >>> 16, Wire.MIC);
  }

  syncAck(nonce: number): Uint8Array {
    const head = [FrameType.SYNCACK | Flag.PAIRWISE, NEIGHBOUR & 255, NODE & 255];
    return this.withMic([...head, ...u32(nonce), ...u32(this.counter)], LINK_KEY, 0, Wire.MIC_SYNC);
  }

  /** HELLO, and the answer to the node's SYNC. */
  private meet(): void {
    const hello = [
      FrameType.HELLO,
      NEIGHBOUR & 255,
      Wire.VERSION,
      ...u32(NEIGHBOUR),
      ...u16(2),
      0,
      16,
      0x10,
      NODE & 255,
      255,
    ];
    assert.deepEqual(this.refusals(this.withMic(hello, NETWORK, 0, Wire.MIC)), []);
    for (let i = 0; i < 60; i++) this.step(EventKind.TICK, []);
    const asked = this.transmitted.find((frame) => (frame[0]! & Flag.TYPE) === FrameType.SYNC);
    assert.ok(asked !== undefined, 'the node asks for the counter of a neighbour it has a key for');
    assert.deepEqual(this.refusals(this.syncAck(getU32(asked, Sync.NONCE))), []);
  }

  /** DATA from `src` by way of the neighbour; `plaintext` is for the node when `dst` is. */
  data(src: number, dst: number, packetClass: number, plaintext: ArrayLike<number>): Uint8Array {
    const seq = this.seq++;
    const body = nodeCrypto.aesCtr(END_CIPHER, packetNonce(src, dst, seq), Uint8Array.from(plaintext));
    const x = preimage(nodeCrypto, macKey(END_MAC), packetClass & 0xe0, src, dst, seq, body);
    const lock = lockOf(nodeCrypto, LEDGER, src, dst, seq, x);
    const head = [...u32(src), ...u32(dst), ...u16(seq), packetClass, ...lock, ...u16(0)];
    return this.linked(FrameType.DATA, [...head, ...body]);
  }

  state(anchor: Uint8Array): number[] {
    const { generation, chain, limit } = CHAIN;
    const head = [6, ...u32(100), 0, 0, 0, 0, 0, 0, 1, ...u32(NEIGHBOUR), generation, chain, ...u32(NODE)];
    return [...head, ...u16(0), ...u16(limit), ...u32(5000), 1, ...anchor];
  }
}

const PREFIX = payPrefix({ ledger: LEDGER, address: NEIGHBOUR, generation: CHAIN.generation }, CHAIN.chain);
const LINKS: Uint8Array[] = [new Uint8Array(Book.LINK).fill(0x44)];
for (let i = 0; i < 100; i++) LINKS.unshift(step(nodeCrypto, PREFIX, LINKS[0]!));

test('without a pairwise MIC nothing but HELLO is taken: NO_KEY', () => {
  const talk = new Conversation();
  const frame = talk.data(NEIGHBOUR, NODE, 5, [1, 2]);
  frame[Link.TYPE] = FrameType.DATA;
  assert.deepEqual(talk.refusals(frame), [ErrorCode.NO_KEY]);
});

test('a SYNCACK for a nonce that was not asked, or a second time: REPLAYED', () => {
  const talk = new Conversation();
  assert.deepEqual(talk.refusals(talk.syncAck(0x77777777)), [ErrorCode.REPLAYED]);
});

test('a frame heard twice does not verify again: BAD_MIC', () => {
  const talk = new Conversation();
  const frame = talk.data(NEIGHBOUR, NODE, 5, [1, 2]);
  assert.deepEqual(talk.refusals(frame), []);
  assert.deepEqual(talk.refusals(frame), [ErrorCode.BAD_MIC]);
});

test('a packet for others without hops left: TTL_SPENT', () => {
  const talk = new Conversation();
  assert.deepEqual(talk.refusals(talk.data(NEIGHBOUR, HOME, 0, [1])), [ErrorCode.TTL_SPENT]);
});

test('STATE from somebody who is not home: NOT_NEIGHBOUR', () => {
  const talk = new Conversation();
  const frame = talk.data(NEIGHBOUR, NODE, 5, talk.state(LINKS[0]!));
  assert.deepEqual(talk.refusals(frame), [ErrorCode.NOT_NEIGHBOUR]);
  const pay = talk.linked(FrameType.PAY, [...LINKS[1]!, 1]);
  assert.deepEqual(talk.refusals(pay), [ErrorCode.NO_CHANNEL], 'and it proves no channel');
});

test('payments: NO_CHANNEL, then BAD_LINK, TOO_FAR_AHEAD, OVER_LIMIT, and good ones in between', () => {
  const talk = new Conversation();
  const pay = (link: Uint8Array, number: number): ErrorCode[] =>
    talk.refusals(talk.linked(FrameType.PAY, [...link, number]));
  assert.deepEqual(pay(LINKS[1]!, 1), [ErrorCode.NO_CHANNEL]);
  assert.deepEqual(talk.refusals(talk.data(HOME, NODE, 5, talk.state(LINKS[0]!))), []);
  assert.deepEqual(pay(LINKS[2]!, 1), [ErrorCode.BAD_LINK]);
  assert.deepEqual(pay(LINKS[33]!, 33), [ErrorCode.TOO_FAR_AHEAD]);
  assert.deepEqual(pay(LINKS[20]!, 20), []);
  assert.deepEqual(pay(LINKS[41]!, 41), [ErrorCode.OVER_LIMIT]);
  assert.deepEqual(pay(LINKS[40]!, 40), []);
  assert.deepEqual(pay(LINKS[40]!, 40), [], 'the same payment again is no news');
});
