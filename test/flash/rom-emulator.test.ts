// The emulator against captures of real chips and against the rules of flash memory. The client here is a
// few raw frames; that whole clients accept it is shown by the flasher's tests and by esptool.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import { deflateSync } from 'node:zlib';
import { EmulatedBoard } from '../../host-tools/flash/esp-rom-emulator/emulated-board.ts';
import type { Faults } from '../../host-tools/flash/esp-rom-emulator/faults.ts';
import { SlipDecoder, slipEncode } from '../../host-tools/flash/esp-rom-emulator/slip.ts';
import { install, runtime } from './bench.ts';

function client(faults: Faults = {}): {
  board: EmulatedBoard;
  ask(op: number, data?: Uint8Array, sum?: number): Buffer[];
} {
  const board = new EmulatedBoard({ chip: 'esp32', faults });
  let frames: Buffer[] = [];
  const slip = new SlipDecoder(100_000);
  board.output = (bytes) => frames.push(...slip.push(bytes).map((frame) => Buffer.from(frame)));
  board.powerOn(true);
  return {
    board,
    ask(op, data = new Uint8Array(0), sum = 0) {
      frames = [];
      const head = Buffer.alloc(8);
      head[1] = op;
      head.writeUInt16LE(data.length, 2);
      head.writeUInt32LE(sum, 4);
      board.receive(slipEncode(Buffer.concat([head, data])));
      return frames;
    },
  };
}

const words = (...values: number[]): Buffer => Buffer.from(new Uint32Array(values).buffer);
const SYNC = Buffer.concat([Buffer.of(7, 7, 0x12, 0x20), Buffer.alloc(32, 0x55)]);

function startStub(c: ReturnType<typeof client>): void {
  const code = Buffer.from('not run');
  assert.equal(c.ask(0x05, words(code.length, 1, 0x1800, 0x400a8000))[0]!.at(8), 0);
  const sum = code.reduce((x, byte) => x ^ byte, 0xef);
  c.ask(0x07, Buffer.concat([words(code.length, 0, 0, 0), code]), sum);
  assert.equal(c.ask(0x06, words(0, 0x400a902c)).at(-1)!.toString(), 'OHAI');
}

it('answers SYNC eight times with the bytes of the capture', () => {
  const answers = client().ask(0x08, SYNC);
  assert.equal(answers.length, 8);
  for (const answer of answers) assert.equal(answer.toString('hex'), '010804000712555500000000');
});

it('answers the magic register, and an unknown op with status 01 05', () => {
  const c = client();
  assert.equal(c.ask(0x0a, words(0x40001000))[0]!.readUInt32LE(4), 0x00f01d83);
  const refusals = c.ask(0x14);
  assert.equal(refusals.length, 8);
  assert.notEqual(refusals[0]![1], 0x14);
  assert.equal(refusals[0]!.subarray(8, 10).toString('hex'), '0105');
});

it('the stub answers MD5 in 16 bytes with two status bytes, the ROM in 32 digits with four', () => {
  const c = client();
  const expected = createHash('md5').update(Buffer.alloc(4096, 0xff)).digest();
  const rom = c.ask(0x13, words(0, 4096, 0, 0))[0]!;
  assert.equal(rom.subarray(8).toString('latin1'), `${expected.toString('hex')}\0\0\0\0`);
  startStub(c);
  const stub = c.ask(0x13, words(0, 4096, 0, 0))[0]!;
  assert.equal(stub.subarray(0, 8).toString('hex').slice(0, 8), '01131200');
  assert.deepEqual(stub.subarray(8), Buffer.concat([expected, Buffer.alloc(2)]));
});

it('programming can only clear bits, until the sector is erased', () => {
  const c = client();
  c.board.flash.program(0, Uint8Array.of(0xf0));
  c.board.flash.program(0, Uint8Array.of(0x3c));
  assert.equal(c.board.flash.bytes[0], 0x30);
  c.board.flash.erase(1, 1);
  assert.equal(c.board.flash.bytes[0], 0xff);
});

it('refuses a data block with a wrong checksum and keeps the flash as it was', () => {
  const c = client();
  startStub(c);
  const packed = deflateSync(Buffer.alloc(4096, 0x42));
  c.ask(0x10, words(4096, 1, 0x4000, 0x1000));
  const block = Buffer.concat([words(packed.length, 0, 0, 0), packed]);
  const sum = packed.reduce((x, byte) => x ^ byte, 0xef);
  assert.equal(c.ask(0x11, block, sum ^ 1)[0]!.at(8), 1);
  assert.equal(c.board.flash.bytes[0x1000], 0xff);
  assert.equal(c.ask(0x11, block, sum)[0]!.at(8), 0);
  assert.equal(c.board.flash.bytes[0x1000], 0x42);
});

it('reads flash back in acknowledged blocks, the MD5 last', () => {
  const c = client();
  startStub(c);
  const first = c.ask(0xd2, words(0, 0x2000, 0x1000, 1));
  assert.deepEqual(
    first.map((frame) => frame.length),
    [10, 0x1000],
  );
  const seen: number[] = [];
  c.board.output = (bytes) => seen.push(bytes.length - 2);
  c.board.receive(slipEncode(words(0x1000)));
  c.board.receive(slipEncode(words(0x2000)));
  assert.deepEqual(seen.slice(0, 1), [0x1000]);
  assert.ok(seen[1]! >= 16 && seen[1]! <= 32, 'sixteen bytes, some perhaps escaped');
});

it('survives garbage: 200 000 random bytes change neither flash nor state', () => {
  const c = client();
  let state = 12345;
  for (let i = 0; i < 200; i++) {
    const bytes = Uint8Array.from({ length: 1000 }, () => {
      state = (Math.imul(state, 1103515245) + 12345) | 0;
      return state >>> 16;
    });
    c.board.receive(bytes);
  }
  assert.equal(c.board.flash.programmedBytes, 0);
  assert.equal(c.ask(0x08, SYNC).length, 8);
});

it('the reset circuit: EN low restarts, IO0 low at the rise enters the loader', async () => {
  const board = new EmulatedBoard({ chip: 'esp32c3' });
  install(board, runtime('esp32c3', 1));
  let text = '';
  board.output = (bytes) => {
    text += Buffer.from(bytes).toString('latin1');
  };
  const settle = (): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  board.setLines(false, true);
  assert.equal(board.state, 'held-in-reset');
  board.setLines(true, false);
  await settle();
  assert.equal(board.state, 'download');
  assert.match(text, /boot:0x3 .*\r\nwaiting for download/);
  board.setLines(true, true);
  assert.equal(board.state, 'download', 'both lines set releases both');
  board.setLines(false, true);
  board.setLines(false, false);
  await settle();
  assert.equal(board.state, 'running');
  board.stop();
});

it('a board with a damaged application refuses to start and says why', () => {
  const board = new EmulatedBoard({ chip: 'esp32' });
  install(board, runtime('esp32', 1));
  let text = '';
  board.output = (bytes) => {
    text += Buffer.from(bytes).toString('latin1');
  };
  board.flash.bytes[0x12345]! ^= 1;
  board.powerOn();
  assert.equal(board.state, 'not-starting');
  assert.match(text, /not bootable/);
});
