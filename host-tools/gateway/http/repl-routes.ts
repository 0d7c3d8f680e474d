// The paths of a board's prompt: who can be talked to, and one line to one of them, which needs the token like every
// change. openapi-insight.ts describes the same table.
import { LINE_CHARS_MAX, ReplError, type Repl } from '../repl.ts';
import type { Doors } from './doors.ts';
import type { Refusal } from './respond.ts';

const PATH = '/api/v1/repl';
/** A character is at most six bytes as JSON has it. */
const BODY_BYTES_MAX = LINE_CHARS_MAX * 6 + 512;
const WHERE_CHARS_MAX = 200;

export function replDoors(repl: Repl): Doors {
  return {
    reads: [{ path: PATH, parameters: [], answer: () => repl.targets() }],
    writes: [{ path: PATH, bytesMax: BODY_BYTES_MAX, answer: (body) => evaluate(repl, body) }],
  };
}

async function evaluate(repl: Repl, body: unknown): Promise<{ status: number; body: object } | Refusal> {
  const asked = askedOf(body);
  if (asked === undefined) {
    const remedy = `Send {"where":"1a2b3c4d","line":"process.memory().free"}: at most ${LINE_CHARS_MAX} characters.`;
    return { status: 400, error: 'the body has no line for a board', remedy };
  }
  try {
    return { status: 200, body: await repl.evaluate(asked.where, asked.line) };
  } catch (error) {
    if (!(error instanceof ReplError)) throw error;
    return { status: error.status, error: error.message, remedy: error.remedy };
  }
}

function askedOf(body: unknown): { where: string; line: string } | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { where, line } = body as Record<string, unknown>;
  if (typeof where !== 'string' || where.length > WHERE_CHARS_MAX) return undefined;
  if (typeof line !== 'string' || line.trim() === '' || line.length > LINE_CHARS_MAX) return undefined;
  return { where, line };
}
