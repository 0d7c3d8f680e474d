// The packet protocol's client: the same conversation with a virtual board and with the real interpreter, and
// what happens when answers are late, lost, or the board keeps something else than it was sent.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RealScheduler, VirtualScheduler } from '../../host-tools/ether/scheduler.ts';
import { Listeners, type ByteStream } from '../../host-tools/serial/byte-stream.ts';
import { encodeData, encodeText, PacketType, sendable } from '../../host-tools/serial/packet-codec.ts';
import { PacketClient, PacketError } from '../../host-tools/serial/packet-protocol.ts';
import { EspruinoBoard } from '../../host-tools/virtual/espruino-board.ts';
import { VmBoard } from '../../host-tools/virtual/vm-board.ts';
import { INTERPRETER_REMEDY, interpreterPath } from '../device/interpreter.ts';
import { BINARY, holdConversation, PROGRAM } from './conversation.ts';

async function inTemp(fn: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-serial-'));
  try {
    await fn(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test('the conversation with a virtual board', () =>
  inTemp(async (directory) => {
    const scheduler = new RealScheduler();
    const board = new VmBoard({ name: 'talk', scheduler, directory, code: PROGRAM });
    const client = new PacketClient(board.console);
    await board.start();
    await holdConversation(client);
    client.close();
    await board.stop();
    scheduler.close();
  }));

test(
  'the conversation with the real interpreter',
  { skip: interpreterPath() ? false : INTERPRETER_REMEDY },
  () =>
    inTemp(async (directory) => {
      const options = { name: 'talk', interpreter: interpreterPath()!, directory, code: PROGRAM };
      const board = new EspruinoBoard(options);
      const lines: string[] = [];
      board.onLine((line) => lines.push(line));
      await board.start();
      assert.ok(lines.includes('program first'), lines.join('\n'));
      const client = new PacketClient(board.console);
      await holdConversation(client);
      client.close();
      await board.writeFile('count', new Uint8Array(Buffer.from('again')));
      await board.stop();
      await board.start();
      assert.ok(lines.includes('program again'), 'flash survives, and the program starts by itself');
      assert.deepEqual(await board.readFile('binary'), BINARY);
      await board.stop();
    }),
);

/** A board that does as it is told: each packet that arrives is handed to `answer`. */
function scripted(answer: (packet: Buffer, reply: (text: string) => void) => void) {
  const scheduler = new VirtualScheduler();
  const output = new Listeners<Uint8Array>();
  const reply = (text: string): void => output.emit(Buffer.from(text, 'latin1'));
  const stream: ByteStream = {
    write: (bytes) => void scheduler.after(1, () => answer(Buffer.from(bytes), reply)),
    onData: (listener) => output.add(listener),
  };
  const client = new PacketClient(stream, { scheduler });
  /** Lets promises and virtual time run together until the promise is settled. */
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    let open = true;
    promise.then(() => (open = false), () => (open = false));
    for (let i = 0; open && i < 10000; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (open) scheduler.step();
    }
    return promise;
  };
  return { client, settled, reply, scheduler };
}

/** `"expression"` of an EVAL packet without its padding. */
const textOf = (packet: Buffer): string => packet.subarray(4).toString('latin1').trim();
const response = (text: string): string =>
  `\x06\x10\x01${String.fromCharCode(text.length >> 8, text.length & 255)}${text}`;

test('a late answer never passes for the answer to a later question', async () => {
  const held: string[] = [];
  const { client, settled } = scripted((packet, reply) => {
    const text = textOf(packet);
    if (text === '"slow"') held.push(response('"slow"'));
    else reply((held.shift() ?? '') + response(text));
  });
  await assert.rejects(settled(client.eval('"slow"')), (error: PacketError) => error.code === 'timeout');
  assert.equal(await settled(client.eval('"next"')), 'next');
});

test('a dead board ends in a timeout, and a closed client ends what waits', async () => {
  const { client, settled } = scripted(() => {});
  await assert.rejects(settled(client.eval('1')), /no answer from the board within 2 s/);
  await assert.rejects(settled(client.event({})), (error: PacketError) => error.code === 'timeout');
  const last = client.readFile('x');
  await new Promise((resolve) => setImmediate(resolve));
  client.close();
  await assert.rejects(settled(last), (error: PacketError) => error.code === 'closed');
});

test('a file that does not read back is sent again, and given up after three times', async () => {
  let uploads = 0;
  const { client, settled } = scripted((packet, reply) => {
    const type = packet[2] & 0xe0;
    if (type === 0x60) uploads++;
    reply(type === 0x20 ? response('[5,1]') : '\x06');
  });
  const wrong = settled(client.writeFile('f', new Uint8Array(Buffer.from('hello'))));
  await assert.rejects(wrong, (error: PacketError) => error.code === 'corrupt');
  assert.equal(uploads, 3);
});

test('no packet holds a byte that the console would act on', () => {
  for (let length = 0; length < 1100; length++) {
    const packet = encodeText(PacketType.Eval, ' '.repeat(length));
    assert.ok(sendable(packet), `${length}`);
    assert.equal(packet.length, 4 + (((packet[2] << 8) | packet[3]) & 0x1fff));
  }
  assert.throws(() => encodeText(PacketType.Event, '"\x03"'), /Ctrl-C/);
  assert.throws(() => encodeData(new Uint8Array(0x2000)), /too long/);
  assert.equal(sendable(Uint8Array.of(1, 2, 5, 16, 255)), true);
});
