// The bench groups of the protocol: the limits that paying must keep, frames that fit, and pages of docs/
// that are what the code makes today.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Data, Open, Wire } from '#protocol';
import { allFrames, framesPage } from '../../host-tools/bench/frame-table.ts';
import { overhead } from '../../host-tools/bench/overhead.ts';
import { withSection } from '../../host-tools/bench/pages.ts';

const value = (name: string): number => overhead().find((figure) => figure.name === name)!.value;

test('paying costs at most 26 bytes a packet and hop, a third of the nearest published scheme', () => {
  const bytes = value('overhead.bytesPerPacketHop');
  assert.ok(bytes > Wire.LOCK && bytes <= 26, `${bytes} B`);
  const parts = ['fields', 'receipts', 'payments', 'opens'].map((part) =>
    value(`overhead.bytesPerPacketHop.${part}`),
  );
  assert.ok(Math.abs(parts.reduce((a, b) => a + b) - bytes) < 0.001, 'the parts add up');
  assert.ok(value('overhead.bytesPerPacketHop.withClaims') <= 26);
  assert.ok(bytes * 3 <= value('overhead.lot49.bytesPerPacketHop') * 1.1);
});

test('paying costs at most 40 % more airtime at SF7/125 and 35 % at SF11/250', () => {
  for (const [profile, most] of [
    ['sf7', 1.4],
    ['sf11', 1.35],
  ] as const) {
    const ratio = value(`overhead.airtimeRatio.${profile}`);
    assert.ok(ratio > 1 && ratio <= most, `${profile}: ${ratio}`);
    const parts = ['fields', 'receipts', 'payments', 'opens'];
    const added = parts.reduce((sum, part) => sum + value(`overhead.airtimeRatio.${part}.${profile}`) - 1, 0);
    assert.ok(Math.abs(1 + added - ratio) < 0.001, 'the parts add up');
  }
});

test('every frame fits, and the ones that must be short are', () => {
  for (const [name, bytes] of allFrames()) assert.ok(bytes <= Wire.FRAME_MAX, name);
  assert.ok(Data.OVERHEAD <= 28);
  assert.ok(Open.SIZE <= Wire.FRAME_MAX);
});

test('docs/frames.md is what the code makes', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'frames.md'), 'utf8');
  assert.equal(
    withSection(page, 'frames', framesPage()),
    page,
    'run npx fairhop bench --only frames --write-docs',
  );
});

test('a section is replaced in its place and nothing else is touched', () => {
  const first = withSection('# Page\n', 'a', 'one\n');
  assert.equal(first, '# Page\n\n<!-- begin: bench a -->\none\n<!-- end: bench a -->\n');
  const both = withSection(first, 'b', 'two');
  assert.equal(withSection(both, 'a', 'new\nlines'), both.replace('one', 'new\nlines'));
  assert.equal(withSection(both, 'b', 'two'), both);
});
