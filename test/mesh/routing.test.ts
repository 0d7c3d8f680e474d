// Routes: they converge, survive the loss of a link or a board, never count to infinity and never loop;
// aliases that collide, between neighbours or behind somebody's back, are told apart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Note, Rt } from '#mesh';
import { Hello, HelloRoute, Link, getU32, putU16 } from '#protocol';
import { Keys } from '../../firmware/src/mesh/keys.ts';
import { Routes } from '../../firmware/src/mesh/routes.ts';
import { World, type Station } from './world.ts';

/** Follows next hops from one station to another: how many, or undefined for a dead end or a loop. */
function hops(world: World, from: Station, to: Station): number | undefined {
  let at = from;
  for (let n = 1; n <= world.stations.length; n++) {
    const next = at.nextHop(to);
    if (next === undefined) return undefined;
    if (next === to.address) return n;
    at = world.stations.find(({ address }) => address === next)!;
  }
  return undefined;
}

function metricTo(from: Station, to: Station): number {
  const { routes } = from.mesh.core;
  const index = routes.find(to.address);
  return index === 255 ? HelloRoute.METRIC_MAX : routes.metric(index);
}

test('a line of six finds all its ways within a minute, and they are the shortest', () => {
  const world = new World({ nodes: 6 });
  const took = world.until('routes', 60, () => world.settled());
  assert.ok(took < 60);
  world.run(30);
  world.stations.forEach((from, i) =>
    world.stations.forEach((to, k) => {
      if (i !== k) assert.equal(hops(world, from, to), Math.abs(i - k), `${i} to ${k}`);
    }),
  );
});

test('a board dies and there is another way: packets take it, within a minute', () => {
  const world = new World({
    nodes: 4,
    links: [
      [0, 1],
      [0, 2],
      [1, 3],
      [2, 3],
    ],
  });
  const [gateway, left, right, board] = world.stations as [Station, Station, Station, Station];
  world.until('routes', 60, () => world.settled());
  world.every(5, (n) => board.send(gateway, `${n}`));
  world.run(60);
  const used = board.nextHop(gateway) === left.address ? left : right;
  const before = world.delivered.filter(({ src }) => src === board.address).length;
  used.cut();
  world.run(60);
  const other = used === left ? right : left;
  assert.equal(board.nextHop(gateway), other.address);
  const after = world.delivered.filter(({ src }) => src === board.address).length - before;
  assert.ok(after >= 9, `${after} of 12 arrived, with the only relay dead`);
});

test('a link is lost and no other way exists: everybody knows, and nobody counts to infinity', () => {
  const world = new World({ nodes: 4 });
  const [gateway, near, middle, far] = world.stations as [Station, Station, Station, Station];
  world.until('routes', 60, () => world.settled());
  world.run(30);
  const highest = metricTo(far, gateway);
  gateway.cut();
  let worst = 0;
  for (let s = 0; s < 150; s++) {
    world.run(1);
    for (const from of [near, middle, far]) {
      const metric = metricTo(from, gateway);
      if (metric !== HelloRoute.METRIC_MAX) worst = Math.max(worst, metric);
      assert.notEqual(hops(world, from, gateway), 4, 'no loop');
    }
  }
  for (const from of [near, middle, far]) assert.equal(metricTo(from, gateway), HelloRoute.METRIC_MAX);
  assert.ok(worst <= 2 * highest, `a metric rose to ${worst}; it was at most ${highest}`);
  gateway.boot();
  world.until('found again', 90, () => world.settled());
});

test('links of changing quality in a grid of nine: at no moment a loop', () => {
  const links: [number, number][] = [];
  for (let i = 0; i < 9; i++) {
    if (i % 3 < 2) links.push([i, i + 1]);
    if (i < 6) links.push([i, i + 3]);
  }
  const world = new World({ nodes: 9, links, seed: 3 });
  world.until('routes', 90, () => world.settled());
  let loops = 0;
  for (let s = 0; s < 240; s++) {
    const [a, b] = links[(s * 5) % links.length]!;
    const loss = [0, 0.5, 0.9][s % 3]!;
    world.ether.setLoss(a, b, loss);
    world.ether.setLoss(b, a, loss);
    world.run(1);
    for (const from of world.stations) {
      for (const to of world.stations) {
        if (from !== to && looped(world, from, to)) loops++;
      }
    }
  }
  assert.equal(loops, 0);
});

function looped(world: World, from: Station, to: Station): boolean {
  const seen = new Set<number>();
  for (let at: Station | undefined = from; at !== undefined && at !== to;) {
    if (seen.has(at.address)) return true;
    seen.add(at.address);
    const next: number | undefined = at.nextHop(to);
    at = world.stations.find(({ address }) => address === next);
  }
  return false;
}

