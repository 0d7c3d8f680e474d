// What lines of a console become: the firmware's JSON in words, the ROM's and the panic handler's reasons, noise that
// must not steer a terminal, filters, and logs that read back as they were written.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Nb, Note, Rt } from '#mesh';
import { Bundles } from '../../host-tools/monitor/bundles.ts';
import { Decoder } from '../../host-tools/monitor/decoder.ts';
import type { Entry } from '../../host-tools/monitor/entry.ts';
import { parseFilters } from '../../host-tools/monitor/filter.ts';
import { LineSplitter } from '../../host-tools/monitor/line-splitter.ts';
import { parseLogged } from '../../host-tools/monitor/monitor-log.ts';
import { FAULT_NAMES, NOTES } from '../../host-tools/monitor/names.ts';

function decode(...lines: string[]): Entry[] {
  const decoder = new Decoder(new Bundles(undefined, 'nowhere'));
  return [...lines.flatMap((line) => decoder.line(line, 5)), ...decoder.flush()];
}

const note = (note: number, who: number, value: number): string =>
  JSON.stringify({ t: 'note', note, who, value });

test('notes, packets and states are told in words', () => {
  const [paid, refused, nacked, lost, packet, boot] = decode(
    note(Note.PAID_IN, 0x3a7f0012, 40),
    note(Note.REFUSED, 1, 7),
    note(Note.NACKED, 2, 1),
    note(Note.LOST, 3, 9),
    '{"t":"packet","src":4,"seq":5,"class":1,"hops":2,"data":"AAAAAAAAAAA="}',
    '{"t":"boot","board":"linux-udp","address":17,"name":"x"}',
  );
  assert.deepEqual([paid!.kind, paid!.text], ['payment', '3a7f0012 paid, link 40']);
  assert.deepEqual(
    [refused!.kind, refused!.level, refused!.text],
    ['refusal', 'warn', 'refused from 00000001: bad integrity code'],
  );
  assert.match(nacked!.text, /00000002 refused: not enough credit/);
  assert.match(lost!.text, /packet 9 to 00000003 lost/);
  assert.deepEqual(packet!.fields, { src: '00000004', seq: 5, class: 1, hops: 2, bytes: 2 });
  assert.match(boot!.text, /linux-udp started as node 00000011/);
  assert.equal(decode(note(99, 1, 2))[0]!.text, 'note 99 of 00000001: 2');
});

test('a status tells memory, neighbours with their signal, and each change of a route once', () => {
  const neighbours = Buffer.alloc(Nb.SIZE);
  neighbours.writeUInt32BE(0x11, 0);
  neighbours[5] = 1;
  neighbours[14] = 97;
  neighbours[15] = 0xfc;
  const routes = Buffer.alloc(Rt.SIZE);
  routes.writeUInt32BE(0x22, 0);
  routes[6] = 3;
  routes[16] = 1;
  const line = (table: Buffer): string =>
    JSON.stringify({
      t: 'status',
      uptimeMs: 12345,
      vars: 30,
      varsTotal: 60,
      received: 1,
      refused: 2,
      sent: 3,
      relayed: 4,
      airtimeMs: 5,
      neighbours: neighbours.toString('base64'),
      routes: table.toString('base64'),
      accounts: '',
    });
  const entries = decode(line(routes), line(routes), line(Buffer.alloc(Rt.SIZE)));
  assert.deepEqual(
    entries.map(({ kind }) => kind),
    ['status', 'route', 'status', 'status', 'route'],
  );
  assert.match(entries[0]!.text, /up 12 s, memory 50 %.*1 neighbours: 00000011 -97 dBm SNR -4/);
  assert.equal(entries[1]!.text, 'route to 00000022: via 00000011, 3 hops');
  assert.equal(entries[4]!.text, 'route to 00000022: gone');
});

test('reset reasons and crashes of the chip are explained', () => {
  const reasons: [string, RegExp, string][] = [
    ['rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)', /power on/, 'warn'],
    ['ets Jun  8 2016 rst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13 (SPI)', /supply voltage collapsed/, 'error'],
    ['rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI)', /watchdog of the RTC/, 'error'],
    ['rst:0x7 (TG0WDT_SYS_RESET),boot:0x8 (SPI)', /a watchdog ran out/, 'error'],
    ['rst:0xc (SW_CPU_RESET),boot:0x13 (SPI)', /own software/, 'warn'],
    ['rst:0x15 (USB_UART_CHIP_RESET),boot:0x8 (SPI)', /over USB/, 'warn'],
    ['Brownout detector was triggered', /supply voltage collapsed/, 'error'],
    [
      "Guru Meditation Error: Core  1 panic'ed (LoadProhibited). Exception was unhandled.",
      /crashed: LoadProhibited/,
      'error',
    ],
    ['waiting for download', /download mode.*BOOT/, 'error'],
  ];
  for (const [line, expected, level] of reasons) {
    const [entry] = decode(line);
    assert.equal(entry!.kind, 'reset', line);
    assert.match(entry!.text, expected);
    assert.equal(entry!.level, level, line);
  }
});

