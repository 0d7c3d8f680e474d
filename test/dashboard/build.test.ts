// The built page: small enough, complete, free of foreign addresses, type-correct, and rebuilt only when
// needed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildDashboard } from '../../host-tools/dashboard/build-dashboard.ts';

const GZIP_BYTES_MAX = 60_000;
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

describe('the built page', () => {
  it('stays under 60 kB gzip in all', async (t) => {
    let total = 0;
    for (const content of (await buildDashboard()).values()) total += gzipSync(content, { level: 9 }).length;
    t.diagnostic(`${total} bytes gzip`);
    assert.ok(total < GZIP_BYTES_MAX, `${total} bytes`);
  });

  it('refers to nothing but its own files', async () => {
    const files = await buildDashboard();
    const html = files.get('index.html')!.toString();
    const references = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1]!);
    assert.deepEqual(
      references.filter((path) => !path.startsWith('/api/') && !files.has(path.slice(1))),
      [],
    );
    for (const name of ['app.js', 'map.js', 'app.css']) {
      const foreign =
        files
          .get(name)!
          .toString()
          .match(/(?<=["'`(])https?:\/\/[^\s"'`)]+/g) ?? [];
      // Name spaces of SVG and MathML are names, not places.
      assert.deepEqual(
        foreign.filter((url) => !url.startsWith('http://www.w3.org/')),
        [],
      );
    }
    // Two files, of which the second is asked for only where there is a map.
    for (const [name, loaded] of [['app.js', ['./map.js']], ['map.js', []]] as const) {
      const code = files.get(name)!.toString();
      assert.deepEqual([...code.matchAll(/\bimport\s*\(\s*["']([^"']*)["']\)/g)].map((match) => match[1]), loaded);
      assert.equal([...code.matchAll(/\bimport\s*\(/g)].length, loaded.length, `${name} computes what it loads`);
      assert.ok(!/\bfrom\s*['"]\S+['"];/.test(code), `${name} is one file`);
      assert.ok(!/\bnew Function\b|\beval\s*\(/.test(code), 'the policy lets no text become code');
    }
    assert.ok(!/<style|style=|<script(?![^>]*src=)/.test(html), 'the policy allows nothing inline');
  });

  it('holds each library once', async () => {
    const code = (await buildDashboard()).get('app.js')!.toString();
    // Two copies of Preact render nothing that reacts, without an error. Each mark stands once in its
    // library.
    for (const mark of ['1998/Math/MathML', '__PREACT_SIGNALS_DEVTOOLS__', 'alphaDecay:']) {
      assert.equal(code.split(mark).length - 1, 1, mark);
    }
  });

  it('is taken from the cache when nothing changed', async () => {
    const first = await buildDashboard();
    const second = await buildDashboard();
    assert.deepEqual([...second.keys()].sort(), [...first.keys()].sort());
    for (const [name, content] of first) assert.ok(content.equals(second.get(name)!), name);
  });

  it('has no type error', () => {
    const compiler = join(
      dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
      'bin',
      'tsc',
    );
    const run = spawnSync(process.execPath, [compiler, '-p', join(root, 'host-tools', 'dashboard', 'page')], {
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stdout);
  });
});
