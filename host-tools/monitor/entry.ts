// What the monitor makes of a console: one entry a line, and entries of its own where something happened between the
// lines. Types only.

export const KINDS = [
  'boot',
  'packet',
  'message',
  'delivery',
  'payment',
  'neighbour',
  'route',
  'refusal',
  'status',
  'error',
  'trace',
  'fault',
  'reset',
  'gap',
  'text',
] as const;

export type Kind = (typeof KINDS)[number];

export type Level = 'info' | 'warn' | 'error';

/** An entry before it has its time. */
export interface Decoded {
  kind: Kind;
  level: Level;
  /** In words, one line. */
  text: string;
  /** Names and figures for programs. */
  fields: Record<string, unknown>;
}

export interface Entry extends Decoded {
  atMs: number;
  /** The line as the board sent it; undefined for what the monitor adds. */
  raw?: string;
}