test('every note of the firmware has a name of its own, every fault of the drivers a sentence', () => {
  const names = Object.values(NOTES).map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  const driver = readFileSync(new URL('../../firmware/src/drivers/radio-fault.ts', import.meta.url), 'utf8');
  const codes = [...driver.matchAll(/^ {2}\w+ = (\d+),/gm)].map(([, code]) => Number(code));
  assert.deepEqual(codes, [...FAULT_NAMES.keys()]);
});

test('nothing a port says steers the terminal or is taken for a packet', () => {
  const splitter = new LineSplitter();
  const said = [
    ...splitter.push(
      Buffer.from('>\r\x1b[J{"t":"a"}\r\n\x10\x01\x1f\xffnot a packet\n\x1b[2J\x1b]0;title\x07x\n', 'latin1'),
    ),
    ...splitter.push(Buffer.from('\x06>\x15{"t":"b"}\nno\x06\n')),
    ...splitter.push(Buffer.from('gr\u00fc\u00dfe\nhalf')),
    ...splitter.flush(),
  ];
  assert.deepEqual(said, [
    '{"t":"a"}',
    '\\x10\\x01\\x1f\u00ffnot a packet',
    '\\x1b]0;title\\x07x',
    '{"t":"b"}',
    'no\\x06',
    'gr\u00fc\u00dfe',
    'half',
  ]);
  const long = new LineSplitter().push(Buffer.from(`${'x'.repeat(20_000)}\n`));
  assert.deepEqual(
    long.map(({ length }) => length),
    [8192, 8192, 3616],
  );
  for (const bytes of [Buffer.from('a\r\nb\r\nc'), Buffer.from('{}\n')]) {
    const whole = new LineSplitter();
    const single = new LineSplitter();
    assert.deepEqual(
      [...[...bytes].flatMap((byte) => single.push(Uint8Array.of(byte))), ...single.flush()],
      [...whole.push(bytes), ...whole.flush()],
    );
  }
});

test('hostile lines end in entries, never in an exception', () => {
  const lines = [
    '{',
    '{"t":"note","note":-1}',
    '{"t":"error","stack":{}}',
    '{"t":"error","message":7,"stack":"    at (:9e9:1)"}',
    '    at x (.bootcde:99999999:1)',
    '    at (:0:0)',
    '^',
    '{"t":"fault","code":"x"}',
    '{"t":"refused","request":[]}',
    '{"t":"status","neighbours":"!!"}',
    '{"__proto__":1,"t":"boot"}',
    'null',
  ];
  for (const line of lines) assert.ok(decode(line).length > 0, line);
  assert.equal(decode(...lines).filter(({ raw }) => raw !== undefined).length, lines.length);
});

test('filters choose by kind and by text, and refuse what they do not know', () => {
  const entries = decode(note(Note.PAID_IN, 1, 2), note(Note.LOST, 1, 3), 'Uncaught Error: x', 'plain');
  const shown = (...filters: string[]): string[] =>
    entries.filter(parseFilters(filters)).map(({ kind }) => kind);
  assert.deepEqual(shown(), ['payment', 'delivery', 'error', 'text']);
  assert.deepEqual(shown('payment'), ['payment', 'error']);
  assert.deepEqual(shown('!payment,!error'), ['delivery', 'text']);
  assert.deepEqual(shown('/lost|plain/'), ['delivery', 'text']);
  assert.deepEqual(shown('!text', '/plain/'), []);
  assert.throws(() => parseFilters(['pakcet']), /does not know "pakcet"/);
  assert.throws(() => parseFilters(['/(/']), /regular expression/);
});

test('a log line is told from a mark and from a line of another file', () => {
  assert.deepEqual(parseLogged('2026-11-22T10:00:00.123Z {"t":"x"}', 1), {
    atMs: Date.parse('2026-11-22T10:00:00.123Z'),
    isMark: false,
    text: '{"t":"x"}',
  });
  assert.equal(parseLogged('2026-11-22T10:00:00.123Z # lost', 1).isMark, true);
  assert.deepEqual(parseLogged('rst:0x1', 7), { atMs: 7, isMark: false, text: 'rst:0x1' });
});
