// One line typed at a board's prompt, as an EVAL packet: statements are understood too, and a refusal is the board's
// answer and no failure. Knows no port; the commands and the gateway hand in a PacketClient.
import { asciiJson, PacketError, type PacketClient } from './packet-protocol.ts';

export interface Evaluated {
  /** JSON text, or `undefined`; null when the board refused. */
  value: string | null;
  /** What it said instead. */
  error: string | null;
}

/** A function is shown as its text: it is no data, which is all that the packet protocol carries. */
const SHOWN = '(function(v){return typeof v=="function"?"function "+v.toString().replace(/^function */,""):v})';

/** Rejects with a PacketError when no answer came; whether the line was carried out is unknown then. */
export async function evaluate(client: PacketClient, line: string): Promise<Evaluated> {
  try {
    const value = await client.eval(`${SHOWN}(eval(${asciiJson(line)}))`);
    return { value: value === undefined ? 'undefined' : JSON.stringify(value), error: null };
  } catch (error) {
    if (!(error instanceof PacketError) || error.code !== 'refused') throw error;
    return { value: null, error: spoken(error.message) };
  }
}

/** The Fairhop firmware prints errors as JSON lines (docs/console.md). */
function spoken(printed: string): string {
  try {
    const { message } = JSON.parse(printed) as { message?: unknown };
    return typeof message === 'string' ? message : printed;
  } catch {
    return printed;
  }
}
