// A Rollup pass: a number that a module names once and nobody changes is written where it is used, and so is a text
// that is used once. A constant at the top level costs the board two or three variables for as long as it runs, and
// each use a search through all names of the program. Runs before shorten-names.
import { parse, type AnyNode } from 'acorn';
import MagicString from 'magic-string';
import type { Plugin } from 'rollup';
import { scopesOf, type Binding } from './scopes.ts';

export function inlineConstants(): Plugin {
  return {
    name: 'inline-constants',
    renderChunk(code) {
      const program = parse(code, { ecmaVersion: 5 });
      const text = new MagicString(code);
      const bindings = [...scopesOf(program).bindings.values()].filter((binding) => isConstant(binding));
      const values = new Map(bindings.map((binding) => [binding.value!, binding]));
      for (const statement of program.body as AnyNode[]) {
        if (statement.type !== 'VariableDeclaration' || statement.declarations.length !== 1) continue;
        const binding = values.get(statement.declarations[0]!.init as AnyNode);
        if (binding === undefined) continue;
        const { start, end } = binding.value!;
        const literal = code.slice(start, end);
        const uses = binding.places.filter((place) => place.start > end || place.end < statement.start);
        for (const use of uses) text.overwrite(use.start, use.end, literal);
        text.remove(statement.start, code[statement.end] === '\n' ? statement.end + 1 : statement.end);
      }
      return { code: text.toString(), map: text.generateMap({ hires: true }) };
    },
  };
}

function isConstant({ value, places }: Binding): boolean {
  if (value?.type !== 'Literal') return false;
  if (typeof value.value === 'number' || typeof value.value === 'boolean') return true;
  // Twice: where it is made and where it is used.
  return typeof value.value === 'string' && places.length === 2;
}
