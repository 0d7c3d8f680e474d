// The gateway's log: one JSON object a line in DATA/log/gateway.jsonl, for programs and for the day after. Bounded: a
// full file is put aside and the oldest one goes. A log that cannot be written must not end a gateway, so that is said
// once and lines are counted as lost. run.ts feeds it.
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayEvent } from './view.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogLimits {
  /** Of one file. */
  bytesMax: number;
  /** The one that is written included. */
  files: number;
}

const DEFAULTS: LogLimits = { bytesMax: 4 * 1024 * 1024, files: 4 };

export class LogFile {
  /** Lines that could not be written. */
  lost = 0;
  private readonly path: string;
  private descriptor: number | undefined;
  private bytes = 0;
  private failed = false;

  /** `onFault`: told once, when the first line cannot be written. */
  constructor(
    directory: string,
    private readonly level: LogLevel,
    private readonly onFault: (error: Error) => void,
    private readonly limits: LogLimits = DEFAULTS,
  ) {
    this.path = join(directory, 'log', 'gateway.jsonl');
    this.guarded(() => {
      mkdirSync(join(directory, 'log'), { recursive: true });
      this.open();
    });
  }

  /** Fields with plain values; `at` and `level` come first. */
  write(level: LogLevel, event: string, fields: Record<string, unknown>, at = new Date().toISOString()): void {
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(this.level)) return;
    const line = Buffer.from(`${JSON.stringify({ at, level, event, ...fields })}\n`);
    this.guarded(() => {
      if (this.descriptor === undefined) this.open();
      if (this.bytes > 0 && this.bytes + line.length > this.limits.bytesMax) this.rotate();
      this.bytes += writeSync(this.descriptor!, line);
    });
  }

  /** What the page is told, too: blocks and packets are many and of use for finding a fault only. */
  hear(event: GatewayEvent): void {
    switch (event.type) {
      case 'log':
        return this.write(event.data.level, 'log', { text: event.data.text }, event.data.at);
      case 'block': {
        const { height, transactions, claims, settledCredits } = event.data;
        return this.write('debug', 'block', { height, transactions, claims, settledCredits });
      }
      case 'packet': {
        const { id, src, kind, hops, bytes, backed } = event.data;
        return this.write('debug', 'packet', { id, src, kind, hops, bytes, backed });
      }
      default:
    }
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private open(): void {
    this.descriptor = openSync(this.path, 'a', 0o600);
    this.bytes = fstatSync(this.descriptor).size;
  }

  private rotate(): void {
    this.close();
    for (let number = this.limits.files - 1; number > 0; number--) {
      try {
        renameSync(number === 1 ? this.path : `${this.path}.${number - 1}`, `${this.path}.${number}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    this.open();
  }

  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.lost++;
      if (!this.failed) this.onFault(error as Error);
      this.failed = true;
    }
  }
}
