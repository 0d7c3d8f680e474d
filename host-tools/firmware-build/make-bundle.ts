// One bundle from sources to report, without the disk cache: compile, bundle, check, weigh. Heavy (it
// loads the TypeScript compiler), so build-firmware.ts imports it only when something changed.
import { relative } from 'node:path';
import type { BoardFile } from './boards.ts';
import { BuildError } from './build-error.ts';
import { bundleFirmware, type Bundle } from './bundle.ts';
import { checkBundle } from './check-bundle.ts';
import { compileFirmware } from './compile.ts';
import { countFunctions, estimateJsVars, type JsVarEstimate } from './jsvars.ts';
import { ROOT } from './paths.ts';
import { virtualModules } from './virtual-modules.ts';

export interface BuildReport {
  board: string;
  /** The entry, relative to the repository. */
  app: string;
  bundleBytes: number;
  functions: number;
  jsVars: JsVarEstimate;
  budget: { jsVars: number; bundleBytes: number };
}

export interface MadeBundle extends Bundle {
  report: BuildReport;
  /** Absolute paths of the files it was made from. */
  inputs: string[];
}

/** `entry` and `file` (the bundle's future place) are absolute. Throws BuildError; over budget is one. */
export async function makeBundle(
  board: BoardFile,
  entry: string,
  file: string,
  vectors?: unknown,
  instead?: ReadonlyMap<string, string>,
): Promise<MadeBundle> {
  const compiled = compileFirmware(entry, virtualModules(board, vectors, instead));
  const bundle = await bundleFirmware(entry, compiled, file);
  const program = checkBundle(bundle.code);
  const report: BuildReport = {
    board: board.id,
    app: relative(ROOT, entry).replaceAll('\\', '/'),
    bundleBytes: Buffer.byteLength(bundle.code),
    functions: countFunctions(program),
    jsVars: estimateJsVars(program),
    budget: board.budget,
  };
  return { ...bundle, report, inputs: compiled.inputs };
}

/** Refuses a bundle that leaves too little of the board's memory. */
export function refuseOverBudget({ board, bundleBytes, jsVars, budget }: BuildReport): void {
  const problems: string[] = [];
  if (bundleBytes > budget.bundleBytes) {
    problems.push(
      `bundle: ${bundleBytes} bytes of ${budget.bundleBytes} (${bundleBytes - budget.bundleBytes} too many)`,
    );
  }
  if (jsVars.total > budget.jsVars) {
    problems.push(
      `JsVars: about ${jsVars.total} of ${budget.jsVars} (${jsVars.total - budget.jsVars} too many)`,
    );
  }
  if (problems.length === 0) return;
  const remedy = `make the firmware smaller, or give it more room in boards/${board}.json if the board has it`;
  throw new BuildError(`the bundle is over the budget of ${board}`, problems, remedy);
}
