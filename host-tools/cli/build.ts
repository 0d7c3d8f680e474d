// `fairhop build`: makes a board's firmware bundle and says what it weighs against the board's budget.
import { relative } from 'node:path';
import type { Command } from 'commander';
import { buildFirmware, type Firmware } from '../firmware-build/build-firmware.ts';
import { buildFailure } from './build-failure.ts';

interface BuildFlags {
  board: string;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command('build')
    .description('build the firmware bundle of a board into build/firmware/')
    .requiredOption('--board <id>', 'board id, see `fairhop boards`')
    .option('--json', 'print the report as JSON')
    .action(build);
}

async function build(flags: BuildFlags): Promise<void> {
  const firmware = await buildFirmware(flags.board).catch((error: unknown) => {
    throw buildFailure(error);
  });
  const file = relative(process.cwd(), firmware.file);
  if (flags.json === true) {
    console.log(JSON.stringify({ file, rebuilt: firmware.rebuilt, ...firmware.report }, undefined, 2));
  } else {
    console.log(reportLines(file, firmware).join('\n'));
  }
}

function reportLines(file: string, { report, rebuilt }: Firmware): string[] {
  const { jsVars, budget } = report;
  const parts = `functions ${jsVars.functions}, names ${jsVars.names}, constants ${jsVars.values}`;
  return [
    `${file} (${rebuilt ? 'built' : 'up to date'}) for ${report.board}`,
    `  bundle     ${share(report.bundleBytes, budget.bundleBytes)} bytes`,
    `  functions  ${report.functions}`,
    `  JsVars     about ${share(jsVars.total, budget.jsVars)} after loading from`,
    `             flash: ${parts}; what runs at boot allocates is not counted`,
  ];
}

/** "40 (20 %) of 200". */
function share(part: number, whole: number): string {
  return `${part} (${Math.round((100 * part) / whole)} %) of ${whole}`;
}
