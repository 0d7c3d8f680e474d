// The link to the radio board: whatever a port says is either understood or counted, and while the board is away
// nothing waits for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoardLink } from '../../host-tools/gateway/board-link.ts';
import { parseBoardLine, type BoardMessage } from '../../host-tools/gateway/board-lines.ts';
import { Listeners, type ByteStream } from '../../host-tools/serial/byte-stream.ts';

const RUNS = 20_000;

/** xorshift32: the same lines every time. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const GOOD = [
  '{"t":"boot","board":"linux-udp","address":7,"name":"gateway"}',
  '{"t":"unprovisioned","remedy":"fairhop provision"}',
  '{"t":"packet","src":7,"seq":9,"class":128,"hops":2,"data":"AAECAwQFBgcI"}',
  '{"t":"message","src":7,"hops":0,"data":"AQI="}',
  '{"t":"note","note":3,"who":7,"value":12}',
  '{"t":"fault","code":24}',
  '{"t":"error","message":"Uncaught","stack":""}',
  '{"t":"refused","request":"x"}',
  '{"t":"sent","dst":7,"seq":9}',
  '{"t":"status","uptimeMs":5000000000,"vars":1,"varsTotal":2,"received":3,"refused":4,"sent":5,"relayed":6,' +
    '"airtimeMs":7,"neighbours":"","routes":"","accounts":""}',
];
const ODD = [
  'null', '-1', '1e99', '4294967296', '[]', '{"toString":1}', '"\\u001b[2J"', '{"__proto__":1}', '0.5', '"="',
];

test('every line of a board is understood', () => {
  const kinds = GOOD.map((line) => parseBoardLine(line)?.kind);
  const all = ['boot', 'unprovisioned', 'packet', 'message', 'note', 'trouble', 'trouble', 'refused', 'sent', 'status'];
  assert.deepEqual(kinds, all);
  const packet = parseBoardLine(GOOD[2]!);
  assert.ok(packet?.kind === 'packet');
  assert.deepEqual([...packet.packet.lock], [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([...packet.packet.ciphertext], [6, 7, 8]);
  assert.equal(parseBoardLine('Uncaught ReferenceError: "x" is not defined')?.kind, 'trouble');
  assert.equal(parseBoardLine('>echo off'), undefined);
});

test('twenty thousand damaged lines are understood or dropped, and never throw', () => {
  const next = generator(0x5eed);
  let dropped = 0;
  for (let i = 0; i < RUNS; i++) {
    const line = damaged(GOOD[next(GOOD.length)]!, next);
    const message = parseBoardLine(line);
    if (message === undefined) dropped++;
    else assertSound(message);
  }
  assert.ok(dropped > RUNS / 4 && dropped < RUNS, `${dropped} of ${RUNS} dropped`);
});

function damaged(line: string, next: (below: number) => number): string {
  switch (next(4)) {
    case 0:
      return line.slice(0, next(line.length));
    case 1:
      return line.replace(/:("[^"]*"|\d+)/g, (field) => (next(3) === 0 ? `:${ODD[next(ODD.length)]}` : field));
    case 2: {
      const at = next(line.length);
      return line.slice(0, at) + String.fromCharCode(next(256)) + line.slice(at + 1);
    }
    default:
      return Array.from({ length: next(200) }, () => String.fromCharCode(next(256))).join('');
  }
}

function assertSound(message: BoardMessage): void {
  if (message.kind === 'packet') {
    assert.ok(message.packet.lock.length === 6 && message.hops <= 255);
    assert.ok(message.packet.src < 2 ** 32 && message.packet.seq16 < 65536);
  }
  if (message.kind === 'note') assert.ok(Number.isInteger(message.value) && message.who >= 0);
  const text = message.kind === 'trouble' ? message.text : message.kind === 'boot' ? message.board : '';
  assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f]/, 'nothing that moves a cursor');
  assert.ok(text.length <= 260);
}

const ACK = Uint8Array.of(6);

class FakePort implements ByteStream {
  readonly written: Uint8Array[] = [];
  private readonly data = new Listeners<Uint8Array>();

  write(bytes: Uint8Array): void {
    this.written.push(bytes);
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    return this.data.add(listener);
  }

  say(text: string | Uint8Array): void {
    this.data.emit(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** The JSON objects of the EVENT packets so far. */
  get events(): { t: string }[] {
    return this.written.map((bytes) => JSON.parse(Buffer.from(bytes.subarray(4)).toString()) as { t: string });
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('lines are carried, the others counted, half a line does not outlive the port', async () => {
  const port = new FakePort();
  const heard: BoardMessage[] = [];
  const link = new BoardLink(port, (message) => heard.push(message));
  assert.equal(link.isUp, false);
  await assert.rejects(link.askStatus(), /not connected/);
  link.up();
  port.say(`${GOOD[4]}\r\ngarbage\r\n{"t":"note","no`);
  link.down();
  link.up();
  port.say(`${GOOD[5]}\r\n`);
  assert.deepEqual(heard.map(({ kind }) => kind), ['note', 'trouble']);
  assert.equal(link.malformed, 1);
});

test('requests go out one after another, and fail at once when the port is lost', async () => {
  const port = new FakePort();
  const link = new BoardLink(port, () => {});
  link.up();
  const first = link.receipt(new Uint8Array(6), new Uint8Array(6));
  const second = link.state(new Uint8Array(3));
  await settled();
  assert.deepEqual(port.events.map(({ t }) => t), ['receipt']);
  port.say(ACK);
  await first;
  await settled();
  assert.deepEqual(port.events.map(({ t }) => t), ['receipt', 'state']);
  const third = link.send({ dst: 1, seq16: 2, bytes: new Uint8Array(20) });
  link.down();
  await assert.rejects(second, /closed/);
  await assert.rejects(third, /closed/);
  link.up();
  const again = link.state(new Uint8Array(3));
  await settled();
  port.say(ACK);
  await again;
});

test('a board that answers nothing collects a bounded number of requests', async () => {
  const link = new BoardLink(new FakePort(), () => {});
  link.up();
  const outcome = (): Promise<string> => link.askStatus().then(() => 'taken', (error: Error) => error.message);
  const requests = Array.from({ length: 40 }, outcome);
  await settled();
  link.down();
  const outcomes = await Promise.all(requests);
  assert.equal(outcomes.filter((text) => /keep up/.test(text)).length, 8);
  assert.equal(outcomes.filter((text) => /closed/.test(text)).length, 32);
});
