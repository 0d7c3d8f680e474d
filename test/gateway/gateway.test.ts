// The gateway between its board and its chain: a packet becomes a receipt, a transaction, a block and news for both
// ends; and nothing of that is lost when the cable, the board, the disk or the process fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Note } from '#mesh';
import { Payload, StatePayload, getU16 } from '#protocol';
import type { BoardLink } from '../../host-tools/gateway/board-link.ts';
import { ChainService, LEDGER_DEPS } from '../../host-tools/gateway/chain-service.ts';
import { Gateway, leasedNumbers } from '../../host-tools/gateway/gateway.ts';
import type { GatewayEvent } from '../../host-tools/gateway/view.ts';
import { addressText } from '../../host-tools/provision/identity.ts';
import { DeskWorld, GATEWAY, diskFull, founding } from './desk-world.ts';
import { NodeSide } from './node-side.ts';

const READING = new Uint8Array([Payload.READING, 1, 0, 5, ...new Uint8Array(16)]);
const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** What the board was told, and whether it takes anything. Has the shape of the link as the gateway uses it. */
class FakeLink {
  isUp = true;
  answers = true;
  readonly told: { kind: 'send' | 'receipt' | 'state'; bytes: Uint8Array; dst: number; seq16: number }[] = [];

  private take(kind: 'send' | 'receipt' | 'state', bytes: Uint8Array, dst = 0, seq16 = 0): Promise<void> {
    if (!this.isUp || !this.answers) return Promise.reject(new Error('no answer'));
    this.told.push({ kind, bytes, dst, seq16 });
    return Promise.resolve();
  }

  send = ({ bytes, dst, seq16 }: { bytes: Uint8Array; dst: number; seq16: number }): Promise<void> =>
    this.take('send', bytes, dst, seq16);
  receipt = (lock: Uint8Array, x: Uint8Array): Promise<void> => this.take('receipt', Uint8Array.from([...lock, ...x]));
  state = (plaintext: Uint8Array): Promise<void> => this.take('state', plaintext);
  askStatus = (): Promise<void> => Promise.resolve();

  of(kind: 'send' | 'receipt' | 'state'): FakeLink['told'] {
    return this.told.filter((one) => one.kind === kind);
  }
}

class Office {
  readonly link = new FakeLink();
  readonly events: GatewayEvent[] = [];
  readonly nodes: NodeSide[];
  gateway: Gateway;
  private seq = 1;
  nowMs: number;

  constructor(readonly world = new DeskWorld(3)) {
    this.gateway = this.begin();
    const [gateway, ...others] = world.members;
    this.nodes = others.map((member) => new NodeSide(member, gateway!, founding.ledgerId));
    this.nowMs = world.timeS * 1000;
    this.tick(0);
  }

  private begin(chain: ChainService = this.world.chain): Gateway {
    const { store, world } = { store: this.world.store, world: this.world };
    const end = world.endOf(0, leasedNumbers(store));
    const gateway = new Gateway({ address: GATEWAY, chain, store, end, nameOf: addressText });
    gateway.subscribe((event) => this.events.push(event));
    gateway.attach(this.link as unknown as BoardLink);
    return gateway;
  }

  /** As after kill -9: only what is in the store is left. */
  restart(): void {
    this.gateway = this.begin(this.world.serve(this.world.store.load(LEDGER_DEPS)));
  }

  tick(seconds: number): void {
    this.nowMs += seconds * 1000;
    this.gateway.tick(this.nowMs);
  }

  /** A packet of node `from` (1 or 2) reaches the board; given again with the same `seq` it is a repetition. */
  packet(from: number, plaintext: Uint8Array, seq = this.seq++): void {
    const packet = this.nodes[from - 1]!.packet(seq, plaintext, 0x80);
    this.gateway.hear({ kind: 'packet', packet, hops: 2 });
  }

  get logs(): string[] {
    return this.events.flatMap((event) => (event.type === 'log' ? [event.data.text] : []));
  }
}

test('packet, receipt, pool, block, news: the whole way of an OPEN and a CLAIM', async () => {
  const office = new Office();
  const { world, link } = office;
  office.packet(1, world.open(2, 1));
  await settled();
  assert.equal(link.of('receipt').length, 1);
  assert.equal(world.chain.poolSize, 1);
  office.tick(1);
  assert.equal(world.ledger.channelsOf(world.members[1]!.address).length, 1);
  office.tick(0.2);
  const states = link.of('send');
  assert.deepEqual(states.map(({ dst }) => dst), [1, 2].map((i) => world.members[i]!.address));
  const [toPayee] = states;
  const plaintext = office.nodes[0]!.read(toPayee!, 1, true);
  assert.equal(plaintext[0], Payload.STATE);
  const limit = getU16(plaintext, StatePayload.LIMIT);
  assert.ok(limit > 0);
  office.packet(1, world.claim(2, 3));
  office.tick(1);
  assert.equal(world.ledger.counters.claims, 1);
  const blocks = office.events.flatMap((event) => (event.type === 'block' ? [event.data] : []));
  assert.equal(blocks.find(({ claims }) => claims > 0)!.settledCredits, 3 * world.ledger.money.linkValue);
  world.assertConserved();
});

test('a repeated packet gets its receipt again and is counted once', async () => {
  const office = new Office();
  for (let i = 1; i <= 3; i++) {
    office.packet(1, READING, 500);
    await settled();
    assert.equal(office.link.of('receipt').length, i);
  }
  assert.equal(office.gateway.figures.tally.delivered, 1);
  assert.equal(office.gateway.packets(-1, 10).length, 1);
});

