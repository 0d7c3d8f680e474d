// TypeScript to ES5 in memory, as one full program so that const enums are inlined across files. Any type
// error or breach of the language subset refuses the build. Knows TypeScript only; bundling is in
// bundle.ts.
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { BuildError } from './build-error.ts';
import { diagnosticLine } from './diagnostics.ts';
import { FIRMWARE_DIR } from './paths.ts';
import { publicNames } from './public-names.ts';
import { subsetProblems } from './subset.ts';
import type { VirtualModules } from './virtual-modules.ts';

export interface Compiled {
  /** Emitted JavaScript and its map, by absolute path of the source. */
  modules: Map<string, { code: string; map: string }>;
  /** Absolute path that an import stands for, or undefined when TypeScript did not see it. */
  resolve(specifier: string, importer: string): string | undefined;
  /** Property names that somebody outside of the bundle sees. */
  publicNames: Set<string>;
  /** Absolute paths of everything that was read from disk: sources and declarations. */
  inputs: string[];
}

/** Compiles `entry` and all that it imports. Throws BuildError with every problem found. */
export function compileFirmware(entry: string, virtual: VirtualModules): Compiled {
  const options = firmwareOptions();
  const host = firmwareHost(options, virtual);
  const types = ['espruino-core.d.ts', 'espruino-io.d.ts'].map((name) => join(FIRMWARE_DIR, 'types', name));
  const program = ts.createProgram({ rootNames: [entry, ...types], options, host });
  refuseProblems(program);
  const modules: Compiled['modules'] = new Map();
  program.emit(undefined, (path, text, _mark, _error, sources) => {
    const source = sources?.[0]?.fileName;
    if (source === undefined) return;
    const module = modules.get(source) ?? { code: '', map: '' };
    if (path.endsWith('.map')) module.map = text;
    else module.code = text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
    modules.set(source, module);
  });
  const read = program.getSourceFiles().map((file) => file.fileName);
  return {
    modules,
    publicNames: publicNames(program),
    resolve: (specifier, importer) => virtual.paths.get(specifier) ?? resolveOnDisk(specifier, importer, options),
    inputs: read.filter((path) => !virtual.texts.has(path)),
  };
}

/** Breaches of the language subset in all of firmware/src, whether or not an app uses them yet. */
export function firmwareProblems(): string[] {
  const sources = ts.sys.readDirectory(join(FIRMWARE_DIR, 'src'), ['.ts']);
  const types = ts.sys.readDirectory(join(FIRMWARE_DIR, 'types'), ['.d.ts']);
  const program = ts.createProgram([...sources, ...types], firmwareOptions());
  const own = program.getSourceFiles().filter((file) => !file.isDeclarationFile);
  return subsetProblems(own, program.getTypeChecker());
}

/** The options of firmware/tsconfig.json, with emit switched on. */
function firmwareOptions(): ts.CompilerOptions {
  const path = join(FIRMWARE_DIR, 'tsconfig.json');
  const { config, error } = ts.readConfigFile(path, ts.sys.readFile);
  if (error !== undefined) throw new BuildError('firmware/tsconfig.json cannot be read', [diagnosticLine(error)]);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, FIRMWARE_DIR);
  return {
    ...options,
    noEmit: false,
    rewriteRelativeImportExtensions: true,
    sourceMap: true,
    inlineSources: true,
    // Only names the emitted files; nothing is written there.
    outDir: join(FIRMWARE_DIR, 'out'),
    rootDir: dirname(FIRMWARE_DIR),
  };
}

function firmwareHost(options: ts.CompilerOptions, virtual: VirtualModules): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => virtual.texts.has(path) || fileExists.call(host, path);
  host.readFile = (path) => virtual.texts.get(path) ?? readFile.call(host, path);
  host.getSourceFile = (path, version, onError) => {
    const text = virtual.texts.get(path);
    if (text === undefined) return getSourceFile.call(host, path, version, onError);
    return ts.createSourceFile(path, text, version, true);
  };
  host.resolveModuleNameLiterals = (literals, importer, _redirect, resolveOptions) =>
    literals.map((literal) => {
      const path = virtual.paths.get(literal.text);
      if (path !== undefined) return { resolvedModule: { resolvedFileName: path, extension: ts.Extension.Ts } };
      return ts.resolveModuleName(literal.text, importer, resolveOptions, host);
    });
  return host;
}

function resolveOnDisk(specifier: string, importer: string, options: ts.CompilerOptions): string | undefined {
  // The emitted import names `x.js`; the source beside it is `x.ts`.
  const asWritten = specifier.startsWith('.') ? specifier.replace(/\.js$/, '.ts') : specifier;
  return ts.resolveModuleName(asWritten, importer, options, ts.sys).resolvedModule?.resolvedFileName;
}

function refuseProblems(program: ts.Program): void {
  const errors = ts.getPreEmitDiagnostics(program).map(diagnosticLine);
  const sources = program.getSourceFiles().filter((file) => !file.isDeclarationFile);
  const problems = [...errors, ...subsetProblems(sources, program.getTypeChecker())];
  if (problems.length === 0) return;
  throw new BuildError(
    `${problems.length} problem${problems.length === 1 ? '' : 's'} in the firmware's sources`,
    problems,
  );
}
