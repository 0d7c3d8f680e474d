// Each message that moves money gets lost once, or for long, and the mesh goes on as if it had not: OPEN,
// STATE to either side, PAY, receipts, claims. Chains near their end give way to new ones without a credit
// lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acc, InFlag, Note, OutFlag } from '#mesh';
import { Book, Data, Flag, FrameType, Link, Pay, getU32 } from '#protocol';
import { World, type Station } from './world.ts';

const typeOf = (frame: Uint8Array): number => frame[Link.TYPE]! & Flag.TYPE;
const carriesPay = (frame: Uint8Array): boolean =>
  typeOf(frame) === FrameType.PAY ||
  (typeOf(frame) === FrameType.DATA && (frame[Link.TYPE]! & Flag.PAY) !== 0);

/** A gateway, a relay and a board that sends a reading every ten seconds. */
function line(): { world: World; gateway: Station; relay: Station; board: Station } {
  const world = new World({ nodes: 3 });
  const [gateway, relay, board] = world.stations as [Station, Station, Station];
  world.every(10, (n) => board.send(gateway, `reading ${n}`));
  return { world, gateway, relay, board };
}

function isPaid(relay: Station, board: Station): boolean {
  return relay.notes.some(
    ({ note, who, value }) => note === Note.EARNED && who === board.address && value > 0,
  );
}

/** Runs until packets are paid for again, and says what was delivered meanwhile. */
function recovers(world: World, relay: Station, board: Station, seconds: number): void {
  const paidAgain = (): boolean =>
    relay.notes
      .slice(-12)
      .some(({ note, who, atS }) => note === Note.EARNED && who === board.address && atS > since);
  const since = world.nowS;
  world.until('packets are paid for', seconds, paidAgain);
}

test('the first OPENs are lost on the air: it is repeated, with growing pauses', () => {
  const { world, relay, board } = line();
  let lost = 0;
  relay.deafTo = (frame) => typeOf(frame) === FrameType.OPEN && lost++ < 3;
  world.until('paid', 200, () => isPaid(relay, board));
  assert.ok(lost >= 4 && lost <= 6, `${lost}`);
  const opens = board.notes.filter(({ note }) => note === Note.OPENING);
  assert.equal(opens.length, 1, 'always the same chain');
});

test('the relay carries OPEN home and that packet is lost: carried again when the board repeats it', () => {
  const { world, relay, board, gateway } = line();
  let lost = 0;
  gateway.deafTo = (frame) =>
    typeOf(frame) === FrameType.DATA &&
    getU32(frame, Data.SRC) === relay.address &&
    frame.length > 140 &&
    lost++ < 12;
  world.until('paid', 400, () => isPaid(relay, board));
  assert.ok(lost >= 12);
});

for (const [who, pick] of [
  ['the payer', (address: number, board: Station) => address === board.address],
  ['the payee', (address: number, board: Station) => address !== board.address],
  ['anybody', () => true],
] as const) {
  test(`STATE does not reach ${who} for a minute`, () => {
    const { world, relay, board } = line();
    world.gateway.loses = (dst) => world.nowS < 60 && pick(dst, board);
    world.run(60);
    if (who !== 'the payee') assert.ok(!isPaid(relay, board));
    world.until('paid', 120, () => isPaid(relay, board));
    world.quiet();
    world.checkBooks(64);
  });
}

test('STATE after a claim is lost for good: the payer asks when its limit is reached', () => {
  const { world, relay, board } = line();
  world.until('paid', 100, () => isPaid(relay, board));
  const index = board.neighbour(relay);
  const limit = board.mesh.core.accounts.u16(index, Acc.OUT_LIMIT);
  let lost = 0;
  world.gateway.loses = (dst) => dst === board.address && lost++ < 6;
  world.until('the limit known at first is exceeded', 600, () => {
    return board.mesh.core.accounts.u16(index, Acc.OUT_LINKS) > limit + 4;
  });
  assert.ok(lost > 2, 'some were lost');
});

