// Reads the repository's own files once, for the tidy test: text, and the syntax tree of TypeScript files.
// Leaves out what is installed, built or recorded. Knows no rule.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { ROOT } from '../../host-tools/firmware-build/paths.ts';

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  path: string;
  text: string;
  lines: string[];
}

const SKIPPED = ['node_modules', '.git', 'build', 'data', 'screenshots'];
const TEXT = /\.(ts|tsx|js|mjs|json|md|css|html|yml)$|^LICENSE$|^run$|^\.gitignore$/;

/** Every text file of the repository, sorted by path. */
export function repositoryFiles(): SourceFile[] {
  return walk(ROOT)
    .map((path) => relative(ROOT, path).replaceAll('\\', '/'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8');
      return { path, text, lines: text.split('\n') };
    });
}

function walk(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return SKIPPED.includes(entry.name) || isScratch(entry.name) ? [] : walk(path);
    return entry.isFile() && TEXT.test(entry.name) ? [path] : [];
  });
}

/** Folders that a test running beside this one made and will remove. */
function isScratch(name: string): boolean {
  return name.startsWith('scratch-');
}

export function isTypeScript(file: SourceFile): boolean {
  return /\.tsx?$/.test(file.path);
}

const trees = new WeakMap<SourceFile, ts.SourceFile>();

export function treeOf(file: SourceFile): ts.SourceFile {
  const known = trees.get(file);
  if (known !== undefined) return known;
  const kind = file.path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true, kind);
  trees.set(file, tree);
  return tree;
}

/** Calls `visit` for every node of the file, parents first. */
export function eachNode(file: SourceFile, visit: (node: ts.Node) => void): void {
  const down = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, down);
  };
  down(treeOf(file));
}

/** `path:line` of a node. */
export function placeOf(file: SourceFile, node: ts.Node): string {
  return `${file.path}:${treeOf(file).getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}
