// The owner's end of the gateway's API (owner-view.ts): asks, and turns every failure into an error with its remedy.
// Knows the paths and the shapes, no keys and no transactions.
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import type {
  AccountView, BookView, ChannelView, LedgerNodeView, ParamsView, ProposalView, SubmitView, TransactionView,
} from '../gateway/owner-view.ts';

const ANSWER_WITHIN_MS = 10_000;
const PAGE = 1000;
const RESET_TRIES = 3;
const BUSY_TRIES = 5;
const BUSY_WAIT_MS = 5000;

interface Answer {
  status: number;
  body: Record<string, unknown> | unknown[];
}

/** What can be read of a ledger, from a gateway or from a stored chain. */
export interface LedgerReader {
  account(id: string): Promise<AccountView | undefined>;
  nodes(): Promise<LedgerNodeView[]>;
  channels(address: string): Promise<ChannelView[]>;
  params(): Promise<ParamsView>;
  proposals(): Promise<ProposalView[]>;
}

export class GatewayClient implements LedgerReader {
  private readonly base: URL;

  /** Throws a CliError for text that is no URL. */
  constructor(url: string, private readonly token: string | undefined) {
    const base = URL.canParse(url) ? new URL(url) : undefined;
    if (base === undefined || !/^https?:$/.test(base.protocol)) {
      const remedy = 'Give http://HOST:PORT, such as http://127.0.0.1:8640';
      throw new CliError(`--http ${url} is no URL`, remedy, ExitCode.Usage);
    }
    this.base = base;
  }

  async account(id: string): Promise<AccountView | undefined> {
    return this.get<AccountView>(`/api/v1/accounts/${id}`);
  }

  async nodes(): Promise<LedgerNodeView[]> {
    const all: LedgerNodeView[] = [];
    for (let after = 0; ;) {
      const page = await this.need<LedgerNodeView[]>(`/api/v1/nodes?after=${after}&limit=${PAGE}`);
      all.push(...page);
      if (page.length < PAGE) return all;
      after = parseInt(page.at(-1)!.address, 16);
    }
  }

  /** Undefined when the ledger has none there. */
  async node(address: number): Promise<LedgerNodeView | undefined> {
    const [first] = await this.need<LedgerNodeView[]>(`/api/v1/nodes?after=${Math.max(0, address - 1)}&limit=1`);
    return first !== undefined && parseInt(first.address, 16) === address ? first : undefined;
  }

  channels(address: string): Promise<ChannelView[]> {
    return this.need(`/api/v1/channels/${address}`);
  }

  params(): Promise<ParamsView> {
    return this.need('/api/v1/params');
  }

  proposals(): Promise<ProposalView[]> {
    return this.need('/api/v1/proposals');
  }

  transaction(id: string, since: number): Promise<TransactionView | undefined> {
    return this.get(`/api/v1/transactions/${id}?since=${since}`);
  }

  /** Its code says whether it was taken. */
  async submit(transaction: Uint8Array): Promise<SubmitView> {
    const hex = Buffer.from(transaction).toString('hex');
    const { status, body } = await this.ask('/api/v1/transactions', { transaction: hex });
    if (status === 202 || status === 422 || status === 503) return body as unknown as SubmitView;
    throw refusal(status, body);
  }

  async publish(address: string, generation: number, book: Uint8Array): Promise<BookView> {
    const text = Buffer.from(book).toString('base64');
    const { status, body } = await this.ask('/api/v1/books', { address, generation, book: text });
    if (status === 200) return body as unknown as BookView;
    throw refusal(status, body);
  }

  private async need<T>(path: string): Promise<T> {
    const { status, body } = await this.ask(path);
    if (status === 200) return body as T;
    throw refusal(status, body);
  }

  private async get<T>(path: string): Promise<T | undefined> {
    const { status, body } = await this.ask(path);
    if (status === 200) return body as T;
    if (status === 404) return undefined;
    throw refusal(status, body);
  }

  private async ask(path: string, body?: object): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      const answer = await this.askOnce(path, body);
      if (answer.status !== 429 || tries === BUSY_TRIES) return answer;
      await sleep(BUSY_WAIT_MS);
    }
  }

  private async askOnce(path: string, body: object | undefined): Promise<Answer> {
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    if (this.token !== undefined) headers.authorization = `Bearer ${this.token}`;
    const { status, text } = await this.fetch(path, {
      headers,
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      redirect: 'error',
    });
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = undefined;
    }
    if (typeof parsed === 'object' && parsed !== null) return { status, body: parsed as Answer['body'] };
    throw new CliError(
      `what answers on ${this.base.origin} is no Fairhop gateway`,
      'Name the address that the gateway printed at its start: --http URL',
      ExitCode.NoGateway,
    );
  }

  /**
   * A connection that was kept may be closed by the gateway just as we use it again: such a request goes once more,
   * which does no harm, since all of them may be carried out twice.
   */
  private async fetch(path: string, request: RequestInit): Promise<{ status: number; text: string }> {
    for (let tries = 1; ; tries++) {
      try {
        const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
        const response = await fetch(new URL(path, this.base), { ...request, signal });
        return { status: response.status, text: await response.text() };
      } catch (error) {
        const { code = '' } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
        if (tries === RESET_TRIES || !/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(code)) throw this.unreachable(error);
      }
    }
  }

  private unreachable(error: unknown): CliError {
    const { name, cause } = error as Error;
    const { code } = (cause ?? {}) as NodeJS.ErrnoException;
    const why = name === 'TimeoutError' ? `nothing within ${ANSWER_WITHIN_MS / 1000} s` : (code ?? 'no connection');
    return new CliError(
      `no gateway answers on ${this.base.origin} (${why})`,
      'Start one with `fairhop up`, name another with --http URL, or read a stored chain with --offline.',
      ExitCode.NoGateway,
    );
  }
}

function refusal(status: number, body: Answer['body']): CliError {
  const { error, remedy } = body as { error?: unknown; remedy?: unknown };
  if (status === 401) {
    return new CliError(
      'the gateway refuses the token',
      'Name the data directory of the gateway with --data DIR, or its token with --token or FAIRHOP_TOKEN.',
      ExitCode.Permission,
    );
  }
  if (status === 404) {
    return new CliError('the gateway has no such path: it is of another version', 'Update it.', ExitCode.NoGateway);
  }
  return new CliError(
    `the gateway refuses the request: ${oneLine(error, `status ${status}`)}`,
    oneLine(remedy, 'See the log of the gateway.'),
    ExitCode.Refused,
  );
}

/** What came over the wire goes to a terminal: one short line without control characters. */
function oneLine(text: unknown, otherwise: string): string {
  return typeof text === 'string' ? text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').slice(0, 200) : otherwise;
}
