// Every committed vector against the code: with node:crypto, and with the plain code of the board's subset.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { plainCrypto } from '#crypto';
import { bookPath, bookRoot, cut, fromHex, macKey, makeBook, toHex } from '#protocol';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';
import { runCase } from './run-case.ts';
import { VECTOR_FILES, readVectors } from './vector-files.ts';

for (const [place, crypto] of [
  ['node:crypto', nodeCrypto],
  ['plain code', plainCrypto],
] as const) {
  describe(place, () => {
    for (const file of VECTOR_FILES) {
      test(file, () => {
        const cases = readVectors(file);
        assert.ok(cases.length > 10);
        for (const { name, op, in: given, out } of cases)
          assert.equal(runCase(crypto, op, given), String(out), name);
      });
    }
  });
}

test('a whole book', () => {
  const [{ in: given, out }] = readVectors('book');
  const hex = (name: string): Uint8Array => fromHex(given[name] as string)!;
  const id = {
    ledger: hex('ledger'),
    address: given['address'] as number,
    generation: given['generation'] as number,
  };
  const { book, checkpoints } = makeBook(nodeCrypto, macKey(hex('secret')), id);
  assert.equal(toHex(nodeCrypto.sha256([book]), 0, 32), given['digest']);
  assert.equal(toHex(bookRoot(nodeCrypto, id, book), 0, 32), out);
  assert.equal(toHex(bookPath(nodeCrypto, id, book, 5), 0, 256), given['path5']);
  const ofChain5 = readVectors('chequebook').find((c) => c.name === 'link 128 by its segment')!;
  assert.equal(toHex(cut(checkpoints, 5 * 8 * 16, 16), 0, 16), ofChain5.out);
});

test('the generator makes exactly the committed files', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'fairhop-vectors-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  cpSync(join(import.meta.dirname, 'generator'), join(dir, 'generator'), { recursive: true });
  try {
    execFileSync('python3', ['-B', join(dir, 'generator', 'main.py'), dir], { stdio: 'pipe' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return t.skip('needs Python 3.8 or later as `python3` on the path');
  }
  for (const file of [...VECTOR_FILES, 'book']) {
    const [made, kept] = [join(dir, `${file}.json`), join(import.meta.dirname, `${file}.json`)];
    assert.equal(readFileSync(made, 'utf8'), readFileSync(kept, 'utf8'), file);
  }
});
