// The radio channel's laws: half duplex, collisions and capture, range, loss, airtime, and the same result
// from the same seed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeOnAirUs, type RadioProfile } from '#protocol';
import { Ether, type EtherOptions } from '../../host-tools/ether/ether.ts';
import { Prng } from '../../host-tools/ether/prng.ts';
import { VirtualScheduler } from '../../host-tools/ether/scheduler.ts';
import { randomGeometric } from '../../host-tools/ether/topology.ts';

const SF7: RadioProfile = {
  spreadingFactor: 7, bandwidthHz: 125000, codingRate: 1, preambleSymbols: 8, explicitHeader: true, crc: true,
};

/** Stations without positions: every link is said. `heard` holds "station<sender:length" in order. */
function world(stations: number, options: Partial<EtherOptions> = {}) {
  const scheduler = new VirtualScheduler();
  const ether = new Ether({ scheduler, profile: SF7, seed: 1, ...options });
  const heard: string[] = [];
  for (let i = 0; i < stations; i++) {
    ether.attach(null, (frame, rssiDbm, snrDb) => heard.push(`${i}<${frame[0]}:${rssiDbm}:${snrDb}`));
  }
  const link = (a: number, b: number, dbm: number): void => {
    ether.setLink(a, b, dbm);
    ether.setLink(b, a, dbm);
  };
  return { scheduler, ether, heard, link };
}

const frameOf = (sender: number, bytes = 20): Uint8Array => new Uint8Array(bytes).fill(sender);

test('a frame arrives after its time on air, with strength and SNR of the link', () => {
  const { scheduler, ether, heard, link } = world(3);
  link(0, 1, -100);
  link(0, 2, -130);
  const frame = frameOf(0, 78);
  let done = -1;
  const us = ether.transmit(0, frame, () => (done = scheduler.nowMs()));
  frame.fill(99);
  assert.equal(us, timeOnAirUs(SF7, 78));
  const endMs = Math.ceil(us / 1000);
  scheduler.runUntil(endMs - 1);
  assert.deepEqual(heard, []);
  scheduler.runUntil(endMs);
  // The noise floor at 125 kHz with a 6 dB receiver is -117 dBm.
  assert.deepEqual(heard, ['1<0:-100:17']);
  assert.equal(done, endMs);
  assert.equal(ether.airtimeUs(0), us);
  assert.equal(ether.sentBy(0), 1);
  assert.deepEqual(ether.counters, { sent: 1, delivered: 1, collided: 0, deaf: 0, lost: 0 });
});

test('half duplex: a station that transmits hears nothing', () => {
  const { scheduler, ether, heard, link } = world(3);
  link(0, 1, -90);
  link(1, 2, -90);
  ether.transmit(0, frameOf(0));
  scheduler.runFor(5);
  ether.transmit(1, frameOf(1));
  scheduler.runFor(1000);
  // Station 0 was still sending when 1 began, and 1 lost what it was receiving.
  assert.deepEqual(heard, ['2<1:-90:27']);
  assert.equal(ether.counters.deaf, 2);
  assert.throws(() => {
    ether.transmit(0, frameOf(0));
    ether.transmit(0, frameOf(0));
  }, /transmitting already/);
});

test('two frames of like strength destroy each other; 6 dB more survives', () => {
  for (const [extraDb, expected] of [[5, []], [6, ['1<0:-90:27']]] as [number, string[]][]) {
    const { scheduler, ether, heard, link } = world(3);
    link(0, 1, -90);
    link(2, 1, -90 - extraDb);
    ether.transmit(0, frameOf(0));
    scheduler.runFor(20);
    ether.transmit(2, frameOf(2));
    scheduler.runFor(1000);
    assert.deepEqual(heard, expected, `${extraDb} dB`);
    assert.equal(ether.counters.collided, expected.length === 0 ? 2 : 1);
  }
});

test('a receiver that has locked on a weak frame does not get the strong one that breaks it', () => {
  const { scheduler, ether, heard, link } = world(3);
  link(0, 1, -110);
  link(2, 1, -80);
  ether.transmit(0, frameOf(0));
  // 8 preamble symbols of SF7 at 125 kHz are 8.2 ms.
  scheduler.runFor(20);
  ether.transmit(2, frameOf(2));
  scheduler.runFor(1000);
  assert.deepEqual(heard, []);
  ether.transmit(0, frameOf(0));
  scheduler.runFor(5);
  ether.transmit(2, frameOf(2));
  scheduler.runFor(1000);
  assert.deepEqual(heard, ['1<2:-80:37']);
});

