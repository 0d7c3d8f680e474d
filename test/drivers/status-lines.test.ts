// What the status display says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusLines } from '../../firmware/src/drivers/status-lines.ts';

test('name, address with all its digits, credits, neighbours, battery', () => {
  const status = { name: 'hill', address: 0x000000ff, balance: -12, neighbours: 8, batteryMv: 4056 };
  assert.deepEqual(statusLines(status), [
    'hill', 'id 000000ff', '', 'credits -12', 'neighbours 8', 'battery 4.05 V',
  ]);
  assert.equal(statusLines({ ...status, address: 0xfedcba98 | 0 })[1], 'id fedcba98');
});

test('no battery figure, no battery line', () => {
  const status = { name: 'hill', address: 1, balance: 0, neighbours: 0, batteryMv: 0 };
  assert.equal(statusLines(status).length, 5);
});
