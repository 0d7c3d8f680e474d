// A gateway as a user runs it: the command in a process of its own, watched through its output and its API.
// For the end-to-end tests; always ended by process id.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {
  AccountView, ChannelView, LedgerNodeView, ParamsView,
} from '../../host-tools/gateway/owner-view.ts';
import type { MeshView, Status } from '../../host-tools/gateway/view.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const COMMAND = join(ROOT, 'host-tools', 'cli', 'fairhop.js');

export function temporaryDirectory(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'fairhop-e2e-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export class GatewayProcess {
  output = '';
  private readonly child: ChildProcess;
  readonly exited: Promise<number | null>;

  constructor(args: string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [COMMAND, ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on('data', (bytes: Buffer) => (this.output += bytes.toString()));
    }
    this.exited = new Promise((resolve) => this.child.once('exit', (code) => resolve(code)));
  }

  /** Waits until a line of the output matches. Rejects with all of the output when the process ends first. */
  async said(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error(`it ended:\n${this.output}`);
      if (Date.now() > deadline) throw new Error(`it never said ${String(pattern)}:\n${this.output}`);
      await pause(50);
    }
  }

  /** The page's address, once it is up. */
  async url(timeoutMs: number): Promise<string> {
    return (await this.said(/page and API: (http:\S+)/, timeoutMs))[1]!;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.exited;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function get<T>(url: string, path: string): Promise<T> {
  const answer = await fetch(`${url}${path}`);
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
  return (await answer.json()) as T;
}

export const statusOf = (url: string): Promise<Status> => get<Status>(url, '/api/status');
export const paramsOf = (url: string): Promise<ParamsView> => get<ParamsView>(url, '/api/v1/params');
export const ledgerNodesOf = (url: string): Promise<LedgerNodeView[]> => get(url, '/api/v1/nodes?limit=1000');
export const accountOf = (url: string, id: string): Promise<AccountView> => get(url, `/api/v1/accounts/${id}`);
export const channelsOf = (url: string, address: string): Promise<ChannelView[]> =>
  get(url, `/api/v1/channels/${address}`);
export const meshOf = (url: string): Promise<MeshView> => get<MeshView>(url, '/api/mesh');

/** Asks until the answer will do. Rejects with the last one. */
export async function until<T>(ask: () => Promise<T>, good: (answer: T) => boolean, timeoutMs: number): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)}`);
    await pause(250);
  }
}
