// SPEC.md against the code: constants both ways, layouts without gap or overlap, sections that comments
// cite, and an invalid vector for every error code.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as constants from '../../firmware/src/protocol/constants.ts';
import * as payloadConstants from '../../firmware/src/protocol/payload-constants.ts';
import * as errors from '../../firmware/src/protocol/errors.ts';
import { VECTOR_FILES, readVectors } from '../vectors/vector-files.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SPEC = readFileSync(join(ROOT, 'firmware', 'src', 'protocol', 'SPEC.md'), 'utf8').split('\n');

/** `Enum.MEMBER` to value. Run through tsx, a `const enum` is an ordinary object; the compiler hides that. */
const CODE = new Map<string, number>();
for (const [name, members] of Object.entries({
  ...constants,
  ...payloadConstants,
  ...errors,
} as unknown as object)) {
  if (typeof members !== 'object') continue;
  for (const [member, value] of Object.entries(members as object)) {
    if (typeof value === 'number') CODE.set(`${name}.${member}`, value);
  }
}

interface Layout {
  line: number;
  total: number;
  rows: { offset: string; size: string; field: string }[];
}

function cells(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', ''));
}

/** Name and value of every row of every table whose first column is `constant`. */
function constantRows(): [string, string][] {
  const rows: [string, string][] = [];
  let inside = false;
  for (const line of SPEC) {
    if (line.startsWith('| constant |')) inside = true;
    else if (!line.startsWith('|')) inside = false;
    else if (inside && !line.startsWith('| ---')) rows.push(cells(line).slice(0, 2) as [string, string]);
  }
  return rows;
}

/** Tables below a line `Layout ... (`Enum.SIZE` = n)`. */
function layouts(): Layout[] {
  const found: Layout[] = [];
  for (const [i, line] of SPEC.entries()) {
    const caption = /^Layout.*\(`(\w+\.\w+)` = (\d+)\)/.exec(line);
    if (caption === null) continue;
    assert.equal(CODE.get(caption[1]!), Number(caption[2]), `line ${i + 1}: ${caption[1]}`);
    const rows = [];
    for (let at = i + 4; SPEC[at]!.startsWith('|'); at++) {
      const [offset, size, field] = cells(SPEC[at]!);
      rows.push({ offset: offset!, size: size!, field: field! });
    }
    assert.ok(rows.length > 0, `line ${i + 1}: no table below the caption`);
    found.push({ line: i + 1, total: Number(caption[2]), rows });
  }
  return found;
}

test("every constant of the SPEC has the code's value", () => {
  const rows = constantRows();
  assert.ok(rows.length > 150);
  for (const [name, value] of rows) assert.equal(String(CODE.get(name)), value, name);
  const names = rows.map(([name]) => name);
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
    'a constant stands in two tables',
  );
});

test('every constant of the code stands in the SPEC', () => {
  const text = SPEC.join('\n');
  assert.ok(CODE.size > 250);
  assert.deepEqual(
    [...CODE.keys()].filter((name) => !text.includes(`\`${name}\``)),
    [],
  );
});

test('fields follow each other without gap or overlap and add up', () => {
  const all = layouts();
  assert.ok(all.length >= 25);
  for (const { line, total, rows } of all) {
    let at = 0;
    let atEnd = 0;
    for (const { offset, size, field } of rows) {
      const where = `SPEC.md, layout in line ${line}, ${field}`;
      if (offset.startsWith('end - ')) {
        assert.equal(Number(offset.slice(6)), Number(size), where);
        atEnd += Number(size);
        continue;
      }
      assert.equal(atEnd, 0, `${where}: fixed offset behind the end`);
      assert.equal(Number(offset), at, where);
      if (field.includes('.')) assert.equal(CODE.get(field), at, where);
      if (size !== 'n') at += Number(size);
    }
    assert.equal(at + atEnd, total, `SPEC.md, layout in line ${line}`);
  }
});

test('sections are numbered without gap, and every section that the firmware cites exists', () => {
  const sections = SPEC.map((line) => /^##+ (\d+(?:\.\d+)?) /.exec(line)?.[1]).filter(
    (number) => number !== undefined,
  );
  const expected: string[] = [];
  for (const number of sections) {
    const [chapter, part] = number.split('.').map(Number);
    const last = expected.at(-1)?.split('.').map(Number) ?? [0];
    assert.deepEqual(
      [chapter, part],
      part === undefined ? [last[0]! + 1, undefined] : [last[0], (last[1] ?? 0) + 1],
      number,
    );
    expected.push(number);
  }
  const firmware = join(ROOT, 'firmware', 'src');
  const missing: string[] = [];
  for (const file of readdirSync(firmware, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(join(firmware, file), 'utf8').replace(/\n\s*(?:\/\/|\*) ?/g, ' ');
    for (const cited of text.matchAll(/SPEC (\d+(?:\.\d+)?(?:(?:,| and) \d+(?:\.\d+)?)*)/g)) {
      for (const number of cited[1]!.match(/\d+(?:\.\d+)?/g)!) {
        if (!sections.includes(number)) missing.push(`${file}: SPEC ${number}`);
      }
    }
  }
  assert.deepEqual(missing, []);
});

test('each error code is provoked by a vector or a conversation with a node', () => {
  const provoked = new Set<number>();
  for (const file of VECTOR_FILES) {
    for (const { op, out } of readVectors(file)) {
      // A number is a code; headers, proofs and amounts print theirs in a line of text.
      if (typeof out === 'number' && op !== 'trailers' && op !== 'airtime') provoked.add(out);
      else if (op === 'headers')
        for (const step of String(out).matchAll(/(\d+)\/(\d+)/g)) provoked.add(+step[1]!).add(+step[2]!);
      else if (op === 'proof') provoked.add(Number(String(out).split(' ')[0]));
      else if (op === 'amount' && String(out).startsWith('code ')) provoked.add(Number(String(out).slice(5)));
    }
  }
  // What takes a whole node is provoked there, in assertions that name the code.
  const conversations = readFileSync(join(ROOT, 'test', 'mesh', 'refusals.test.ts'), 'utf8');
  const named = new Set([...conversations.matchAll(/ErrorCode\.(\w+)\]/g)].map(([, name]) => name));
  const names = Object.entries((errors as unknown as { ErrorCode: Record<string, number> }).ErrorCode)
    .filter(([name, code]) => typeof code === 'number' && !provoked.has(code) && !named.has(name))
    .map(([name]) => name);
  assert.deepEqual(names, []);
});
