// The result of one board as lines for a person: the plan or what was done, and the remedy if it failed.
// Text only; called by the flash command.
import type { FlashReport } from './flash-report.ts';

export function reportLines(report: FlashReport): string[] {
  const lines = [`${report.port}: ${headline(report)}`];
  if (report.chip !== null) {
    lines.push(
      `  board      ${report.chip}, MAC ${report.mac}, ${report.flashBytes! / (1024 * 1024)} MB flash`,
    );
  }
  for (const region of report.regions) {
    const verb = report.outcome === 'planned' ? 'would write' : 'differed in';
    const change =
      region.state === 'same' ? 'same' : `${verb} ${region.bytesToWrite} of ${region.bytes} bytes`;
    lines.push(`  0x${region.address.toString(16).padStart(6, '0')}   ${region.region}: ${change}`);
  }
  if (report.storageBytesUsed !== null && report.storageBytesUsed > 0) {
    lines.push(`  storage    in use, ${report.storageBytesUsed} bytes`);
  }
  if (report.backupFile !== null) lines.push(`  backup     ${report.backupFile} (holds secrets)`);
  if (report.interpreter !== null) lines.push(`  runs       ${report.interpreter}`);
  if (report.uploadedFiles.length > 0) lines.push(`  uploaded   ${report.uploadedFiles.join(', ')}`);
  if (report.remedy !== null) lines.push(`  remedy:    ${report.remedy}`);
  return lines;
}

function headline(report: FlashReport): string {
  switch (report.outcome) {
    case 'failed':
      return `FAILED (${report.exitCode}): ${report.message}`;
    case 'planned':
      return 'plan, nothing was written';
    case 'already-there':
      return `already up to date, ${report.seconds} s`;
    case 'flashed':
      return `done in ${report.seconds} s, ${report.bytesWritten} bytes written`;
  }
}
