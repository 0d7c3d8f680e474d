// A Rollup pass: calls of methods that only read or write one field of a record are replaced by what they do. A call
// takes the interpreter longer than the field, and a method some seven variables for as long as it can be called:
// `pending.get8(rec, 3)` becomes `pending.table[rec * 43 + 3]`. Runs after flatten-classes. Called by bundle.ts.
import { parse, type AnyNode, type CallExpression, type Program } from 'acorn';
import MagicString from 'magic-string';
import type { Plugin } from 'rollup';
import { BuildError } from './build-error.ts';
import { childrenOf } from './es5-tree.ts';

/** Each a single expression in which `this` and every parameter stand once. */
export const ACCESSORS: readonly string[] = [
  ...['Pending.get8', 'Pending.set8', 'Pending.get16', 'Pending.get32', 'Pending.flag'],
  ...['Accounts.u8', 'Accounts.setU8', 'Accounts.u16', 'Accounts.setU16', 'Accounts.u32', 'Accounts.setU32'],
  ...['Accounts.i32', 'Neighbours.used', 'Neighbours.has', 'Neighbours.addressOf', 'Neighbours.aliasOf'],
  ...['Routes.metric', 'Routes.cost', 'Routes.hops', 'Core.nowDs'],
];

interface Accessor {
  statement: AnyNode;
  expression: AnyNode;
  params: string[];
}

export function inlineAccessors(names: readonly string[] = ACCESSORS): Plugin {
  return {
    name: 'inline-accessors',
    renderChunk(code) {
      const program = parse(code, { ecmaVersion: 5, sourceType: 'script' });
      const text = new MagicString(code);
      const inliner = new Inliner(code, accessorsOf(program, names));
      for (const { statement } of inliner.accessors.values()) text.remove(statement.start, statement.end);
      for (const call of inliner.outermost(program)) text.overwrite(call.start, call.end, inliner.replaced(call));
      return { code: text.toString(), map: text.generateMap({ hires: true }) };
    },
  };
}

class Inliner {
  constructor(
    private readonly code: string,
    readonly accessors: Map<string, Accessor>,
  ) {}

  /** Calls to replace that lie in no other such call. Throws when an accessor is named and not called. */
  outermost(node: AnyNode | Program): CallExpression[] {
    if (this.accessorOf(node) !== undefined) return [node as CallExpression];
    if (node.type === 'MemberExpression' && !node.computed && node.property.type === 'Identifier') {
      const accessor = this.accessors.get(node.property.name);
      const isOwn =
        accessor !== undefined && node.start >= accessor.statement.start && node.end <= accessor.statement.end;
      if (accessor !== undefined && !isOwn) throw refusal(node.property.name, 'it is used without being called');
    }
    if ([...this.accessors.values()].some(({ statement }) => statement === node)) return [];
    return childrenOf(node).flatMap((child) => this.outermost(child));
  }

  private accessorOf(node: AnyNode | Program): Accessor | undefined {
    if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression' || node.callee.computed)
      return undefined;
    return node.callee.property.type === 'Identifier' ? this.accessors.get(node.callee.property.name) : undefined;
  }

  /** What a call does, in brackets where something around could take it apart. */
  replaced(call: CallExpression): string {
    const { expression, params } = this.accessorOf(call)!;
    const callee = call.callee as Extract<AnyNode, { type: 'MemberExpression' }>;
    const values = new Map<string, AnyNode>([['this', callee.object as AnyNode]]);
    params.forEach((param, i) => values.set(param, call.arguments[i] as AnyNode));
    const inner = this.substituted(expression, values);
    return expression.type === 'MemberExpression' || expression.type === 'CallExpression' ? inner : `(${inner})`;
  }

