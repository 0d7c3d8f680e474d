// What can go wrong at the start of `fairhop up`: each ends with one line that says what, one with the remedy, an exit
// code that is not 0, and no stack trace.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { AddressInfo } from 'node:net';
import { GatewayProcess, temporaryDirectory } from './gateway-process.ts';

const place = temporaryDirectory();
after(() => place.remove());

async function refused(args: string[], message: RegExp, remedy: RegExp, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const run = new GatewayProcess(['up', '--boards', '2', ...args], env);
  const code = await run.exited;
  await run.end();
  assert.notEqual(code, 0, run.output);
  assert.match(run.output, message);
  assert.match(run.output, remedy);
  assert.match(run.output, /^ {2}remedy: /m);
  assert.doesNotMatch(run.output, /^\s+at .*:\d+:\d+/m, 'a stack trace');
}

function directory(name: string): string {
  return join(place.path, name);
}

test('a port that another program holds', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address() as AddressInfo;
  await refused(['--data', directory('busy'), '--http', `127.0.0.1:${port}`], /in use|busy/, /--http/);
  holder.close();
});

test('an address that is none', async () => {
  await refused(['--data', directory('address'), '--http', 'here'], /no address/, /HOST:PORT/);
  await refused(['--data', directory('address'), '--http', '127.0.0.1:70000'], /out of range/, /65535/);
});

test('a serial port that does not exist', async () => {
  await refused(['--data', directory('serial'), '--port', '/dev/no-such-port'], /no such port/, /fairhop/);
});

test('a data directory that cannot be made', async () => {
  const file = directory('file');
  writeFileSync(file, 'not a directory');
  await refused(['--data', join(file, 'data')], /cannot be/, /--data/);
});

test('a store that is corrupt', async () => {
  const corrupt = directory('corrupt');
  mkdirSync(corrupt);
  writeFileSync(join(corrupt, 'chain.mdb'), Buffer.alloc(65536, 0x5a));
  await refused(['--data', corrupt], /damaged|not a Fairhop store/, /[Rr]estore|move it away/);
});

test('the real interpreter asked for and not there', async () => {
  await refused(['--data', directory('engine'), '--engine', 'espruino'], /interpreter/, /ESPRUINO/, { ESPRUINO: '' });
});

test('flags that make no sense', async () => {
  await refused(['--data', directory('flags'), '--boards', 'many'], /--boards many/, /whole number/);
  await refused(['--data', directory('flags'), '--loss', '2'], /--loss 2/, /0\.1/);
  await refused(['--data', directory('flags'), '--map-origin', '47,8'], /needs a map/, /--map FILE/);
  await refused(['--data', directory('flags'), '--map', 'none.pmtiles'], /none\.pmtiles cannot be read/, /extract/);
});