test('payments are lost, in DATA and alone: the next one covers them', () => {
  const { world, relay, board } = line();
  world.until('paid', 100, () => isPaid(relay, board));
  let lost = 0;
  relay.deafTo = (frame) => carriesPay(frame) && lost++ % 3 !== 2;
  world.run(300);
  relay.deafTo = undefined;
  assert.ok(lost >= 6, `${lost}`);
  recovers(world, relay, board, 60);
  world.run(5);
  const [a, b] = [board.mesh.core.accounts, relay.mesh.core.accounts];
  assert.equal(a.u16(board.neighbour(relay), Acc.OUT_LINKS), b.u16(relay.neighbour(board), Acc.IN_LINKS));
  assert.ok(world.delivered.length > 25);
});

test('receipts are lost on the last hop: the source asks again, no packet is paid twice', () => {
  const { world, relay, board } = line();
  world.until('paid', 100, () => isPaid(relay, board));
  const before = board.count(Note.RECEIPT);
  let lost = 0;
  board.deafTo = (frame) => typeOf(frame) === FrameType.RECEIPT && lost++ % 2 === 0;
  world.run(300);
  board.deafTo = undefined;
  assert.ok(lost > 10);
  assert.ok(board.count(Note.RECEIPT) - before >= 24, `${board.count(Note.RECEIPT) - before} receipts of 30`);
  world.quiet();
  world.checkBooks(128);
});

test('receipts are lost for long: the payer concedes an eighth of it and four links an epoch', () => {
  const { world, relay, board } = line();
  world.until('paid', 100, () => isPaid(relay, board));
  world.run(200);
  const { accounts } = board.mesh.core;
  const index = board.neighbour(relay);
  const used = accounts.i32(index, Acc.OUT_USED);
  const links = accounts.u16(index, Acc.OUT_LINKS);
  board.deafTo = (frame) => typeOf(frame) === FrameType.RECEIPT;
  world.run(900);
  const conceded = accounts.i32(index, Acc.OUT_USED) - used;
  assert.ok(conceded <= (used >> 3) + 64, `${conceded} units conceded, ${used} settled before`);
  const shown = (accounts.u16(index, Acc.OUT_LINKS) - links) * 64;
  assert.ok(
    shown <= conceded + 8 * 64 + 64,
    `${shown} units shown: what one packet's budget needs beyond the loss`,
  );
  board.deafTo = undefined;
  recovers(world, relay, board, 3700);
  const atLast = accounts.i32(index, Acc.OUT_USED) - used - conceded;
  assert.ok(atLast <= (4 + 1) * 64, `${atLast} units at last`);
});

/** What the payee counts beyond the payer's books has to be known there as lost: only that can be conceded. */
function checkLost(payer: Station, payee: Station): number {
  const [a, b] = [payer.mesh.core.accounts, payee.mesh.core.accounts];
  const [out, into] = [payer.neighbour(payee), payee.neighbour(payer)];
  assert.equal(a.u16(out, Acc.OUT_CHAIN), b.u16(into, Acc.IN_CHAIN));
  const credit = (accounts: typeof a, nb: number, links: Acc, used: Acc): number =>
    accounts.u16(nb, links) * 64 - accounts.i32(nb, used);
  const missing = credit(a, out, Acc.OUT_LINKS, Acc.OUT_USED) - credit(b, into, Acc.IN_LINKS, Acc.IN_USED);
  const known = a.i32(out, Acc.OUT_LOST) + a.i32(out, Acc.OUT_PENDING);
  assert.ok(missing <= known, `${missing} units missing, of which the payer knows ${known}`);
  return missing;
}

test('the payer hears nothing of packets that went on: given up, remembered as lost, conceded when asked', () => {
  const { world, relay, board } = line();
  world.until('paid', 100, () => isPaid(relay, board));
  world.run(100);
  board.deafTo = (frame) => typeOf(frame) !== FrameType.HELLO;
  const lost = board.count(Note.LOST);
  world.until('six packets are given up', 200, () => board.count(Note.LOST) >= lost + 6);
  board.deafTo = undefined;
  world.run(1);
  assert.ok(checkLost(board, relay) > 0, 'the relay counts what the board gave up');
  recovers(world, relay, board, 200);
  world.quiet();
  checkLost(board, relay);
});

