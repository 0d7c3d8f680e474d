// The acceptance of the whole pipeline: the same mesh on the real interpreter, one process a board, over UDP. The long
// form (ten minutes without an error line) is docs/performance.md's; this one ends at the first settled claims.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { INTERPRETER_REMEDY } from '../device/interpreter.ts';
import { GatewayProcess, statusOf, temporaryDirectory, until } from './gateway-process.ts';

const START_MS = 240_000;
const SETTLE_MS = 240_000;

const missing = (process.env.ESPRUINO ?? '') === '' ? INTERPRETER_REMEDY : false;

test('boards on the real interpreter deliver, are paid and settle', { skip: missing }, async () => {
  const data = temporaryDirectory();
  const args = ['up', '--data', data.path, '--boards', '4', '--engine', 'espruino', '--reading', '5'];
  const gateway = new GatewayProcess([...args, '--http', '127.0.0.1:0']);
  after(async () => {
    await gateway.end();
    data.remove();
  });
  const url = await gateway.url(START_MS);
  const status = await until(() => statusOf(url), (now) => now.claims > 1 && now.delivered > 10, SETTLE_MS);
  assert.equal(status.engine, 'espruino');
  assert.equal(status.conserved, true);
  assert.doesNotMatch(gateway.output, /Uncaught|OUT OF MEMORY|interpreter error/);
  gateway.signal('SIGINT');
  assert.equal(await gateway.exited, 0);
});
