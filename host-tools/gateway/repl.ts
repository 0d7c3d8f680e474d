// The prompt of a board for the page: one line in, its value out. Knows which boards can be talked to: the gateway's
// own over its link, those of a virtual mesh, and free serial ports of this computer, opened for one line at a time.
// Who may ask is decided in http/; run.ts tells what there is.
import { evaluate, type Evaluated } from '../serial/evaluate.ts';
import { PacketClient, PacketError } from '../serial/packet-protocol.ts';
import { PortError } from '../serial/port-errors.ts';
import { OpenPort } from '../serial/serial-port.ts';
import type { Board } from '../virtual/board.ts';
import { parseBoardLine } from './board-lines.ts';
import type { PortLine } from './insight/insight-view.ts';

/** `where` names it in a request: an address, or the path of a port. */
export interface ReplTarget {
  where: string;
  name: string;
  kind: 'own' | 'virtual' | 'port';
}

export interface ReplAnswer extends Evaluated {
  where: string;
  /** What it printed meanwhile, without the firmware's own lines. */
  printed: string[];
}

/** Why a line could not be asked. `status` in the sense of HTTP. */
export class ReplError extends Error {
  constructor(
    readonly status: 403 | 404 | 409 | 502 | 504,
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

/** What run.ts knows once the boards run. */
export interface ReplBoards {
  /** Of the gateway's own board; throws a PacketError while it is away. */
  own: { address: string; client(): PacketClient };
  /** The other boards of a virtual mesh. */
  virtual: { address: string; name: string; board: Board }[];
  /** The own board is one of them. */
  isVirtual: boolean;
  /** The server can be reached from this computer only. */
  isLocal: boolean;
}

/** Escaped, the line must fit an EVAL packet of 8191 bytes (README_Protocol.md): six bytes a character at most. */
export const LINE_CHARS_MAX = 1200;
const ANSWER_MS = 5000;
/** With what a board owes of earlier questions; less than the page waits. */
const PATIENCE_MS = 7000;
const PRINTED_MAX = 40;
const CHARS_MAX = 4000;

export class Repl {
  private boards: ReplBoards | undefined;
  private readonly busy = new Set<string>();

  constructor(
    private readonly ports: () => Promise<PortLine[]>,
    private readonly answerMs = ANSWER_MS,
  ) {}

  /** Before this there is nobody to talk to but ports. */
  attach(boards: ReplBoards): void {
    this.boards = boards;
  }

  async targets(): Promise<ReplTarget[]> {
    const { boards } = this;
    const free = (await this.ports()).filter(isFree);
    const ports = free.map(({ path }): ReplTarget => ({ where: path, name: path, kind: 'port' }));
    if (boards === undefined || (boards.isVirtual && !boards.isLocal)) return ports;
    const others = boards.virtual.map(({ address, name }): ReplTarget => ({
      where: address,
      name,
      kind: 'virtual',
    }));
    return [{ where: boards.own.address, name: 'gateway', kind: 'own' }, ...others, ...ports];
  }

  /** One line at a time for each board. Rejects with a ReplError. */
  async evaluate(where: string, line: string): Promise<ReplAnswer> {
    if (this.busy.has(where)) throw new ReplError(409, 'this board has not answered yet', 'Wait for its answer.');
    this.busy.add(where);
    try {
      const { client, close } = await this.open(where);
      try {
        return { where, ...(await this.ask(client, line)) };
      } finally {
        await close();
      }
    } catch (error) {
      throw explained(error);
    } finally {
      this.busy.delete(where);
    }
  }

  private async ask(client: PacketClient, line: string): Promise<Omit<ReplAnswer, 'where'>> {
    const printed: string[] = [];
    const stop = client.lines.onLine((text) => {
      if (printed.length < PRINTED_MAX && parseBoardLine(text) === undefined) printed.push(cut(text));
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new PacketError('timeout', 'no answer from the board')), PATIENCE_MS);
    });
    try {
      const { value, error } = await Promise.race([evaluate(client, line), late]);
      return { value: value && cut(value), error: error && cut(error), printed };
    } catch (error) {
      // A loop without end would keep the board from everything else.
      if (error instanceof PacketError && error.code === 'timeout') client.interrupt();
      throw error;
    } finally {
      clearTimeout(timer);
      stop();
    }
  }

  private async open(where: string): Promise<{ client: PacketClient; close(): Promise<void> }> {
    const { boards } = this;
    const board = boards?.virtual.find(({ address }) => address === where)?.board;
    const isOwn = boards !== undefined && where === boards.own.address;
    if (boards !== undefined && boards.isVirtual && !boards.isLocal && (isOwn || board !== undefined)) {
      // Its interpreter is no wall: what runs there can reach this computer's files.
      throw new ReplError(
        403,
        'a virtual board runs on this computer: its prompt is for this computer only',
        'Start with --http 127.0.0.1:8640, or use `npx fairhop repl` there.',
      );
    }
    if (isOwn) return { client: boards.own.client(), close: async () => {} };
    if (board !== undefined) {
      const client = new PacketClient(board.console, { packetTimeoutMs: this.answerMs });
      return { client, close: async () => client.close() };
    }
    // Only what the list has: a request must not open just any file.
    const port = (await this.ports()).find(({ path }) => path === where);
    if (port === undefined) throw new ReplError(404, 'there is no such board', 'See GET /api/v1/repl.');
    if (!isFree(port))
      throw new ReplError(409, 'this port is in use', 'Close what uses it; the Boards view names it.');
    const opened = await OpenPort.open(where);
    const client = new PacketClient(opened, { packetTimeoutMs: this.answerMs });
    const close = async (): Promise<void> => {
      client.close();
      await opened.close();
    };
    return { client, close };
  }
}

function isFree({ ours, accessible, holders }: PortLine): boolean {
  return !ours && accessible === true && holders.length === 0;
}

function cut(text: string): string {
  return text.length <= CHARS_MAX ? text : `${text.slice(0, CHARS_MAX - 1)}\u2026`;
}

function explained(error: unknown): unknown {
  if (error instanceof PortError)
    return new ReplError(502, error.message, '`npx fairhop doctor` finds the cause.');
  if (!(error instanceof PacketError)) return error;
  const words = error.message.split('\n')[0]!;
  if (error.code === 'timeout')
    return new ReplError(504, words, 'It was interrupted. If it stays silent, press RESET on the board.');
  return new ReplError(502, words, 'Ask again; the Boards view shows what the board prints.');
}
