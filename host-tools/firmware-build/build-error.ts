// A firmware build that was refused because of what is in the sources: every problem with its place.

const CORRECT = 'correct the places named above; what a board has is in firmware/types';

export class BuildError extends Error {
  readonly summary: string;
  readonly remedy: string;
  /** `firmware/src/mesh/node.ts:12:5 what is wrong: what to write instead`, one each. */
  readonly problems: readonly string[];

  constructor(summary: string, problems: readonly string[], remedy = CORRECT) {
    super([summary, ...problems].join('\n  '));
    this.summary = summary;
    this.remedy = remedy;
    this.problems = problems;
  }
}
