// Syntax that TypeScript accepts but a board does not survive after lowering to ES5, each with its
// replacement. Looks at one node at a time and needs no types (those are in subset-types.ts). Called by
// subset.ts.
import ts from 'typescript';
import { isBuiltin } from './builtins.ts';

/** What is wrong with this node, or undefined. The sentence ends with what to write instead. */
export function syntaxProblem(node: ts.Node): string | undefined {
  return (
    statementProblem(node) ??
    functionProblem(node) ??
    expressionProblem(node) ??
    textProblem(node) ??
    nameProblem(node)
  );
}

function statementProblem(node: ts.Node): string | undefined {
  if (ts.isLabeledStatement(node)) {
    return 'labels do not exist on a board: put the inner loop in a function and return from it';
  }
  if (ts.isCaseBlock(node)) {
    const at = node.clauses.findIndex(ts.isDefaultClause);
    if (at >= 0 && at < node.clauses.length - 1) return '`default` must be the last clause of the switch';
  }
  if (ts.isDebuggerStatement(node)) return '`debugger` stops the board: remove it';
  if (ts.isEnumDeclaration(node) && !hasModifier(node, ts.SyntaxKind.ConstKeyword)) {
    return 'an enum leaves an object in RAM: write `const enum`';
  }
  if (ts.isModuleDeclaration(node) && !hasModifier(node, ts.SyntaxKind.DeclareKeyword)) {
    return 'namespaces leave an object in RAM: write a module';
  }
  if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0) {
    return '`var` does not shadow an outer name before its line: write let or const';
  }
  return undefined;
}

function functionProblem(node: ts.Node): string | undefined {
  if (ts.isFunctionLike(node) && hasModifier(node, ts.SyntaxKind.AsyncKeyword)) {
    return 'async functions cost 2 kB and a promise each: use callbacks';
  }
  if (ts.isFunctionLike(node) && 'asteriskToken' in node && node.asteriskToken !== undefined) {
    return 'generators do not exist on a board: keep the position in a variable';
  }
  if (ts.isGetAccessor(node) || ts.isSetAccessor(node)) {
    return 'getters and setters hide a slow call: write a method';
  }
  if (
    ts.isHeritageClause(node) &&
    node.token === ts.SyntaxKind.ExtendsKeyword &&
    ts.isClassLike(node.parent)
  ) {
    return '`extends` is not lowered to anything that works: hold the other object in a field';
  }
  if (ts.isParameter(node) && node.dotDotDotToken !== undefined && !isAmbient(node)) {
    return 'rest parameters copy their arguments: pass an array';
  }
  if (ts.isDecorator(node)) return 'decorators need a run-time helper: call a function';
  if (ts.isClassStaticBlockDeclaration(node)) return 'static blocks: initialise where the class is used';
  return undefined;
}

function expressionProblem(node: ts.Node): string | undefined {
  if (ts.isSpreadElement(node)) return 'spread needs a run-time helper: use concat or apply';
  if (ts.isSpreadAssignment(node)) return 'object spread needs a run-time helper: use Object.assign';
  if (ts.isBindingElement(node) && node.dotDotDotToken !== undefined) {
    return 'rest in a pattern needs a run-time helper: name the fields or use slice';
  }
  if (ts.isTaggedTemplateExpression(node))
    return 'tagged templates do not exist on a board: call a function';
  if (ts.isPrivateIdentifier(node)) return '#private needs a WeakMap: write `private`';
  if (ts.isIdentifier(node) && node.text === 'arguments' && !isNameOf(node.parent, node)) {
    return '`arguments`: name the parameters';
  }
  if (ts.isMetaProperty(node)) return `\`${node.getText()}\` does not exist on a board: remove it`;
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return 'import() does not exist on a board: import at the top';
  }
  if (ts.isBinaryExpression(node) && isPower(node.operatorToken.kind)) {
    return 'powers are inexact on a board (2 ** 31 is no integer there): shift or multiply';
  }
  if (ts.isBinaryExpression(node) && isAssignment(node) && isLengthOf(node.left)) {
    return 'assigning `length` throws on a board: use splice or a new array';
  }
  return undefined;
}

