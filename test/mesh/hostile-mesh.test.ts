// Attacks that take a whole mesh and the ledger: relays that cheat with the backed bit, drop, or withhold
// receipts, a sender that stops paying, a sender and a last hop against the relay between them, a spoofed
// address. For each the most that is gained or lost, in links, and the sum of all balances unchanged.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acc, Note, type MeshNode } from '#mesh';
import { Class, Data, ErrorCode, Flag, FrameType, Hello, Link, Wire, micOf, putU16 } from '#protocol';
import { fastCrypto } from '../../host-tools/simulator/fast-crypto.ts';
import { World, type Station } from './world.ts';

/** Links that a station holds from all others, less those it has shown to them. */
function netLinks(station: Station): number {
  const { accounts, neighbours } = station.mesh.core;
  let net = 0;
  for (let i = 0; i < 12; i++) {
    if (neighbours.used(i)) net += accounts.u16(i, Acc.IN_LINKS) - accounts.u16(i, Acc.OUT_LINKS);
  }
  return net;
}

/** Links in hand beyond what packets used up, less what was prepaid: a station's gain in units. */
function usedUnits(station: Station): number {
  const { accounts, neighbours } = station.mesh.core;
  let net = 0;
  for (let i = 0; i < 12; i++) {
    if (neighbours.used(i)) net += accounts.i32(i, Acc.IN_USED) - accounts.i32(i, Acc.OUT_USED);
  }
  return net;
}

function earned(station: Station, sinceS: number): number {
  return station.notes
    .filter(({ note, atS, value }) => note === Note.EARNED && atS > sinceS && value > 0)
    .reduce((sum, { value }) => sum + value, 0);
}

/** A line with a sender at its end that has paid for some packets. */
function payingLine(nodes: number): { world: World; stations: Station[] } {
  const world = new World({ nodes });
  const sender = world.stations[nodes - 1]!;
  world.every(6, (n) => sender.send(world.stations[0]!, `${n}`));
  world.until(
    'paid for',
    300,
    () => earned(world.stations[1]!, 0) > 0 && earned(world.stations[nodes - 2]!, 0) > 0,
  );
  world.run(40);
  return { world, stations: world.stations };
}

/** Changes every DATA frame that a node composes for others' packets. */
function tamper(mesh: MeshNode, change: (frame: Uint8Array) => void): void {
  const compose = mesh.carrier.composeData.bind(mesh.carrier);
  mesh.carrier.composeData = (index) => {
    const frame = compose(index);
    if (frame === undefined) return frame;
    change(frame);
    const counter = frame[Link.COUNTER]! * 256 + frame[Link.COUNTER + 1]!;
    mesh.core.putMic(frame, mesh.core.linkKey(mesh.outbox.neighbour), Math.floor(counter / 65536), Wire.MIC);
    return frame;
  };
}

test('backed packets forwarded unbacked: the destination refuses, the cheater earns nothing', () => {
  const { world, stations } = payingLine(4);
  const [, last, cheater] = stations as [Station, Station, Station];
  const sinceS = world.nowS + 5;
  tamper(cheater.mesh, (frame) => {
    frame[Data.CLASS] = frame[Data.CLASS]! & ~Class.BACKED;
    putU16(frame, Data.BUDGET, 0);
  });
  const before = world.delivered.length;
  world.run(200);
  // What was on its way is settled still; a lock made for a backed packet opens for no unbacked one.
  assert.equal(earned(cheater, sinceS + 10), 0);
  assert.equal(earned(last, sinceS + 10), 0);
  assert.ok(world.gateway.refusals.includes('not genuine'));
  assert.ok(world.delivered.length - before <= 3);
  world.quiet();
  world.checkBooks(64);
});

test('a relay that drops earns nothing, and is shown no more than one packet needs', () => {
  const { world, stations } = payingLine(4);
  const [, , dropper, sender] = stations as [Station, Station, Station, Station];
  const { accounts } = sender.mesh.core;
  const index = sender.neighbour(dropper);
  const [links, used] = [accounts.u16(index, Acc.OUT_LINKS), accounts.i32(index, Acc.OUT_USED)];
  const sinceS = world.nowS;
  // It answers "I have it", which stops the repetitions, and forgets.
  dropper.mesh.carrier.composeData = () => undefined;
  world.run(600);
  assert.equal(earned(dropper, sinceS + 15), 0);
  assert.ok(
    accounts.i32(index, Acc.OUT_USED) - used <= (used >> 3) + 64,
    'conceded: an eighth of what it once delivered',
  );
  assert.ok(accounts.u16(index, Acc.OUT_LINKS) - links <= 8 + 1, 'shown: eight links at most, kept as credit');
});