test('while the cable is out nothing is tried, and afterwards nothing is missing', async () => {
  const office = new Office();
  const { world, link } = office;
  // The gateway's own board pays, so that it has news to hear too.
  office.packet(1, world.open(0, 1));
  await settled();
  link.told.length = 0;
  link.isUp = false;
  office.packet(2, READING);
  for (let i = 0; i < 30; i++) office.tick(1);
  assert.equal(link.told.length, 0);
  link.isUp = true;
  office.tick(1);
  await settled();
  assert.equal(link.of('receipt').length, 1, 'a receipt younger than a packet lives');
  assert.equal(link.of('state').length, 1, 'the own board hears of its channel');
  assert.deepEqual(link.of('send').map(({ dst }) => dst), [world.members[1]!.address]);
  link.isUp = false;
  office.packet(2, READING);
  office.tick(100);
  link.isUp = true;
  office.tick(1);
  await settled();
  assert.equal(link.of('receipt').length, 1, 'an older one no longer matters');
});

test('a board that does not answer is told again, and a restart of it is said and made good', async () => {
  const office = new Office();
  const { world, link } = office;
  office.packet(1, world.open(0, 1));
  office.tick(1);
  await settled();
  link.told.length = 0;
  office.gateway.hear({ kind: 'boot', address: GATEWAY, board: 'x' });
  await settled();
  assert.equal(office.gateway.reboots, 1);
  assert.match(office.logs.join(), /gateway board restarted \(1 times/);
  assert.equal(link.of('state').length, 1, 'a board without memory hears of its channels');
  office.tick(3);
  assert.equal(link.of('send').length, 1, 'what was under way goes again');
  link.answers = false;
  office.packet(2, READING);
  await settled();
  link.answers = true;
  office.tick(1);
  await settled();
  assert.equal(link.of('receipt').length, 1);
  office.gateway.hear({ kind: 'boot', address: 0x99, board: 'x' });
  assert.match(office.logs.join(), /another board \(00000099\)/);
  office.tick(31);
  office.tick(1);
  assert.equal(office.logs.filter((text) => /said nothing/.test(text)).length, 1);
});

test('a packet that cannot be kept gets no receipt', async () => {
  const office = new Office();
  office.world.moody.failure = diskFull();
  assert.throws(() => office.packet(1, READING, 700), /disk is full/);
  await settled();
  assert.equal(office.link.of('receipt').length, 0);
  assert.equal(office.gateway.figures.tally.delivered, 0);
});

test('killed at any moment the gateway goes on with figures that fit its packets', async () => {
  const office = new Office();
  const { world } = office;
  for (let i = 0; i < 5; i++) office.packet(1, READING);
  office.tick(1);
  for (let i = 0; i < 3; i++) office.packet(2, READING, 200_000 + i);
  const before = { ...office.gateway.figures.tally };
  const ids = office.gateway.packets(-1, 100).map(({ id }) => id);
  office.restart();
  assert.deepEqual(office.gateway.figures.tally, before);
  const [one, two] = [1, 2].map((i) => office.gateway.figures.heard.get(world.members[i]!.address)!);
  assert.deepEqual([one!.delivered, two!.delivered, two!.hops], [5, 3, 2]);
  office.packet(2, READING, 200_010);
  const now = office.gateway.packets(-1, 100).map(({ id }) => id);
  assert.deepEqual(now, [...ids, ids.at(-1)! + 1], 'ids go on');
  office.packet(1, READING, 3);
  assert.equal(office.gateway.figures.tally.delivered, 9, 'a packet of before the kill is still known');
});

test('after a restart a node that is heard gets the state of its channels once', async () => {
  const office = new Office();
  const { world, link } = office;
  office.packet(1, world.open(2, 1));
  office.tick(1);
  link.told.length = 0;
  office.restart();
  office.tick(1);
  assert.equal(link.of('send').length, 0, 'nobody is known to listen');
  office.packet(2, READING);
  office.packet(2, READING);
  office.tick(1);
  const sent = link.of('send');
  assert.deepEqual(sent.map(({ dst }) => dst), [world.members[2]!.address]);
  office.gateway.hear({ kind: 'note', note: Note.RECEIPT, who: sent[0]!.dst, value: sent[0]!.seq16 });
  office.packet(2, READING);
  office.tick(100);
  assert.equal(link.of('send').length, 1);
});

test('packet numbers never repeat, whatever is killed', () => {
  const { store } = new DeskWorld(1);
  const seen = new Set<number>();
  for (let life = 0; life < 5; life++) {
    const next = leasedNumbers(store);
    for (let i = 0; i < 100 * life; i++) {
      const number = next();
      assert.ok(!seen.has(number));
      seen.add(number);
    }
  }
  store.putNote('seq', new Uint8Array([255, 255, 255, 255]));
  assert.throws(() => leasedNumbers(store)(), /used up/);
});

test('strangers, a board that speaks for others and a clock that was set back are said', () => {
  const office = new Office();
  const [gateway, member] = office.world.members;
  const stranger = new NodeSide({ ...member!, address: 0x77 }, gateway!, founding.ledgerId);
  office.gateway.hear({ kind: 'packet', packet: stranger.packet(1, READING), hops: 1 });
  office.gateway.hear({ kind: 'message', src: 0x88, plaintext: READING });
  office.tick(-3600);
  office.tick(1);
  const { logs } = office;
  assert.match(logs.join('\n'), /packet from 00000077 refused: unknown source/);
  assert.match(logs.join('\n'), /speaks for 00000088/);
  assert.equal(logs.filter((text) => /clock is 360\d s behind/.test(text)).length, 1);
  assert.equal(office.gateway.figures.tally.delivered, 0);
});
