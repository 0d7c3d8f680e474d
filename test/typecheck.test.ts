// Both programs must type-check: the host's with Node's types, the firmware's with the library that
// boards have.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../host-tools/firmware-build/paths.ts';

const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

for (const project of ['tsconfig.json', 'firmware/tsconfig.json']) {
  test(`${project} has no type errors`, () => {
    const { status, stdout } = spawnSync(process.execPath, [TSC, '-p', project], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout);
  });
}
