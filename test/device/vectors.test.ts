// The protocol's vectors on the real interpreter, with its native cryptography: every line equal to Node's,
// and every result equal to what the independent generator says.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VECTOR_FILES, readVectors } from '../vectors/vector-files.ts';
import { INTERPRETER_REMEDY, interpreterPath } from './interpreter.ts';
import { runOnDevice } from './run-on-device.ts';

if (interpreterPath() === undefined) {
  test('vectors on the interpreter', { skip: INTERPRETER_REMEDY }, () => {});
} else {
  describe('vectors on the interpreter', () => {
    for (const file of VECTOR_FILES) {
      test(file, async () => {
        const cases = readVectors(file);
        const lines = await runOnDevice('vectors', {
          cases: cases.map(({ op, in: given }) => ({ op, in: given })),
        });
        assert.deepEqual(
          lines.map((line, i) => `${cases[i]?.name}: ${line}`),
          cases.map(({ name, out }, i) => `${name}: ${i} ${out}`),
        );
      });
    }
  });
}
