// What a person reads: one line a second at most, short whatever happens, and never a byte that steers the terminal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Payload } from '#protocol';
import { Narrator } from '../../host-tools/gateway/narrator.ts';
import { describePayload } from '../../host-tools/gateway/reading.ts';
import type { BlockView, PacketView } from '../../host-tools/gateway/view.ts';

function packet(name: string, kind: PacketView['kind'], hops: number): { type: 'packet'; data: PacketView } {
  const data = { id: 1, at: '', src: '', name, kind, hops, bytes: 20, backed: true, text: '', seq: 1, reading: null,
    path: [] };
  return { type: 'packet', data };
}

function block(height: number, claims: number, settledCredits: number): { type: 'block'; data: BlockView } {
  const data = { height, at: '', hash: '', stateRoot: '', transactions: claims, claims, settledCredits };
  return { type: 'block', data };
}

const warning = (text: string) => ({ type: 'log' as const, data: { at: '', level: 'warn' as const, text } });

test('a quiet second says nothing, a busy one says what happened', () => {
  const narrator = new Narrator();
  assert.equal(narrator.line('12:00:00'), undefined);
  narrator.hear(block(6, 0, 0));
  assert.equal(narrator.line('12:00:01'), undefined, 'an empty block is no news');
  narrator.hear(packet('barn', 'reading', 3));
  narrator.hear(packet('well', 'reading', 1));
  narrator.hear(packet('well', 'claim', 1));
  narrator.paid();
  narrator.hear(block(7, 1, 512));
  narrator.hear(warning('the port is gone'));
  narrator.hear({ type: 'log', data: { at: '', level: 'info', text: 'unimportant' } });
  assert.equal(
    narrator.line('12:00:02'),
    '12:00:02  block 7  reading of barn delivered over 3 hops, receipt sent · ' +
      'reading of well delivered over 1 hop, receipt sent · well claim · 1 payment · ' +
      '1 claim settled, 512 credits · ! the port is gone',
  );
  assert.equal(narrator.line('12:00:03'), undefined);
});

test('a second with a thousand events is still one short line', () => {
  const narrator = new Narrator();
  for (let i = 0; i < 1000; i++) {
    narrator.hear(packet(`board-${i}`, 'reading', 1));
    narrator.hear(packet(`board-${i}`, 'open', 1));
    narrator.hear(warning(`fault ${i}\n\u001b[2J`));
  }
  const line = narrator.line('12:00:00')!;
  assert.doesNotMatch(line, /[\u0000-\u001f\u007f]/);
  assert.ok(line.length < 400, line);
  assert.match(line, /997 more readings.*997 more requests.*998 more/);
});

test('payloads are described whatever is in them', () => {
  assert.equal(describePayload(new Uint8Array(0)), 'payload kind none, 0 bytes');
  assert.match(describePayload(new Uint8Array([Payload.READING, 1])), /format of its own/);
  const reading = new Uint8Array(20);
  reading.set([Payload.READING, 1, 0, 9]);
  reading.set([0x0f, 0xa0], 8);
  assert.equal(describePayload(reading), 'reading 9: up 0 s, heard 0, relayed 0, battery 4.00 V');
  const hostile = new Uint8Array([Payload.TEXT, 0x1b, 0x5b, 0x32, 0x4a, 0xff, 0x41]);
  assert.equal(describePayload(hostile), ' [2J\ufffdA');
});
