// Rules on the text of single files: sizes, names, headers, and words that have a better replacement.
// Each answers one line per problem, `path:line what: what to do instead`. Used by tidy.test.ts.
import ts from 'typescript';
import { eachNode, isTypeScript, placeOf, treeOf, type SourceFile } from './source-files.ts';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const WIDTH_MAX = 120;

export function sizeProblems(file: SourceFile): string[] {
  if (!isTypeScript(file)) return [];
  const problems: string[] = [];
  const count = file.text.endsWith('\n') ? file.lines.length - 1 : file.lines.length;
  if (count > FILE_LINES_MAX)
    problems.push(`${file.path} has ${count} lines: split it (at most ${FILE_LINES_MAX})`);
  file.lines.forEach((line, index) => {
    if (line.length <= WIDTH_MAX) return;
    problems.push(`${file.path}:${index + 1} is ${line.length} wide: break it (at most ${WIDTH_MAX})`);
  });
  return problems;
}

export function functionProblems(file: SourceFile): string[] {
  if (!isTypeScript(file)) return [];
  const problems: string[] = [];
  eachNode(file, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const tree = treeOf(file);
    const lineOf = (at: number): number => tree.getLineAndCharacterOfPosition(at).line;
    const lines = lineOf(node.end) - lineOf(node.getStart()) + 1;
    if (lines <= FUNCTION_LINES_MAX || isSuite(node)) return;
    problems.push(
      `${placeOf(file, node)} has a function of ${lines} lines: split it (at most ${FUNCTION_LINES_MAX})`,
    );
  });
  return problems;
}

/** The body of a `describe` is a list of tests, not a function to follow. */
function isSuite(node: ts.Node): boolean {
  const call = node.parent;
  return ts.isCallExpression(call) && /^(describe|suite)$/.test(call.expression.getText());
}

export function nameProblems({ path }: SourceFile): string[] {
  const isCode = /\.(tsx?|js|mjs|json|css)$/.test(path);
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;
  const bad = path.split('/').filter((part) => isCode && !part.startsWith('.') && !kebab.test(part));
  return bad.map((part) => `${path}: "${part}" is not kebab-case`);
}

export function headerProblems(file: SourceFile): string[] {
  if (!isTypeScript(file)) return [];
  const first = file.lines[0]?.startsWith('#!') === true ? 1 : 0;
  const header = file.lines.slice(first).findIndex((line) => !line.startsWith('//'));
  if (header >= 1 && header <= 10) return [];
  return [`${file.path} must open with a few // lines: what it owns, what it must not know, who calls it`];
}

interface Ban {
  /** What is looked for in each line. */
  pattern: RegExp;
  instead: string;
  /** Which files; all text files when missing. */
  files?: RegExp;
}

/** The words are put together here so that this list does not find itself. */
const word = (...parts: string[]): string => parts.join('');

const BANS: Ban[] = [
  {
    pattern: new RegExp(`\\b(${word('TO', 'DO')}|${word('FIX', 'ME')}|${word('X', 'XX')})\\b`),
    instead: 'finish it or file it',
  },
  {
    pattern: new RegExp(word('\\.on', 'ly\\(')),
    instead: 'run one file by its name instead',
    files: /\.test\.ts$/,
  },
  {
    pattern: new RegExp(word('\\.sk', 'ip\\((?!\\s*[`\'"A-Z])')),
    instead: 'say in the first argument what would make the test run',
    files: /^test\/.*\.ts$/,
  },
  {
    pattern: new RegExp(word('sk', 'ip: true')),
    instead: 'give the remedy as text',
    files: /^test\/.*\.ts$/,
  },
  {
    pattern: new RegExp(`\\b${word('as a', 'ny')}\\b`),
    instead: 'name the type, or narrow it by a check',
    files: /\.tsx?$/,
  },
  {
    pattern: new RegExp(word('@ts-', '(ignore|nocheck|expect-error)')),
    instead: 'make the types true',
    files: /\.tsx?$/,
  },
  {
    pattern: new RegExp(word('(?<![\\w.:/])/(wo', 'rk|opt|home|root)/\\w')),
    instead: 'a path of one machine: derive it from import.meta.url, the environment or an option',
  },
  {
    pattern: /"resolved":/,
    instead: 'no registry address in the lock file',
    files: /^package-lock\.json$/,
  },
];

