// A Rollup pass: what only the function `optionalParts` needs is moved into it. A function costs the board variables
// as soon as the statement that makes it has run; in here none has until somebody calls `optionalParts`, so a board
// short of memory has the text in flash and nothing else of it. Runs after flatten-classes, whose statements it sorts.
import { parse, type AnyNode, type Program } from 'acorn';
import MagicString from 'magic-string';
import type { Plugin } from 'rollup';
import { scopesOf } from './scopes.ts';

const LOADER = 'optionalParts';

export function lazyParts(): Plugin {
  return {
    name: 'lazy-parts',
    renderChunk(code) {
      const program = parse(code, { ecmaVersion: 5, sourceType: 'script' });
      const text = new MagicString(code);
      moveParts(program, text);
      return { code: text.toString(), map: text.generateMap({ hires: true }) };
    },
  };
}

function moveParts(program: Program, text: MagicString): void {
  const statements = program.body as AnyNode[];
  const loader = statements.find((node) => node.type === 'FunctionDeclaration' && node.id?.name === LOADER);
  if (loader?.type !== 'FunctionDeclaration') return;
  const needed = reached(program, statements, loader);
  const target = loader.body.body[0]!.start;
  for (const node of statements) {
    const owner = ownerOf(node);
    if (owner === undefined || node === loader || needed.has(owner)) continue;
    text.move(node.start, node.end, target);
    text.appendLeft(node.end, '\n');
  }
}

/** What the program needs without the loader: all that the loader leads not to, and what that leads to. */
function reached(program: Program, statements: AnyNode[], loader: AnyNode): Set<string> {
  const users = new Map<string, Set<string | undefined>>();
  for (const [name, { places }] of scopesOf(program).bindings) {
    const at = places.map(({ start }) => statements.find((node) => node.start <= start && start < node.end)!);
    users.set(name, new Set(at.map((node) => (node === loader ? LOADER : ownerOf(node)))));
  }
  const byLoader = closure(users, new Set([LOADER]));
  const others = [...users.keys(), undefined].filter(
    (name) => name === LOADER || name === undefined || !byLoader.has(name),
  );
  users.forEach((owners) => owners.delete(LOADER));
  return closure(users, new Set(others)) as Set<string>;
}

/** The names, and every name that a statement of one of them names. */
function closure(
  users: Map<string, Set<string | undefined>>,
  names: Set<string | undefined>,
): Set<string | undefined> {
  for (let size = -1; size !== names.size;) {
    size = names.size;
    for (const [name, owners] of users) if ([...owners].some((owner) => names.has(owner))) names.add(name);
  }
  return names;
}

/** The one name that a statement makes or adds to; undefined when it does something at once. */
function ownerOf(node: AnyNode): string | undefined {
  if (node.type === 'FunctionDeclaration') return node.id?.name;
  if (node.type === 'VariableDeclaration') {
    const [only, ...more] = node.declarations;
    return only?.id.type === 'Identifier' && more.length === 0 ? only.id.name : undefined;
  }
  if (node.type !== 'ExpressionStatement' || node.expression.type !== 'AssignmentExpression') return undefined;
  let target = node.expression.left as AnyNode;
  while (target.type === 'MemberExpression') target = target.object as AnyNode;
  return target.type === 'Identifier' && target !== node.expression.left ? target.name : undefined;
}
