// What a gateway does for nodes beyond carrying, judged by the node's own decoders: headers that prove true against
// the ledger, proofs against those headers, the time, keys that open what the other end sent, parameters, audits. A
// real ledger with short epochs; the board is a list of what it was told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ErrorCode, Header, HeaderChain, KeyRepPayload, KeySubject, NodeClock, ParamsPayload, Payload,
  ProofPayload, ProofRecord, Reassembly, TimePayload, checkFrame, checkPayload, cut, getU32, putU32,
  recordKey, verifyProof, FrameType,
} from '#protocol';
import { Note } from '#mesh';
import { nodeCrypto, pairKeys, signEd25519, x25519 } from '../../host-tools/crypto/index.ts';
import { HEADER_BODY } from '../../host-tools/gateway/announcer.ts';
import type { BoardLink } from '../../host-tools/gateway/board-link.ts';
import { LEDGER_DEPS } from '../../host-tools/gateway/chain-service.ts';
import type { PreparedPacket } from '../../host-tools/gateway/end-station.ts';
import { Gateway, leasedNumbers } from '../../host-tools/gateway/gateway.ts';
import { Action, TxKind, decodeBlock, decodeTx, signTx } from '../../host-tools/ledger/index.ts';
import { addressText } from '../../host-tools/provision/identity.ts';
import { DeskWorld, Foundation, GATEWAY } from './desk-world.ts';
import { NodeSide } from './node-side.ts';

const SLOT_S = 60;
const PLACE = new Foundation({ blockIntervalS: SLOT_S, epoch: 12, moneyRound: 6, channelEpochs: 3 });

class Office {
  readonly world = new DeskWorld(3, PLACE);
  readonly sent: PreparedPacket[] = [];
  readonly headers: Uint8Array[] = [];
  readonly logs: string[] = [];
  readonly nodes: NodeSide[];
  gateway: Gateway;
  headless = false;
  nowMs: number;
  private seq = 1;
  private given = 0;
  private confirmed = 0;
  ledger = this.world.ledger;

  constructor() {
    const [gateway, ...others] = this.world.members;
    this.nodes = others.map((member) => new NodeSide(member, gateway!, PLACE.founding.ledgerId));
    this.nowMs = this.world.timeS * 1000;
    this.gateway = this.begin();
    this.slots(3);
  }

  private begin(): Gateway {
    const { world } = this;
    const { store } = world;
    const { blockSeed, ownerSeed } = PLACE.founding;
    const secrets = new Map(world.members.map(({ address, linkSecret }) => [address, linkSecret]));
    const keys = { blockSeed, ownerSeed, linkSecretOf: (address: number) => secrets.get(address) };
    const chain = this.ledger === world.ledger ? world.chain : world.serve(this.ledger);
    const end = world.endOf(0, leasedNumbers(store));
    const gateway = new Gateway({ address: GATEWAY, chain, store, end, keys, nameOf: addressText });
    gateway.subscribe((event) => event.type === 'log' && this.logs.push(event.data.text));
    gateway.attach(this.link as unknown as BoardLink);
    return gateway;
  }

  restart(): void {
    this.ledger = this.world.store.load(LEDGER_DEPS);
    this.gateway = this.begin();
  }

  private readonly link = {
    isUp: true,
    send: async (packet: PreparedPacket): Promise<void> => void this.sent.push(packet),
    receipt: async (): Promise<void> => {},
    state: async (): Promise<void> => {},
    header: async (body: Uint8Array): Promise<void> => {
      if (this.headless) this.gateway.hear({ kind: 'refused', request: 'header' });
      else this.headers.push(body);
    },
  };

  /** What was sent before has arrived by now. */
  tick(ms: number): void {
    this.nowMs += ms;
    for (; this.confirmed < this.sent.length; this.confirmed++) {
      const { dst, seq16 } = this.sent[this.confirmed]!;
      this.gateway.hear({ kind: 'note', note: Note.RECEIPT, who: dst, value: seq16 });
    }
    this.gateway.tick(this.nowMs);
  }

