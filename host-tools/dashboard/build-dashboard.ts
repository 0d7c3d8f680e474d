// Bundles page/ into the files that the gateway serves: Rollup joins the modules, esbuild removes the types and the
// blanks. The result is kept in build/dashboard under a hash of everything that went in, so only a change
// costs a build. Called by the HTTP server at its start; knows nothing of it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { transform as Transform } from 'esbuild';
import type { Plugin } from 'rollup';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const pageDirectory = join(here, 'page');
const outDirectory = join(root, 'build', 'dashboard');

/** Everything that can go into the bundle. */
const ROOMS = ['host-tools/dashboard/page', 'host-tools/ledger', 'firmware/src/protocol', 'firmware/src/crypto'];

const COPIED = ['index.html', 'icon.svg'];
/** `map.js` is loaded by the page only where there is a map. */
const SCRIPTS = ['app.js', 'map.js'];
const FILES = [...COPIED, 'app.css', ...SCRIPTS];

/** Name to content of every file of the page. Rebuilds only when a source or a dependency changed. */
export async function buildDashboard(): Promise<Map<string, Buffer>> {
  const hash = sourceHash();
  const cached = readCached(hash);
  if (cached !== null) return cached;
  const files = new Map<string, Buffer>(
    COPIED.map((name) => [name, readFileSync(join(pageDirectory, name))] as const),
  );
  files.set('app.css', joinSheets());
  for (const [name, code] of await bundle(join(pageDirectory, 'main.tsx'))) files.set(name, Buffer.from(code));
  writeCache(files, hash);
  return files;
}

function sourceHash(): string {
  const hash = createHash('sha256');
  const sources = ROOMS.flatMap((room) => readdirSync(join(root, room), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of [fileURLToPath(import.meta.url), join(root, 'package-lock.json'), ...sources]) {
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function readCached(hash: string): Map<string, Buffer> | null {
  const mark = join(outDirectory, 'source-hash');
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== hash) return null;
  if (!FILES.every((name) => existsSync(join(outDirectory, name)))) return null;
  return new Map(FILES.map((name) => [name, readFileSync(join(outDirectory, name))]));
}

/**
 * The mark goes last and each file arrives whole, so a second process building at the same time does no
 * harm.
 */
function writeCache(files: ReadonlyMap<string, Buffer>, hash: string): void {
  try {
    mkdirSync(outDirectory, { recursive: true });
    for (const [name, content] of [...files, ['source-hash', Buffer.from(hash)] as const]) {
      const partial = join(outDirectory, `${name}.${process.pid}`);
      writeFileSync(partial, content);
      renameSync(partial, join(outDirectory, name));
    }
  } catch (error) {
    // A read-only folder costs a build at every start, nothing else: the page is served from memory.
    if (!['EACCES', 'EROFS', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** In the order of their names: a later sheet overrides an earlier one. */
function joinSheets(): Buffer {
  const sheets = readdirSync(join(pageDirectory, 'styles')).sort();
  return Buffer.concat(sheets.map((name) => readFileSync(join(pageDirectory, 'styles', name))));
}

// The compiler and the bundler load only when there is something to build: a cached start needs neither.
async function bundle(entry: string): Promise<[name: string, code: string][]> {
  const [{ rollup }, { transform, stop }] = await Promise.all([import('rollup'), import('esbuild')]);
  const build = await rollup({
    input: entry,
    plugins: [pagePlugin(transform)],
    treeshake: { moduleSideEffects: true },
  });
  const { output } = await build.generate({ format: 'es', entryFileNames: 'app.js', chunkFileNames: 'map.js' });
  await build.close();
  const chunks = output.filter((file) => file.type === 'chunk');
  assert.deepEqual(chunks.map(({ fileName }) => fileName).sort(), SCRIPTS, 'the page has one module besides itself');
  const minify = { minify: true, format: 'esm', target: 'es2022', legalComments: 'none' } as const;
  const scripts: [string, string][] = [];
  for (const { fileName, code } of chunks) scripts.push([fileName, (await transform(code, minify)).code]);
  // Its process would stay as long as ours does.
  await stop();
  return scripts;
}

function pagePlugin(transform: typeof Transform): Plugin {
  return {
    name: 'fairhop-page',
    resolveId(specifier, importer) {
      if (importer === undefined) return null;
      if (specifier.startsWith('.')) return join(dirname(importer), specifier);
      // Every package of the page is installed at the top level, so resolving from here finds the same copy; the
      // rooms behind `#` are this package's own.
      return fileURLToPath(import.meta.resolve(specifier));
    },
    async transform(code, file) {
      if (!/\.tsx?$/.test(file)) return null;
      const loader = file.endsWith('x') ? 'tsx' : 'ts';
      // Enums become expressions without effect: those of the wire that the page does not use fall out.
      const options = { loader, jsx: 'automatic', jsxImportSource: 'preact', target: 'es2022' } as const;
      return (await transform(code, options)).code;
    },
  };
}
