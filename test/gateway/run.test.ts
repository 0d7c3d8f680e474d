// The whole gateway in this process, with virtual boards: stopped in every phase of its start, started with other
// numbers of boards, and with a flash that has gone.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildDashboard } from '../../host-tools/dashboard/build-dashboard.ts';
import { buildFirmware } from '../../host-tools/firmware-build/build-firmware.ts';
import { openDesk } from '../../host-tools/gateway/desk.ts';
import { startGateway, type RunningGateway } from '../../host-tools/gateway/run.ts';
import { StoreError } from '../../host-tools/gateway/store/index.ts';
import type { BlockView, MeshView, Status } from '../../host-tools/gateway/view.ts';
import { ptyMakers } from '../../host-tools/serial/pty.ts';

const skip = ptyMakers().length > 0 ? false : 'needs socat: apt-get install socat';
const root = mkdtempSync(join(tmpdir(), 'fairhop-run-'));
after(() => rmSync(root, { recursive: true, force: true }));

function start(
  directory: string,
  boards: number,
  onLine: (line: string) => void = () => {},
  signal = new AbortController().signal,
): Promise<RunningGateway> {
  return startGateway({
    directory, boards, signal, host: '127.0.0.1', port: 0, engine: 'vm', interpreter: '', readingS: 60, loss: 0,
    usbPorts: async () => [], print: onLine,
  });
}

async function get<T>({ url }: RunningGateway, path: string): Promise<T> {
  return (await (await fetch(url + path)).json()) as T;
}

/** Processes that we have started and that are not done: what holds a pty, for one. */
function children(): string {
  return readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim();
}

test('stopped in any phase of the start, everything is closed and the directory is free', { skip }, async () => {
  // Page and bundle are made once for all tests; here they would only take time, and processes of their own.
  await buildDashboard();
  await buildFirmware('linux-udp');
  const directory = join(root, 'stopped');
  for (const phase of [/^fairhop /, /new members/, /VIRTUAL/, /building/, /board-1 runs/, /page and API/]) {
    const abort = new AbortController();
    let met = false;
    const starting = start(directory, 2, (line) => {
      if (!phase.test(line)) return;
      met = true;
      abort.abort();
    }, abort.signal);
    // The last line comes when all is done: then there is a gateway to stop.
    await starting.then((running) => running.stop(), (error: Error) => assert.equal(error.name, 'AbortError'));
    assert.ok(met, String(phase));
    assert.equal(children(), '', `after ${String(phase)}`);
    const desk = await openDesk(directory);
    assert.equal(desk.ledger.totals().conserved, true);
    await desk.store.close();
  }
});

test('three boards, then two, then four: one chain', { skip }, async () => {
  const directory = join(root, 'numbers');
  let height = 0;
  let ledgerId = '';
  for (const [boards, nodes] of [[3, 3], [2, 3], [4, 4]] as const) {
    const running = await start(directory, boards);
    const joined = (now: Status): boolean => now.nodes === nodes && now.height > height;
    const status = await until(() => get<Status>(running, '/api/status'), joined);
    assert.equal(status.conserved, true);
    if (ledgerId !== '') assert.equal(status.ledgerId, ledgerId);
    ({ ledgerId, height } = status);
    const mesh = await get<MeshView>(running, '/api/mesh');
    assert.equal(mesh.nodes.length, boards, 'those who are here');
    const blocks = await get<BlockView[]>(running, '/api/blocks?limit=1000');
    assert.equal(blocks.at(-1)!.height, 1, 'the whole chain is shown after a restart');
    assert.ok(blocks[0]!.height >= height, 'newest first');
    await running.stop();
  }
  assert.equal(children(), '');
});

test('a board on the ledger whose flash has gone is not begun anew', { skip }, async () => {
  const directory = join(root, 'numbers');
  rmSync(join(directory, 'boards', 'board-2'), { recursive: true });
  await assert.rejects(start(directory, 4), (error: unknown) => {
    assert.ok(error instanceof StoreError);
    assert.match(error.message, /board-2 is on the ledger, but its flash/);
    assert.match(error.remedy, /--engine.*--data/);
    return true;
  });
  assert.equal(children(), '');
});

async function until<T>(ask: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + 60_000; ; ) {
    const value = await ask();
    if (good(value)) return value;
    assert.ok(Date.now() < deadline, `still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
