// Threads beside the ledger's engine: the links of one thread in any case, whether they help, fail to start, die in the
// middle of a part or are late; and no process waits for them to end.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ThreadedEngine, type ThreadedOptions } from '../../host-tools/gateway/walk-threads.ts';
import type { PairWalks } from '../../host-tools/ledger/hash/pair-walks.ts';
import { ShaEngine } from '../../host-tools/ledger/hash/sha-engine.ts';

const WAIT_MS = 60_000;
const PROCESS_MS = 120_000;
const one = new ShaEngine();
let seed = 5;

/** Park and Miller's generator, so that a failure can be made again. */
function pick(limit: number): number {
  seed = (seed * 48271) % 0x7fffffff;
  return seed % limit;
}

/** Walks of any lengths up to `longest`, zero included, whose first marks lie anywhere before the last. */
function someWalks(count: number, longest: number): PairWalks {
  const starts = Int32Array.from({ length: 8 * count }, () => pick(0x7fffffff));
  const marks = new Int32Array(2 * count);
  for (let i = 0; i < count; i++) {
    marks[2 * i + 1] = pick(longest + 1);
    marks[2 * i] = pick(marks[2 * i + 1]! + 1);
  }
  return { count, starts, marks, links: new Int32Array(8 * count) };
}

function checkSame(engine: ThreadedEngine, count: number, longest: number): void {
  const walks = someWalks(count, longest);
  const expected: PairWalks = { ...walks, links: new Int32Array(8 * count) };
  one.walkPairs(expected);
  engine.walkPairs(walks);
  assert.deepEqual(walks.links, expected.links, `${count} walks of up to ${longest} steps`);
}

function engineWith(options: Partial<ThreadedOptions>): ThreadedEngine {
  const engine = new ThreadedEngine({ threads: 1, startSteps: 0, ...options });
  after(() => engine.stop());
  return engine;
}

function badWalker(how: 'dies' | 'slow'): URL {
  const program = new URL('./bad-walker.ts', import.meta.url);
  program.hash = how;
  return program;
}

async function until(good: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + WAIT_MS; !good(); await pause(5))
    assert.ok(Date.now() < deadline, `${what} within ${WAIT_MS / 1000} s`);
}

test('batches of every shape have the links of one thread while threads help', async () => {
  const engine = engineWith({ threads: 3 });
  await until(() => {
    checkSame(engine, 600, 256);
    return engine.helped > 0;
  }, 'a thread helps');
  const before = engine.helped;
  // More walks than fit the threads' memory, a part that is not full, chains as long as they get, and few of them.
  for (const [count, longest] of [
    [17_001, 16],
    [8192, 17],
    [1003, 256],
    [131, 1024],
    [70, 1024],
  ] as const)
    for (let i = 0; i < 2; i++) checkSame(engine, count, longest);
  assert.ok(engine.helped > before, 'threads had a part in it');
  assert.equal(engine.alive, 3);
  await engine.stop();
  checkSame(engine, 600, 256);
});

test('small batches start no thread, nor does a little of large ones', () => {
  const engine = engineWith({ startSteps: 1 << 21 });
  for (let i = 0; i < 50; i++) checkSame(engine, 100, 16);
  checkSame(engine, 600, 256);
  assert.equal(engine.alive, 0);
});

test('threads that cannot start are done without', async (context) => {
  const warned = context.mock.method(process, 'emitWarning', () => {});
  const engine = engineWith({ threads: 2, program: new URL('./no-such-program.ts', import.meta.url) });
  checkSame(engine, 600, 256);
  await until(() => engine.alive === 0 && warned.mock.callCount() === 2, 'both are given up');
  assert.match(
    String(warned.mock.calls[0]!.arguments[0]),
    /^a thread for payment chains ended: .*no-such-program/s,
  );
  checkSame(engine, 600, 256);
  assert.equal(engine.helped, 0);
});

test('a thread that dies with a part in its hands leaves no hole', async (context) => {
  const warned = context.mock.method(process, 'emitWarning', () => {});
  const engine = engineWith({ program: badWalker('dies') });
  await until(() => {
    checkSame(engine, 600, 256);
    return engine.alive === 0;
  }, 'it dies');
  assert.match(String(warned.mock.calls[0]!.arguments[0]), /died with a part in its hands/);
  checkSame(engine, 600, 256);
  assert.equal(engine.helped, 0);
});

test('what a slow thread finds belongs to the batch it was taken from', async () => {
  const engine = engineWith({ program: badWalker('slow') });
  // It sleeps for longer than these batches take, and wakes up in the middle of others.
  for (let i = 0; i < 100; i++) {
    checkSame(engine, 400 + (i % 5), 400 - (i % 200));
    await pause(1);
  }
  assert.equal(engine.alive, 1);
});

test('a process ends although its threads sleep', () => {
  const script = `
    const { ThreadedEngine } = await import('./host-tools/gateway/walk-threads.ts');
    const engine = new ThreadedEngine({ threads: 2, startSteps: 0 });
    const marks = new Int32Array(2000).fill(256);
    const until = Date.now() + ${WAIT_MS};
    while (engine.helped === 0 && Date.now() < until) {
      engine.walkPairs({ count: 1000, starts: new Int32Array(8000), marks, links: new Int32Array(8000) });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    console.log(engine.alive, engine.helped > 0);`;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const command = ['--import', 'tsx', '--input-type=module', '--eval', script];
  const child = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8', timeout: PROCESS_MS });
  assert.equal(child.signal, null, 'it did not have to be killed');
  assert.deepEqual([child.status, child.stdout], [0, '2 true\n'], child.stderr);
});
