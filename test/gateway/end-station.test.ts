// The gateway's end of packets: what a node sends opens, what it must open it can, and nothing else opens at all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActionKind, EventKind, MeshNode, Note, type Action, type NodeConfig, type StorePort } from '#mesh';
import { Class, Payload, Wire } from '#protocol';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';
import { EndStation, type ArrivedPacket, type PeerPosition } from '../../host-tools/gateway/end-station.ts';
import { settingsOf } from '../../host-tools/provision/found-desk.ts';
import { keyTable } from '../../host-tools/provision/identity.ts';
import { founding, identities, random } from './desk-world.ts';
import { NodeSide } from './node-side.ts';

const [GATEWAY, NODE] = identities(2) as [ReturnType<typeof identities>[0], ReturnType<typeof identities>[0]];
const node = new NodeSide(NODE, GATEWAY, founding.ledgerId);
const text = (words: string): Uint8Array => new Uint8Array([Payload.TEXT, ...Buffer.from(words)]);
const keyOf = (address: number): Uint8Array | undefined => (address === NODE.address ? NODE.linkKey : undefined);

function station(firstSeq = 1, keys = keyOf): EndStation {
  let seq = firstSeq;
  return new EndStation(GATEWAY.address, GATEWAY.linkSecret, founding.ledgerId, keys, () => seq++);
}

function opened(end: EndStation, packet: ArrivedPacket) {
  const result = end.open(packet);
  assert.ok(result.ok, result.ok ? '' : result.reason);
  return result;
}

test('what a node sends is opened, proven and known again', () => {
  const end = station();
  const packet = node.packet(7, text('hello'), 0x80);
  const first = opened(end, packet);
  assert.deepEqual(first.plaintext, text('hello'));
  assert.equal(first.repeated, false);
  assert.ok(node.proves(packet, first.preimage));
  const second = opened(end, packet);
  assert.equal(second.repeated, true);
  assert.deepEqual(second.preimage, first.preimage, 'the lost receipt is made again');
});

test('what the gateway sends is opened by the node, backed or not', () => {
  const end = station(0x1ffff);
  for (const seq of [0x1ffff, 0x20000]) {
    const packet = end.prepare(NODE.address, text('state'))!;
    assert.equal(packet.seq16, seq % 65536);
    for (const backed of [false, true]) assert.deepEqual(node.read(packet, seq, backed), text('state'));
  }
  assert.equal(end.prepare(0x99, text('nobody')), undefined);
});

test('what may be sent as a service packet is, and nothing else is taken as one', () => {
  const end = station();
  const state = Uint8Array.of(Payload.STATE, 1, 2);
  const packet = end.prepare(NODE.address, state)!;
  assert.equal(packet.bytes[0], Class.SERVICE);
  assert.deepEqual(node.read(packet, 1, false), state);
  const claim = Uint8Array.of(Payload.CLAIM, 1);
  assert.deepEqual(opened(end, node.packet(1, claim, Class.SERVICE)).plaintext, claim);
  for (const plaintext of [text('reading'), Uint8Array.of(Payload.FRAGMENT), new Uint8Array(0)]) {
    const disguised = node.packet(2, plaintext, Class.SERVICE);
    assert.deepEqual(end.open(disguised), { ok: false, reason: 'wrong class' });
  }
});

test('no changed byte passes, and no other key', () => {
  const end = station();
  const packet = node.packet(3, text('reading'));
  for (const field of ['lock', 'ciphertext'] as const) {
    for (let i = 0; i < packet[field].length; i++) {
      const changed = packet[field].slice();
      changed[i]! ^= 1;
      assert.deepEqual(end.open({ ...packet, [field]: changed }), { ok: false, reason: 'not genuine' });
    }
  }
  assert.equal(end.open({ ...packet, packetClass: 0x80 }).ok, false, 'unbacked does not become backed');
  assert.equal(end.open({ ...packet, seq16: 4 }).ok, false);
  assert.deepEqual(end.open({ ...packet, src: 0x99 }), { ok: false, reason: 'unknown source' });
  const stranger = new NodeSide({ ...NODE, linkSecret: random(32) }, GATEWAY, founding.ledgerId);
  assert.equal(end.open(stranger.packet(3, text('reading'))).ok, false);
  const elsewhere = new NodeSide(NODE, GATEWAY, new Uint8Array(8).fill(1));
  assert.equal(end.open(elsewhere.packet(3, text('reading'))).ok, false, 'a packet of another ledger');
  assert.equal(opened(end, packet).repeated, false, 'and the honest one still opens');
});

test('late and disordered packets are told from repeated ones, over the wrap of sixteen bits', () => {
  const end = station();
  const order = [65530, 65534, 65531, 65537, 65536, 65535, 131_080, 131_075];
  for (const seq of order) assert.equal(opened(end, node.packet(seq, text('x'))).repeated, false, `${seq}`);
  for (const seq of [131_080, 131_075]) assert.equal(opened(end, node.packet(seq, text('x'))).repeated, true, `${seq}`);
  assert.equal(opened(end, node.packet(131_040, text('x'))).repeated, true, 'older than the window counts as seen');
  assert.equal(opened(end, node.packet(131_049, text('x'))).repeated, false, 'the oldest in the window does not');
});

