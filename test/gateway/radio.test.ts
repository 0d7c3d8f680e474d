// A board on a serial port becomes the gateway's radio, or the user hears within seconds why not. The boards run the
// built bundle behind real ptys.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CliError } from '../../host-tools/cli/cli-error.ts';
import { RealScheduler } from '../../host-tools/ether/scheduler.ts';
import { buildFirmware } from '../../host-tools/firmware-build/build-firmware.ts';
import { openDesk } from '../../host-tools/gateway/desk.ts';
import { startGateway, type GatewayOptions, type RunningGateway } from '../../host-tools/gateway/run.ts';
import type { Status } from '../../host-tools/gateway/view.ts';
import { settingsOf } from '../../host-tools/provision/found-desk.ts';
import { boardFiles, keyTable } from '../../host-tools/provision/identity.ts';
import { joinStreams } from '../../host-tools/serial/byte-stream.ts';
import { PortError } from '../../host-tools/serial/port-errors.ts';
import { openPty, ptyMakers } from '../../host-tools/serial/pty.ts';
import { OpenPort } from '../../host-tools/serial/serial-port.ts';
import { LocalDatagrams } from '../../host-tools/virtual/local-datagrams.ts';
import { VmBoard } from '../../host-tools/virtual/vm-board.ts';
import { founding, identities } from './desk-world.ts';

const skip = ptyMakers().length > 0 ? false : 'needs socat: apt-get install socat';
const root = mkdtempSync(join(tmpdir(), 'fairhop-radio-'));
const scheduler = new RealScheduler();
/** Without a hub: a radio that nobody hears. */
const network = new LocalDatagrams(scheduler);
const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
  scheduler.close();
  rmSync(root, { recursive: true, force: true });
});
const RADIO = new Uint8Array(Buffer.from(JSON.stringify({ host: '127.0.0.1', port: 9, index: 0 })));
const BARE = 'print("something else");';
let count = 0;

interface PluggedBoard {
  path: string;
  board: VmBoard;
  lines: string[];
}

/** A board behind a pty, switched on; `code` undefined is the Fairhop firmware, `air` null a broken radio. */
async function plug(
  code?: string,
  files = new Map<string, Uint8Array>(),
  air: LocalDatagrams | null = network,
): Promise<PluggedBoard> {
  const name = `board-${count++}`;
  const program = code ?? (await buildFirmware('linux-udp')).code;
  const directory = join(root, name);
  const board = new VmBoard({ name, scheduler, directory, code: program, ...(air && { network: air }) });
  for (const [file, bytes] of files.set('fh.radio', RADIO)) await board.writeFile(file, bytes);
  const pty = await openPty();
  joinStreams(pty.stream, board.console);
  const lines: string[] = [];
  board.onLine((line) => lines.push(line));
  board.powerOn();
  closers.push(() => pty.close(), () => board.stop());
  return { path: pty.path, board, lines };
}

/** A gateway on these ports; everything it printed is in `lines`. */
async function start(change: Partial<GatewayOptions>): Promise<{ running: RunningGateway; lines: string[] }> {
  const lines: string[] = [];
  const running = await startGateway({
    directory: join(root, `data-${count++}`), host: '127.0.0.1', port: 0, boards: 2, engine: 'vm', interpreter: '',
    readingS: 60, loss: 0, usbPorts: async () => [], signal: new AbortController().signal,
    print: (line) => lines.push(line), ...change,
  });
  closers.push(() => running.stop());
  return { running, lines };
}

const statusOf = async ({ url }: RunningGateway): Promise<Status> =>
  (await (await fetch(`${url}/api/status`)).json()) as Status;

