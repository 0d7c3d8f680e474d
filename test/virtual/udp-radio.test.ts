// The UDP radio driver, built by the firmware pipeline, against the hub: on a virtual board through the
// in-process network, and on the real interpreter through a socket. Frames of every byte value survive both
// ways.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RadioProfile } from '#protocol';
import { Ether } from '../../host-tools/ether/ether.ts';
import { RealScheduler, VirtualScheduler } from '../../host-tools/ether/scheduler.ts';
import { EspruinoBoard } from '../../host-tools/virtual/espruino-board.ts';
import { LocalDatagrams } from '../../host-tools/virtual/local-datagrams.ts';
import { RadioHub } from '../../host-tools/virtual/radio-hub.ts';
import { HUB_ADDRESS, UdpHub } from '../../host-tools/virtual/udp-hub.ts';
import { VmBoard } from '../../host-tools/virtual/vm-board.ts';
import { INTERPRETER_REMEDY, interpreterPath } from '../device/interpreter.ts';
import { bundleProgram } from '../device/run-on-device.ts';
import { inTemp } from './boards.ts';

const FAST: RadioProfile = {
  spreadingFactor: 7, bandwidthHz: 500000, codingRate: 1, preambleSymbols: 8, explicitHeader: true, crc: true,
};

/** 255 bytes from `first` up: every value occurs in one of two frames. */
function frameFrom(first: number): Uint8Array {
  return Uint8Array.from({ length: 255 }, (_, i) => (first + i) & 255);
}
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const reversed = (bytes: Uint8Array): Uint8Array => bytes.slice().reverse();
const config = (port: number): Uint8Array =>
  new Uint8Array(Buffer.from(JSON.stringify({ host: HUB_ADDRESS, port, index: 1 })));

/** Station 0 is ours, station 1 the board's; the last strengths of 0 to 255 dBm and of both signs of SNR. */
function pair(scheduler: RealScheduler | VirtualScheduler) {
  const ether = new Ether({ scheduler, profile: FAST, seed: 1 });
  const answers: string[] = [];
  const waiting: ((answer: string) => void)[] = [];
  ether.attach(null, (frame) => {
    answers.push(hex(frame));
    waiting.shift()?.(hex(frame));
  });
  ether.attach(null, null);
  ether.setLink(0, 1, -115);
  ether.setLink(1, 0, -60);
  const answer = (): Promise<string> => new Promise((resolve) => waiting.push(resolve));
  return { ether, hub: new RadioHub(ether, scheduler), answers, answer };
}

test('a virtual board exchanges frames with the ether', () =>
  inTemp(async (directory) => {
    const code = await bundleProgram('radio-frames');
    const scheduler = new VirtualScheduler();
    const { ether, hub, answers } = pair(scheduler);
    const network = new LocalDatagrams(scheduler);
    const board = new VmBoard({ name: 'radio', scheduler, directory, code, network });
    const lines: string[] = [];
    board.onLine((line) => lines.push(line));
    board.powerOn();
    scheduler.runFor(10);
    assert.deepEqual(lines, ['fault 24', 'ready'], 'without a configuration the driver says so');
    await board.writeFile('fh.radio', config(network.serve(hub)));
    board.powerOff();
    board.powerOn();
    scheduler.runFor(10);
    for (const first of [0, 128]) {
      lines.length = 0;
      ether.transmit(0, frameFrom(first));
      scheduler.runFor(1000);
      assert.deepEqual(lines, [`heard ${hex(frameFrom(first))} -115 -4`, 'sent true']);
      assert.equal(answers.pop(), hex(reversed(frameFrom(first))));
    }
    assert.deepEqual(hub.counters, { registered: 1, malformed: 0, unknown: 0 });
  }));