  private substituted(node: AnyNode, values: Map<string, AnyNode>): string {
    // A field at the beginning of its record.
    if (node.type === 'BinaryExpression' && node.operator === '+' && node.right.type === 'Identifier') {
      const value = values.get(node.right.name);
      if (value?.type === 'Literal' && value.value === 0) return this.substituted(node.left as AnyNode, values);
    }
    const name = node.type === 'ThisExpression' ? 'this' : node.type === 'Identifier' ? node.name : '';
    const value = values.get(name);
    if (value !== undefined) return this.valueText(value);
    let text = '';
    let at = node.start;
    for (const child of childrenOf(node)) {
      const isKey = node.type === 'MemberExpression' && !node.computed && child === node.property;
      text += this.code.slice(at, child.start);
      text += isKey ? this.code.slice(child.start, child.end) : this.substituted(child, values);
      at = child.end;
    }
    return text + this.code.slice(at, node.end);
  }

  private valueText(value: AnyNode): string {
    let text = '';
    let at = value.start;
    for (const call of this.outermost(value)) {
      text += this.code.slice(at, call.start) + this.replaced(call);
      at = call.end;
    }
    text += this.code.slice(at, value.end);
    const simple = ['Identifier', 'Literal', 'ThisExpression', 'MemberExpression', 'CallExpression'];
    return simple.includes(value.type) ? text : `(${text})`;
  }
}

/** `Owner.prototype.name = function (...) { return ...; };` of each name that this bundle has. */
function accessorsOf(program: Program, names: readonly string[]): Map<string, Accessor> {
  const accessors = new Map<string, Accessor>();
  for (const wanted of names) {
    const [owner, name] = wanted.split('.') as [string, string];
    const methods = (program.body as AnyNode[]).flatMap((statement) => methodOf(statement, name) ?? []);
    const method = methods.find((each) => each.owner === owner);
    if (method === undefined) continue;
    if (methods.length > 1) throw refusal(wanted, 'several classes have a method of that name');
    accessors.set(name, accessorOf(wanted, method.statement, method.made));
  }
  return accessors;
}

type FunctionNode = Extract<AnyNode, { type: 'FunctionExpression' }>;

function methodOf(
  statement: AnyNode,
  name: string,
): { statement: AnyNode; made: FunctionNode; owner: string } | undefined {
  if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression')
    return undefined;
  const { left, right } = statement.expression;
  if (left.type !== 'MemberExpression' || right.type !== 'FunctionExpression') return undefined;
  const { object, property } = left;
  if (property.type !== 'Identifier' || property.name !== name || object.type !== 'MemberExpression')
    return undefined;
  return object.object.type === 'Identifier' ? { statement, made: right, owner: object.object.name } : undefined;
}

function accessorOf(wanted: string, statement: AnyNode, made: FunctionNode): Accessor {
  const [only, ...more] = made.body.body as AnyNode[];
  const expression =
    only?.type === 'ReturnStatement'
      ? only.argument
      : only?.type === 'ExpressionStatement'
        ? only.expression
        : null;
  if (!expression || more.length > 0) throw refusal(wanted, 'it is more than one expression');
  const params = made.params.map((param) => (param as { name: string }).name);
  const used = namesIn(expression as AnyNode);
  for (const name of ['this', ...params]) {
    if (used.filter((each) => each === name).length !== 1)
      throw refusal(wanted, `${name} does not stand once in it`);
  }
  return { statement, expression: expression as AnyNode, params };
}

/** Variables and `this`, as often as they stand there. */
function namesIn(node: AnyNode): string[] {
  if (node.type === 'Identifier') return [node.name];
  if (node.type === 'ThisExpression') return ['this'];
  return childrenOf(node).flatMap((child) =>
    node.type === 'MemberExpression' && !node.computed && child === node.property ? [] : namesIn(child),
  );
}

function refusal(name: string, why: string): BuildError {
  return new BuildError(
    'a method cannot be written out where it is called',
    [`${name}: ${why}`],
    'correct the list in host-tools/firmware-build/inline-accessors.ts',
  );
}
