// Who may import whom. Arrows point one way: boards know nothing of hosts, the protocol knows nothing of
// anybody. Also finds files that nothing leads to. Used by tidy.test.ts.
import { posix } from 'node:path';
import ts from 'typescript';
import { eachNode, isTypeScript, placeOf, type SourceFile } from './source-files.ts';

interface Import {
  specifier: string;
  place: string;
  /** Path of the imported file when it is one of ours. */
  target?: string;
}

const ALIASES: Record<string, string> = {
  '#protocol': 'firmware/src/protocol/index.ts',
  '#crypto': 'firmware/src/crypto/index.ts',
  '#mesh': 'firmware/src/mesh/index.ts',
};

/** For files whose path begins with `from`, the path beginnings they may import besides their own room. */
const ARROWS: { from: string; mayImport: string[] }[] = [
  { from: 'firmware/src/protocol/', mayImport: [] },
  { from: 'firmware/src/crypto/', mayImport: ['firmware/src/protocol/'] },
  { from: 'firmware/src/mesh/', mayImport: ['firmware/src/protocol/'] },
  {
    from: 'firmware/src/drivers/',
    mayImport: ['firmware/src/protocol/', 'firmware/src/mesh/ports.ts', '#board'],
  },
  { from: 'firmware/src/', mayImport: ['firmware/src/', '#board', '#radio'] },
  { from: 'firmware/types/', mayImport: ['firmware/src/mesh/ports.ts'] },
  { from: 'host-tools/ledger/', mayImport: ['#protocol', '#crypto', 'host-tools/crypto/'] },
  { from: 'host-tools/ether/', mayImport: ['#protocol'] },
  { from: 'host-tools/', mayImport: ['#protocol', '#crypto', '#mesh', 'host-tools/'] },
  { from: 'boards/', mayImport: [] },
];

/** One sentence for each import that points the wrong way. */
export function arrowProblems(files: readonly SourceFile[]): string[] {
  return files.filter(isTypeScript).flatMap((file) => {
    const rule = ARROWS.find(({ from }) => file.path.startsWith(from));
    if (rule === undefined) return [];
    return importsOf(file)
      .filter((found) => found.target !== undefined || found.specifier.startsWith('#'))
      .filter((found) => !isAllowed(file.path, rule, found))
      .map(
        ({ place, specifier }) =>
          `${place} imports ${specifier}: ${roomOf(file.path)} may import ${allowedText(rule)}`,
      );
  });
}

function isAllowed(path: string, rule: (typeof ARROWS)[number], { specifier, target }: Import): boolean {
  if (target !== undefined && roomOf(target) === roomOf(path) && specifier.startsWith('.')) return true;
  // The command line sits on top: only its error type is everybody's.
  if (target?.startsWith('host-tools/cli/') === true) return target === 'host-tools/cli/cli-error.ts';
  if (specifier.startsWith('#') && rule.mayImport.includes(specifier)) return true;
  const viaAlias = path.startsWith('host-tools/') && specifier.startsWith('#');
  return (
    !viaAlias && target !== undefined && rule.mayImport.some((beginning) => target.startsWith(beginning))
  );
}

function allowedText(rule: (typeof ARROWS)[number]): string {
  return rule.mayImport.length === 0 ? 'only itself' : `itself and ${rule.mayImport.join(', ')}`;
}

/** The folder that owns a file: host-tools/gateway, firmware/src/mesh, firmware/src for main.ts. */
function roomOf(path: string): string {
  const folders = path.split('/').slice(0, -1);
  return folders.slice(0, path.startsWith('firmware/') ? 3 : 2).join('/');
}

function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  eachNode(file, (node) => {
    const specifier = specifierOf(node);
    if (specifier !== undefined)
      found.push({ specifier, place: placeOf(file, node), target: resolve(specifier, file) });
  });
  return found;
}

function specifierOf(node: ts.Node): string | undefined {
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const literal = isDynamic
    ? node.arguments[0]
    : ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : undefined;
  return literal !== undefined && ts.isStringLiteral(literal) ? literal.text : undefined;
}

function resolve(specifier: string, file: SourceFile): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file.path), specifier);
  return ALIASES[specifier];
}

/** Files that something outside the TypeScript starts or reads. */
const ENTRIES = [
  /^host-tools\/cli\/main\.ts$/,
  /^firmware\/src\/main\.ts$/,
  /^firmware\/types\//,
  /^test\/run\.ts$/,
  /\.test\.ts$/,
  /^test\/device\/programs\//,
];

/** TypeScript files that no other file imports or names in a string: nobody would notice if they broke. */
export function deadFiles(files: readonly SourceFile[]): string[] {
  const reached = new Set<string>();
  const named = new Set<string>();
  for (const file of files.filter(({ path }) => /\.(tsx?|js|mjs|html)$/.test(path))) {
    if (isTypeScript(file))
      for (const { target } of importsOf(file)) if (target !== undefined) reached.add(target);
    for (const [, name] of file.text.matchAll(/['"`/]([\w.-]+\.tsx?)['"`]/g)) {
      if (name !== undefined && posix.basename(file.path) !== name) named.add(name);
    }
  }
  // A script of package.json is somebody who calls it.
  const scripts = files.find(({ path }) => path === 'package.json')?.text ?? '';
  for (const [path] of scripts.matchAll(/[\w./-]+\.tsx?/g)) named.add(posix.basename(path));
  return files
    .filter(isTypeScript)
    .map(({ path }) => path)
    .filter((path) => !reached.has(path) && !named.has(posix.basename(path)))
    .filter((path) => !ENTRIES.some((entry) => entry.test(path)))
    .map((path) => `${path} is imported by nothing: use it or remove it`);
}