  slots(count: number): void {
    for (let i = 0; i < 3 * count; i++) {
      this.gateway.hear({ kind: 'note', note: Note.NEIGHBOUR_NEW, who: GATEWAY + 1, value: 1 });
      this.tick((SLOT_S / 3) * 1000);
    }
  }

  get slot(): number {
    return Math.floor(this.nowMs / 1000 / SLOT_S);
  }

  hear(node: number, plaintext: Uint8Array): void {
    this.gateway.hear({ kind: 'packet', packet: this.nodes[node - 1]!.packet(this.seq++, plaintext), hops: 1 });
  }

  /** What a node was sent since the last call, opened with its keys. */
  answers(node: number): Uint8Array[] {
    const to = this.world.members[node]!.address;
    for (let i = 0; i < 20; i++) this.tick(1);
    const packets = this.sent.slice(this.given).filter(({ dst }) => dst === to);
    this.given = this.sent.length;
    const opened = packets.map((packet) => this.nodes[node - 1]!.read(packet, packet.seq16, false));
    for (const plaintext of opened) assert.equal(checkPayload(plaintext), ErrorCode.OK);
    return opened;
  }

  ask(node: number, plaintext: Uint8Array, kind: Payload): Uint8Array {
    assert.equal(checkPayload(plaintext), ErrorCode.OK);
    this.hear(node, plaintext);
    const answer = this.answers(node).filter((bytes) => bytes[0] === kind);
    assert.equal(answer.length, 1, `one answer of kind ${kind}; ${this.logs.at(-1)}`);
    return answer[0]!;
  }

  transactions(): number[] {
    const kinds: number[] = [];
    for (const bytes of this.world.store.blocks(1)) {
      for (const transaction of decodeBlock(bytes)!.transactions) {
        const decoded = decodeTx(transaction);
        kinds.push(decoded.code === 0 ? decoded.tx.kind : -1);
      }
    }
    return kinds;
  }

  /** A node's view of the gateway's headers, from the answer to its KEYREQ. */
  headerChain(): HeaderChain {
    const reply = this.ask(1, keyRequest(KeySubject.HEADER, GATEWAY), Payload.KEYREP);
    assert.equal(reply.length, KeyRepPayload.SIZE_HEADER);
    const id = { ledger: PLACE.founding.ledgerId, address: GATEWAY, generation: reply[KeyRepPayload.GENERATION]! };
    const slot = getU32(reply, KeyRepPayload.SLOT);
    assert.ok(slot < this.slot, 'the key of a slot that is over');
    return new HeaderChain(nodeCrypto, id, SLOT_S * 1000, slot, reply.slice(KeyRepPayload.KEY));
  }
}

function keyRequest(subject: KeySubject, address: number): Uint8Array {
  const bytes = new Uint8Array([Payload.KEYREQ, subject, 0, 0, 0, 0]);
  putU32(bytes, 2, address);
  return bytes;
}

/** As the board puts it on the air, but for the MIC. */
function frameOf(body: Uint8Array): Uint8Array {
  assert.equal(body.length, HEADER_BODY);
  const frame = new Uint8Array(Header.SIZE);
  frame[0] = FrameType.HEADER;
  frame[Header.TTL] = 5;
  frame.set(body, Header.GATEWAY);
  assert.equal(checkFrame(frame), ErrorCode.OK);
  return frame;
}

/** The node takes one header and works it off. */
function take(chain: HeaderChain, office: Office): ErrorCode {
  const frame = frameOf(office.headers.at(-1)!);
  const offered = chain.offer(frame, office.nowMs, office.nowMs + 500);
  return offered === ErrorCode.OK ? chain.work(2000) : offered;
}

