// A Rollup pass: methods and functions that rare-list.ts names are made when they are called and forgotten after. A
// function costs the board about seven variables for as long as it can be called, wherever its text lies; those of a
// group cost one together, and a call reads over the text of those before it. `x.rare(1)` becomes
// `rare1(0).call(x, 1)`. Runs after flatten-classes. Called by bundle.ts.
import { parse, type AnyNode, type CallExpression, type Program } from 'acorn';
import MagicString from 'magic-string';
import type { Plugin } from 'rollup';
import { BuildError } from './build-error.ts';
import { childrenOf } from './es5-tree.ts';
import { RARE } from './rare-list.ts';
import { scopesOf } from './scopes.ts';

type FunctionNode = Extract<AnyNode, { type: 'FunctionExpression' | 'FunctionDeclaration' }>;

/** One that is made on demand: its text, and the statement that made it for good. */
interface Rare {
  node: FunctionNode;
  statement: AnyNode;
  /** Name of the method, or of the function. */
  name: string;
  isMethod: boolean;
  /** The expression that makes it. */
  maker: string;
}

export function rareFunctions(groups: readonly (readonly string[])[] = RARE): Plugin {
  return {
    name: 'rare-functions',
    renderChunk(code) {
      const program = parse(code, { ecmaVersion: 5, sourceType: 'script' });
      const text = new MagicString(code);
      const found = groups
        .map((names) => names.flatMap((name) => find(program, name) ?? []))
        .filter((group) => group.length > 1);
      found.forEach((group, i) => collect(group, `rare${i + 1}`, text));
      const all = found.flat();
      redirectMethods(program, new Map(all.filter(isMethod).map((rare) => [rare.name, rare])), text);
      redirectFunctions(
        program,
        all.filter((rare) => !rare.isMethod),
        text,
      );
      return { code: text.toString(), map: text.generateMap({ hires: true }) };
    },
  };
}

const isMethod = ({ isMethod }: Rare): boolean => isMethod;

/** `Class.method` or `name`; undefined when this bundle has none: another board's driver. */
function find(program: Program, wanted: string): Rare | undefined {
  const [first, name] = wanted.split('.') as [string, string?];
  const statements = program.body as AnyNode[];
  if (name === undefined) {
    const node = statements.find((each) => each.type === 'FunctionDeclaration' && each.id?.name === first);
    if (node?.type !== 'FunctionDeclaration') return undefined;
    return { node, statement: node, name: first, isMethod: false, maker: '' };
  }
  const methods = statements.flatMap((statement) => methodOf(statement, name) ?? []);
  const method = methods.find(({ owner }) => owner === first);
  if (method === undefined) return undefined;
  if (methods.length > 1) throw refusal(wanted, 'several classes have a method of that name');
  return { ...method, name, isMethod: true, maker: '' };
}

/** `Owner.prototype.name = function ...;` */
function methodOf(
  statement: AnyNode,
  name: string,
): { node: FunctionNode; statement: AnyNode; owner: string } | undefined {
  if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression')
    return undefined;
  const { left, right } = statement.expression;
  if (left.type !== 'MemberExpression' || right.type !== 'FunctionExpression') return undefined;
  const { object, property } = left;
  if (property.type !== 'Identifier' || property.name !== name || object.type !== 'MemberExpression')
    return undefined;
  if (object.object.type !== 'Identifier') return undefined;
  return { node: right, statement, owner: object.object.name };
}

/** The group's functions behind one, at the top of the text. */
function collect(group: Rare[], maker: string, text: MagicString): void {
  group.forEach((rare, number) => {
    const { node, statement } = rare;
    rare.maker = `${maker}(${number})`;
    if (node.start > statement.start) text.remove(statement.start, node.start);
    if (node.end < statement.end) text.remove(node.end, statement.end);
    if (node.id) text.remove(node.id.start, node.id.end);
    const opening = number === 0 ? `function ${maker}(no) {\nswitch (no) {\n` : '';
    text.prependRight(node.start, `${opening}case ${number}: return `);
    text.appendLeft(node.end, number === group.length - 1 ? ';\n}\n}\n' : ';\n');
    text.move(node.start, node.end, 0);
  });
}

function redirectMethods(node: AnyNode | Program, rares: Map<string, Rare>, text: MagicString): void {
  if (node.type === 'MemberExpression' && !node.computed && node.property.type === 'Identifier') {
    const rare = rares.get(node.property.name);
    if (rare !== undefined && !inside(node, rare))
      throw refusal(node.property.name, 'it is used without being called');
  }
  const rare = calledMethod(node, rares);
  if (rare !== undefined) {
    const call = node as CallExpression & { callee: Extract<AnyNode, { type: 'MemberExpression' }> };
    const { object } = call.callee;
    text.appendLeft(object.start, `${rare.maker}.call(`);
    // From the dot to the opening parenthesis.
    text.overwrite(object.end, afterParenthesis(call, text), call.arguments.length > 0 ? ', ' : '');
    redirectMethods(object as AnyNode, rares, text);
    for (const argument of call.arguments) redirectMethods(argument as AnyNode, rares, text);
    return;
  }
  for (const child of childrenOf(node)) redirectMethods(child, rares, text);
}

/** True for the place where the method was defined. */
function inside(node: AnyNode, { statement }: Rare): boolean {
  return node.start === statement.start;
}

function calledMethod(node: AnyNode | Program, rares: Map<string, Rare>): Rare | undefined {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression' || node.callee.computed)
    return undefined;
  return node.callee.property.type === 'Identifier' ? rares.get(node.callee.property.name) : undefined;
}

function afterParenthesis(call: CallExpression, text: MagicString): number {
  return text.original.indexOf('(', call.callee.end) + 1;
}

function redirectFunctions(program: Program, rares: Rare[], text: MagicString): void {
  const { bindings } = scopesOf(program);
  for (const { name, maker, node } of rares) {
    for (const place of bindings.get(name)!.places) {
      if (place.start === node.id?.start) continue;
      if (!/^\s*\(/.test(text.original.slice(place.end))) throw refusal(name, 'it is used without being called');
      text.overwrite(place.start, place.end, maker);
    }
  }
}

function refusal(name: string, why: string): BuildError {
  return new BuildError(
    'a function cannot be rare',
    [`${name}: ${why}`],
    'correct host-tools/firmware-build/rare-list.ts',
  );
}
