// A Rollup pass: the names that a relayed packet needs most often are made first. The interpreter finds a global name
// by walking the list of all of them in the order in which they were made, at every single use; an object of its own
// (`Math`) joins that list at its first mention. Which they are was counted on the interpreter. Runs after
// inline-constants, before shorten-names. Called by bundle.ts.
import { parse, type AnyNode } from 'acorn';
import MagicString from 'magic-string';
import type { Plugin } from 'rollup';

/** Most often first. */
export const NEAR: readonly string[] = [
  ...['Math', 'getU32', 'lastMs', 'Uint8Array', 'getU16', 'timer', 'putU32', 'node', 'nowMs', 'bootS'],
  ...['steppedMs', 'native', 'putU16', 'copyBytes', 'pending', 'carryOut', 'tick', 'step', 'socket'],
  ...[
    'host',
    'port',
    'NOTHING',
    'HEX',
    'timeOnAirMs',
    'equalBytes',
    'micOf',
    'trailerBytes',
    'BODY_MAX',
    'String',
  ],
];
/** The interpreter's own; functions of its own are in no list. */
export const OBJECTS = new Set(['Math', 'Uint8Array', 'String']);

export function nearNames(near: readonly string[] = NEAR): Plugin {
  return {
    name: 'near-names',
    renderChunk(code) {
      const text = new MagicString(code);
      const owners = ownersOf(parse(code, { ecmaVersion: 5 }).body as AnyNode[]);
      for (const name of near) {
        const owner = owners.get(name);
        if (owner?.type === 'FunctionDeclaration') {
          if (owner.start === 0) continue;
          text.move(owner.start, owner.end, 0);
          text.appendLeft(owner.end, '\n');
        } else if (owner !== undefined) text.appendLeft(0, `var ${name};\n`);
        else if (OBJECTS.has(name)) text.appendLeft(0, `${name};\n`);
      }
      return { code: text.toString(), map: text.generateMap({ hires: true }) };
    },
  };
}

/** The statement that makes each name of the top level; a name made together with others is left where it is. */
function ownersOf(statements: AnyNode[]): Map<string, AnyNode> {
  const owners = new Map<string, AnyNode>();
  for (const statement of statements) {
    if (statement.type === 'FunctionDeclaration' && statement.id) owners.set(statement.id.name, statement);
    if (statement.type !== 'VariableDeclaration') continue;
    for (const { id } of statement.declarations) if (id.type === 'Identifier') owners.set(id.name, statement);
  }
  return owners;
}