test('claims are lost: repeated until STATE shows them settled, and settled once', () => {
  const { world, relay, board, gateway } = line();
  world.until('paid', 100, () => isPaid(relay, board));
  const claims = relay.count(Note.CLAIMING);
  const cut = world.nowS;
  gateway.deafTo = (frame) => typeOf(frame) === FrameType.DATA && getU32(frame, Data.SRC) === relay.address;
  world.run(60);
  assert.ok(relay.count(Note.CLAIMING) - claims <= 5, 'with growing pauses');
  const { accounts } = relay.mesh.core;
  const index = relay.neighbour(board);
  assert.ok(accounts.unclaimed(index) > 0);
  gateway.deafTo = undefined;
  world.until('settled', 200, () => {
    return (
      relay.notes.some(({ note, atS }) => note === Note.CLAIMING && atS > cut) &&
      accounts.unclaimed(index) <= 2
    );
  });
  assert.ok(world.ledger.totals().conserved);
});

test('a chain near its end gives way to the next: its last claim is settled, links stay credit', () => {
  const { world, relay, board } = line();
  world.until('paid', 100, () => isPaid(relay, board));
  world.run(60);
  const channel = world.ledger.channel(board.address, 0, 0)!;
  assert.equal(channel.payee, relay.address);
  // From here the chain counts as used up to its last sixteen links.
  const { accounts } = board.mesh.core;
  const index = board.neighbour(relay);
  const full = accounts.u16.bind(accounts);
  accounts.u16 = (nb, field) =>
    nb === index && field === Acc.OUT_LINKS && accounts.u8(index, Acc.OUT_CHAIN) === 0
      ? Book.LINKS - 16
      : full(nb, field);
  world.until('a second chain', 100, () => accounts.u8(index, Acc.OUT_CHAIN) === 1);
  accounts.u16 = full;
  world.until('proven to both', 120, () => {
    const into = relay.mesh.core.accounts;
    const known = into.u8(relay.neighbour(board), Acc.IN_CHAIN) === 1;
    return known && (into.u8(relay.neighbour(board), Acc.IN_FLAGS) & InFlag.PROVEN) !== 0;
  });
  const held = relay.store.read('fh.r');
  assert.ok(held === undefined || held.length > 0);
  world.until(
    'everything earned on the first chain is settled',
    200,
    () => relay.mesh.channels.retired.next(-1) === 255,
  );
  recovers(world, relay, board, 100);
  assert.equal(board.mesh.core.accounts.u8(index, Acc.OUT_FLAGS) & OutFlag.PROVEN, OutFlag.PROVEN);
  assert.ok(world.ledger.totals().conserved);
});

test('the last links of a chain drown before the next one begins: that may be conceded too', () => {
  const { world, relay, board } = line();
  world.until('paid', 100, () => isPaid(relay, board));
  world.run(60);
  const index = board.neighbour(relay);
  // A frame with eight links that nobody hears, as the last of its chain.
  world.until('eight links are shown', 10, () => board.mesh.payments.reveal(index, 8) !== undefined);
  assert.ok(board.mesh.wallet.lease(index));
  recovers(world, relay, board, 300);
  world.quiet();
  checkLost(board, relay);
});

test('a payment that is not the next one of its chain is refused, and the next good one is taken', () => {
  const { world, relay, board } = line();
  world.until('paid', 100, () => isPaid(relay, board));
  const reveal = board.mesh.payments.reveal.bind(board.mesh.payments);
  let spoiled = 0;
  board.mesh.payments.reveal = (nb, links) => {
    const pay = reveal(nb, links);
    if (pay !== undefined && links > 0 && spoiled++ < 2) pay[Pay.LINK] = pay[Pay.LINK]! ^ 1;
    return pay;
  };
  world.until('spoiled', 200, () => spoiled > 3);
  recovers(world, relay, board, 60);
  assert.ok(relay.notes.some(({ note, value }) => note === Note.REFUSED && value === 15));
});
