// What every bench group answers: a list of figures, printed as JSON for machines and as lines for people.

export interface Figure {
  /** Group, then what was measured, dotted: `overhead.bytesPerPacketHop`. */
  name: string;
  value: number;
  unit: string;
  /** What the value is compared with, in the same unit; undefined when there is nothing to compare. */
  baseline?: number;
  /** value / baseline. */
  ratio?: number;
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

export function figure(name: string, value: number, unit: string, baseline?: number): Figure {
  if (baseline === undefined) return { name, value: rounded(value), unit };
  return { name, value: rounded(value), unit, baseline: rounded(baseline), ratio: rounded(value / baseline) };
}
