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

test('every rule has its line in words in docs/economics.md, and every line its formulas', () => {
  const root = join(ROOM, '..', '..');
  const economics = readFileSync(join(root, 'docs/economics.md'), 'utf8');
  const wire = readFileSync(join(root, 'firmware/src/protocol/SPEC.md'), 'utf8');
  const [, after] = economics.split('### The same rules in formulas');
  const table = after!.split('\n## ')[0]!;
  const lines = [...table.matchAll(/^\| ([^|-][^|]+) \| ([^|]+) \|$/gm)].slice(1);
  assert.ok(lines.length >= 20);
  const cited = new Set<string>();
  for (const [, words, formulas] of lines) {
    for (const number of formulas!.split(', ')) {
      const spec = number.startsWith('L') ? SPEC : wire;
      assert.match(spec, new RegExp(`^##+ ${number.replace('.', '\\.')} `, 'm'), `${words}: ${number}`);
      cited.add(number);
    }
  }
  for (const [, number] of SPEC.matchAll(/^### (L[78]\.\d+) /gm)) assert.ok(cited.has(number!), `${number} in words`);
  // What the words call by name is a parameter of one of the two.
  const words = economics.split('## The rules in words')[1]!.split('\n## ')[0]!;
  for (const [, name] of words.matchAll(/`([a-z]+[A-Z]\w+)`/g)) {
    assert.ok(SPEC.includes(name!) || wire.includes(name!), `${name} is in a SPEC`);
  }
});

test('every section that the room cites exists', () => {
  const files = readdirSync(ROOM, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  for (const file of files) {
    for (const [, cited] of readFileSync(join(ROOM, file), 'utf8').matchAll(/SPEC (L\d+(?:\.\d+)?)/g)) {
      assert.match(SPEC, new RegExp(`^##+ ${cited!.replace('.', '\\.')} `, 'm'), `${file} cites ${cited}`);
    }
  }
});
