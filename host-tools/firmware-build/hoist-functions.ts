// A Rollup pass: moves every function declaration to the top of the body it stands in. The interpreter
// runs a declaration where it is written, so a call further up would fail; ECMAScript says that it must
// not (ES5.1, 10.5). The map stays true because magic-string moves ranges instead of printing anew.
import { parse, type AnyNode, type Program } from 'acorn';
import MagicString from 'magic-string';
import type { Plugin } from 'rollup';
import { childrenOf } from './es5-tree.ts';

type Body = { body: AnyNode[] };

export function hoistFunctions(): Plugin {
  return {
    name: 'hoist-functions',
    renderChunk(code) {
      const text = new MagicString(code);
      visit(parse(code, { ecmaVersion: 5 }), text, code);
      return { code: text.toString(), map: text.generateMap({ hires: true }) };
    },
  };
}

function visit(node: AnyNode | Program, text: MagicString, code: string): void {
  if (node.type === 'Program') hoistIn(node as Body, text, code);
  if (node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression') {
    hoistIn(node.body as Body, text, code);
  }
  for (const child of childrenOf(node)) visit(child, text, code);
}

function hoistIn({ body }: Body, text: MagicString, code: string): void {
  const isDirective = (node: AnyNode): boolean =>
    node.type === 'ExpressionStatement' && 'directive' in node;
  const first = body.findIndex((node) => !isDirective(node) && node.type !== 'FunctionDeclaration');
  if (first < 0) return;
  const target = lineStart(code, (body[first] as AnyNode).start);
  for (const node of body.slice(first)) {
    if (node.type !== 'FunctionDeclaration') continue;
    const start = lineStart(code, node.start);
    const end = code[node.end] === '\n' ? node.end + 1 : node.end;
    text.move(start, end, target);
  }
}

/** Start of the indentation before `at`, so that a moved function takes its whole line along. */
function lineStart(code: string, at: number): number {
  let start = at;
  while (start > 0 && (code[start - 1] === ' ' || code[start - 1] === '\t')) start -= 1;
  return start;
}
