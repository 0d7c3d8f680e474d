// `fairhop bench`: figures of what the system costs, as lines or as JSON, and the pages of docs/ made from
// them. Parses flags and prints; the groups are in host-tools/bench.
import type { Command } from 'commander';
import type { Figure } from '../bench/figure.ts';
import { CliError, ExitCode } from './cli-error.ts';

interface Flags {
  only?: string;
  json?: boolean;
  writeDocs?: boolean;
}

export function register(program: Command): void {
  program
    .command('bench')
    .description('measure what Fairhop costs: air, bytes, time')
    .option('--only <group>', 'one group of figures (without it: all that this computer can measure)')
    .option('--json', 'print an array of {name, value, unit, baseline, ratio}')
    .option('--write-docs', 'also write the pages of docs/ that are made from these figures')
    .action(bench);
}

async function bench(flags: Flags): Promise<void> {
  const { GROUPS } = await import('../bench/groups.ts');
  const { writeSection } = await import('../bench/pages.ts');
  const chosen = GROUPS.filter(({ name, possible }) =>
    flags.only === undefined ? possible() : name === flags.only,
  );
  if (chosen.length === 0) {
    const names = GROUPS.map(({ name }) => name).join(', ');
    throw new CliError(`there is no bench group "${flags.only}"`, `choose one of: ${names}`, ExitCode.Usage);
  }
  const all: Figure[] = [];
  for (const group of chosen) {
    const figures = await group.run();
    all.push(...figures);
    if (flags.json !== true) print(group.about, figures);
    if (flags.writeDocs === true && group.page !== undefined) {
      const written = writeSection(group.page.file, group.name, group.page.text(figures));
      // On stderr, so that --json stays one JSON value.
      console.error(`wrote ${written}`);
    }
  }
  if (flags.json === true) console.log(JSON.stringify(all, undefined, 2));
}

function print(about: string, figures: Figure[]): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  console.log(about);
  for (const { name, value, unit, baseline, ratio } of figures) {
    const compared = baseline === undefined ? '' : `  (${ratio} x of ${baseline} ${unit})`;
    console.log(`  ${name.padEnd(width)}  ${value} ${unit}${compared}`);
  }
}