test('the header chain is registered once, kept over restarts, and revealed in every epoch', () => {
  const office = new Office();
  const count = (kind: TxKind): number => office.transactions().filter((one) => one === kind).length;
  assert.equal(count(TxKind.GATEWAY), 1);
  office.restart();
  office.slots(12 * 3);
  assert.equal(count(TxKind.GATEWAY), 1, 'the chain of before is still the one on the ledger');
  assert.equal(count(TxKind.REVEAL), 3);
  const { revealed, anchorSlot } = office.ledger.gateway(GATEWAY)!;
  assert.equal(revealed, Math.floor(office.ledger.height / 12) + 1);
  assert.equal(anchorSlot, office.ledger.counters.epochSlot);
  assert.deepEqual(office.logs, [], 'nothing that anybody would have to read');
  office.world.assertConserved();
});

test('a node proves headers true one slot later, and a forged one never', () => {
  const office = new Office();
  const chain = office.headerChain();
  const roots = new Map<number, Uint8Array>();
  for (let i = 0; i < 3; i++) {
    const before = office.headers.length;
    office.slots(1);
    assert.equal(office.headers.length, before + 1, 'one a slot');
    roots.set(office.ledger.height, office.ledger.stateRoot().slice(0, 16));
    assert.equal(take(chain, office), ErrorCode.OK);
  }
  const [first, second, last] = [...roots.keys()];
  assert.deepEqual(chain.root(first!), roots.get(first!));
  assert.deepEqual(chain.root(second!), roots.get(second!));
  assert.equal(chain.root(last!), undefined, 'its key is still a secret');
  const forged = office.headers.at(-1)!.slice();
  forged[Header.ROOT - Header.GATEWAY]! ^= 1;
  const slot = office.nowMs;
  assert.equal(chain.offer(frameOf(forged), slot, slot), ErrorCode.OK, 'it may wait');
  office.slots(1);
  assert.equal(take(chain, office), ErrorCode.OK);
  assert.deepEqual(chain.root(last!), roots.get(last!), 'but the true one counts');
  assert.equal(chain.offer(frameOf(forged), office.nowMs, office.nowMs), ErrorCode.BAD_SLOT, 'a slot later it is late');
});

test('headers are as far apart as the air allows, never two in a slot, none by a clock that was set back', () => {
  const office = new Office();
  const before = office.headers.length;
  for (let i = 0; i < 10; i++) office.tick(1000);
  assert.equal(office.headers.length, before);
  office.slots(1);
  assert.equal(office.headers.length, before + 1);
  office.tick(-5 * SLOT_S * 1000);
  for (let i = 0; i < 4; i++) office.slots(1);
  assert.equal(office.headers.length, before + 1, 'keys of those slots are public');
  office.slots(2);
  assert.equal(office.headers.length, before + 2);
  office.headless = true;
  office.slots(5);
  assert.equal(office.headers.length, before + 2);
  assert.equal(office.logs.filter((text) => /sends no headers/.test(text)).length, 1, 'said once');
});

/** PROOF_REQUEST for a node (4 bytes of id) or a channel (6). */
function proofRequest(record: ProofRecord, height: number, id: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(6 + id.length);
  bytes.set([Payload.PROOF_REQUEST, record]);
  putU32(bytes, 2, height);
  bytes.set(id, 6);
  return bytes;
}

function idOf(address: number, ...more: number[]): Uint8Array {
  const bytes = new Uint8Array(4 + more.length);
  putU32(bytes, 0, address);
  bytes.set(more, 4);
  return bytes;
}

/** A message that came whole, or in pieces as the node's own memory puts them together. */
function inOne(pieces: Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const box = new Reassembly();
  return pieces.map((piece) => box.add(GATEWAY, piece, 0)).at(-1)!;
}

