// The virtual clock: order, cancelling, and agreement with a plain sorted list on random programs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../host-tools/ether/prng.ts';
import { RealScheduler, VirtualScheduler } from '../../host-tools/ether/scheduler.ts';

test('events of one instant run in the order in which they were scheduled', () => {
  const scheduler = new VirtualScheduler(100);
  const ran: string[] = [];
  scheduler.after(5, () => ran.push(`b${scheduler.nowMs()}`));
  scheduler.after(5, () => ran.push(`c${scheduler.nowMs()}`));
  scheduler.after(0, () => {
    ran.push(`a${scheduler.nowMs()}`);
    scheduler.after(5, () => ran.push(`d${scheduler.nowMs()}`));
  });
  scheduler.runUntil(104);
  assert.deepEqual(ran, ['a100']);
  assert.equal(scheduler.nowMs(), 104);
  scheduler.runFor(1);
  assert.deepEqual(ran, ['a100', 'b105', 'c105', 'd105']);
  assert.equal(scheduler.step(), false);
});

test('a cancelled event does not run, and its handle never hits a later one', () => {
  const scheduler = new VirtualScheduler();
  let ran = 0;
  const first = scheduler.after(1, () => (ran += 1));
  scheduler.cancel(first);
  scheduler.after(1, () => (ran += 10));
  scheduler.cancel(first);
  scheduler.runFor(2);
  scheduler.cancel(first);
  assert.equal(ran, 10);
  assert.equal(scheduler.pending, 0);
});

test('random scheduling and cancelling agrees with a sorted list', () => {
  const prng = new Prng(7);
  const scheduler = new VirtualScheduler();
  const model: { dueMs: number; id: number }[] = [];
  const handles = new Map<number, number>();
  const ran: number[] = [];
  for (let id = 0; id < 5000; id++) {
    const dueMs = prng.below(1000);
    handles.set(id, scheduler.after(dueMs, () => ran.push(id)));
    model.push({ dueMs, id });
    if (prng.below(3) > 0) continue;
    const [{ id: victim }] = model.splice(prng.below(model.length), 1);
    scheduler.cancel(handles.get(victim)!);
  }
  while (scheduler.step());
  model.sort((a, b) => a.dueMs - b.dueMs || a.id - b.id);
  assert.deepEqual(ran, model.map(({ id }) => id));
});

test('the real scheduler fires once, and not at all when cancelled', async () => {
  const scheduler = new RealScheduler();
  const ran: string[] = [];
  await new Promise<void>((resolve) => {
    scheduler.cancel(scheduler.after(0, () => ran.push('cancelled')));
    scheduler.after(2, () => resolve());
    scheduler.after(1, () => ran.push('fired'));
  });
  const before = scheduler.nowMs();
  assert.deepEqual(ran, ['fired']);
  assert.ok(Number.isInteger(before) && scheduler.nowMs() >= before);
  scheduler.after(1e6, () => assert.fail('closed'));
  scheduler.close();
});
