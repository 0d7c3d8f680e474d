// What became of each board, as data: printed, written as JSON or CSV, and asserted by tests.
// Shapes and text only; filled by the board flasher.
import type { ChipFamily } from './chip-session.ts';
import type { RegionPlan } from './flash-plan.ts';

export type Outcome = 'flashed' | 'already-there' | 'planned' | 'failed';

export interface FlashReport {
  port: string;
  outcome: Outcome;
  exitCode: number;
  /** Why it failed and what to do; null unless it failed. */
  message: string | null;
  remedy: string | null;
  chip: ChipFamily | null;
  mac: string | null;
  flashBytes: number | null;
  baud: number | null;
  regions: RegionPlan[];
  bytesWritten: number;
  /** Bytes of Espruino's Storage in use before; null when it was not looked at. */
  storageBytesUsed: number | null;
  backupFile: string | null;
  /** What the interpreter says of itself after the restart. */
  interpreter: string | null;
  uploadedFiles: string[];
  seconds: number;
}

export function emptyReport(port: string): FlashReport {
  return {
    port,
    outcome: 'failed',
    exitCode: 0,
    message: null,
    remedy: null,
    chip: null,
    mac: null,
    flashBytes: null,
    baud: null,
    regions: [],
    bytesWritten: 0,
    storageBytesUsed: null,
    backupFile: null,
    interpreter: null,
    uploadedFiles: [],
    seconds: 0,
  };
}

const CSV_COLUMNS = [
  'port',
  'outcome',
  'exitCode',
  'chip',
  'mac',
  'flashBytes',
  'baud',
  'bytesWritten',
  'backupFile',
  'interpreter',
  'seconds',
  'message',
  'remedy',
] as const satisfies readonly (keyof FlashReport)[];

/** RFC 4180; a leading =, +, - or @ is defused, because spreadsheets would run it as a formula. */
export function reportCsv(reports: readonly FlashReport[]): string {
  const rows = reports.map((report) => CSV_COLUMNS.map((column) => csvField(report[column])).join(','));
  return [CSV_COLUMNS.join(','), ...rows].join('\r\n') + '\r\n';
}

function csvField(value: string | number | null): string {
  const text = String(value ?? '');
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