test('listen before talk: a busy channel is answered, and a hub that is gone is noticed', () =>
  inTemp(async (directory) => {
    const code = await bundleProgram('radio-frames');
    const scheduler = new VirtualScheduler();
    const { ether, hub, answers } = pair(scheduler);
    const other = ether.attach(null, () => {});
    ether.setLink(other, 1, -115);
    const network = new LocalDatagrams(scheduler);
    const board = new VmBoard({ name: 'radio', scheduler, directory, code, network });
    const lines: string[] = [];
    board.onLine((line) => lines.push(line));
    await board.writeFile('fh.radio', config(network.serve(hub)));
    board.powerOn();
    scheduler.runFor(10);
    ether.transmit(0, Uint8Array.of(1, 2, 3), () => ether.transmit(other, frameFrom(0)));
    scheduler.runFor(100);
    assert.deepEqual(lines, ['ready', 'heard 010203 -115 -4', 'sent false']);
    scheduler.runFor(1000);
    lines.length = 0;
    answers.length = 0;
    ether.transmit(0, Uint8Array.of(9));
    hub.unplug(1);
    ether.setReceiver(1, () => {});
    scheduler.runFor(100);
    assert.deepEqual(lines, []);
    // Ten seconds later the driver has registered anew and hears again.
    scheduler.runFor(10000);
    ether.transmit(0, Uint8Array.of(7));
    scheduler.runFor(1000);
    assert.deepEqual(lines, ['heard 07 -115 -4', 'sent true']);
    assert.deepEqual(answers, ['07']);
  }));

test('datagrams that are none of ours are counted and change nothing', () => {
  const scheduler = new VirtualScheduler();
  const { ether, hub } = pair(scheduler);
  const sent: string[] = [];
  const peer = { key: 'a', send: (bytes: Uint8Array) => sent.push(hex(bytes)) };
  hub.receive(Uint8Array.of(2, 1), peer);
  hub.receive(Uint8Array.of(1, 0, 99), peer);
  hub.receive(Uint8Array.of(1, 0, 1), peer);
  const malformed = [[], [2], [3, 1], [1], [1, 0], [255], new Array<number>(257).fill(2)];
  for (const bytes of malformed) hub.receive(Uint8Array.from(bytes), peer);
  scheduler.runFor(1000);
  assert.deepEqual(hub.counters, { registered: 1, malformed: malformed.length, unknown: 2 });
  assert.deepEqual(sent, []);
  assert.equal(ether.counters.sent, 0);
  hub.receive(Uint8Array.of(2, 1), peer);
  hub.receive(Uint8Array.of(2, 2), peer);
  scheduler.runFor(1000);
  assert.deepEqual(sent, ['1200', '1201'], 'one frame at a time: the second is refused at once');
});

test(
  'the real interpreter exchanges frames with the ether',
  { skip: interpreterPath() ? false : INTERPRETER_REMEDY },
  () =>
    inTemp(async (directory) => {
      const code = await bundleProgram('radio-frames');
      const scheduler = new RealScheduler();
      const { ether, hub, answer } = pair(scheduler);
      const socket = await UdpHub.open(hub);
      const board = new EspruinoBoard({ name: 'radio', interpreter: interpreterPath()!, directory, code });
      const lines: string[] = [];
      board.onLine((line) => lines.push(line));
      await board.start();
      await board.writeFile('fh.radio', config(socket.port));
      const ready = new Promise<void>((resolve) => {
        board.onLine((line) => line === 'ready' && resolve());
      });
      lines.length = 0;
      await board.reload();
      await ready;
      for (const first of [0, 128]) {
        const back = answer();
        ether.transmit(0, frameFrom(first));
        assert.equal(await back, hex(reversed(frameFrom(first))));
      }
      await board.stop();
      await socket.close();
      scheduler.close();
      const heard = [0, 128].map((first) => `heard ${hex(frameFrom(first))} -115 -4`);
      assert.deepEqual(lines.filter((line) => line.startsWith('heard')), heard);
      assert.ok(!lines.some((line) => /fault|Uncaught|error/i.test(line)), lines.join('\n'));
    }),
);
