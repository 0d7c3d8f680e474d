// The table of measured figures inside docs/economics.md, between two marks: made by one command, never by hand.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Outcome } from './outcome.ts';
import { COLUMNS } from './report.ts';

const BEGIN = '<!-- figures: begin -->';
const END = '<!-- figures: end -->';

export function figuresOf(outcomes: Outcome[], command: string): string {
  const { params, seed } = outcomes[0]!;
  const head = [...COLUMNS.map(([heading]) => heading), 'targets missed'];
  const rows = outcomes.map((outcome) => {
    const verdicts = Object.entries(outcome.targets);
    const missed = verdicts.filter(([, verdict]) => verdict === 'missed').map(([target]) => target);
    if (!outcome.conserved || outcome.violations.length > 0) missed.push('invariants');
    return [...COLUMNS.map(([, cell]) => cell(outcome)), missed.join(', ') || 'none'];
  });
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `${params.nodes} nodes, ${params.hours} simulated hours, a packet every ${params.packetS} s each, seed ${seed}.`
      + ` Made by \`${command}\`.`,
    '',
    line(head),
    line(head.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...rows.map(line),
  ].join('\n');
}

/** Replaces what stands between the marks; a page without them is left alone and reported. */
export function writeFigures(path: string, outcomes: Outcome[], command: string): void {
  const page = readFileSync(path, 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new RangeError(`${path} has no place for the figures`);
  const text = `${page.slice(0, from + BEGIN.length)}\n${figuresOf(outcomes, command)}\n${page.slice(to)}`;
  writeFileSync(path, text);
}
