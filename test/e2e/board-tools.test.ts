// The tools of one board as a user runs them, each a process of its own, against the real interpreter behind a pty:
// firmware up and proven, provisioned and read back, spoken to, watched, and an error led back to its TypeScript.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildFirmware } from '../../host-tools/firmware-build/build-firmware.ts';
import { ROOT } from '../../host-tools/firmware-build/paths.ts';
import { PacketClient } from '../../host-tools/serial/packet-protocol.ts';
import { ptyMakers } from '../../host-tools/serial/pty.ts';
import { EspruinoBoard } from '../../host-tools/virtual/espruino-board.ts';
import { jsonOf } from '../cli/json-schemas.ts';
import { INTERPRETER_REMEDY, interpreterPath } from '../device/interpreter.ts';
import { COMMAND, fairhop, plugged, until, type Plugged } from '../monitor/bench.ts';

const BOARD = 'linux-udp';
const APP = 'test/firmware-build/fixtures/thrower.ts';
const BUSY_MS = 120_000;

const noPty = ptyMakers().length > 0 ? undefined : 'needs socat: apt-get install socat';
const skip = (interpreterPath() === undefined ? INTERPRETER_REMEDY : noPty) ?? false;

const sourceLine = (remark: string): number =>
  readFileSync(join(ROOT, APP), 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(`// ${remark}`)) + 1;

interface Entry {
  kind: string;
  text: string;
  fields: Record<string, unknown>;
}

