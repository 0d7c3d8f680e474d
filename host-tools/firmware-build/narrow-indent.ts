// A Rollup pass: one space of indentation per level instead of four. Not minifying: lines, names and positions within
// a function stay readable; but a board reads its program from flash character by character each time it runs, and a
// fifth of the text was blanks. Runs on ES5, which has no literal that spans lines.
import MagicString from 'magic-string';
import type { Plugin } from 'rollup';

const WIDTH = 4;

export function narrowIndent(): Plugin {
  return {
    name: 'narrow-indent',
    renderChunk(code) {
      const text = new MagicString(code);
      for (const { 0: blanks, index } of code.matchAll(/^ +/gm)) {
        const excess = blanks.length - Math.ceil(blanks.length / WIDTH);
        if (excess > 0) text.remove(index, index + excess);
      }
      for (const { 0: empty, index } of code.matchAll(/^\n+/gm)) text.remove(index, index + empty.length);
      return { code: text.toString(), map: text.generateMap({ hires: true }) };
    },
  };
}
