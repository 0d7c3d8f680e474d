// What goes into provisioning and comes out on paper: the list of a batch, the channel of a LoRa board as its driver
// takes it, the label.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import jsqr from 'jsqr';
import { applyStoredConfig, defaultLoraConfig } from '../../firmware/src/drivers/lora-config.ts';
import { boardIds, loadBoard } from '../../host-tools/firmware-build/boards.ts';
import { parseBatch } from '../../host-tools/provision/batch-csv.ts';
import { boardUri, labelSvg, labelText } from '../../host-tools/provision/label.ts';
import { radioSettings } from '../../host-tools/provision/radio-channel.ts';

test('a list of boards is read with quotes, blanks and any order of columns', () => {
  assert.deepEqual(parseBatch('\ufeffname, PORT\r\n"barn, ""old""",/dev/ttyUSB0\r\n\r\n,/dev/ttyUSB1\n'), [
    { name: 'barn, "old"', port: '/dev/ttyUSB0' },
    { port: '/dev/ttyUSB1' },
  ]);
});

test('a list that is wrong is refused with its line', () => {
  const wrong: [string, RegExp][] = [
    ['', /line 1.*no column ""/],
    ['port,colour\nx,red', /line 1.*no column "colour"/],
    ['name\nx', /line 1.*"port" is missing/],
    ['port,name\nx', /line 2.*1 fields where the first line has 2/],
    ['port\nx\nx', /line 3.*x is named twice/],
    ['port,name\n,barn', /line 2.*no port/],
    ['port,name\nx,"barn', /line 2.*quote/],
    ['port,name\nx,ba"r"n', /line 2.*quote/],
    ['port\n', /no board is listed/],
  ];
  for (const [text, expected] of wrong) assert.throws(() => parseBatch(text), expected, JSON.stringify(text));
});

const PROFILE = {
  spreadingFactor: 7,
  bandwidthHz: 125_000,
  codingRate: 1,
  preambleSymbols: 8,
  explicitHeader: true,
  crc: true,
};

test('each LoRa board gets a channel that it can use and its driver takes as it is', () => {
  let boards = 0;
  for (const id of boardIds()) {
    const { radio } = loadBoard(id);
    const canEurope = radio.frequencyMHz.some(([low, high]) => low <= 869.525 && high >= 869.525);
    if (radio.kind === 'udp' || !canEurope) continue;
    boards++;
    const bytes = radioSettings(id, 'EU868', PROFILE, {})!;
    const stored = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
    const config = defaultLoraConfig();
    assert.equal(applyStoredConfig(config, stored, 5, radio.txPowerDbmMax), true, id);
    assert.deepEqual({ ...config }, stored, id);
  }
  assert.ok(boards >= 3);
});

test('a channel that the board or the region does not have is refused', () => {
  const ask = (region: string, wish: object): unknown =>
    radioSettings('generic-esp32-rfm95', region, PROFILE, wish);
  assert.throws(() => ask('XX', {}), /no channel is known for the region XX/);
  assert.ok(ask('XX', { frequencyHz: 868_100_000 }));
  assert.throws(() => ask('EU868', { frequencyHz: 433_000_000 }), /cannot use 433 MHz/);
  assert.throws(() => ask('EU868', { txPowerDbm: 22 }), /cannot send with 22 dBm/);
  // 255 bytes take 399.6 ms at SF7/125, more at SF8: over the 400 ms of America.
  assert.ok(ask('US915', {}));
  const slow = { ...PROFILE, spreadingFactor: 8 };
  assert.throws(() => radioSettings('generic-esp32-rfm95', 'US915', slow, {}), /SF8 at 125 kHz .* too long/);
  assert.ok(radioSettings('generic-esp32-rfm95', 'EU868', slow, {}));
  assert.equal(radioSettings('linux-udp', 'EU868', PROFILE, {}), undefined);
  assert.throws(() => radioSettings('linux-udp', 'EU868', PROFILE, { txPowerDbm: 1 }), /no LoRa radio/);
});

test('the label carries name, address and a URI, whatever is in the name', () => {
  const fields = { name: 'a<b> & "c"', address: '3a7f0012', ledger: '00112233aabbccdd', owner: 'alice' };
  assert.equal(boardUri(fields), 'fairhop:3a7f0012@00112233aabbccdd');
  const rows = labelText(fields).split('\n');
  const frame = rows.slice(0, rows.lastIndexOf(rows[0]!) + 1);
  assert.equal(frame.length, 6);
  assert.equal(new Set(frame.map(({ length }) => length)).size, 1);
  const svg = labelSvg(fields);
  assert.match(svg, /a&lt;b&gt; &amp; &quot;c&quot;/);
  assert.match(svg, /^<svg [^>]+>\n[^]*>3a7f0012<[^]*>owner alice<[^]*>@00112233aabbccdd<[^]*<\/svg>\n$/);
});

/** Reads a code with an independent decoder; `isDark` by module, each drawn as 4 x 4 pixels. */
function readCode(size: number, isDark: (row: number, column: number) => boolean): string | undefined {
  const side = size * 4;
  const pixels = new Uint8ClampedArray(side * side * 4);
  for (let at = 0; at < side * side; at++) {
    const dark = isDark(Math.floor(at / side / 4), Math.floor((at % side) / 4));
    pixels.fill(dark ? 0 : 255, at * 4, at * 4 + 3).fill(255, at * 4 + 3, at * 4 + 4);
  }
  return jsqr.default(pixels, side, side, { inversionAttempts: 'dontInvert' })?.data;
}

test('an independent reader reads the URI from the code, in the terminal and in the SVG', () => {
  const fields = { name: 'barn', address: '3a7f0012', ledger: '00112233aabbccdd', owner: 'alice' };
  const lines = labelText(fields).split('\n').slice(6);
  const size = lines[0]!.length;
  assert.equal(lines.length, Math.ceil(size / 2));
  const isLight = (row: number, column: number): boolean =>
    (row % 2 === 0 ? '\u2580\u2588' : '\u2584\u2588').includes(lines[Math.floor(row / 2)]![column]!);
  assert.equal(
    readCode(size, (row, column) => !isLight(row, column)),
    boardUri(fields),
  );

  const svg = labelSvg(fields);
  const modules = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)![1]);
  const dark = new Set<string>();
  for (const [, x, y, length] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g))
    for (let at = 0; at < Number(length); at++) dark.add(`${y} ${Number(x) + at}`);
  assert.equal(
    readCode(modules, (row, column) => dark.has(`${row} ${column}`)),
    boardUri(fields),
  );
});