export function wordProblems(file: SourceFile): string[] {
  return BANS.filter(({ files }) => files === undefined || files.test(file.path)).flatMap(
    ({ pattern, instead }) =>
      file.lines.flatMap((line, index) => {
        const found = pattern.exec(line)?.[0];
        return found === undefined ? [] : [`${file.path}:${index + 1} ${found.trim()}: ${instead}`];
      }),
  );
}

const PURE = /^firmware\/src\/(protocol|crypto|mesh)\//;
/** Global names that the pure rooms must not know, with the way they get the same thing. */
const IMPURE: Record<string, string> = {
  Date: 'time arrives as an argument',
  getTime: 'time arrives as an argument',
  setTimeout: 'return an action that asks for a wake-up',
  setInterval: 'return an action that asks for a wake-up',
  clearTimeout: 'return an action that asks for a wake-up',
  console: 'return an action that reports',
  print: 'return an action that reports',
  JSON: 'hash and send fixed layouts; main.ts speaks JSON',
  require: 'take the port as an argument',
  process: 'take the value as an argument',
  E: 'take the port as an argument',
  peek32: 'take the value as an argument',
};

export function purityProblems(file: SourceFile): string[] {
  if (!PURE.test(file.path)) return [];
  const problems: string[] = [];
  eachNode(file, (node) => {
    if (ts.isPropertyAccessExpression(node) && node.getText() === word('Math.ran', 'dom')) {
      problems.push(`${placeOf(file, node)} Math.random: randomness arrives as an argument`);
    }
    if (!ts.isIdentifier(node) || !Object.hasOwn(IMPURE, node.text) || isPropertyName(node)) return;
    problems.push(`${placeOf(file, node)} ${node.text}: ${IMPURE[node.text]}`);
  });
  return problems;
}

/** `.Date` of something, or a field called so, is not the global. */
function isPropertyName(node: ts.Identifier): boolean {
  const { parent } = node;
  return 'name' in parent && parent.name === node && !ts.isVariableDeclaration(parent);
}

/** Every section that code or documents cite as "SPEC n.n" must be a heading of the specification. */
export function citationProblems(files: readonly SourceFile[]): string[] {
  const specification = files.find(({ path }) => path === 'firmware/src/protocol/SPEC.md');
  if (specification === undefined)
    return ['firmware/src/protocol/SPEC.md is missing: code cites its sections'];
  const headings = specification.lines.map((line) => /^#+\s+(\d+(?:\.\d+)*)\.?\s/.exec(line)?.[1]);
  return files.flatMap((file) =>
    file.lines.flatMap((line, index) =>
      [...line.matchAll(/\bSPEC (\d+(?:\.\d+)*)/g)]
        .filter(([, section]) => !headings.includes(section))
        .map(
          ([cited]) =>
            `${file.path}:${index + 1} cites ${cited}: no such heading in SPEC.md`,
        ),
    ),
  );
}

/** Every package that package.json names must have its line of justification. */
export function dependencyProblems(files: readonly SourceFile[]): string[] {
  const manifest = files.find(({ path }) => path === 'package.json');
  const page = files.find(({ path }) => path === 'docs/dependencies.md')?.text ?? '';
  const { dependencies = {}, devDependencies = {} } = JSON.parse(manifest?.text ?? '{}') as Record<
    string,
    object
  >;
  const names = [...Object.keys(dependencies), ...Object.keys(devDependencies)];
  const listed = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name ?? '');
  return [
    ...names
      .filter((name) => !listed.includes(name))
      .map((name) => `docs/dependencies.md does not say why ${name} is there`),
    ...listed
      .filter((name) => !names.includes(name))
      .map((name) => `docs/dependencies.md lists ${name}, which is gone`),
  ];
}
