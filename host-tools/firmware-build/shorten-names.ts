// A Rollup pass: no name longer than three characters: the interpreter keeps up to four in one variable together
// with what it names; ten more cost another 14 bytes, for every method, property and parameter, and a program read
// from flash is read character by character. Not minifying: lines stay, a short name is the beginning of the long one,
// and the source map holds the long one for the monitor. Properties that others see (public-names.ts) are left alone.
import { parse, type AnyNode, type Program } from 'acorn';
import MagicString from 'magic-string';
import type { Plugin } from 'rollup';
import { isBuiltin } from './builtins.ts';
import { childrenOf } from './es5-tree.ts';
import { scopesOf, type Scope } from './scopes.ts';

export const NAME_CHARS_MAX = 3;
/** Inside a function, where few names meet: no memory saved by the others, but flash, and time at each reading. */
const LOCAL_CHARS = 1;
const RESERVED = new Set(
  (
    'break case catch const continue debugger default delete do else false finally for function if in instanceof let ' +
    'new null of return static super switch this throw true try typeof undefined var void while with class extends ' +
    'prototype constructor arguments length'
  ).split(' '),
);

/** `isPublic`: property names that have to stay. */
export function shortenNames(isPublic: (name: string) => boolean): Plugin {
  return {
    name: 'shorten-names',
    renderChunk(code) {
      const program = parse(code, { ecmaVersion: 5 });
      const text = new MagicString(code);
      renameProperties(program, isPublic, text);
      const scope = scopesOf(program);
      renameVariables(scope, new Set(stayingNames(scope)), text);
      return { code: text.toString(), map: text.generateMap({ hires: true }) };
    },
  };
}

function renameProperties(program: Program, isPublic: (name: string) => boolean, text: MagicString): void {
  const places = new Map<string, AnyNode[]>();
  propertyPlaces(program, places);
  const isKept = (name: string): boolean => name.length <= NAME_CHARS_MAX || isPublic(name) || RESERVED.has(name);
  const taken = new Set([...places.keys()].filter(isKept));
  for (const name of [...places.keys()].filter((each) => !isKept(each))) {
    const short = shortName(name, NAME_CHARS_MAX, (candidate) => taken.has(candidate) || isPublic(candidate));
    taken.add(short);
    for (const { start, end } of places.get(name)!) text.overwrite(start, end, short, { storeName: true });
  }
}

/** Names after a dot and keys of object literals, in the order of their first use. */
function propertyPlaces(node: AnyNode | Program, places: Map<string, AnyNode[]>): void {
  let key: AnyNode | undefined;
  if (node.type === 'MemberExpression' && !node.computed) key = node.property as AnyNode;
  if (node.type === 'Property') key = node.key;
  if (key?.type === 'Identifier') places.set(key.name, [...(places.get(key.name) ?? []), key]);
  for (const child of childrenOf(node)) propertyPlaces(child, places);
}

/** Names that stay: the interpreter's, and short ones anywhere, which a longer one further out must not become. */
function stayingNames(scope: Scope): string[] {
  const short = [...scope.bindings.keys()].filter((name) => name.length <= NAME_CHARS_MAX);
  return [...scope.free, ...short, ...scope.inner.flatMap(stayingNames)];
}

/** `taken`: what stays, and the new names of all scopes around. A name further in never hides one further out. */
function renameVariables(scope: Scope, taken: ReadonlySet<string>, text: MagicString): void {
  const own = new Set(taken);
  for (const { name, places } of scope.bindings.values()) {
    if (name.length <= NAME_CHARS_MAX || name === 'arguments') continue;
    const chars = scope.parent === undefined ? NAME_CHARS_MAX : LOCAL_CHARS;
    const short = shortName(name, chars, (candidate) => own.has(candidate) || isBuiltin(candidate));
    own.add(short);
    for (const { start, end } of places) text.overwrite(start, end, short, { storeName: true });
  }
  for (const inner of scope.inner) renameVariables(inner, own, text);
}

/** The beginning of the name; where that is taken, a shorter beginning and a number to base 36. */
function shortName(name: string, chars: number, isTaken: (candidate: string) => boolean): string {
  const free = (candidate: string): boolean => !isTaken(candidate) && !RESERVED.has(candidate);
  if (free(name.slice(0, chars))) return name.slice(0, chars);
  for (let number = 1; number < 36 ** (chars - 1); number++) {
    const digits = number.toString(36);
    const candidate = name.slice(0, chars - digits.length) + digits;
    if (free(candidate)) return candidate;
  }
  if (chars < NAME_CHARS_MAX) return shortName(name, chars + 1, isTaken);
  throw new Error(`no short name left for ${name}`);
}
