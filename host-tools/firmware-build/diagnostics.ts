// Turns the compiler's findings into one line each, with a path that is the same on every machine.
import { relative } from 'node:path';
import ts from 'typescript';
import { ROOT } from './paths.ts';

export function placeOf(file: ts.SourceFile, position: number): string {
  const { line, character } = file.getLineAndCharacterOfPosition(position);
  const path = relative(ROOT, file.fileName).replaceAll('\\', '/');
  return `${path}:${line + 1}:${character + 1}`;
}

export function diagnosticLine(diagnostic: ts.Diagnostic): string {
  const text = ts
    .flattenDiagnosticMessageText(diagnostic.messageText, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ Do you need to change your target library\?.*$/, '');
  const code = `TS${diagnostic.code}`;
  if (diagnostic.file === undefined || diagnostic.start === undefined) return `${code} ${text}`;
  return `${placeOf(diagnostic.file, diagnostic.start)} ${code} ${text}${boardHint(diagnostic)}`;
}

/**
 * TypeScript answers a missing library name with advice to add a `lib`; here the name is missing on
 * purpose.
 */
function boardHint(diagnostic: ts.Diagnostic): string {
  const missing = [2304, 2339, 2550, 2551, 2552, 2568, 2583, 2584];
  return missing.includes(diagnostic.code) ? ' (a board may not have it: see firmware/types)' : '';
}
