// Both programs must type-check: the host's with Node's types, the firmware's with the library that boards have. What
// the last run found is kept in build/, so that only what changed is looked at again.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { OUTPUT_DIR, ROOT } from '../host-tools/firmware-build/paths.ts';

const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

for (const project of ['tsconfig.json', 'firmware/tsconfig.json']) {
  test(`${project} has no type errors`, () => {
    const kept = join(dirname(OUTPUT_DIR), 'typecheck', `${project.replaceAll('/', '-')}.buildinfo`);
    const words = ['-p', project, '--incremental', '--tsBuildInfoFile', kept];
    const { status, stdout } = spawnSync(process.execPath, [TSC, ...words], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout);
  });
}
