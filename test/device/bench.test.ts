// The bench group that needs the interpreter: every operation is timed, and the page of docs/ shows each of
// them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deviceFigures, devicePage } from '../../host-tools/bench/device.ts';
import { ROOT } from '../../host-tools/firmware-build/paths.ts';
import { INTERPRETER_REMEDY, interpreterPath } from './interpreter.ts';

if (interpreterPath() === undefined) {
  test('operations timed on the interpreter', { skip: INTERPRETER_REMEDY }, () => {});
} else {
  test('operations timed on the interpreter', async () => {
    const figures = await deviceFigures();
    assert.ok(figures.length > 12);
    for (const { name, value } of figures) assert.ok(Number.isFinite(value) && value > 0, name);
    const us = (name: string): number => figures.find((figure) => figure.name === `device.${name}`)!.value;
    // Not how long, but in what order: eight hashes take longer than one, whatever the computer.
    assert.ok(us('segment, a slice of 8 hashes') > us('chain step'));
    const page = readFileSync(join(ROOT, 'docs', 'performance.md'), 'utf8');
    const names = (text: string): string[] =>
      [...text.matchAll(/^\| ([^|]+) \| [\d.]+ \|/gm)].map(([, name]) => name!);
    const missing = names(devicePage(figures)).filter((name) => !names(page).includes(name));
    assert.deepEqual(missing, [], 'run npx fairhop bench --only device --write-docs');
  });
}