test('a lie about routes: a metric of 1 draws packets to the liar, which then fades', () => {
  const world = new World({
    nodes: 4,
    links: [
      [0, 1],
      [0, 2],
      [1, 3],
      [2, 3],
    ],
  });
  const [gateway, liar, honest, board] = world.stations as [Station, Station, Station, Station];
  // The liar says that everything is next to it, forwards on the air what it takes, to nobody.
  liar.corrupt = (mesh) => {
    const { greeter } = mesh;
    const compose = greeter.compose.bind(greeter);
    greeter.compose = () => {
      const frame = compose();
      const counts = frame[Hello.COUNTS]!;
      for (let n = 0, at = Hello.BODY + (counts >> 4) * 2; n < (counts & 15); n++, at += Hello.ROUTE_SIZE) {
        putU16(frame, at + HelloRoute.METRIC, 1);
      }
      mesh.core.putMic(frame, mesh.core.config.networkKey, 0, 4);
      return frame;
    };
    const build = mesh.carrier.composeData.bind(mesh.carrier);
    mesh.carrier.composeData = (index) => {
      const frame = build(index);
      if (frame !== undefined) frame[Link.NEXT] = 250;
      return frame;
    };
  };
  world.until('routes', 60, () => world.settled());
  world.every(5, (n) => board.send(gateway, `${n}`));
  world.run(300);
  const sent = 60;
  const arrived = world.delivered.filter(({ src }) => src === board.address).length;
  assert.ok(arrived > sent / 2, `${arrived} of ${sent}`);
  world.until('turned away', 60, () => board.nextHop(gateway) === honest.address);
});

test('neighbours with one alias: the larger address takes another, and both are heard', () => {
  const world = new World({
    nodes: 3,
    links: [
      [0, 1],
      [1, 2],
      [0, 2],
    ],
  });
  const [gateway, one, two] = world.stations as [Station, Station, Station];
  for (const station of [one, two]) station.corrupt = (mesh) => void (mesh.core.alias = 77);
  world.every(10, (n) => [one, two].forEach((station) => station.send(gateway, `${n}`)));
  world.run(120);
  assert.notEqual(one.mesh.core.alias, two.mesh.core.alias);
  assert.ok(world.delivered.filter(({ text }) => text !== '').length >= 20);
});

test('two boards with one alias that do not hear each other: their common neighbour lists it twice', () => {
  const world = new World({
    nodes: 3,
    links: [
      [0, 1],
      [0, 2],
    ],
  });
  const [gateway, one, two] = world.stations as [Station, Station, Station];
  for (const station of [one, two]) station.corrupt = (mesh) => void (mesh.core.alias = 77);
  world.run(1);
  world.every(10, (n) => [one, two].forEach((station) => station.send(gateway, `${n}`)));
  world.until('told apart', 90, () => one.mesh.core.alias !== two.mesh.core.alias);
  world.run(120);
  const refused = [one, two].map(
    (station) =>
      station.notes.filter(({ note, value, atS }) => {
        return note === Note.REFUSED && value === 7 && atS > world.nowS - 60;
      }).length,
  );
  assert.deepEqual(refused, [0, 0], "nobody tries the other one's frames any more");
  assert.ok(world.delivered.filter(({ text }) => text !== '').length >= 20);
});

test('the number a node announces never falls, whatever reboots', () => {
  const world = new World({ nodes: 2 });
  const [gateway, board] = world.stations as [Station, Station];
  world.until('routes', 60, () => world.settled());
  const seqAt = (): number => {
    const { routes } = gateway.mesh.core;
    const at = routes.find(board.address) * Rt.SIZE;
    return routes.table[at + Rt.SEQ]! * 256 + routes.table[at + Rt.SEQ + 1]!;
  };
  let last = seqAt();
  for (let n = 0; n < 6; n++) {
    world.run(40);
    board.reboot();
    world.run(20);
    assert.ok(seqAt() > last, `${seqAt()} after ${last}`);
    last = seqAt();
  }
  assert.equal(
    getU32(gateway.mesh.core.routes.table, gateway.mesh.core.routes.find(board.address) * Rt.SIZE),
    board.address,
  );
});

test('another next hop is taken only if it is nearer than this node ever was under that number', () => {
  const routes = new Routes(new Keys(new Uint8Array(0)));
  const [dst, near, behind, beside] = [77, 1, 2, 3];
  const offer = (next: number, seq: number, metric: number): boolean =>
    routes.offer(dst, seq, 1, metric, 0, next, 16, 1);
  offer(near, 10, 14);
  offer(near, 10, 400);
  assert.equal(routes.metric(routes.find(dst)), 416, 'the next hop itself is believed');
  offer(behind, 10, 46);
  assert.equal(routes.next(dst), near, 'better, but it may lead back here');
  offer(beside, 10, 20);
  assert.equal(routes.next(dst), beside, 'nearer than this node was: it cannot');
  offer(near, 10, 18);
  routes.breakTo(dst, beside);
  assert.equal(routes.next(dst), near, 'the spare takes over');
  routes.breakTo(dst, near);
  assert.equal(routes.next(dst), 255);
  offer(behind, 10, 46);
  assert.equal(routes.next(dst), 255, 'an old number repairs nothing');
  offer(behind, 12, 46);
  assert.equal(routes.next(dst), behind);
});