function textProblem(node: ts.Node): string | undefined {
  if (ts.isRegularExpressionLiteral(node)) return regexProblem(node.text);
  const isText =
    ts.isStringLiteralLike(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddle(node) ||
    ts.isTemplateTail(node);
  if (!isText) return undefined;
  const wide = Array.from(node.getText()).some((c) => c > '~' || (c < ' ' && c !== '\n' && c !== '\t'));
  if (wide || Array.from(node.text).some((c) => c > '\xff')) {
    return 'strings are 8-bit on a board: write ASCII, or \\xNN for a byte';
  }
  return undefined;
}

function regexProblem(literal: string): string | undefined {
  const end = literal.lastIndexOf('/');
  const pattern = literal.slice(1, end).replace(/\[(\\.|[^\]])*\]/g, '[]');
  const bad: [RegExp, string][] = [
    [/(^|[^\\])\{\d+(,\d*)?\}/, 'counted repeats {n,m}'],
    [/[*+?}]\?/, 'non-greedy repeats'],
    [/\(\?/, 'groups that begin with (?'],
    [/\\[1-9k]/, 'back-references'],
    [/\\[pPu]/, 'Unicode escapes'],
    [/[^ -~]/, 'characters beyond ASCII'],
  ];
  const found = bad.find(([test]) => test.test(pattern));
  if (found !== undefined)
    return `a board's regular expressions have no ${found[1]}: split the match in steps`;
  if (/[^gi]/.test(literal.slice(end + 1))) return 'a board knows the flags g and i only';
  return undefined;
}

/** Module-level names end up in one scope of the bundle, where they would hide the interpreter's own. */
function nameProblem(node: ts.Node): string | undefined {
  if (!ts.isIdentifier(node) || !isBuiltin(node.text)) return undefined;
  const declaration = node.parent;
  const declares =
    (ts.isVariableDeclaration(declaration) && ts.isSourceFile(declaration.parent.parent.parent)) ||
    ((ts.isFunctionDeclaration(declaration) || ts.isClassDeclaration(declaration)) &&
      ts.isSourceFile(declaration.parent)) ||
    ((ts.isImportSpecifier(declaration) || ts.isImportClause(declaration)) &&
      !ts.isTypeOnlyImportDeclaration(declaration));
  const ambient = ts.isVariableDeclaration(declaration) && isAmbient(declaration);
  if (!declares || declaration.name !== node || ambient) return undefined;
  return `\`${node.text}\` is the interpreter's own name: choose another`;
}

/** True for `x` in `a.x`, `{ x: 1 }`, `x: type`: a name of something, not a use of the variable x. */
function isNameOf(parent: ts.Node, node: ts.Node): boolean {
  return 'name' in parent && parent.name === node;
}

function isLengthOf(node: ts.Expression): boolean {
  return ts.isPropertyAccessExpression(node) && node.name.text === 'length';
}

function isPower(kind: ts.SyntaxKind): boolean {
  return kind === ts.SyntaxKind.AsteriskAsteriskToken || kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken;
}

function isAssignment(node: ts.BinaryExpression): boolean {
  const kind = node.operatorToken.kind;
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === kind)
  );
}

/** Inside a declaration that leaves nothing in the bundle: a type, an interface, a `declare`. */
function isAmbient(node: ts.Node): boolean {
  for (let at: ts.Node | undefined = node; at !== undefined && !ts.isSourceFile(at); at = at.parent) {
    if (ts.isTypeNode(at) || ts.isInterfaceDeclaration(at) || ts.isTypeAliasDeclaration(at)) return true;
    if (hasModifier(at, ts.SyntaxKind.DeclareKeyword)) return true;
  }
  return false;
}
