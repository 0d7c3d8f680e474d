// Estimates how many JsVars a bundle holds after loading from flash: functions, names and constants that
// the top level creates. What calls allocate at boot (tables, packets, driver state) cannot be seen here
// and is not counted. Costs were measured on the interpreter with the 14-byte variables of an ESP32;
// tests compare with a real load.
import type { AnyNode, Function as FunctionNode, Program } from 'acorn';
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

/**
 * A function in flash: the function, the reference to its code, the scope link; its parameters come on
 * top.
 */
const FUNCTION_VARS = 3;
/** The scope of a function that ran and is kept alive by the functions created in it. */
const SCOPE_VARS = 2;
const VAR_BYTES = 14;

export function estimateJsVars(program: Program): JsVarEstimate {
  const sum: JsVarEstimate = { total: 0, functions: 0, names: 0, values: 0 };
  for (const statement of program.body) addStatement(statement as AnyNode, sum);
  sum.total = sum.functions + sum.names + sum.values;
  return sum;
}

/** Every function in the text, also those that are created only when another one runs. */
export function countFunctions(node: AnyNode | Program): number {
  const own = node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' ? 1 : 0;
  return childrenOf(node).reduce((count, child) => count + countFunctions(child), own);
}

function addStatement(node: AnyNode, sum: JsVarEstimate): void {
  if (node.type === 'FunctionDeclaration') {
    sum.names += 1;
    addFunction(node, sum);
  } else if (node.type === 'VariableDeclaration') {
    for (const { init } of node.declarations) {
      sum.names += 1;
      if (init) addValue(init, sum);
    }
  } else if (node.type === 'ReturnStatement' && node.argument) {
    addValue(node.argument, sum);
  } else if (node.type === 'ExpressionStatement') {
    addEffect(node.expression, sum);
  }
}

function addEffect(node: AnyNode, sum: JsVarEstimate): void {
  if (node.type === 'AssignmentExpression') {
    if (node.left.type === 'MemberExpression') sum.names += 1;
    addValue(node.right, sum);
  } else {
    addValue(node, sum);
  }
}

function addFunction(node: FunctionNode, sum: JsVarEstimate): void {
  sum.functions += FUNCTION_VARS + node.params.length;
}

function addValue(node: AnyNode, sum: JsVarEstimate): void {
  switch (node.type) {
    case 'FunctionExpression':
      return addFunction(node, sum);
    case 'CallExpression':
      return addCall(node.callee as AnyNode, sum);
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
        sum.names += 1;
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

/**
 * `(function () { ... })()`: the wrapper of the bundle and of each class. Other calls are not looked
 * into.
 */
function addCall(callee: AnyNode, sum: JsVarEstimate): void {
  if (callee.type !== 'FunctionExpression') return;
  sum.values += SCOPE_VARS;
  for (const statement of callee.body.body) addStatement(statement as AnyNode, sum);
}

function literalVars(value: unknown): number {
  if (typeof value === 'string') return 1 + Math.ceil(Math.max(0, value.length - 4) / 10);
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
