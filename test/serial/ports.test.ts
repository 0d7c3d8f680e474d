// Real ptys: eight bits clean through both makers, ports that open, fail with a remedy, get lost and come
// back, and a virtual board reached through one.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RealScheduler } from '../../host-tools/ether/scheduler.ts';
import { joinStreams, type ByteStream } from '../../host-tools/serial/byte-stream.ts';
import { PacketClient } from '../../host-tools/serial/packet-protocol.ts';
import { PortError, classifyOpenError, type PortErrorCode } from '../../host-tools/serial/port-errors.ts';
import { openPty, ptyMakers, type PtyMaker } from '../../host-tools/serial/pty.ts';
import { ReconnectingPort } from '../../host-tools/serial/reconnecting-port.ts';
import { OpenPort } from '../../host-tools/serial/serial-port.ts';
import { VmBoard } from '../../host-tools/virtual/vm-board.ts';
import { PROGRAM } from './conversation.ts';

const REMEDY: Record<PtyMaker, string> = {
  socat: 'needs socat: apt-get install socat',
  script: 'needs script(1): apt-get install util-linux (bsdutils)',
};
function skipWithout(maker: PtyMaker): string | false {
  return ptyMakers().includes(maker) ? false : REMEDY[maker];
}
const skipWithoutPty = ptyMakers().length > 0 ? false : REMEDY.socat;

/** Every byte after every other, 1 MiB of them. */
const MEBIBYTE = Buffer.from(Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 7 + (i >> 8)) & 255));

async function arrives(from: ByteStream, to: ByteStream, bytes: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  await new Promise<void>((resolve) => {
    const stop = to.onData((part) => {
      parts.push(Buffer.from(part));
      length += part.length;
      if (length < bytes.length) return;
      stop();
      resolve();
    });
    from.write(bytes);
  });
  return Buffer.concat(parts);
}

for (const maker of ['socat', 'script'] as const) {
  test(`a pty made by ${maker} carries every byte both ways`, { skip: skipWithout(maker) }, async () => {
    const pty = await openPty(maker);
    const port = await OpenPort.open(pty.path);
    assert.ok((await arrives(port, pty.stream, MEBIBYTE)).equals(MEBIBYTE));
    assert.ok((await arrives(pty.stream, port, MEBIBYTE)).equals(MEBIBYTE));
    await port.close();
    const again = await OpenPort.open(pty.path);
    const hello = Buffer.from('still there');
    assert.ok((await arrives(pty.stream, again, hello)).equals(hello));
    await again.close();
    await pty.close();
  });

  test(`a pty made by ${maker} ends when its process is killed`, { skip: skipWithout(maker) }, async () => {
    const module = new URL('../../host-tools/serial/pty.ts', import.meta.url).href;
    const script = `
      const { openPty } = await import(${JSON.stringify(module)});
      console.log((await openPty('${maker}')).path);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [announced] = (await once(child.stdout, 'data')) as [Buffer];
    const path = announced.toString().trim();
    const port = await OpenPort.open(path);
    const lost = new Promise<PortError>((resolve) => port.onLost(resolve));
    child.kill('SIGKILL');
    assert.equal((await lost).code, 'lost');
  });
}

test('what cannot be opened says why and what to do', { skip: skipWithoutPty }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-ports-'));
  const plain = join(directory, 'plain');
  writeFileSync(plain, '');
  const fails = async (path: string, code: PortErrorCode, words: RegExp): Promise<void> => {
    await assert.rejects(OpenPort.open(path), (error: PortError) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, words);
      assert.ok(!error.message.includes('\n'));
      return true;
    });
  };
  await fails(join(directory, 'nothing'), 'missing', /no such port.*plugged in/);
  await fails(plain, 'not-a-port', /not a serial port/);
  await fails(directory, 'not-a-port', /not a serial port/);
  const pty = await openPty();
  const holder = await OpenPort.open(pty.path);
  await fails(pty.path, 'busy', /in use.*Close that program/);
  await holder.close();
  await pty.close();
  rmSync(directory, { recursive: true });
});

test('a port without permission names the group that has it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-ports-'));
  const path = join(directory, 'tty');
  writeFileSync(path, '');
  chmodSync(path, 0);
  // A superuser may open anything, so the library's words stand in for the refusal.
  const error = classifyOpenError(path, new Error(`Error: Permission denied, cannot open ${path}`));
  assert.equal(error.code, 'permission');
  assert.match(error.message, /usermod -aG \w+|Run as a user/);
  rmSync(directory, { recursive: true });
});

test('a port that vanishes is opened again when it is back', { skip: skipWithoutPty }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-ports-'));
  const link = join(directory, 'board');
  const first = await openPty();
  symlinkSync(first.path, link);
  const port = new ReconnectingPort(link);
  let opened = 0;
  port.onOpen(() => opened++);
  await port.start();
  assert.equal(opened, 1);
  const lost = new Promise<PortError>((resolve) => port.onLost(resolve));
  unlinkSync(link);
  await first.close();
  assert.equal((await lost).code, 'lost');
  assert.equal(port.isOpen, false);
  port.write(Buffer.from('into the void'));
  const second = await openPty();
  const back = new Promise<void>((resolve) => port.onOpen(resolve));
  symlinkSync(second.path, link);
  await back;
  const hello = Buffer.from('back again');
  assert.ok((await arrives(second.stream, port, hello)).equals(hello));
  await port.close();
  await second.close();
  rmSync(directory, { recursive: true });
  await assert.rejects(new ReconnectingPort(link).start(), (error: PortError) => error.code === 'missing');
});

test('a virtual board talks through a real serial port', { skip: skipWithoutPty }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-ports-'));
  const scheduler = new RealScheduler();
  const board = new VmBoard({ name: 'usb', scheduler, directory, code: PROGRAM });
  const pty = await openPty();
  joinStreams(board.console, pty.stream);
  await board.start();
  const port = await OpenPort.open(pty.path);
  await port.setSignals({ rts: true });
  const client = new PacketClient(port);
  const line = new Promise<string>((resolve) => client.lines.onLine(resolve));
  await client.event({ t: 'through the wire' });
  assert.equal(await line, '{"t":"through the wire"}');
  client.close();
  await port.close();
  await board.stop();
  await pty.close();
  scheduler.close();
  rmSync(directory, { recursive: true });
});
