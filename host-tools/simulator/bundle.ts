// One script from an entry of this room and all that it imports. The loader of TypeScript sources translates file by
// file and so leaves the wire numbers, which are constants of other files, as lookups; in a bundle they are inlined,
// which makes a simulation twice as fast. Called for worker threads only.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

interface Bundler {
  build(options: Record<string, unknown>): Promise<{ outputFiles: { text: string }[] }>;
}

/** The bundler is the loader's own (tsx is built on esbuild), so that both read the sources alike. */
function bundler(): Bundler {
  const fromLoader = createRequire(createRequire(import.meta.url).resolve('tsx/package.json'));
  return fromLoader('esbuild') as Bundler;
}

/** The text of a CommonJS script for `new Worker(text, { eval: true })`. */
export async function bundled(entry: string): Promise<string> {
  const file = fileURLToPath(new URL(entry, import.meta.url));
  const { outputFiles } = await bundler().build({
    entryPoints: [file], bundle: true, platform: 'node', format: 'cjs', target: 'node20', write: false,
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}
