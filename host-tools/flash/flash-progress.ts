// Progress of a batch for a person: one bar per board on a terminal, one line per stage elsewhere (a log file
// must stay readable). Writes to the stream given, which is stderr: stdout carries data.
import cliProgress from 'cli-progress';
import type { WriteStream } from 'node:tty';
import type { Stage } from './flash-board.ts';
import type { BatchTools } from './flash-many.ts';

export interface ProgressDisplay {
  readonly events: Pick<BatchTools, 'onProgress' | 'onDone' | 'log'>;
  end(): void;
}

const BAR_STEPS = 100;

export function progressDisplay(ports: readonly string[], stream: WriteStream): ProgressDisplay {
  return stream.isTTY ? bars(ports, stream) : lines(ports, stream);
}

function bars(ports: readonly string[], stream: WriteStream): ProgressDisplay {
  const width = Math.max(...ports.map((port) => port.length));
  const multi = new cliProgress.MultiBar(
    { stream, format: '{port} {bar} {percentage}% {stage}', hideCursor: true, forceRedraw: true },
    cliProgress.Presets.shades_classic,
  );
  const each = ports.map((port) =>
    multi.create(BAR_STEPS, 0, { port: port.padEnd(width), stage: 'waiting' }),
  );
  return {
    events: {
      onProgress: (board, stage, fraction) =>
        each[board]!.update(Math.floor(fraction * BAR_STEPS), { stage }),
      onDone: (board, report) => {
        each[board]!.update(report.exitCode === 0 ? BAR_STEPS : 0, {
          stage: report.message ?? report.outcome,
        });
      },
      log: () => {},
    },
    end: () => multi.stop(),
  };
}

function lines(ports: readonly string[], stream: WriteStream): ProgressDisplay {
  const stages = new Map<number, Stage>();
  const say = (board: number, text: string): void => void stream.write(`${ports[board]}: ${text}\n`);
  return {
    events: {
      onProgress: (board, stage) => {
        if (stages.get(board) === stage) return;
        stages.set(board, stage);
        say(board, stage);
      },
      onDone: (board, report) => say(board, report.message ?? report.outcome),
      log: () => {},
    },
    end: () => {},
  };
}
