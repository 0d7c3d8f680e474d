// Estimates how many JsVars a bundle holds after loading from flash: functions, names and constants that
// the top level creates. What calls allocate at boot (tables, packets, driver state) cannot be seen here
// and is not counted. Costs were measured on the interpreter with the 14-byte variables of an ESP32;
// tests compare with a real load.
import type { AnyNode, Function as FunctionNode, Identifier, MemberExpression, Program } from 'acorn';
import { childrenOf } from './es5-tree.ts';

export interface JsVarEstimate {
  total: number;
  /** Functions and methods, each with its code reference, its parameters and its link to the scope. */
  functions: number;
  /** Variables and properties that name something. */
  names: number;
  /** Constants: numbers, texts, arrays, objects, typed arrays with a literal size. */
  values: number;
}

/** A function in flash without its name and parameters: itself, its code reference and that one's name. */
const FUNCTION_VARS = 3;
/** The prototype object of a class, with its name and its `constructor`. */
const PROTOTYPE_VARS = 5;
/** A variable has 14 bytes; a name keeps 4 characters in the first and a text 9, then 10 in each further one. */
const VAR_BYTES = 14;
const NAME_CHARS = 4;
const TEXT_CHARS = 9;
const MORE_CHARS = 10;

export function estimateJsVars(program: Program): JsVarEstimate {
  const sum: Sum = { functions: 0, names: 0, values: 0, prototypes: new Set(), variables: new Set() };
  for (const statement of program.body) addStatement(statement as AnyNode, sum);
  const functions = sum.functions + PROTOTYPE_VARS * sum.prototypes.size;
  return { total: functions + sum.names + sum.values, functions, names: sum.names, values: sum.values };
}

interface Sum {
  functions: number;
  names: number;
  values: number;
  /** Names of the classes that have methods. */
  prototypes: Set<string>;
  variables: Set<string>;
}

/** Every function in the text, also those that are created only when another one runs. */
export function countFunctions(node: AnyNode | Program): number {
  const own = node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' ? 1 : 0;
  return childrenOf(node).reduce((count, child) => count + countFunctions(child), own);
}

function addStatement(node: AnyNode, sum: Sum): void {
  if (node.type === 'FunctionDeclaration') {
    sum.names += nameVars(node.id?.name ?? '');
    addFunction(node, sum);
  } else if (node.type === 'VariableDeclaration') {
    for (const { id, init } of node.declarations) {
      // A second `var` of a name makes nothing new.
      if (id.type === 'Identifier' && !sum.variables.has(id.name)) {
        sum.names += nameVars(id.name);
        sum.variables.add(id.name);
      }
      if (init) addValue(init, sum);
    }
  } else if (node.type === 'ReturnStatement' && node.argument) {
    addValue(node.argument, sum);
  } else if (node.type === 'ExpressionStatement') {
    addEffect(node.expression, sum);
  }
}

function addEffect(node: AnyNode, sum: Sum): void {
  if (node.type === 'AssignmentExpression') {
    if (node.left.type === 'MemberExpression') sum.names += nameVars(keyText(node.left.property));
    if (isMethod(node.left)) sum.prototypes.add(node.left.object.object.name);
    addValue(node.right, sum);
  } else {
    addValue(node, sum);
  }
}

function addFunction(node: FunctionNode, sum: Sum): void {
  const params = node.params.map((param) => (param.type === 'Identifier' ? nameVars(param.name) : 1));
  sum.functions += params.reduce((count, vars) => count + vars, FUNCTION_VARS);
}

function addValue(node: AnyNode, sum: Sum): void {
  switch (node.type) {
    case 'FunctionExpression':
      return addFunction(node, sum);
    case 'Literal':
      sum.values += literalVars(node.value);
      return;
    case 'UnaryExpression':
      return addValue(node.argument, sum);
    case 'ArrayExpression':
      sum.values += 1;
      for (const item of node.elements) {
        sum.names += 1;
        if (item) addValue(item as AnyNode, sum);
      }
      return;
    case 'ObjectExpression':
      sum.values += 1;
      for (const property of node.properties) {
        if (property.type !== 'Property') continue;
        sum.names += nameVars(keyText(property.key));
        addValue(property.value, sum);
      }
      return;
    case 'NewExpression':
      sum.values += newVars(node.callee as AnyNode, node.arguments[0] as AnyNode | undefined);
      return;
    default:
      return;
  }
}

type Method = MemberExpression & { object: MemberExpression & { object: Identifier } };

/** `Name.prototype.method`, the left side of what TypeScript makes of a method. */
function isMethod(node: AnyNode): node is Method {
  if (node.type !== 'MemberExpression' || node.object.type !== 'MemberExpression') return false;
  return keyText(node.object.property as AnyNode) === 'prototype' && node.object.object.type === 'Identifier';
}

function keyText(key: AnyNode): string {
  if (key.type === 'Identifier') return key.name;
  return key.type === 'Literal' ? String(key.value) : '';
}

function nameVars(name: string): number {
  return 1 + Math.ceil(Math.max(0, name.length - NAME_CHARS) / MORE_CHARS);
}

function literalVars(value: unknown): number {
  if (typeof value === 'string') return 1 + Math.ceil(Math.max(0, value.length - TEXT_CHARS) / MORE_CHARS);
  const inName = typeof value === 'number' && Number.isInteger(value) && value >= -8192 && value < 8192;
  return inName ? 0 : 1;
}

function newVars(callee: AnyNode, argument: AnyNode | undefined): number {
  if (callee.type !== 'Identifier' || argument === undefined) return 1;
  const width = Number(/^(?:Uint|Int|Float)(8|16|32|64)Array$/.exec(callee.name)?.[1] ?? 0) / 8;
  const length =
    argument.type === 'ArrayExpression'
      ? argument.elements.length
      : argument.type === 'Literal' && typeof argument.value === 'number'
        ? argument.value
        : undefined;
  return width === 0 || length === undefined ? 1 : 3 + Math.ceil((width * length) / VAR_BYTES);
}
