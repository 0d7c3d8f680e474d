// What a mesh promises to somebody who puts up boards: readings arrive over several hops, with and without
// losses, whoever carried them has earned on the ledger, whoever sent them has paid, and both books of each
// channel agree.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acc, Note } from '#mesh';
import { World } from './world.ts';

const TRUSTED_UNITS = 384;

test('a reading from three hops away arrives, each relay earns, the sender pays, the sum stays', () => {
  const world = new World({ nodes: 4 });
  const [gateway, near, middle, far] = world.stations;
  world.until('routes', 60, () => world.settled());
  world.every(10, (n) => n < 30 && far!.send(gateway!, `reading ${n}`));
  world.run(400);
  assert.equal(
    world.delivered.filter(({ src }) => src === far!.address).length,
    30,
    'all arrived, each once',
  );
  assert.deepEqual(
    [...new Set(world.delivered.filter(({ src }) => src === far!.address).map(({ hops }) => hops))],
    [3],
  );
  assert.ok(near!.balance > 0 && middle!.balance > 0, 'both relays have more than they began with');
  assert.ok(far!.balance < 0, 'and the sender less');
  assert.ok(world.ledger.totals().conserved);
  const { claims, settledLinks } = world.ledger.counters;
  assert.ok(claims >= 3 && settledLinks / claims > 1.5, `${settledLinks} links in ${claims} claims`);
  world.quiet();
  world.checkBooks();
  // What the sender's links say it paid is what the ledger took from it, but for links not claimed yet.
  const accounts = far!.mesh.core.accounts;
  const { linkValue, payBatchLinks } = far!.config;
  const to = far!.neighbour(middle!);
  const paid = accounts.u16(to, Acc.OUT_LINKS) * linkValue;
  // A payee claims at half of what the channel holds.
  const open = accounts.u16(to, Acc.OUT_LIMIT) - accounts.u16(to, Acc.OUT_SETTLED);
  assert.ok(
    paid >= -far!.balance && paid + far!.balance <= (open / 2 + payBatchLinks) * linkValue,
    `${paid}, ${far!.balance}`,
  );
});

test('never more than the budget is paid: the books say what each packet cost, to the unit', () => {
  const world = new World({ nodes: 4 });
  const [gateway, , middle, far] = world.stations;
  world.until('routes', 60, () => world.settled());
  for (let n = 0; n < 3; n++) {
    far!.send(gateway!, `warm up ${n}`);
    world.run(20);
  }
  const { accounts } = far!.mesh.core;
  const index = far!.neighbour(middle!);
  const before = accounts.i32(index, Acc.OUT_USED);
  far!.send(gateway!, 'one packet');
  world.run(0.01);
  const budget = accounts.i32(index, Acc.OUT_PENDING);
  assert.ok(budget > 0, 'backed');
  world.run(20);
  assert.equal(accounts.i32(index, Acc.OUT_USED) - before, budget);
  assert.equal(accounts.i32(index, Acc.OUT_PENDING), 0);
  const received = middle!.mesh.core.accounts;
  assert.equal(received.i32(middle!.neighbour(far!), Acc.IN_USED), accounts.i32(index, Acc.OUT_USED));
});

for (const loss of [0.1, 0.2]) {
  test(`with ${loss * 100} % of all frames lost, in both directions, from three boards`, () => {
    const world = new World({ nodes: 4, loss, seed: 11 });
    const [gateway, ...boards] = world.stations;
    world.until('routes', 120, () => world.settled());
    for (const [i, board] of boards.entries()) {
      world.every(17 + i, (n) => n < 25 && board.send(gateway!, `${i} ${n}`));
      world.every(40, (n) => n < 10 && world.gateway.text(board, `down ${i} ${n}`));
    }
    world.run(700);
    const up = world.delivered.filter(({ text }) => text !== '').length;
    const down = boards.reduce((sum, { delivered }) => sum + delivered.length, 0);
    // End to end nobody repeats a reading; links repeat a frame three times and a spare route takes over.
    assert.ok(up >= 75 * (loss < 0.15 ? 0.9 : 0.75), `${up} of 75 readings`);
    assert.ok(down >= 30 * 0.9, `${down} of 30 messages from the gateway, which it repeats`);
    const texts = world.delivered.filter(({ text }) => text !== '').map(({ text }) => text);
    assert.equal(new Set(texts).size, texts.length, 'none twice');
    assert.ok(boards[0]!.balance > 0 && world.ledger.totals().conserved);
    // Receipts that never came leave the payer believing in less use; no more than trust covers, or it would
    // be told.
    world.quiet();
    world.checkBooks(TRUSTED_UNITS);
  });
}

test('boards talk to each other through a board between them, and it earns from both', () => {
  const world = new World({
    nodes: 4,
    links: [
      [0, 1],
      [1, 2],
      [1, 3],
    ],
  });
  const [, relay, left, right] = world.stations;
  world.until('routes', 60, () => world.settled());
  world.every(12, (n) => n < 20 && left!.send(right!, `to the right ${n}`));
  world.every(12, (n) => n < 20 && right!.send(left!, `to the left ${n}`));
  world.run(320);
  // They begin at the same moment and do not hear each other: the worst case of a channel without
  // coordination.
  assert.ok(right!.delivered.length + left!.delivered.length >= 36);
  const earned = [left!, right!].map(
    (from) => relay!.notes.filter(({ note, who }) => note === Note.EARNED && who === from.address).length,
  );
  assert.ok(
    earned.every((count) => count > 5),
    `${earned}`,
  );
  world.quiet();
  world.checkBooks();
});

test('the same seed gives the same mesh, to the last frame', () => {
  const run = (): string => {
    const world = new World({ nodes: 3, loss: 0.1, seed: 5 });
    world.every(9, (n) => world.stations[2]!.send(world.stations[0]!, `${n}`));
    world.run(90);
    return JSON.stringify([
      world.ether.counters,
      world.monitor.byType,
      world.stations.map(({ balance }) => balance),
    ]);
  };
  assert.equal(run(), run());
});