test('a proof comes in pieces and counts against a header that has proved true', () => {
  const office = new Office();
  const { world } = office;
  office.hear(1, world.open(2, 1));
  office.slots(1);
  office.answers(1);
  const chain = office.headerChain();
  const heights: number[] = [];
  for (let i = 0; i < 3; i++) {
    office.hear(1, world.claim(2, 1 + i));
    office.slots(1);
    take(chain, office);
    heights.push(office.ledger.height);
  }
  office.answers(1);
  const height = heights[1]!;
  assert.ok(office.ledger.height > height, 'the chain is further on than what a node can check');
  const root = chain.root(height)!;
  for (const [record, id] of [
    [ProofRecord.NODE, idOf(world.members[1]!.address)],
    [ProofRecord.CHANNEL, idOf(world.members[2]!.address, 0, 0)],
  ] as const) {
    office.hear(1, proofRequest(record, height, id));
    const pieces = office.answers(1);
    assert.ok(pieces.every((piece) => piece.length <= 205));
    if (record === ProofRecord.NODE) assert.ok(pieces.length > 1);
    const whole = inOne(pieces);
    assert.equal(checkPayload(whole), ErrorCode.OK);
    assert.deepEqual([whole[ProofPayload.RECORD], getU32(whole, ProofPayload.HEIGHT)], [record, height]);
    const proof = cut(whole, ProofPayload.PROOF, whole.length - ProofPayload.PROOF);
    const key = recordKey(nodeCrypto, record, id);
    const verdict = verifyProof(nodeCrypto, root, 16, key, proof);
    assert.equal(verdict.code, ErrorCode.OK);
    assert.ok(verdict.value !== undefined, 'it is there');
    proof[proof.length - 1]! ^= 1;
    assert.equal(verifyProof(nodeCrypto, root, 16, key, proof).code, ErrorCode.BAD_PROOF);
  }
});

test('the present height is proven for any record, absent ones too; a forgotten height is refused by name', () => {
  const office = new Office();
  const { ledger } = office;
  const absent = idOf(0x77777777);
  office.hear(1, proofRequest(ProofRecord.NODE, ledger.height, absent));
  const whole = inOne(office.answers(1));
  const proof = whole.slice(ProofPayload.PROOF);
  const key = recordKey(nodeCrypto, ProofRecord.NODE, absent);
  const verdict = verifyProof(nodeCrypto, ledger.stateRoot(), 32, key, proof);
  assert.deepEqual([verdict.code, verdict.value], [ErrorCode.OK, undefined]);
  office.hear(1, proofRequest(ProofRecord.NODE, ledger.height - 1, absent));
  assert.deepEqual(office.answers(1), []);
  assert.match(office.logs.at(-1)!, /no proof at height/);
});

test('the time is that of the moment it is sent, by the nonce that asked', () => {
  const office = new Office();
  const clock = new NodeClock(0);
  const ask = new Uint8Array([Payload.TIME, 9, 8, 7, 6]);
  const askedMs = office.nowMs;
  const answer = office.ask(1, ask, Payload.TIME);
  assert.equal(answer.length, TimePayload.SIZE_ANSWER);
  assert.deepEqual(answer.slice(0, 5), ask);
  const unixMs = 1000 * getU32(answer, TimePayload.SECONDS) + Math.floor((answer[TimePayload.FRACTION]! * 1000) / 256);
  const heardMs = office.nowMs;
  assert.ok(unixMs >= askedMs && unixMs <= heardMs, `${askedMs} ${unixMs} ${heardMs}`);
  assert.ok(clock.answer(unixMs, 0, heardMs - askedMs));
  // The answer to a question that was asked meanwhile takes the place of one that still waits.
  office.hear(1, new Uint8Array([Payload.TIME, 1, 1, 1, 1]));
  office.hear(1, new Uint8Array([Payload.TIME, 2, 2, 2, 2]));
  const answers = office.answers(1).filter((bytes) => bytes[0] === Payload.TIME);
  assert.deepEqual(answers.map((bytes) => bytes[1]), [2]);
});