test('a sender that stops paying: the relay next to it loses at most what that sender had earned it', () => {
  const { world, stations } = payingLine(4);
  const [, , relay, sender] = stations as [Station, Station, Station, Station];
  const index = relay.neighbour(sender);
  const margin = relay.mesh.core.accounts.i32(index, Acc.MARGIN);
  sender.mesh.payments.reveal = () => new Uint8Array(17);
  world.run(900);
  const { accounts } = relay.mesh.core;
  const debt = accounts.i32(index, Acc.IN_USED) - accounts.u16(index, Acc.IN_LINKS) * 64;
  assert.ok(margin > 0 && debt <= 6 * 64, `owes ${debt} units; six links are the most`);
  assert.ok(debt <= accounts.i32(index, Acc.MARGIN), 'and not more than it ever earned this relay');
  world.quiet();
  assert.ok(usedUnits(relay) >= 0 && world.ledger.totals().conserved);
});

test('sender and last hop against the relay between them: its income covers what it pays on', () => {
  const { world, stations } = payingLine(4);
  const [, lastHop, middle, sender] = stations as [Station, Station, Station, Station];
  // The last hop is honest towards the destination, so that it can claim from the middle; the sender stops
  // paying.
  sender.mesh.payments.reveal = () => new Uint8Array(17);
  world.run(900);
  world.quiet();
  const { accounts } = middle.mesh.core;
  const owed = accounts.i32(middle.neighbour(sender), Acc.IN_USED);
  const owes = accounts.i32(middle.neighbour(lastHop), Acc.OUT_USED);
  assert.ok(owed >= owes, 'it booked more than it owes');
  const received = accounts.u16(middle.neighbour(sender), Acc.IN_LINKS) * 64;
  assert.ok(received - owes >= -6 * 64, `received ${received}, paid on ${owes}: the trust is its own margin`);
  assert.ok(netLinks(middle) >= -8, `${netLinks(middle)} links: at most what is prepaid for one packet`);
});

test('receipts withheld by the hop behind: the middle pays nothing for them and carries ever fewer', () => {
  const { world, stations } = payingLine(4);
  const [, withholder, middle] = stations as [Station, Station, Station];
  const index = middle.neighbour(withholder);
  const used = middle.mesh.core.accounts.i32(index, Acc.OUT_USED);
  const relayed = middle.mesh.core.counters.relayed;
  withholder.mesh.settlement.collectReceipts = () => new Uint8Array(0);
  world.run(600);
  const { accounts } = middle.mesh.core;
  assert.ok(accounts.i32(index, Acc.OUT_USED) - used <= (used >> 3) + 64);
  const backed = middle.notes.filter(
    ({ note, value, atS }) => note === Note.RELAYED && value > 0 && atS > world.nowS - 500,
  );
  assert.ok(backed.length <= 500 / 40 + 8, `${backed.length} backed packets carried for nothing in 500 s`);
  assert.ok(middle.mesh.core.counters.relayed > relayed);
});

test('a free rider sends unbacked only: it is carried from the free budget and not further', () => {
  const world = new World({ nodes: 4, config: { freePerMille: 5 } });
  const [gateway, , relay, rider] = world.stations as [Station, Station, Station, Station];
  rider.corrupt = (mesh) => {
    mesh.relay.backable = () => false;
    mesh.channels.want = () => {};
  };
  world.every(2, (n) => rider.send(gateway, `${n}`));
  world.run(1200);
  const carried = relay.notes.filter(
    ({ note, who, value }) => note === Note.RELAYED && who === rider.address && value === 0,
  );
  const frameMs = 62;
  // Half a per cent of the time, and the bucket it began with: ten minutes' worth.
  assert.ok(carried.length * frameMs <= 0.005 * (1200 + 600) * 1000, `${carried.length} packets`);
  assert.equal(earned(relay, 0), 0);
  assert.ok(rider.count(Note.NACKED, 6) > 0, 'and told that there is no more');
});

