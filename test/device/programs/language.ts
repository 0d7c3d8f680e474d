// The language that the firmware relies on, after lowering to ES5. Each line must come out the same
// everywhere. Compiled by the firmware pipeline only.

class Point {
  private readonly y: number;

  constructor(
    readonly x: number,
    y = 5,
  ) {
    this.y = y;
  }

  sum(): number {
    return this.x + this.y;
  }

  static origin(): Point {
    return new Point(0, 0);
  }
}

print('class ' + [new Point(1).sum(), new Point(1, 2).sum(), Point.origin().sum()].map(String).join(' '));
print('instance ' + String(Point.origin() instanceof Point));

const fromFor: (() => number)[] = [];
for (let i = 0; i < 3; i++) fromFor.push(() => i);
const fromForOf: (() => string)[] = [];
for (const name of ['a', 'b']) fromForOf.push(() => name);
let turns = 0;
while (turns < 2) {
  const turn = turns;
  fromFor.push(() => turn * 100);
  turns += 1;
}
print('closures ' + fromFor.map((f) => String(f())).join(',') + fromForOf.map((f) => f()).join(','));

function withDefaults(a: number, b = a + 1, c: { d?: number } = {}): string {
  return [a, b, c.d ?? -1].map(String).join(' ');
}
print('defaults ' + withDefaults(1) + ' ' + withDefaults(1, 7, { d: 3 }));

const {
  p,
  q: renamed = 9,
  r: { s },
} = { p: 1, r: { s: 'deep' } } as { p: number; q?: number; r: { s: string } };
let [left, right] = [1, 2];
[left, right] = [right, left];
print(`destructuring ${String(p)} ${String(renamed)} ${s} ${String(left)} ${String(right)}`);

const nothing: { a?: { b: string } } = {};
print(`optional ${nothing.a?.b ?? 'none'} ${String(nothing.a === undefined)}`);

function find(grid: number[][], wanted: number): string {
  for (const row of grid) {
    for (const cell of row) if (cell === wanted) return 'found';
  }
  return 'missing';
}
print('return from loops ' + find([[1, 2], [3]], 3) + ' ' + find([[1]], 9));

function kind(code: number): string {
  switch (code) {
    case 1:
    case 2:
      return 'low';
    case 3: {
      const text = 'three';
      return text;
    }
    default:
      return 'other';
  }
}
print('switch ' + [1, 2, 3, 4].map(kind).join(' '));

function guarded(fails: boolean): string {
  let trace = 'try ';
  try {
    if (fails) throw new Error('no');
    return trace + 'returned';
  } catch (error) {
    trace += (error as Error).message + ' ';
  } finally {
    trace += 'finally';
  }
  return trace;
}
print('exceptions ' + guarded(true) + '; ' + guarded(false));

const counts: { [word: string]: number } = {};
for (const word of ['x', 'y', 'x']) counts[word] = (counts[word] ?? 0) + 1;
delete counts['y'];
print('objects ' + Object.keys(counts).join(',') + ' ' + String(counts['x']) + ' ' + String('y' in counts));

const list = [5, 3, 9, 1];
list.splice(1, 2, 7);
list.sort((a, b) => a - b);
print(
  'arrays ' +
    list.map(String).join(',') +
    ' ' +
    String(list.indexOf(7)) +
    ' ' +
    String(list.slice(1).length),
);
print(
  'more ' +
    String(list.some((n) => n > 6)) +
    String(list.every((n) => n > 6)) +
    String(list.find((n) => n > 4)),
);
print('reduce ' + String(list.reduce((sum, n) => sum + n, 0)) + ' ' + String([1].concat([2, 3], 4).length));

const bytes = new Uint8Array([1, 2, 3, 4, 5]);
bytes.subarray(1, 3).fill(200);
bytes.set([300, -1], 3);
print('bytes ' + [bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes.length].map(String).join(','));
const view = new DataView(bytes.buffer, 1);
view.setUint16(0, 0x1234);
view.setInt16(2, -2, true);
print('view ' + [bytes[1], bytes[2], bytes[3], bytes[4], view.getInt16(2, true)].map(String).join(','));
const words = new Int32Array([0x7fffffff]);
words[0] += 1;
print(
  'wrap ' +
    String(words[0]) +
    ' ' +
    String(new Uint32Array([-1])[0]) +
    ' ' +
    String(new Int8Array([200])[0]),
);

print('bits ' + [-1 >>> 28, -8 >> 1, 1 << 31, ~5, 6 ^ 3, (0xffffffff + 2) | 0].map(String).join(','));
print('rotate ' + String(((0x80000001 << 4) | (0x80000001 >>> 28)) >>> 0));
print('big ' + String(9007199254740991) + ' ' + String(Math.floor(9007199254740991 / 4294967296)));
print('remainder ' + [7 % 3, -7 % 3, Math.floor(-7 / 2), Math.ceil(7 / 2)].map(String).join(','));

print(
  'text ' +
    'abcabc'.indexOf('c', 3).toString() +
    'ab'.charCodeAt(1).toString(16) +
    'x'.repeat(3) +
    'a,b'.split(',')[1],
);
print(
  'slices ' +
    'firmware'.slice(-4) +
    ' ' +
    'firmware'.substring(1, 3) +
    ' ' +
    '7'.padStart(3, '0') +
    ' ' +
    ' t '.trim(),
);
print('binary ' + String.fromCharCode(0, 255).length.toString() + String('\x00\xff'.charCodeAt(1)));
print('pattern ' + String(/^[a-f0-9]+$/i.test('BEEF')) + ' ' + 'a-b-c'.replace(/-/g, '+'));
print(
  'json ' +
    JSON.stringify({ a: [1, 'x', null, true], b: { c: -3 } }) +
    String(JSON.parse('{"n":[1,2]}').n[1]),
);
print('numbers ' + String(parseInt('ff', 16)) + String(Number('12')) + String(isNaN(Number('x'))));