async function until<T>(ask: () => Promise<T> | T, good: (value: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + 60_000; ; ) {
    const value = await ask();
    if (good(value)) return value;
    assert.ok(Date.now() < deadline, `still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function refused(change: Partial<GatewayOptions>, message: RegExp, remedy: RegExp): Promise<void> {
  const startedMs = performance.now();
  await assert.rejects(start(change), (error: unknown) => {
    assert.ok(error instanceof CliError, String(error));
    assert.match(error.message, message);
    assert.match(error.remedy, remedy);
    assert.notEqual(error.exitCode, 0);
    return true;
  });
  assert.ok(performance.now() - startedMs < 30_000, 'seconds, not minutes');
}

test('a new board is found, gets its settings and serves; the next start takes it as it is', { skip }, async () => {
  const own = await plug();
  const silent = await openPty();
  closers.push(() => silent.close());
  const directory = join(root, 'found');
  const usbPorts = async (): Promise<string[]> => [silent.path, own.path];
  const { running, lines } = await start({ directory, usbPorts });
  const text = lines.join('\n');
  assert.match(text, new RegExp(`not used: no Fairhop firmware answers on ${silent.path}`));
  assert.match(text, new RegExp(`radio board on ${own.path}: new, writing its settings`));
  assert.match(text, /fh\.cp: 32768 bytes written[^]*fh\.node: \d+ bytes written/, 'the settings last');
  const status = await until(() => statusOf(running), ({ nodes, height }) => nodes === 1 && height > 0);
  assert.equal(status.boards, 'serial');
  assert.equal(status.engine, 'serial');
  assert.equal(status.conserved, true);
  await running.stop();
  const said = (kind: string): number => own.lines.filter((line) => line.includes(`"t":"${kind}"`)).length;
  const boots = said('boot');
  const again = await start({ directory, usbPorts });
  assert.doesNotMatch(again.lines.join('\n'), /bytes written/);
  assert.equal(said('boot'), boots, 'and is not restarted');
  // It answers, and then it restarts with the cable in place.
  const answers = said('status');
  await until(() => said('status'), (now) => now > answers);
  own.board.powerOff();
  own.board.powerOn();
  await until(() => again.lines.join('\n'), (printed) => /gateway board restarted/.test(printed));
  await again.running.stop();
  // The same ledger with another, empty board: the old chequebook must not be begun anew.
  const other = await plug();
  await refused({ directory, serialPort: other.path }, /has a gateway board already/, /used before/);
});

test('a board of another ledger or another address is left alone', { skip }, async () => {
  const [gateway, node] = identities(2);
  const pace = { readingS: 0, helloMinMs: 2000, helloMaxMs: 9000, receiptDelayMs: 900, retryS: 9, freePerMille: 9 };
  const settings = settingsOf(founding, gateway!, new Uint8Array(16), pace);
  const files = boardFiles(settings, keyTable(gateway!.linkSecret, [node!]), gateway!.paySecret);
  files.set('fh.cp', gateway!.checkpoints);
  const { path, board } = await plug(undefined, files);
  await refused({ serialPort: path }, /belongs to another ledger/, /--data DIR/);
  await refused({ usbPorts: async () => [path] }, /belongs to another ledger/, /fairhop flash/);
  // One whose radio does not start answers no question; its settings are not ours to overwrite all the same.
  const broken = await plug(undefined, files, null);
  await refused({ serialPort: broken.path }, /belongs to another ledger/, /--data DIR/);
  const directory = join(root, 'address');
  const desk = await openDesk(directory);
  const strayed = { ...settings, ledger: Buffer.from(desk.founding.ledgerId).toString('hex') };
  await desk.store.close();
  board.powerOff();
  await board.writeFile('fh.node', new Uint8Array(Buffer.from(JSON.stringify(strayed))));
  board.powerOn();
  await refused({ directory, serialPort: path }, /is node 0a000001, not this gateway's/, /--data DIR/);
});

test('a port on which nothing of ours answers is named, with what to do', { skip }, async () => {
  const silent = await openPty();
  closers.push(() => silent.close());
  await refused({ serialPort: silent.path }, /no Fairhop firmware answers/, /fairhop flash/);
  const bare = await plug(BARE);
  await refused({ serialPort: bare.path }, /has no Fairhop firmware/, /fairhop flash/);
  const noisy = await openPty();
  const chatter = setInterval(() => noisy.stream.write(Buffer.from('AT+OK\r\n{"t":"error"}\r\n\x10\x01')), 20);
  closers.push(async () => clearInterval(chatter), () => noisy.close());
  await refused({ serialPort: noisy.path }, /no Fairhop firmware answers/, /fairhop ports/);
});

test('a port that is missing, busy or no port', { skip }, async () => {
  const code = (expected: string) => (error: unknown) => error instanceof PortError && error.code === expected;
  await assert.rejects(start({ serialPort: join(root, 'no-such-port') }), code('missing'));
  symlinkSync('/dev/null', join(root, 'null'));
  await assert.rejects(start({ serialPort: join(root, 'null') }), code('not-a-port'));
  const pty = await openPty();
  const holder = await OpenPort.open(pty.path);
  closers.push(() => pty.close(), () => holder.close());
  await assert.rejects(start({ serialPort: pty.path }), code('busy'));
});

test('two Fairhop boards are too many to guess', { skip }, async () => {
  const [one, two] = [await plug(), await plug()];
  await refused({ usbPorts: async () => [one.path, two.path] }, /several Fairhop boards are plugged in/, /--port/);
});
