// What is named most is made first, and the program does the same; the list names only what the firmware has.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import vm from 'node:vm';
import { NEAR, OBJECTS, nearNames } from '../../host-tools/firmware-build/near-names.ts';
import { FIRMWARE_DIR } from '../../host-tools/firmware-build/paths.ts';

const CODE = `function first() { return 1; }
function second() { return Math.max(first(), count); }
var other = 5;
var count = 2;
var result = [first(), second(), other, count];
`;

function near(names: string[]): string {
  const pass = nearNames(names).renderChunk as unknown as (code: string) => { code: string };
  return pass(CODE).code;
}
const run = (code: string): string => JSON.stringify(vm.runInNewContext(`${code}\nresult;`));

test('names come in the order of the list, and the program does the same', () => {
  const code = near(['count', 'Math', 'second', 'first', 'absent']);
  assert.equal(run(code), run(CODE));
  const places = ['var count;', 'Math;', 'function second', 'var other'].map((text) => code.indexOf(text));
  assert.deepEqual(
    places,
    [...places].sort((x, y) => x - y),
    code,
  );
  assert.ok(!places.includes(-1) && !code.includes('absent'), code);
});

test('every name of the list is one of the firmware or of the interpreter', () => {
  const files = readdirSync(join(FIRMWARE_DIR, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts'));
  const text = sources.map((file) => readFileSync(join(FIRMWARE_DIR, 'src', file), 'utf8')).join('\n');
  const made = (name: string): boolean => new RegExp(`^(export )?(function|const|let) ${name}\\b`, 'm').test(text);
  const strange = NEAR.filter((name) => !OBJECTS.has(name) && !made(name));
  assert.deepEqual(strange, []);
});