test('a restarted host goes on where it was', () => {
  const before = station();
  for (const seq of [5, 60_000, 120_000, 180_000, 3_000_000 % 240_000]) before.open(node.packet(seq, text('x')));
  const positions = before.positions();
  assert.deepEqual(positions.map(({ address, last }) => [address, last]), [[NODE.address, 180_000]]);
  const after = station();
  after.restore(positions);
  assert.deepEqual(after.positions(), positions, 'also of a node that has not been heard since');
  assert.equal(opened(after, node.packet(180_000, text('x'))).repeated, true);
  assert.equal(opened(after, node.packet(200_000, text('x'))).repeated, false);
  const far: PeerPosition = { address: NODE.address, linkKey: NODE.linkKey, last: 7_000_000, seen: 1 };
  const late = station();
  late.restore([far]);
  assert.equal(opened(late, node.packet(7_000_002, text('x'))).repeated, false);
  assert.equal(station().open(node.packet(7_000_002, text('x'))).ok, false, 'numbers cannot be guessed for ever');
});

test('a rekeyed board begins anew, and its old key is worthless at once', () => {
  const [, , other] = identities(3);
  const renewed = { ...NODE, linkSecret: other!.linkSecret, linkKey: other!.linkKey };
  let linkKey = NODE.linkKey;
  const end = station(1, (address) => (address === NODE.address ? linkKey : undefined));
  opened(end, node.packet(500_000, text('old')));
  linkKey = renewed.linkKey;
  assert.equal(end.open(node.packet(500_001, text('old'))).ok, false);
  const fresh = new NodeSide(renewed, GATEWAY, founding.ledgerId);
  assert.equal(opened(end, fresh.packet(1, text('new'))).repeated, false);
});

/** Two real nodes that hear each other at once: the gateway's board and another. */
class Pair {
  readonly actions: Action[][] = [[], []];
  private readonly nodes: MeshNode[];
  private nowMs = 1000;

  constructor() {
    this.nodes = [GATEWAY, NODE].map((own, i) => {
      const pace = {
        readingS: 0, helloMinMs: 1000, helloMaxMs: 5000, receiptDelayMs: 300, retryS: 5, freePerMille: 500,
      };
      const settings = settingsOf(founding, own, new Uint8Array(16).fill(3), { ...pace, dutyPerMille: 1000 });
      const networkKey = new Uint8Array(16).fill(3);
      const config: NodeConfig = { ...settings, ledger: founding.ledgerId, networkKey };
      const peer = i === 0 ? NODE : GATEWAY;
      return new MeshNode(config, nodeCrypto, storeOf(), keyTable(own.linkSecret, [peer]), own.paySecret);
    });
  }

  step(index: number, kind: EventKind, bytes: Uint8Array = new Uint8Array(0), a = 0, b = 0): void {
    const heard: Uint8Array[] = [];
    for (const action of this.nodes[index]!.step({ kind, bytes, a, b }, this.nowMs)) {
      if (action.kind === ActionKind.TRANSMIT) heard.push(action.bytes.slice());
      else this.actions[index]!.push({ ...action, bytes: action.bytes.slice() });
    }
    for (const frame of heard) {
      this.nowMs += 100;
      this.step(1 - index, EventKind.FRAME, frame, -60, 9);
      this.step(index, EventKind.SENT, new Uint8Array(0), 1, 0);
    }
  }

  run(seconds: number): void {
    for (const end = this.nowMs + seconds * 1000; this.nowMs < end; this.nowMs += 50) {
      for (const i of [0, 1]) if (this.nodes[i]!.wakeMs() <= this.nowMs) this.step(i, EventKind.TICK);
    }
  }

  take(index: number, kind: ActionKind): Action[] {
    return this.actions[index]!.filter((action) => action.kind === kind);
  }

  noted(index: number, note: Note): number[] {
    return this.take(index, ActionKind.NOTE).filter(({ a }) => a === note).map(({ b }) => b);
  }
}

function storeOf(): StorePort {
  const files = new Map<string, Uint8Array>();
  return {
    read: (name) => files.get(name),
    readAt: (name, offset, count) => files.get(name)?.slice(offset, offset + count),
    write: (name, bytes) => void files.set(name, bytes.slice()),
  };
}

test('with real nodes on both sides: packets and proofs go both ways', () => {
  const pair = new Pair();
  const end = station();
  pair.run(30);
  pair.step(1, EventKind.SEND, text('up'), GATEWAY.address, 0);
  pair.run(5);
  const [up] = pair.take(0, ActionKind.HOST_DELIVER);
  assert.ok(up !== undefined, 'the board hands the packet to its host');
  const [lock, ciphertext] = [up.bytes.slice(0, Wire.LOCK), up.bytes.slice(Wire.LOCK)];
  const result = opened(end, { src: up.address, seq16: up.b, packetClass: up.a >> 8, lock, ciphertext });
  assert.deepEqual(result.plaintext, text('up'));
  pair.step(0, EventKind.HOST_RECEIPT, Uint8Array.from([...lock, ...result.preimage]));
  pair.run(10);
  assert.deepEqual(pair.noted(1, Note.RECEIPT), [up.b], 'the node has the proof of its packet');

  const down = end.prepare(NODE.address, text('down'))!;
  pair.step(0, EventKind.HOST_SEND, down.bytes, down.dst, down.seq16);
  pair.run(15);
  assert.deepEqual(pair.take(1, ActionKind.DELIVER).map(({ bytes }) => bytes), [text('down')]);
  assert.deepEqual(pair.noted(0, Note.RECEIPT), [down.seq16], 'and the board has the proof of the host\'s');
});
