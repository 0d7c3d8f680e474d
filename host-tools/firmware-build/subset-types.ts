// Rules of the firmware's language that need types: numbers that become text by themselves, and recursion.
// Called by subset.ts with the program's type checker; answers a sentence with the replacement, or undefined.
import ts from 'typescript';

/**
 * A board prints 11 or 12 digits of a fraction where Node prints 17, so text made from a number could
 * differ without a sound. Integers are safe; `String(n)` is where an author says that this is one.
 */
export function textOfNumberProblem(node: ts.Node, checker: ts.TypeChecker): string | undefined {
  if (ts.isTemplateSpan(node) && isNumeric(node.expression, checker)) {
    return 'a number in a template prints fewer digits on a board: write ${String(n)} of an integer';
  }
  if (ts.isBinaryExpression(node) && isPlus(node.operatorToken.kind)) {
    const { left, right } = node;
    const mixed =
      (isNumeric(left, checker) && isText(right, checker)) ||
      (isText(left, checker) && isNumeric(right, checker));
    if (mixed) return 'text + number prints fewer digits on a board: write String(n) of an integer';
  }
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'String') {
    const argument = node.arguments[0];
    if (argument !== undefined && isFraction(argument)) {
      return 'String() of a fraction differs on a board: make it an integer first (Math.floor, smaller unit)';
    }
  }
  return undefined;
}

function isPlus(kind: ts.SyntaxKind): boolean {
  return kind === ts.SyntaxKind.PlusToken || kind === ts.SyntaxKind.PlusEqualsToken;
}

function isNumeric(node: ts.Expression, checker: ts.TypeChecker): boolean {
  return hasFlag(checker.getTypeAtLocation(node), ts.TypeFlags.NumberLike);
}

function isText(node: ts.Expression, checker: ts.TypeChecker): boolean {
  return hasFlag(checker.getTypeAtLocation(node), ts.TypeFlags.StringLike);
}

function hasFlag(type: ts.Type, flag: ts.TypeFlags): boolean {
  return type.isUnion() ? type.types.some((part) => hasFlag(part, flag)) : (type.flags & flag) !== 0;
}

/** True only where the text itself shows it: a literal with a point, or a division. */
function isFraction(node: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(node)) return isFraction(node.expression);
  if (ts.isNumericLiteral(node)) return !Number.isInteger(Number(node.text));
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.SlashToken;
}

/** Where a function first calls into a circle that leads back to it. */
export interface Circle {
  at: ts.Node;
  problem: string;
}

/**
 * Functions that can reach themselves through calls which the checker can resolve. A board has room for
 * about 35 plain frames, and running out of it cannot be caught.
 */
export function recursion(files: readonly ts.SourceFile[], checker: ts.TypeChecker): Circle[] {
  const calls = new Map<ts.Node, Map<ts.Node, ts.Node>>();
  for (const file of files) collectCalls(file, undefined, calls, checker);
  const circles: Circle[] = [];
  for (const start of calls.keys()) {
    const path = pathBack(start, calls);
    if (path === undefined) continue;
    const names = path.map(functionName);
    // Each circle is named once: by the member that comes first in the text.
    if (path.some((other) => other.pos < start.pos && other.getSourceFile() === start.getSourceFile()))
      continue;
    const at = calls.get(start)?.get(path[1] ?? start) ?? start;
    circles.push({
      at,
      problem: `recursion (${names.join(' > ')}) can exhaust a board's stack: write a loop`,
    });
  }
  return circles;
}

function collectCalls(
  node: ts.Node,
  owner: ts.Node | undefined,
  calls: Map<ts.Node, Map<ts.Node, ts.Node>>,
  checker: ts.TypeChecker,
): void {
  const inside = hasBody(node) ? node : owner;
  if (owner !== undefined && inside === node && runsAtOnce(node)) addCall(owner, node, node, calls);
  if (inside !== undefined && ts.isCallExpression(node)) {
    const target = checker.getResolvedSignature(node)?.declaration;
    if (target !== undefined && hasBody(target)) addCall(inside, target, node, calls);
  }
  ts.forEachChild(node, (child) => collectCalls(child, inside, calls, checker));
}

function addCall(
  from: ts.Node,
  to: ts.Node,
  at: ts.Node,
  calls: Map<ts.Node, Map<ts.Node, ts.Node>>,
): void {
  const targets = calls.get(from) ?? new Map<ts.Node, ts.Node>();
  if (!targets.has(to)) targets.set(to, at);
  calls.set(from, targets);
}

function hasBody(node: ts.Node): boolean {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;
}

const AT_ONCE = ['forEach', 'map', 'filter', 'find', 'findIndex', 'some', 'every', 'reduce', 'sort'];

/**
 * A function given to an array method runs inside it; one given to a timer or an event runs on a fresh
 * stack.
 */
function runsAtOnce(node: ts.Node): boolean {
  const call = node.parent;
  return (
    ts.isCallExpression(call) &&
    ts.isPropertyAccessExpression(call.expression) &&
    AT_ONCE.includes(call.expression.name.text)
  );
}

/** [start, ..., start] along calls, or undefined. Breadth first, so the circle is a shortest one. */
function pathBack(start: ts.Node, calls: Map<ts.Node, Map<ts.Node, ts.Node>>): ts.Node[] | undefined {
  const cameFrom = new Map<ts.Node, ts.Node>();
  const queue: ts.Node[] = [start];
  for (const node of queue) {
    for (const next of calls.get(node)?.keys() ?? []) {
      if (next === start) {
        const path = [start, node];
        for (let at = node; at !== start;) {
          at = cameFrom.get(at) as ts.Node;
          path.push(at);
        }
        return path.reverse();
      }
      if (!cameFrom.has(next)) {
        cameFrom.set(next, node);
        queue.push(next);
      }
    }
  }
  return undefined;
}

function functionName(node: ts.Node): string {
  const named = ts.isFunctionLike(node) ? node.name : undefined;
  if (named !== undefined) return named.getText();
  const parent = node.parent;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
    ? parent.name.getText()
    : 'a function';
}
