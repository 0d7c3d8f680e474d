// Section 8 of the SPEC against the code: every record's fields without gap or overlap, table sizes, numbers
// of notes and of things to send; and the relations between sizes that the mesh relies on.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as accounts from '../../firmware/src/mesh/accounts.ts';
import * as actions from '../../firmware/src/mesh/actions.ts';
import * as config from '../../firmware/src/mesh/config.ts';
import * as endpoint from '../../firmware/src/mesh/endpoint.ts';
import * as floods from '../../firmware/src/mesh/floods.ts';
import * as keys from '../../firmware/src/mesh/keys.ts';
import * as neighbours from '../../firmware/src/mesh/neighbours.ts';
import * as outbox from '../../firmware/src/mesh/outbox.ts';
import * as pending from '../../firmware/src/mesh/pending.ts';
import * as routes from '../../firmware/src/mesh/routes.ts';

const SPEC = readFileSync(join(import.meta.dirname, '../../firmware/src/protocol/SPEC.md'), 'utf8').split(
  '\n',
);
const RECORDS = ['Nb', 'Acc', 'Pn', 'Rt', 'Q', 'Src', 'Fl', 'KeyRecord'];

/** Through tsx a `const enum` is an ordinary object; the compiler hides that. */
const ENUMS = {
  ...accounts,
  ...actions,
  ...config,
  ...endpoint,
  ...floods,
  ...keys,
  ...neighbours,
  ...outbox,
  ...pending,
  ...routes,
} as unknown as Record<string, Record<string, number>>;

function members(name: string): Map<string, number> {
  const all = Object.entries(ENUMS[name]!).filter(([, value]) => typeof value === 'number');
  return new Map(all.map(([member, value]) => [`${name}.${member}`, value]));
}

/** Cells of the table that follows a line, without its head. */
function tableAfter(line: number): string[][] {
  const rows: string[][] = [];
  for (
    let at = SPEC.findIndex((text, i) => i > line && text.startsWith('|')) + 2;
    SPEC[at]!.startsWith('|');
    at++
  ) {
    rows.push(
      SPEC[at]!.split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
  }
  return rows;
}

for (const name of RECORDS) {
  test(`the record ${name}: fields follow each other, and the code has these and no others`, () => {
    const line = SPEC.findIndex((text) => text.startsWith(`Record \`${name}\`, `));
    assert.ok(line > 0, 'its table stands in the SPEC');
    const code = members(name);
    assert.equal(code.get(`${name}.SIZE`), Number(/(\d+) bytes/.exec(SPEC[line]!)![1]));
    let at = 0;
    for (const [offset, size, field] of tableAfter(line)) {
      assert.equal(Number(offset), at, field);
      assert.equal(code.get(field!), at, field);
      code.delete(field!);
      at += Number(size);
    }
    assert.equal(at, code.get(`${name}.SIZE`));
    code.delete(`${name}.SIZE`);
    if (name === 'Acc')
      assert.ok(SPEC.some((text) => text.includes(`\`Acc.STORED\` = ${code.get('Acc.STORED')}`)));
    code.delete('Acc.STORED');
    assert.deepEqual([...code.keys()], []);
  });
}

test('table sizes', () => {
  const text = SPEC.slice(SPEC.findIndex((line) => line.startsWith('### 8.1'))).join('\n');
  for (const [name, value] of members('Size')) {
    assert.ok(text.includes(`\`${name.slice(5)}\` = ${value}`), `${name} = ${value}`);
  }
});

test('notes and kinds of things to send', () => {
  const notes = tableAfter(SPEC.findIndex((line) => line.startsWith('### 8.9')));
  assert.deepEqual(new Map(notes.map(([name, number]) => [name!, Number(number)])), members('Note'));
  const kinds = SPEC.find((line) => line.includes('`Q.KIND`'))!;
  for (const [name, value] of members('Intent')) assert.ok(kinds.includes(`${value} ${name.slice(7)}`), name);
});

test('sizes fit each other', () => {
  const size = (name: string): number => ENUMS.Size![name]!;
  assert.ok(size('UPSTREAM_PENDING') <= size('PENDING') / 2, 'one neighbour never fills the table');
  assert.ok(size('SOURCE_PENDING') <= size('PENDING') / 4, 'nor one source a quarter of it');
  assert.ok(size('OWN_PENDING') < size('BODIES'), 'own packets leave places for others');
  assert.ok(size('NEIGHBOURS') <= 15, 'HELLO lists them all');
  assert.ok(size('QUEUE') >= size('BODIES') + 4, 'every packet held, and control frames');
});
