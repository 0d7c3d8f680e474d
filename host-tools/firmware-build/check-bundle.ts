// The last look at the finished text, independent of how it was made: it must parse as ES5, be plain
// ASCII and need no run-time helper. What earlier rules miss ends here. Called by make-bundle.ts.
import { parse, type AnyNode, type Program } from 'acorn';
import { BuildError } from './build-error.ts';
import { childrenOf } from './es5-tree.ts';

/** The parsed bundle, or BuildError with the line in the bundle. */
export function checkBundle(code: string): Program {
  const program = parseEs5(code);
  const problems: string[] = [];
  const lineOf = (at: number): number => code.slice(0, at).split('\n').length;
  const visit = (node: AnyNode | Program): void => {
    const problem = nodeProblem(node);
    if (problem !== undefined) problems.push(`bundle line ${lineOf(node.start)}: ${problem}`);
    childrenOf(node).forEach(visit);
  };
  visit(program);
  const wide = code.search(/[^\t\n -~]/);
  if (wide >= 0) problems.push(`bundle line ${lineOf(wide)}: a character beyond ASCII`);
  if (problems.length > 0) throw new BuildError('the bundle would not run on a board', problems);
  return program;
}

function parseEs5(code: string): Program {
  try {
    return parse(code, { ecmaVersion: 5, sourceType: 'script' });
  } catch (error) {
    throw new BuildError('the bundle is not ES5', [(error as Error).message]);
  }
}

function nodeProblem(node: AnyNode | Program): string | undefined {
  if (node.type === 'Identifier' && node.name.startsWith('__')) return `needs the run-time helper ${node.name}`;
  if (node.type === 'LabeledStatement') return 'a label';
  if (node.type === 'BlockStatement' || node.type === 'Program') return hoistingProblem(node.body as AnyNode[]);
  if (node.type === 'SwitchStatement') {
    const at = node.cases.findIndex((clause) => clause.test === null || clause.test === undefined);
    if (at >= 0 && at < node.cases.length - 1) return '`default` is not the last clause';
  }
  return undefined;
}

/** The interpreter does not hoist, so a declaration below a statement may be called before it exists. */
function hoistingProblem(body: AnyNode[]): string | undefined {
  const firstOther = body.findIndex((node) => node.type !== 'FunctionDeclaration' && !isIdle(node));
  const late =
    firstOther < 0 ? undefined : body.slice(firstOther).find((node) => node.type === 'FunctionDeclaration');
  return late?.type === 'FunctionDeclaration'
    ? `function ${late.id?.name} is declared below a statement`
    : undefined;
}

/** A statement that can call nothing: a directive, a name alone (near-names.ts), a `var` without a value. */
function isIdle(node: AnyNode): boolean {
  if (node.type === 'VariableDeclaration') return node.declarations.every(({ init }) => !init);
  return node.type === 'ExpressionStatement' && ('directive' in node || node.expression.type === 'Identifier');
}
