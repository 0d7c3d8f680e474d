// A Rollup pass: no indentation. Not minifying: lines and names stay as they are, and the source map leads back; but a
// board reads its program from flash character by character each time it runs, and a fifth of the text was blanks.
// Runs on ES5, which has no literal that spans lines.
import MagicString from 'magic-string';
import type { Plugin } from 'rollup';

export function narrowIndent(): Plugin {
  return {
    name: 'narrow-indent',
    renderChunk(code) {
      const text = new MagicString(code);
      for (const { 0: blanks, index } of code.matchAll(/^ +/gm)) text.remove(index, index + blanks.length);
      for (const { 0: empty, index } of code.matchAll(/^\n+/gm)) text.remove(index, index + empty.length);
      return { code: text.toString(), map: text.generateMap({ hires: true }) };
    },
  };
}
