// SPEC.md against the code: layouts, codes and the sections that the code cites.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { codeText, decodeTx, TxCode } from '../../host-tools/ledger/index.ts';

const ROOM = fileURLToPath(new URL('../../host-tools/ledger/', import.meta.url));
const SPEC = readFileSync(join(ROOM, 'SPEC.md'), 'utf8');

function section(number: string): string {
  const start = SPEC.indexOf(`## ${number} `);
  assert.ok(start >= 0, `section ${number}`);
  const end = SPEC.indexOf('\n##', start);
  return SPEC.slice(start, end < 0 ? undefined : end);
}

function rows(text: string): string[][] {
  return [...text.matchAll(/^\| (\d.*) \|$/gm)].map(([, cells]) => cells!.split('|').map((cell) => cell.trim()));
}

test('every layout of L4 has the size that the code takes, and no other', () => {
  const table = rows(section('L4'));
  assert.equal(table.length, 16);
  for (const [name, layout, size] of table) {
    const kind = Number(name!.split(' ')[0]);
    const fields = layout!.replace('signed', 'nonce 4, validUntil 4, signature 64').split(', ');
    const sum = fields.reduce((bytes, field) => bytes + Number(field.split(' ').at(-1)), 2);
    assert.equal(sum, Number(size), `${name}: fields sum to ${sum}`);
    for (const [length, code] of [[sum, TxCode.OK], [sum + 1, TxCode.MALFORMED], [sum - 1, TxCode.MALFORMED]]) {
      const bytes = new Uint8Array(length!);
      bytes.set([kind, 1]);
      assert.equal(decodeTx(bytes).code, code, `${name} with ${length} bytes`);
    }
  }
  assert.equal(decodeTx(new Uint8Array([17, 1])).code, TxCode.UNKNOWN_KIND);
  assert.equal(decodeTx(new Uint8Array(0)).code, TxCode.UNKNOWN_KIND);
  assert.equal(decodeTx(new Uint8Array([3, 2])).code, TxCode.BAD_VERSION);
});

test('every code is in L9.1 under its number', () => {
  const source = readFileSync(join(ROOM, 'codes.ts'), 'utf8').split('const enum BlockCode')[0]!;
  const inCode = [...source.matchAll(/^ {2}([A-Z_]+) = (\d+),$/gm)].map(([, name, number]) => `${number} ${name}`);
  const inSpec = rows(section('L9.1')).map(([number, name]) => `${number} ${name}`);
  assert.deepEqual(inSpec, inCode);
  for (const line of inCode) assert.ok(!codeText(Number(line.split(' ')[0]) as TxCode).startsWith('unknown code'));
});

test('every section that the room cites exists', () => {
  const files = readdirSync(ROOM, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  for (const file of files) {
    for (const [, cited] of readFileSync(join(ROOM, file), 'utf8').matchAll(/SPEC (L\d+(?:\.\d+)?)/g)) {
      assert.match(SPEC, new RegExp(`^##+ ${cited!.replace('.', '\\.')} `, 'm'), `${file} cites ${cited}`);
    }
  }
});
