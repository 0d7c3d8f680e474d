// The device suite: what the firmware builds on, run on the real interpreter and compared with Node line
// by line. Set ESPRUINO to run it; without it there is one skip that says how to get the interpreter.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { INTERPRETER_REMEDY, interpret, interpreterPath } from './interpreter.ts';
import { runOnDevice } from './run-on-device.ts';

/** Around the block edges of SHA-256 (55, 56, 64) and AES (16), and the longest frame. */
const LENGTHS = [0, 1, 15, 16, 17, 31, 32, 33, 55, 56, 63, 64, 65, 119, 120, 255];

/** RFC 4231, test cases 1 and 2. */
const HMAC = [
  {
    key: '0b'.repeat(20),
    data: '4869205468657265',
    tag: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  },
  {
    key: '4a656665',
    data: '7768617420646f2079612077616e7420666f72206e6f7468696e673f',
    tag: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  },
];

if (interpreterPath() === undefined) {
  test('device suite', { skip: INTERPRETER_REMEDY }, () => {});
} else {
  describe('on the interpreter', () => {
    test('the language that the firmware uses', async () => void (await runOnDevice('language')));
    test('the byte helpers', async () => void (await runOnDevice('bytes')));

    test('native cryptography equals the plain code and the published vectors', async () => {
      const lines = await runOnDevice('crypto', { lengths: LENGTHS, hmac: HMAC });
      assert.deepEqual(
        lines.filter((line) => /DIFFERENT|NOT/.test(line)),
        [],
      );
      assert.equal(lines.filter((line) => line === 'as published').length, HMAC.length);
    });

    test('a program that throws is reported in its own words', async () => {
      await assert.rejects(interpret('print("before");\nundefinedName.x;'), /undefinedName/);
    });

    test('lines come back as printed', async () => {
      assert.deepEqual(await interpret('print("a\\n\\nb >");print(">");'), ['a', '', 'b >', '>']);
    });
  });
}
