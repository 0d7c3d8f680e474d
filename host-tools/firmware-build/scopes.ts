// Names and where they are bound, in ES5: one scope a function, and one for the text itself. Used by the passes that
// rename variables or replace them; knows nothing of why.
import type { AnyNode, Identifier, Program } from 'acorn';
import { childrenOf } from './es5-tree.ts';

export interface Binding {
  name: string;
  /** Every place where the name stands for this binding, its declarations included. */
  places: Identifier[];
  /** Declared by one `var` with a value and assigned nowhere else: that value. */
  value: AnyNode | undefined;
  /** How often something is assigned to it, its `var` included. */
  writes: number;
}

export interface Scope {
  parent: Scope | undefined;
  inner: Scope[];
  bindings: Map<string, Binding>;
  /** Names used here or further in that are bound nowhere: the interpreter's own. */
  free: Set<string>;
}

/** The scope of the text, all others within. */
export function scopesOf(program: Program): Scope {
  const scope = newScope(undefined);
  for (const statement of program.body) declare(statement as AnyNode, scope);
  for (const statement of program.body) refer(statement as AnyNode, scope);
  return scope;
}

function newScope(parent: Scope | undefined): Scope {
  const scope: Scope = { parent, inner: [], bindings: new Map(), free: new Set() };
  parent?.inner.push(scope);
  return scope;
}

function bind(scope: Scope, name: string): void {
  if (!scope.bindings.has(name)) scope.bindings.set(name, { name, places: [], value: undefined, writes: 0 });
}

/** `var` and `function` belong to the whole function, wherever they stand; so does a caught error in here. */
function declare(node: AnyNode, scope: Scope): void {
  if (node.type === 'FunctionExpression') return;
  if (node.type === 'FunctionDeclaration') return node.id ? bind(scope, node.id.name) : undefined;
  if (node.type === 'VariableDeclarator' && node.id.type === 'Identifier') bind(scope, node.id.name);
  if (node.type === 'CatchClause' && node.param?.type === 'Identifier') bind(scope, node.param.name);
  for (const child of childrenOf(node)) declare(child, scope);
}

function refer(node: AnyNode, scope: Scope): void {
  switch (node.type) {
    case 'Identifier':
      return use(node, scope);
    case 'MemberExpression':
      refer(node.object as AnyNode, scope);
      if (node.computed) refer(node.property as AnyNode, scope);
      return;
    case 'Property':
      return refer(node.value, scope);
    case 'FunctionDeclaration':
    case 'FunctionExpression':
      return referFunction(node, scope);
    case 'VariableDeclarator':
      if (node.id.type === 'Identifier' && node.init) write(scope, node.id.name, node.init);
      break;
    case 'AssignmentExpression':
      if (node.left.type === 'Identifier') write(scope, node.left.name, undefined);
      break;
    case 'UpdateExpression':
      if (node.argument.type === 'Identifier') write(scope, node.argument.name, undefined);
      break;
    case 'ForInStatement':
      for (const name of namesOf(node.left as AnyNode)) write(scope, name, undefined);
      break;
    default:
      break;
  }
  for (const child of childrenOf(node)) refer(child, scope);
}

function referFunction(
  node: Extract<AnyNode, { type: 'FunctionDeclaration' | 'FunctionExpression' }>,
  scope: Scope,
): void {
  if (node.type === 'FunctionDeclaration' && node.id) {
    write(scope, node.id.name, undefined);
    use(node.id, scope);
  }
  const inner = newScope(scope);
  for (const param of node.params) if (param.type === 'Identifier') bind(inner, param.name);
  if (node.type === 'FunctionExpression' && node.id) bind(inner, node.id.name);
  for (const statement of node.body.body) declare(statement as AnyNode, inner);
  for (const param of node.params) refer(param as AnyNode, inner);
  if (node.type === 'FunctionExpression' && node.id) use(node.id, inner);
  for (const statement of node.body.body) refer(statement as AnyNode, inner);
}

function namesOf(node: AnyNode): string[] {
  if (node.type === 'Identifier') return [node.name];
  if (node.type !== 'VariableDeclaration') return [];
  return node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []));
}

function bindingOf(scope: Scope | undefined, name: string): Binding | undefined {
  for (let at = scope; at !== undefined; at = at.parent) {
    const found = at.bindings.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function use(node: Identifier, scope: Scope): void {
  const binding = bindingOf(scope, node.name);
  if (binding !== undefined) binding.places.push(node);
  else for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) at.free.add(node.name);
}

function write(scope: Scope, name: string, value: AnyNode | undefined): void {
  const binding = bindingOf(scope, name);
  if (binding === undefined) return;
  binding.writes += 1;
  binding.value = binding.writes === 1 ? value : undefined;
}
