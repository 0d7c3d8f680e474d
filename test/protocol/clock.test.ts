// The node's clock (SPEC 5.5): the true time is always within its bounds, and the bounds never move back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NodeClock } from '#protocol';

const START_MS = 1_800_000_000_000;

test('an unset clock is unknown, and an answer from before its floor is refused', () => {
  const clock = new NodeClock(START_MS);
  assert.equal(clock.known(), false);
  assert.equal(clock.answer(START_MS - 60_000, 1000, 5000), false);
  assert.equal(clock.known(), false);
  assert.equal(clock.answer(START_MS + 1000, 1000, 5000), true);
  assert.deepEqual([clock.earliestMs(5000), clock.latestMs(5000)], [START_MS + 1000, START_MS + 5006]);
});

test('drift widens the bounds, a quicker answer narrows them', () => {
  const clock = new NodeClock(0);
  clock.answer(START_MS, 0, 4000);
  assert.equal(clock.latestMs(4000) - clock.earliestMs(4000), 4006);
  assert.equal(clock.latestMs(2_004_000) - clock.earliestMs(2_004_000), 6006);
  clock.answer(START_MS + 2_001_000, 2_000_000, 2_000_500);
  assert.ok(clock.latestMs(2_000_500) - clock.earliestMs(2_000_500) <= 505);
});

test('an answer that contradicts the bounds is refused and changes nothing', () => {
  const clock = new NodeClock(0);
  clock.answer(START_MS, 0, 100);
  const bounds = [clock.earliestMs(10_000), clock.latestMs(10_000)];
  assert.equal(clock.answer(START_MS - 600_000, 9000, 9100), false);
  assert.equal(clock.answer(START_MS + 600_000, 9000, 9100), false);
  assert.deepEqual([clock.earliestMs(10_000), clock.latestMs(10_000)], bounds);
});

test('whatever the delays and the drift, the truth stays inside and the lower bound never falls', () => {
  const round = fc.record({
    waitMs: fc.integer({ min: 0, max: 5_000_000 }),
    thereMs: fc.integer({ min: 0, max: 60_000 }),
    backMs: fc.integer({ min: 0, max: 60_000 }),
  });
  fc.assert(
    fc.property(
      fc.array(round, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: -400, max: 400 }),
      (rounds, ppm) => {
        const clock = new NodeClock(0);
        // Uptime runs fast or slow against the truth by `ppm`.
        const uptime = (trueMs: number): number => Math.floor(trueMs * (1 + ppm / 1_000_000));
        let [now, lowest] = [0, 0];
        for (const { waitMs, thereMs, backMs } of rounds) {
          const asked = now + waitMs;
          const answered = Math.floor((asked + thereMs) / 4) * 4;
          const heard = asked + thereMs + backMs;
          assert.ok(
            clock.answer(START_MS + answered, uptime(asked), uptime(heard)),
            'an honest answer was refused',
          );
          for (now = heard; now < heard + 3_000_000; now += 1_000_000) {
            const [low, high] = [clock.earliestMs(uptime(now)), clock.latestMs(uptime(now))];
            // Rounding to whole milliseconds may cost one at either end.
            assert.ok(low <= START_MS + now + 1 && START_MS + now - 1 <= high);
            assert.ok(low >= lowest);
            lowest = low;
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});
