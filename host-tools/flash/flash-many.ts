// Several boards at once: a pool of so many jobs, each board on its own, none stopped by another's failure.
// Called by the flash command; one board is a batch of one.
import type { FlashJob, FlashTools, Stage } from './flash-board.ts';
import { flashBoard } from './flash-board.ts';
import type { FlashReport } from './flash-report.ts';

export interface BatchTools extends Omit<FlashTools, 'onProgress' | 'log'> {
  readonly onProgress: (board: number, stage: Stage, fraction: number) => void;
  readonly onDone: (board: number, report: FlashReport) => void;
  readonly log: (board: number, text: string) => void;
}

/** Reports in the order of `jobs`. */
export async function flashMany(
  jobs: readonly FlashJob[],
  atOnce: number,
  tools: BatchTools,
): Promise<FlashReport[]> {
  const reports: FlashReport[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < jobs.length) {
      const board = next++;
      const report = await flashBoard(jobs[board]!, {
        openLine: tools.openLine,
        signal: tools.signal,
        onProgress: (stage, fraction) => tools.onProgress(board, stage, fraction),
        log: (text) => tools.log(board, text),
      });
      reports[board] = report;
      tools.onDone(board, report);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, jobs.length) }, worker));
  return reports;
}

/** That of the first board that failed; 0 when all are well. */
export function batchExitCode(reports: readonly FlashReport[]): number {
  return reports.find((report) => report.exitCode !== 0)?.exitCode ?? 0;
}