test('channel activity is what could be demodulated here, and the own transmission', () => {
  const { scheduler, ether, link } = world(3);
  link(0, 1, -124);
  link(0, 2, -126);
  assert.equal(ether.busy(1), false);
  ether.transmit(0, frameOf(0));
  assert.deepEqual([0, 1, 2].map((i) => ether.busy(i)), [true, true, false]);
  scheduler.runFor(1000);
  assert.deepEqual([0, 1, 2].map((i) => ether.busy(i)), [false, false, false]);
});

test('an aborted transmission reaches nobody, and only the time it took counts', () => {
  const { scheduler, ether, heard, link } = world(2);
  link(0, 1, -90);
  ether.transmit(0, frameOf(0, 200), () => assert.fail('not sent'));
  scheduler.runFor(10);
  ether.abort(0);
  assert.equal(ether.busy(1), false);
  assert.ok(ether.airtimeUs(0) >= 9000 && ether.airtimeUs(0) <= 10000);
  ether.transmit(0, frameOf(0));
  scheduler.runFor(1000);
  assert.deepEqual(heard, ['1<0:-90:27']);
  assert.equal(ether.counters.lost, 1);
});

test('loss: everywhere, on one link, and on a receiver switched off', () => {
  const { scheduler, ether, heard, link } = world(4, { loss: 0.25 });
  for (const i of [1, 2, 3]) link(0, i, -90);
  ether.setLoss(0, 2, 1);
  ether.setReceiver(3, null);
  const rounds = 2000;
  for (let i = 0; i < rounds; i++) {
    ether.transmit(0, frameOf(0));
    scheduler.runFor(100);
  }
  const at1 = heard.filter((line) => line.startsWith('1<')).length;
  assert.equal(at1, heard.length);
  // Four standard deviations of a binomial (p = 0.75) around its mean.
  assert.ok(Math.abs(at1 - rounds * 0.75) < 4 * Math.sqrt(rounds * 0.75 * 0.25), `${at1}`);
  assert.equal(ether.counters.delivered + ether.counters.lost, 2 * rounds);
});

/** Random traffic in a random mesh: the whole story as text. */
function story(seed: number): string {
  const scheduler = new VirtualScheduler();
  const log: string[] = [];
  const ether = new Ether({
    scheduler,
    profile: SF7,
    seed,
    loss: 0.05,
    pathLoss: { lossAtOneMetreDb: 31.2, exponent: 3.5, shadowingDb: 4 },
    onTransmission: (t) => log.push(`${t.startMs} ${t.station} ${t.durationMs} ${t.receivedBy.join()}`),
  });
  for (const position of randomGeometric(40, ether.rangeM, seed)) ether.attach(position, () => {});
  const prng = new Prng(seed + 1);
  let sent = 0;
  const airtime = new Array<number>(40).fill(0);
  const traffic = (station: number): void => {
    if (!ether.transmitting(station) && sent < 800) {
      sent++;
      airtime[station] += ether.transmit(station, frameOf(station, 1 + prng.below(255)));
    }
    scheduler.after(50 + prng.below(2000), () => traffic(station));
  };
  for (let i = 0; i < 40; i++) traffic(i);
  scheduler.runUntil(30000);
  assert.deepEqual(airtime, airtime.map((_, i) => ether.airtimeUs(i)));
  const { delivered, collided, deaf, lost } = ether.counters;
  assert.ok(delivered > 0 && collided > 0 && deaf > 0 && lost > 0, 'a story in which everything happens');
  return `${log.join('\n')}\n${JSON.stringify(ether.counters)}`;
}

test('the same seed tells the same story, another seed another', () => {
  assert.equal(story(11), story(11));
  assert.notEqual(story(11), story(12));
});

test('in range means within the nominal range, at any number of stations', () => {
  const scheduler = new VirtualScheduler();
  const ether = new Ether({ scheduler, profile: SF7, seed: 1 });
  const positions = randomGeometric(3000, ether.rangeM, 5);
  for (const position of positions) ether.attach(position, () => {});
  let links = 0;
  for (const from of [0, 77, 2999]) {
    const expected = positions.flatMap((p, i) => {
      const metres = Math.hypot(p.x - positions[from].x, p.y - positions[from].y);
      return i !== from && metres <= ether.rangeM ? [i] : [];
    });
    assert.deepEqual(ether.listenersOf(from).map(({ station }) => station), expected);
    links += expected.length;
  }
  assert.ok(links > 0);
});
