// The field's own reader of Espruino code: the lexer of the npm package `espruino`, by which the Web IDE
// and its command line cut a program for upload. It is loaded alone, in a context of its own: the
// package's entry point patches Node's globals and looks for serial, Bluetooth and D-Bus. Used to read
// bundles a second, independent way.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import vm from 'node:vm';

interface FieldToken {
  type: 'ID' | 'NUMBER' | 'STRING' | 'CHAR';
  str: string;
  startIdx: number;
  endIdx: number;
}

interface FieldUtils {
  getLexer(code: string): { next(): FieldToken | undefined };
  countBrackets(code: string): number;
}

/** The package's `core/utils.js`. */
export function loadFieldUtils(): FieldUtils {
  const file = createRequire(import.meta.url).resolve('espruino/core/utils.js');
  const context = {
    Espruino: { Core: {} as { Utils: FieldUtils }, Plugins: {} },
    navigator: { userAgent: 'node' },
  };
  vm.runInNewContext(readFileSync(file, 'utf8'), context, { filename: file });
  return context.Espruino.Core.Utils;
}

/**
 * Where each token begins. Operators come out one character at a time, so only words and literals are
 * listed.
 */
export function fieldWords(code: string, utils: FieldUtils): { start: number; text: string }[] {
  const lexer = utils.getLexer(code);
  const words: { start: number; text: string }[] = [];
  for (let token = lexer.next(); token !== undefined; token = lexer.next()) {
    if (token.type !== 'CHAR') words.push({ start: token.startIdx, text: token.str });
  }
  return words;
}
