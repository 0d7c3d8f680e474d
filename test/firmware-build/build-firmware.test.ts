// The whole pipeline on a real app: what it writes, when it rebuilds, what it refuses, and that the map
// leads from a place in the bundle back to the TypeScript line.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import vm from 'node:vm';
import { buildFirmware } from '../../host-tools/firmware-build/build-firmware.ts';
import { BuildError } from '../../host-tools/firmware-build/build-error.ts';
import { loadBoard } from '../../host-tools/firmware-build/boards.ts';
import { makeBundle, refuseOverBudget } from '../../host-tools/firmware-build/make-bundle.ts';
import { ROOT } from '../../host-tools/firmware-build/paths.ts';

const FEATURES = join(ROOT, 'test', 'firmware-build', 'fixtures', 'features.ts');

function printed(code: string): string[] {
  const lines: string[] = [];
  vm.runInNewContext(code, { print: (line: string) => lines.push(line) });
  return lines;
}

/** A folder inside the repository (the compiler names paths from there), gone after the test. */
function scratch(t: TestContext): string {
  const dir = mkdtempSync(join(ROOT, 'test', 'firmware-build', 'scratch-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

async function problemsOf(entry: string): Promise<readonly string[]> {
  try {
    await makeBundle(loadBoard('linux-udp'), entry, join(ROOT, 'build', 'refused.js'));
  } catch (error) {
    if (error instanceof BuildError) return error.problems;
    throw error;
  }
  return [];
}

test('the bundle runs, and the map leads back to the source', async () => {
  const { code, map, report } = await buildFirmware('linux-udp', { app: FEATURES });
  assert.deepEqual(printed(code), [
    'early hoistedhoistedhoisted',
    '0,10,20',
    'counter 4 5',
    '7 none 1',
    'absent <link> 6',
    '1024 linux-udp',
  ]);
  assert.equal(report.bundleBytes, code.length);
  assert.match(code, /case 1:/, 'the const enum of another file is inlined');
  const at = code.indexOf("'hoisted'.repeat");
  const line = code.slice(0, at).split('\n').length - 1;
  const column = at - code.lastIndexOf('\n', at) - 1;
  const entry = new SourceMap(JSON.parse(map)).findEntry(line, column) as {
    originalSource: string;
    originalLine: number;
  };
  assert.equal(entry.originalSource, '../../test/firmware-build/fixtures/features.ts');
  const source = readFileSync(FEATURES, 'utf8').split('\n')[entry.originalLine];
  assert.match(source ?? '', /'hoisted'\.repeat/);
  assert.ok(!map.includes(ROOT), 'the map names no path of this machine');
});

test('rebuilds when an input or an output changed, and only then', async (t) => {
  const app = join(scratch(t), 'app.ts');
  writeFileSync(app, "print('one');\n");
  const first = await buildFirmware('linux-udp', { app });
  t.after(() =>
    ['.js', '.js.map', '.json'].forEach((end) => rmSync(first.file.replace(/\.js$/, end), { force: true })),
  );
  assert.deepEqual([first.rebuilt, printed(first.code)], [true, ['one']]);
  const second = await buildFirmware('linux-udp', { app });
  assert.deepEqual([second.rebuilt, second.code, second.report], [false, first.code, first.report]);
  writeFileSync(app, "print('two');\n");
  const third = await buildFirmware('linux-udp', { app });
  assert.deepEqual([third.rebuilt, printed(third.code)], [true, ['two']]);
  writeFileSync(third.file, third.code.slice(0, 10));
  assert.deepEqual(
    printed((await buildFirmware('linux-udp', { app })).code),
    ['two'],
    'a torn bundle is replaced',
  );
});

test('#radio is checked against the shape that the board needs', async (t) => {
  const entry = join(scratch(t), 'radio.ts');
  writeFileSync(entry, "import { createRadio } from '#radio';\ncreateRadio().nothing();\n");
  const problems = await problemsOf(entry);
  assert.ok(
    problems.some((problem) => /radio\.ts:2:\d+ TS2339 Property 'nothing'/.test(problem)),
    problems.join('\n'),
  );
});

test('an import cycle, an exporting entry and a missing entry are refused', async (t) => {
  const dir = scratch(t);
  writeFileSync(
    join(dir, 'a.ts'),
    "import { b } from './b.ts';\nexport function a(): number { return 1; }\nprint(b());\n",
  );
  writeFileSync(
    join(dir, 'b.ts'),
    "import { a } from './a.ts';\nexport function b(): number { return a(); }\n",
  );
  writeFileSync(join(dir, 'cycle.ts'), "import './a.ts';\n");
  assert.match((await problemsOf(join(dir, 'cycle.ts'))).join(), /[Cc]ircular dependency/);
  assert.match((await problemsOf(join(dir, 'b.ts'))).join(), /[Cc]ircular|exports something/);
  await assert.rejects(buildFirmware('linux-udp', { app: join(dir, 'none.ts') }), /nothing to build/);
});

test('over budget is refused with the figure', async () => {
  const made = await makeBundle(loadBoard('linux-udp'), FEATURES, join(ROOT, 'build', 'weighed.js'));
  const tight = { ...made.report, budget: { jsVars: 10, bundleBytes: 100 } };
  assert.throws(
    () => refuseOverBudget(tight),
    (error) => {
      const text = (error as BuildError).problems.join('\n');
      return /bundle: \d+ bytes of 100 \(\d+ too many\)/.test(text) && /JsVars: about \d+ of 10/.test(text);
    },
  );
});