describe('on the real interpreter', { skip, concurrency: false }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-tools-'));
  const data = ['--data', join(directory, 'data')];
  let plug: Plugged<EspruinoBoard>;
  let port: string[];

  before(async () => {
    const interpreter = interpreterPath()!;
    plug = await plugged(new EspruinoBoard({ name: 'real', interpreter, directory: join(directory, 'real') }));
    port = ['--port', plug.path];
  });
  after(async () => {
    await plug.unplug();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Runs it and gives its JSON; other programs may have left answers in the terminal, which must not matter. */
  async function json<T>(name: string, words: string[], status = 0): Promise<T[]> {
    const ran = await fairhop([...name.split(' '), ...words, ...port, '--json']);
    assert.equal(ran.status, status, ran.stderr);
    return jsonOf(name, ran.stdout) as T[];
  }

  it('flash --no-runtime brings the firmware, which reads back with its hash; a repeat changes nothing', async () => {
    const words = ['--board', BOARD, '--no-runtime'];
    type Report = { outcome: string; interpreter: string; uploadedFiles: string[] };
    const [[first]] = await json<[Report]>('flash', words);
    assert.deepEqual([first!.outcome, first!.uploadedFiles], ['flashed', ['.bootcde']]);
    assert.match(first!.interpreter, /^Espruino 2v\d+\S* LINUX$/);
    const { code } = await buildFirmware(BOARD);
    const sha256 = createHash('sha256').update(Buffer.from(code, 'latin1')).digest();
    const onBoard = 'new Uint8Array(require("crypto").SHA256(require("Storage").read(".bootcde")))';
    const numbers = `[].map.call(${onBoard},function(b){return b})`;
    const [hash] = await json<{ value: number[] }>('repl', ['--eval', numbers]);
    assert.deepEqual(hash!.value, [...sha256]);
    const [[again]] = await json<[Report]>('flash', words);
    assert.deepEqual([again!.outcome, again!.uploadedFiles], ['already-there', []]);
  });

  it('provision makes it a node; what it says of itself and what is on it agree', async () => {
    const made = await json<[{ address: string; outcome: string; ledger: string }]>('provision', [
      ...['--owner', 'founder', '--name', 'roof', ...data],
    ]);
    const [{ address, outcome, ledger }] = made[0]!;
    assert.equal(outcome, 'provisioned');
    const [settings] = await json<Record<string, unknown>>('node config get', []);
    assert.deepEqual(
      [(settings!.address as number).toString(16).padStart(8, '0'), settings!.name, settings!.ledger],
      [address, 'roof', ledger],
    );
    const files = '["fh.pay","fh.keys","fh.cp"].map(function(f){return require("Storage").read(f).length})';
    const [{ value }] = (await json<{ value: number[] }>('repl', ['--eval', files])) as [{ value: number[] }];
    assert.deepEqual([value[0], value[1]! % 52, value[2]], [32, 0, 32768]);
    const [[again]] = await json<[{ outcome: string }]>('provision', ['--owner', 'founder', ...data]);
    assert.equal(again!.outcome, 'unchanged');
    const [nobody] = await json<{ outcome: string }>('send', ['0000beef', 'hello'], 10);
    assert.equal(nobody!.outcome, 'unsendable');
  });

  it('monitor shows its status and follows its restart with another program', () =>
    watched([], async (watch, talk) => {
      await watch.sees(({ kind, text }) => kind === 'status' && /memory \d+ %/.test(text));
      const app = await buildFirmware(BOARD, { app: join(ROOT, APP) });
      await talk.writeFile('.bootcde', new Uint8Array(Buffer.from(app.code, 'latin1')));
      // On a line of its own: what answers this request would stand before the boot line.
      await talk.eval('setTimeout(function(){print("");load()},50)');
      await watch.sees(({ kind, text }) => kind === 'boot' && text.startsWith('thrower started as node 00000007'));
    }));

  it('monitor leads a thrown error to file and line of the TypeScript', async () => {
    // The bundle of the test application is not that of a board, so it is named.
    const { file } = await buildFirmware(BOARD, { app: join(ROOT, APP) });
    await watched(['--bundle', file], async (watch, talk) => {
      const place = (remark: string): string => `${APP}:${sourceLine(remark)}:`;
      const at = (remark: string) => (entry: Entry) => String(entry.fields.source).startsWith(place(remark));
      await talk.event({ fail: 'read' });
      await watch.sees(at('thrown here: first'));
      await watch.sees(at('called here: first'));
      await talk.event({ by: 3 });
      const entry = await watch.sees(at('thrown here: second'));
      assert.ok(entry.text.includes(place('thrown here: second')), 'and a person reads it too');
    });
  });

  /** With `fairhop monitor` on the port, and a way to the board that does not need the port. */
  async function watched(
    words: string[],
    work: (watch: Watch, talk: PacketClient) => Promise<void>,
  ): Promise<void> {
    const watch = new Watch(['monitor', ...port, '--json', ...words]);
    const talk = new PacketClient(plug.board.console, { packetTimeoutMs: BUSY_MS });
    try {
      await watch.listens(talk);
      await work(watch, talk);
    } finally {
      talk.close();
      await watch.end();
    }
  }
});

/** `fairhop monitor --json` while it runs. */
class Watch {
  private readonly child: ChildProcess;
  private readonly entries: Entry[] = [];
  private stderr = '';
  private rest = '';

  constructor(args: string[]) {
    this.child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout!.on('data', (bytes: Buffer) => {
      const lines = (this.rest + bytes.toString()).split('\n');
      this.rest = lines.pop()!;
      for (const line of lines) this.entries.push(...(jsonOf('monitor', line) as Entry[]));
    });
    this.child.stderr!.on('data', (bytes: Buffer) => (this.stderr += bytes.toString()));
  }

  async sees(good: (entry: Entry) => boolean): Promise<Entry> {
    await until(() => this.entries.some(good), String(good), BUSY_MS).catch((error: Error) => {
      const texts = this.entries.slice(-20).map(({ text }) => text.slice(0, 100));
      throw new Error([error.message, this.stderr, ...texts].join('\n'));
    });
    return this.entries.find(good)!;
  }

  /** Until the port is open nobody hears the board. */
  async listens(talk: PacketClient): Promise<void> {
    while (this.entries.length === 0) {
      await talk.eval('print("hello")');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGINT');
    await new Promise((resolve) => this.child.once('exit', resolve));
  }
}
