// A bundle must also be readable by the tools that Espruino users have: their lexer has to find the same
// words at the same places as acorn does, or an upload from the Web IDE or the `espruino` command would
// cut the program wrongly.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { tokenizer, tokTypes } from 'acorn';
import { buildFirmware } from '../../host-tools/firmware-build/build-firmware.ts';
import { FIRMWARE_DIR, ROOT } from '../../host-tools/firmware-build/paths.ts';
import { fieldWords, loadFieldUtils } from './field-lexer.ts';

const MAIN = join(FIRMWARE_DIR, 'src', 'main.ts');
const APPS = [join(ROOT, 'test', 'firmware-build', 'fixtures', 'features.ts'), MAIN];

/**
 * Words and literals by acorn. A number with an exponent is three tokens to the field's lexer, so none
 * may occur.
 */
function acornWords(code: string): { start: number; text: string }[] {
  const literals = [tokTypes.name, tokTypes.num, tokTypes.string];
  return [...tokenizer(code, { ecmaVersion: 5 })]
    .filter((token) => literals.includes(token.type) || token.type.keyword !== undefined)
    .map((token) => ({ start: token.start, text: code.slice(token.start, token.end) }));
}

for (const app of APPS) {
  test(`the field's lexer reads the bundle of ${app.slice(ROOT.length + 1)} as acorn does`, async () => {
    const { code } = await buildFirmware('linux-udp', { app });
    const utils = loadFieldUtils();
    assert.equal(utils.countBrackets(code), 0);
    assert.deepEqual(fieldWords(code, utils), acornWords(code));
  });
}

test('the comparison notices a difference', () => {
  const utils = loadFieldUtils();
  // The field's lexer takes the slash after `)` for a division; here it begins a regular expression.
  const code = 'if (a) /b c/.test(d);';
  assert.notDeepEqual(fieldWords(code, utils), acornWords(code));
  assert.equal(utils.countBrackets('f({ a: [1, 2'), 3);
});
