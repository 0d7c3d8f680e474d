// A Rollup pass: no blanks that only people need, and `void 0` for `undefined`, which the interpreter would look for
// among all names of the program. Not minifying: lines and names stay as they are, and the source map leads back; but a
// board reads its program from flash character by character each time it runs. Runs last, on ES5, which has no literal
// that spans lines. Called by bundle.ts.
import { tokenizer, type Token } from 'acorn';
import MagicString from 'magic-string';
import type { Plugin } from 'rollup';

export function narrowText(): Plugin {
  return {
    name: 'narrow-text',
    renderChunk(code) {
      const text = new MagicString(code);
      let before: Token | undefined;
      for (const token of tokenizer(code, { ecmaVersion: 5 })) {
        const from = before === undefined ? 0 : before.end;
        narrow(code.slice(from, token.start), from, joins(code, before, token), text);
        const isValue = before?.type.label !== '.' && !/^\s*:/.test(code.slice(token.end, token.end + 9));
        if (token.type.label === 'name' && isValue && code.slice(token.start, token.end) === 'undefined')
          text.overwrite(token.start, token.end, 'void 0');
        before = token;
      }
      return { code: text.toString(), map: text.generateMap({ hires: true }) };
    },
  };
}

/** Would the two be one token without a blank, or another two? */
function joins(code: string, before: Token | undefined, after: Token): boolean {
  if (before === undefined) return false;
  const pair = code[before.end - 1]! + code[after.start]!;
  return /[\w$]{2}|\+\+|--|\/\//.test(pair);
}

/** What lies between two tokens: of several line ends one stays, and of blanks one, where it is needed. */
function narrow(between: string, from: number, needed: boolean, text: MagicString): void {
  if (between.length === 0 || /[^\s]/.test(between)) return;
  const line = between.indexOf('\n');
  const kept = line >= 0 ? line : needed ? 0 : -1;
  for (let i = 0; i < between.length; i++) if (i !== kept) text.remove(from + i, from + i + 1);
}
