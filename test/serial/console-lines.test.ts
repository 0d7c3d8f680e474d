// Lines out of a console's noise, byte by byte and in any pieces; and the relaxed JSON that boards write.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../host-tools/ether/prng.ts';
import { ConsoleLines } from '../../host-tools/serial/console-lines.ts';
import { crc32 } from '../../host-tools/serial/crc32.ts';
import { parseRelaxed } from '../../host-tools/serial/relaxed-json.ts';

/** What came out, as text: lines, +/- for ACK and NAK, packets by type and content. */
function sorted(pieces: Uint8Array[]): string[] {
  const out: string[] = [];
  const lines = new ConsoleLines();
  lines.onLine((line) => out.push(line));
  lines.onAck((ok) => out.push(ok ? '+' : '-'));
  lines.onPacket(({ type, data }) => {
    out.push(`${type.toString(16)}:${Buffer.from(data).toString('latin1')}`);
  });
  for (const piece of pieces) lines.push(piece);
  return out;
}

// Recorded from the interpreter, with a JSON line between two packets' answers.
const RECORDED =
  '\r\n ____  \r\n\r\n>\r\x1b[J{"t":"x"}\r\n\x06>\x06\x10\x01\x00\x013' +
  '\r\x1b[J\x15Uncaught Error: a > b\r\n    at :1:4\r\n>' +
  '\x06\x10\x01\x80\x05a\nb\x06\x15\x10\x01\x80\x00{"t":"y"}\r\n';
const SORTED = [
  ' ____  ', '{"t":"x"}', '+', '+', '0:3', '-', 'Uncaught Error: a > b', '    at :1:4',
  '+', '8000:a\nb\x06\x15', '8000:', '{"t":"y"}',
];

test('lines, acknowledgements and packets come apart, however the bytes are cut', () => {
  const bytes = Buffer.from(RECORDED, 'latin1');
  assert.deepEqual(sorted([bytes]), SORTED);
  assert.deepEqual(sorted([...bytes].map((byte) => Uint8Array.of(byte))), SORTED);
  const prng = new Prng(3);
  for (let round = 0; round < 50; round++) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const next = at + 1 + prng.below(9);
      pieces.push(bytes.subarray(at, next));
      at = next;
    }
    assert.deepEqual(sorted(pieces), SORTED);
  }
});

test('noise neither throws nor grows without bound', () => {
  const prng = new Prng(4);
  const lines = new ConsoleLines();
  let longest = 0;
  lines.onLine((line) => (longest = Math.max(longest, line.length)));
  lines.push(new Uint8Array(100000).fill(0x41));
  lines.push(Uint8Array.from({ length: 200000 }, () => prng.below(256)));
  assert.equal(longest, 8192);
  lines.reset();
  const after: string[] = [];
  lines.onLine((line) => after.push(line));
  lines.push(Buffer.from('well\n'));
  assert.deepEqual(after, ['well']);
});

test('relaxed JSON: what Espruino writes is understood', () => {
  const cases: [string, unknown][] = [
    ['{a:1,"b c":"x\\xFF\\0\\n"}', { a: 1, 'b c': 'x\xff\0\n' }],
    ["{'d':[1,null,2,],e:{}}", { d: [1, null, 2], e: {} }],
    ['-0x10', -16], ['10e+29', 1e30], ['.5', 0.5], ['NaN', NaN], ['-Infinity', -Infinity], [' true ', true],
    ['"\\x001\\1\\x1F ~\\x80\\u0041"', '\x001\x01\x1f ~\x80A'],
    ['{__proto__:1}', JSON.parse('{"__proto__":1}')],
  ];
  for (const [text, value] of cases) assert.deepEqual(parseRelaxed(text), { ok: true, value }, text);
});

test('relaxed JSON: what is none is refused with its place', () => {
  const malformed = ['', '{', '{a', '{a:}', '[1 2]', '"abc', 'function () {}', '1 2', '[[', '{a:1}}', '"\\'];
  for (const text of malformed) assert.equal(parseRelaxed(text).ok, false, text);
  assert.equal(parseRelaxed('['.repeat(100000)).ok, false);
  const prng = new Prng(5);
  const alphabet = '{}[]:,"\'\\x0a1-e \n';
  for (let i = 0; i < 3000; i++) {
    const characters = Array.from({ length: prng.below(40) }, () => alphabet[prng.below(alphabet.length)]);
    const parsed = parseRelaxed(characters.join(''));
    assert.ok(parsed.ok || parsed.reason !== '');
  }
});

test('CRC-32 has the check value of its standard', () => {
  assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
  assert.equal(crc32(new Uint8Array(0)), 0);
});