test('a free rider that sends readings as service packets: nobody takes them, and others still open channels', () => {
  const world = new World({
    nodes: 4,
    links: [
      [0, 1],
      [1, 2],
      [1, 3],
    ],
    config: { freePerMille: 0 },
  });
  const [gateway, relay, honest, rider] = world.stations as [Station, Station, Station, Station];
  rider.corrupt = ({ endpoint, relay: own, channels }) => {
    own.backable = () => false;
    channels.want = () => {};
    const send = endpoint.send.bind(endpoint);
    endpoint.send = (dst, _urgency, plaintext) => send(dst, Class.SERVICE, plaintext);
  };
  world.every(2, (n) => rider.send(gateway, `free ${n}`));
  world.every(2, (n) => rider.send(honest, `free ${n}`));
  world.run(20);
  world.every(6, (n) => honest.send(gateway, `${n}`));
  world.run(600);
  assert.ok(
    relay.notes.some(({ note, who }) => note === Note.RELAYED && who === rider.address),
    'carried',
  );
  const free = [...world.delivered, ...honest.delivered].filter(({ text }) => text.startsWith('free'));
  assert.deepEqual(free, [], 'and given to nobody');
  assert.ok(world.gateway.refusals.includes('wrong class'));
  assert.ok(honest.count(Note.REFUSED, ErrorCode.BAD_CLASS) > 0);
  assert.ok(
    rider.count(Note.RECEIPT) <= honest.count(Note.REFUSED, ErrorCode.BAD_CLASS),
    'no receipt of the gateway',
  );
  assert.ok(world.delivered.filter(({ src }) => src === honest.address).length > 50, 'the honest one is served');
  assert.ok(earned(relay, 0) > 0 && world.ledger.totals().conserved);
});

test('an address spoofed by a member: routes suffer until the true one is heard, no credit moves', () => {
  const { world, stations } = payingLine(3);
  const [gateway, relay, board] = stations as [Station, Station, Station];
  const before = relay.mesh.core.accounts.table.slice();
  const hello = new Uint8Array(Hello.BODY + Wire.MIC);
  hello.set([FrameType.HELLO, 201, Wire.VERSION]);
  new DataView(hello.buffer).setUint32(Hello.ADDRESS, board.address);
  putU16(hello, Hello.SEQ, 40_000);
  hello[Hello.PRICE] = 255;
  hello.set(
    micOf(fastCrypto, world.networkKey, board.address, 0, hello, Wire.MIC).subarray(0, Wire.MIC),
    Hello.BODY,
  );
  relay.step(1, hello, -70, 5);
  assert.deepEqual(relay.mesh.core.accounts.table, before);
  const arrived = world.delivered.length;
  world.run(120);
  assert.ok(world.delivered.length - arrived >= 10, `${world.delivered.length - arrived} of 20 arrived`);
  assert.equal(relay.mesh.core.neighbours.aliasOf(relay.neighbour(board)), board.mesh.core.alias);
  world.until('pays on', 60, () => gateway.up && earned(relay, world.nowS - 30) > 0);
});

test('every frame on the air is heard again, later and twice: nothing is booked twice', () => {
  const world = new World({ nodes: 3 });
  const [gateway, relay, board] = world.stations as [Station, Station, Station];
  const recorded: Uint8Array[] = [];
  world.ether.onTransmission = ({ frame }) => void (recorded.length < 4000 && recorded.push(frame.slice()));
  world.every(8, (n) => board.send(gateway, `${n}`));
  let at = 0;
  world.every(1, () => {
    for (let n = 0; n < 3 && at < recorded.length; n++, at++) {
      if ((recorded[at]![0]! & Flag.TYPE) === FrameType.HELLO && n > 0) continue;
      for (const station of world.stations) station.step(1, recorded[at]!.slice(), -70, 5);
    }
  });
  world.run(300);
  const texts = world.delivered.map(({ text }) => text).filter((text) => text !== '');
  assert.equal(new Set(texts).size, texts.length, 'no reading twice');
  assert.ok(texts.length >= 12, `${texts.length} of 37, with a jammer's worth of recordings`);
  world.quiet();
  world.checkBooks(64);
  assert.ok(usedUnits(relay) >= 0 && world.ledger.totals().conserved);
});
