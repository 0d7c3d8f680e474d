// Says a refused board or build in the command line's way: each problem a line, then what to do about it.
import { BoardError } from '../firmware-build/boards.ts';
import { BuildError } from '../firmware-build/build-error.ts';
import { CliError, ExitCode } from './cli-error.ts';

const SHOWN_MAX = 20;

/** A CliError for what the user can mend; anything else comes back as it was. */
export function buildFailure(error: unknown): unknown {
  if (error instanceof BoardError) {
    const remedy = 'choose a board from `fairhop boards`, or correct its file in boards/';
    return new CliError(withProblems(error.summary, error.problems), remedy, ExitCode.Usage);
  }
  if (error instanceof BuildError) {
    return new CliError(withProblems(error.summary, error.problems), error.remedy, ExitCode.CheckFailed);
  }
  return error;
}

function withProblems(summary: string, problems: readonly string[]): string {
  const shown = problems.slice(0, SHOWN_MAX).map((problem) => `\n  ${problem}`);
  const more = problems.length > SHOWN_MAX ? `\n  and ${problems.length - SHOWN_MAX} more` : '';
  return summary + shown.join('') + more;
}
