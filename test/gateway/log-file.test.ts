// The gateway's log on a real disk: levels, bounds, a line that cannot be written.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { LogFile } from '../../host-tools/gateway/log-file.ts';

const root = mkdtempSync(join(tmpdir(), 'fairhop-log-'));
after(() => rmSync(root, { recursive: true, force: true }));

const never = (error: Error): void => assert.fail(error);

function lines(directory: string, file = 'gateway.jsonl'): { level: string; event: string; n?: number }[] {
  const text = readFileSync(join(directory, 'log', file), 'utf8');
  assert.ok(text.endsWith('\n'));
  return text.trimEnd().split('\n').map((line) => JSON.parse(line) as { level: string; event: string });
}

test('a line is one JSON object, and only what matters enough is written', () => {
  const directory = join(root, 'levels');
  const log = new LogFile(directory, 'info', never);
  log.hear({ type: 'log', data: { at: '2026-01-01T00:00:00.000Z', level: 'warn', text: 'two\nlines "quoted"' } });
  log.write('debug', 'block', { height: 1 });
  log.write('info', 'start', { version: '1' });
  log.close();
  const [first, second, ...more] = lines(directory);
  assert.deepEqual(first, { at: '2026-01-01T00:00:00.000Z', level: 'warn', event: 'log', text: 'two\nlines "quoted"' });
  assert.equal(second!.event, 'start');
  assert.deepEqual(more, []);
  assert.equal(statSync(join(directory, 'log', 'gateway.jsonl')).mode & 0o077, 0, 'for its owner only');
});

test('the files together stay within their bound, the newest lines are there, restarts included', () => {
  const directory = join(root, 'bounds');
  const limits = { bytesMax: 2000, files: 3 };
  for (let life = 0; life < 4; life++) {
    const log = new LogFile(directory, 'debug', never, limits);
    for (let n = 0; n < 100; n++) log.write('debug', 'tick', { n: life * 100 + n });
    log.close();
  }
  const files = readdirSync(join(directory, 'log')).sort();
  assert.deepEqual(files, ['gateway.jsonl', 'gateway.jsonl.1', 'gateway.jsonl.2']);
  for (const file of files) assert.ok(statSync(join(directory, 'log', file)).size <= limits.bytesMax);
  const numbers = [...files].reverse().flatMap((file) => lines(directory, file).map(({ n }) => n!));
  assert.equal(numbers.at(-1), 399);
  assert.deepEqual(numbers, numbers.map((_, i) => numbers[0]! + i), 'no gap, no disorder');
});

test('a log that cannot be written is said once and ends nothing', () => {
  const directory = join(root, 'refused');
  writeFileSync(directory, 'a file where the directory should be');
  const faults: Error[] = [];
  const log = new LogFile(directory, 'info', (error) => faults.push(error));
  for (let i = 0; i < 5; i++) log.write('warn', 'log', {});
  log.close();
  assert.equal(faults.length, 1);
  assert.equal(log.lost, 6);
});
