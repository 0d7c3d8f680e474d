// Rollup over the compiled modules: one immediately called function per board, in the order that modules
// need each other. Any warning refuses the build. The same options serve rollup.config.js and
// buildFirmware.
import { basename, relative } from 'node:path';
import { rollup, type ExistingRawSourceMap, type OutputOptions, type Plugin, type RollupOptions } from 'rollup';
import { BuildError } from './build-error.ts';
import type { Compiled } from './compile.ts';
import { flattenClasses } from './flatten-classes.ts';
import { hoistFunctions } from './hoist-functions.ts';
import { inlineAccessors } from './inline-accessors.ts';
import { inlineConstants } from './inline-constants.ts';
import { lazyParts } from './lazy-parts.ts';
import { narrowText } from './narrow-text.ts';
import { nearNames } from './near-names.ts';
import { ROOT } from './paths.ts';
import { rareFunctions } from './rare-functions.ts';
import { shortenNames } from './shorten-names.ts';

export interface Bundle {
  code: string;
  /** Source map version 3, with the sources' text. */
  map: string;
}

/** Rollup's options for one bundle; `output.file` is where the map's paths start. */
export function rollupOptions(
  entry: string,
  compiled: Compiled,
  file: string,
): RollupOptions & { output: OutputOptions } {
  return {
    input: entry,
    plugins: [
      compiledModules(compiled),
      flattenClasses(),
      inlineAccessors(),
      rareFunctions(),
      lazyParts(),
      hoistFunctions(),
      inlineConstants(),
      nearNames(),
      shortenNames((name) => compiled.publicNames.has(name)),
      narrowText(),
    ],
    onwarn(warning) {
      const exported = warning.code === 'MISSING_NAME_OPTION_FOR_IIFE_EXPORT';
      const problem = exported ? 'the entry exports something, but nobody imports an app' : warning.message;
      throw new BuildError('the modules do not fit together', [withoutRoot(problem)]);
    },
    output: {
      file,
      // The bundle's names are global: in a function around them each method would hold one variable more, its scope.
      format: 'es',
      // A board ignores "use strict" and has no Object.freeze; nobody imports the bundle.
      strict: false,
      esModule: false,
      freeze: false,
      generatedCode: 'es5',
      // The map lies beside the bundle; a comment naming it would only take flash.
      sourcemap: 'hidden',
    },
  };
}

/** Throws BuildError for import cycles, missing exports and whatever else Rollup warns about. */
export async function bundleFirmware(entry: string, compiled: Compiled, file: string): Promise<Bundle> {
  const { output: outputOptions, ...inputOptions } = rollupOptions(entry, compiled, file);
  try {
    const build = await rollup(inputOptions);
    const { output } = await build.generate(outputOptions);
    await build.close();
    const [chunk] = output;
    return { code: chunk.code, map: chunk.map?.toString() ?? '' };
  } catch (error) {
    if (error instanceof BuildError) throw error;
    throw new BuildError('the modules do not fit together', [withoutRoot((error as Error).message)]);
  }
}

/** Serves the compiler's output by the paths of its sources, so that the map leads back to the TypeScript. */
function compiledModules(compiled: Compiled): Plugin {
  return {
    name: 'compiled-modules',
    resolveId(specifier, importer) {
      if (importer === undefined) return specifier;
      return compiled.resolve(specifier, importer) ?? null;
    },
    load(id) {
      const module = compiled.modules.get(id);
      if (module === undefined) return this.error(`${relative(ROOT, id)} was imported but not compiled`);
      // TypeScript names the source as seen from where it would have written the output.
      const map = { ...(JSON.parse(module.map) as ExistingRawSourceMap), sources: [basename(id)] };
      return { code: module.code, map };
    },
  };
}

function withoutRoot(message: string): string {
  return message.replaceAll(`${ROOT}/`, '');
}
