// A Rollup pass: takes classes out of the function that TypeScript wraps each of them in. A function made inside two
// others keeps a list of both scopes, three variables more for every single method (measured on the interpreter with
// the ESP32's memory layout), and each lookup walks one scope more. Runs before hoist-functions, which then moves
// the constructor up; the assignments to its prototype stay where the class was.
import { parse, type AnyNode, type Program } from 'acorn';
import MagicString from 'magic-string';
import type { Plugin } from 'rollup';
import { childrenOf } from './es5-tree.ts';

export function flattenClasses(): Plugin {
  return {
    name: 'flatten-classes',
    renderChunk(code) {
      const text = new MagicString(code);
      visit(parse(code, { ecmaVersion: 5 }), text);
      return { code: text.toString(), map: text.generateMap({ hires: true }) };
    },
  };
}

function visit(node: AnyNode | Program, text: MagicString): void {
  const found = classOf(node);
  if (found !== undefined) {
    flatten(node, found, text);
    return;
  }
  for (const child of childrenOf(node)) visit(child, text);
}

interface WrappedClass {
  /** Name outside the wrapper; Rollup may have changed it. */
  outer: string;
  /** Name of the constructor inside. */
  inner: string;
  /** The constructor and the assignments to it, without the final return. */
  statements: AnyNode[];
}

/** `var Outer = (function () { function Inner() {...} Inner.prototype.m = ...; return Inner; }());`, else undefined. */
function classOf(node: AnyNode | Program): WrappedClass | undefined {
  if (node.type !== 'VariableDeclaration' || node.declarations.length !== 1) return undefined;
  const { id, init } = node.declarations[0] ?? {};
  if (id?.type !== 'Identifier' || init?.type !== 'CallExpression' || init.arguments.length > 0) return undefined;
  const wrapper = init.callee;
  if (wrapper.type !== 'FunctionExpression' || wrapper.params.length > 0) return undefined;
  const body = wrapper.body.body as AnyNode[];
  const [constructor] = body;
  const last = body.at(-1);
  if (constructor?.type !== 'FunctionDeclaration' || constructor.id === null) return undefined;
  if (last?.type !== 'ReturnStatement' || last.argument?.type !== 'Identifier') return undefined;
  const inner = constructor.id.name;
  const statements = body.slice(0, -1);
  const isPlain = statements.slice(1).every((statement) => statement.type === 'ExpressionStatement');
  if (last.argument.name !== inner || !isPlain || statements.some((part) => binds(part, inner, constructor))) {
    return undefined;
  }
  return { outer: id.name, inner, statements };
}

/** True when something below takes the class's name for a variable or parameter of its own. */
function binds(node: AnyNode, name: string, constructor: AnyNode): boolean {
  const isName = (other: AnyNode | null | undefined): boolean => other?.type === 'Identifier' && other.name === name;
  if (node.type === 'VariableDeclarator' && isName(node.id)) return true;
  if (node.type === 'CatchClause' && isName(node.param)) return true;
  if (node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression') {
    if (node !== constructor && isName(node.id)) return true;
    if (node.params.some(isName)) return true;
  }
  return childrenOf(node).some((child) => binds(child, name, constructor));
}

function flatten(node: AnyNode | Program, { outer, inner, statements }: WrappedClass, text: MagicString): void {
  const first = statements[0] as AnyNode;
  const last = statements.at(-1) as AnyNode;
  text.remove(node.start, first.start);
  text.remove(last.end, node.end);
  if (outer !== inner) for (const statement of statements) rename(statement, inner, outer, text);
}

function rename(node: AnyNode, from: string, to: string, text: MagicString): void {
  if (node.type === 'Identifier' && node.name === from) text.overwrite(node.start, node.end, to);
  for (const child of childrenOf(node)) {
    const isKey =
      (node.type === 'MemberExpression' && !node.computed && child === node.property) ||
      (node.type === 'Property' && child === node.key);
    if (!isKey) rename(child, from, to, text);
  }
}
