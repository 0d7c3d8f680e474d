// Further doors of the HTTP server: tables of paths that other rooms hand in, each with what it takes and what it
// answers. server.ts decides who may ask and matches them after its own; openapi files describe them. Knows no path.
import type { Refusal } from './respond.ts';
import type { Parameter } from './router.ts';

/** An answer that is not JSON. `chunks` are written one after another; a slow client is waited for. */
export interface TextAnswer {
  type: string;
  /** Offered under this name by the browser when given. */
  file?: string;
  chunks: Iterable<string>;
}

export interface ReadDoor {
  /** `{id}` stands for the last part of the path. */
  path: string;
  parameters: Parameter[];
  answer(id: string, values: Record<string, number>): object | Refusal | TextAnswer | Promise<object | Refusal>;
}

export type WriteAnswer = { status: number; body: object } | Refusal;

export interface WriteDoor {
  path: string;
  /** Of the body. */
  bytesMax: number;
  answer(body: unknown): WriteAnswer | Promise<WriteAnswer>;
}

export interface Doors {
  reads: readonly ReadDoor[];
  writes: readonly WriteDoor[];
}

export function isTextAnswer(answer: object): answer is TextAnswer {
  return 'chunks' in answer;
}

/** The door of a path and the `{id}` in it. */
export function readDoor(doors: readonly Doors[], path: string): { door: ReadDoor; id: string } | undefined {
  const cut = path.lastIndexOf('/') + 1;
  const all = doors.flatMap(({ reads }) => reads);
  const door =
    all.find((candidate) => candidate.path === path) ??
    all.find((candidate) => candidate.path === `${path.slice(0, cut)}{id}`);
  return door === undefined ? undefined : { door, id: path.slice(cut) };
}

export function writeDoor(doors: readonly Doors[], path: string): WriteDoor | undefined {
  return doors.flatMap(({ writes }) => writes).find((candidate) => candidate.path === path);
}
