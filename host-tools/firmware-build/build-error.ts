// A firmware build that was refused because of what is in the sources: every problem with its place.

export class BuildError extends Error {
  readonly summary: string;
  /** `firmware/src/mesh/node.ts:12:5 what is wrong: what to write instead`, one each. */
  readonly problems: readonly string[];

  constructor(summary: string, problems: readonly string[]) {
    super([summary, ...problems].join('\n  '));
    this.summary = summary;
    this.problems = problems;
  }
}
