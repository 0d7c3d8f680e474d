// `fairhop doctor`: why a board cannot be reached, and the command that cures it. The exit code is that of
// the problem to be cured first; warnings alone are 0.
import type { Command } from 'commander';
import type { Finding } from '../ports/doctor.ts';
import { diagnose } from '../ports/doctor.ts';
import { thisComputer } from '../ports/host-system.ts';
import { knownBoardsUsb } from '../ports/known-boards.ts';
import { listPorts } from '../ports/list-ports.ts';
import { udevRules } from '../ports/udev-rules.ts';
import { buildFailure } from './build-failure.ts';

export function register(program: Command): void {
  program
    .command('doctor')
    .description('find out why a board cannot be reached, and how to cure it')
    .option('--json', 'print the findings as JSON')
    .option('--udev-rules', 'print the udev rule for the boards and nothing else')
    .addHelpText(
      'after',
      '\nExamples:\n  fairhop doctor\n' +
        '  fairhop doctor --udev-rules | sudo tee /etc/udev/rules.d/70-fairhop.rules',
    )
    .action(doctor);
}

async function doctor(flags: { json?: boolean; udevRules?: boolean }): Promise<void> {
  if (flags.udevRules === true) {
    process.stdout.write(udevRules());
    return;
  }
  const host = thisComputer();
  const boards = await Promise.resolve()
    .then(knownBoardsUsb)
    .catch((error: unknown) => {
      throw buildFailure(error);
    });
  const diagnosis = diagnose(host, await listPorts(host, boards));
  if (flags.json === true) console.log(JSON.stringify(diagnosis, undefined, 2));
  else for (const finding of diagnosis.findings) console.log(findingLines(finding));
  process.exitCode = diagnosis.exitCode;
}

function findingLines(finding: Finding): string {
  const remedy = finding.remedy === null ? '' : `\n           remedy: ${finding.remedy}`;
  return `${finding.status.padEnd(9)}  ${finding.message}${remedy}`;
}
