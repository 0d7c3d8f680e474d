// The frames of an error as the interpreter prints them: "at NAME (FILE:L:C)", the source line, a caret below the
// place. Reads them from a whole stack, or line by line as they come from a console.
import type { Frame } from './bundle-map.ts';

/** Virtual boards add the object's name and frames of their own machinery, which have other files. */
const FRAME = /^ +at (?:(?:new )?([\w$.]+) (?:\[as \w+\] )?)?\(?([\w.$-]*):(\d+):(\d+)\)?$/;
const CARET = /^ *\^$/;

export function frameOf(line: string): Frame | undefined {
  const match = FRAME.exec(line);
  if (match === null) return undefined;
  const [, name, file, row, column] = match;
  const short = name?.split('.').pop();
  return {
    name: short === '<anonymous>' ? undefined : short,
    inFile: file !== '',
    line: Number(row),
    column: Number(column),
    excerpt: undefined,
  };
}

export function isCaret(line: string): boolean {
  return CARET.test(line);
}

/** The frames of a stack in one text, with their excerpts. What is no frame is passed over. */
export function framesOf(stack: string): Frame[] {
  const frames: Frame[] = [];
  const lines = stack.split('\n');
  lines.forEach((line, index) => {
    const frame = frameOf(line);
    if (frame === undefined) return;
    const next = lines[index + 1];
    const hasExcerpt =
      next !== undefined && next.trim() !== '' && frameOf(next) === undefined && !isCaret(next);
    frames.push(hasExcerpt ? { ...frame, excerpt: next } : frame);
  });
  return frames;
}
