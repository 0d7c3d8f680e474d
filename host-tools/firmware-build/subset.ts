// The firmware's language subset as a check over a type-checked program: walks every source file once and
// reports what the interpreter would refuse or answer differently. Called by compile.ts and by the tidy
// test.
import ts from 'typescript';
import { placeOf } from './diagnostics.ts';
import { syntaxProblem } from './subset-syntax.ts';
import { recursion, textOfNumberProblem } from './subset-types.ts';

/** `file:line:column sentence` for each problem in the given files, in the order of the text. */
export function subsetProblems(files: readonly ts.SourceFile[], checker: ts.TypeChecker): string[] {
  const problems: string[] = [];
  const visit = (node: ts.Node): void => {
    const problem = syntaxProblem(node) ?? textOfNumberProblem(node, checker);
    if (problem !== undefined)
      problems.push(`${placeOf(node.getSourceFile(), node.getStart())} ${problem}`);
    ts.forEachChild(node, visit);
  };
  files.forEach(visit);
  for (const { at, problem } of recursion(files, checker)) {
    problems.push(`${placeOf(at.getSourceFile(), at.getStart())} ${problem}`);
  }
  return problems;
}