test('KEYREP holds the keys that the other end has, for those at home here only', () => {
  const office = new Office();
  const [, one, two] = office.world.members;
  const reply = office.ask(1, keyRequest(KeySubject.PAIR, two!.address), Payload.KEYREP);
  assert.equal(reply.length, KeyRepPayload.SIZE_PAIR);
  const keys = pairKeys(x25519(two!.linkSecret, one!.linkKey)!);
  const expected = Uint8Array.from([...keys.link, ...keys.endAuth, ...keys.endCipher]);
  assert.deepEqual(reply.slice(KeyRepPayload.LINK), expected);
  for (const [subject, about] of [
    [KeySubject.PAIR, one!.address], [KeySubject.PAIR, 0x12345678], [KeySubject.HEADER, 0x12345678],
  ] as const) {
    const none = office.ask(1, keyRequest(subject, about), Payload.KEYREP);
    assert.deepEqual([...none], [Payload.KEYREP, subject, ...idOf(about)]);
  }
  office.hear(1, new Uint8Array([Payload.KEYREQ, 9, 0, 0, 0, 1]));
  assert.match(office.logs.at(-1)!, /key-request of 0a000002 refused: the request is malformed/);
});

test('parameters that a vote has changed go to every node, again until each has confirmed them', () => {
  const office = new Office();
  const { ledger, world } = office;
  const { ownerSeed, ledgerId } = PLACE.founding;
  const sign = (message: Uint8Array): Uint8Array => signEd25519(ownerSeed, message);
  const owner = [...ledger.owners()][0]!;
  office.hear(1, new Uint8Array([Payload.TEXT, 65]));
  assert.deepEqual(office.answers(1), [], 'nothing has changed yet');
  const circumstances = () => {
    const { nonce } = ledger.account(owner.key)!;
    return { owner: owner.key, nonce, validUntil: ledger.height + 9 };
  };
  const subject = new Uint8Array(32);
  subject[0] = 4;
  world.chain.submit(signTx(ledgerId, TxKind.PROPOSE,
    { action: Action.SET_RATE, subject, value: 3, ...circumstances() }, sign));
  office.slots(1);
  const proposal = [...ledger.proposals()][0]!.id;
  world.chain.submit(signTx(ledgerId, TxKind.VOTE, { proposal, choice: 1, ...circumstances() }, sign));
  office.slots(40);
  assert.equal(ledger.rates.claimFirst, 3);
  const [params] = office.answers(1).filter((bytes) => bytes[0] === Payload.PARAMS);
  assert.equal(params![ParamsPayload.VERSION], ledger.counters.paramsVersion);
  assert.equal(params![ParamsPayload.CLAIM_FIRST], 3);
  assert.equal(params![ParamsPayload.LEVY], 50);
  const { money } = ledger;
  assert.equal(params![ParamsPayload.TRUST_MAX], Math.floor(money.trustMax / money.linkValue));
  office.slots(1);
  office.restart();
  office.slots(1);
  office.hear(1, new Uint8Array([Payload.TEXT, 65]));
  office.hear(2, new Uint8Array([Payload.TEXT, 65]));
  assert.deepEqual(office.answers(1), [], 'who confirmed is not told again');
  const late = office.sent.filter(({ dst }) => dst === world.members[2]!.address);
  assert.equal(late.length, 1, 'who was not heard before is told now');
});

test('an audit is stated for who relayed for the gateway, and for who is heard and not needed; for nobody else', () => {
  const office = new Office();
  const { ledger, world } = office;
  const [relay, edge] = [world.members[1]!.address, world.members[2]!.address];
  const audited = (address: number): number => ledger.account(address)!.auditedAt;
  office.slots(2);
  assert.deepEqual([audited(relay), audited(edge)], [0, 0], 'nobody was heard');
  office.hear(2, new Uint8Array([Payload.TEXT, 65]));
  office.hear(1, world.open(0, 1));
  office.slots(3);
  assert.ok(audited(edge) > 0, 'nobody uses it as a relay, and it is there');
  assert.equal(audited(relay), 0, 'a channel alone is no relaying');
  office.hear(1, world.claim(0, 2));
  office.slots(3);
  assert.ok(audited(relay) > 0, 'the gateway has paid it for deliveries');
  const [first, epoch] = [audited(relay), Math.floor(audited(relay) / 12)];
  office.slots(12);
  assert.ok(Math.floor(ledger.height / 12) > epoch);
  assert.equal(audited(relay), first, 'a new epoch takes new evidence');
  world.assertConserved();
});
