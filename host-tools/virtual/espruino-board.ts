// A board on the real interpreter: Espruino's Linux build as a child process in a directory of its own, where
// its flash survives restarts. Its console is a pty that the interpreter opens as Serial1, as on an ESP32:
// standard input will not do, because that build loses bytes there under load (two threads share its event
// queue without a lock) and ends at a byte 04. Same outward shape as vm-board.ts. Used by `fairhop up
// --engine espruino` and by tests.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { Listeners, type ByteStream } from '../serial/byte-stream.ts';
import { PacketClient } from '../serial/packet-protocol.ts';
import { openPty, type Pty } from '../serial/pty.ts';
import type { Board } from './board.ts';

export interface EspruinoBoardOptions {
  name: string;
  /** The interpreter's Linux build. */
  interpreter: string;
  /** Made if it is not there. Holds the flash image. */
  directory: string;
  /** The bundle; uploaded to `.bootcde` at the first start, and again when it has changed. */
  code?: string;
}

const BOOT_FILE = '.bootcde';
const CONSOLE_LINK = 'console';
/** Runs before the program at every start, and moves the console off the standard streams. */
const CONSOLE_FILE = '.boot0';
const CONSOLE_CODE = `Serial1.setup(115200,{path:"${CONSOLE_LINK}"});Serial1.setConsole(true);`;
/**
 * Keeps the interpreter's standard input open, at whose end it would spin, and kills it when ours ends: on
 * `stop`, and when this process dies, however it dies. SIGKILL, because the interpreter takes SIGTERM for
 * Ctrl-C; and a power cut is what we mean anyhow. Lowest priority, because with a socket open the interpreter
 * never sleeps.
 */
const KEEPER = `
  exec 4<&0
  rm -f stdin && mkfifo stdin && exec 3<>stdin || exit 1
  nice -n 19 "$0" <&3 4<&- >interpreter.log 2>&1 &
  pid=$!
  (cat <&4 >/dev/null; kill -9 $pid) 3<&- 2>/dev/null &
  guard=$!
  wait $pid
  kill $guard 2>/dev/null`;
const BOOT_TIMEOUT_MS = 15000;
const FORMAT_TIMEOUT_MS = 10000;
/**
 * Longer than on a board: the interpreters share this computer with everything else, at the lowest priority.
 */
const PACKET_TIMEOUT_MS = 10000;

export class EspruinoBoard implements Board {
  readonly name: string;
  readonly console: ByteStream;
  private readonly output = new Listeners<Uint8Array>();
  private readonly lineListeners = new Listeners<string>();
  private child: ChildProcessByStdio<Writable, null, null> | undefined;
  private pty: Pty | undefined;
  private client: PacketClient | undefined;

  constructor(private readonly options: EspruinoBoardOptions) {
    this.name = options.name;
    this.console = {
      write: (bytes) => this.pty?.stream.write(bytes),
      onData: (listener) => this.output.add(listener),
    };
  }

  get powered(): boolean {
    return this.child !== undefined;
  }

  /** Rejects with one line when the interpreter or the pty does not start; nothing is left running then. */
  async start(): Promise<void> {
    if (this.child) return;
    try {
      mkdirSync(this.options.directory, { recursive: true });
      await this.openConsole();
      await this.writeConsoleFile();
      this.launch();
      this.client = new PacketClient(this.console, { packetTimeoutMs: PACKET_TIMEOUT_MS });
      this.client.lines.onLine((line) => this.lineListeners.emit(line));
      await this.greeting();
      await this.install();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Uploads the bundle when the board has another one, and starts it. */
  private async install(): Promise<void> {
    const { code } = this.options;
    if (code === undefined) return;
    const client = this.running();
    const crcOf = `(function(f){return f?E.CRC32(f):0})(require("Storage").read("${BOOT_FILE}"))`;
    const before = await client.eval(crcOf);
    await client.writeFile(BOOT_FILE, new Uint8Array(Buffer.from(code, 'latin1')));
    if ((await client.eval(crcOf)) !== before) await this.reload();
  }

  async stop(): Promise<void> {
    this.client?.close();
    this.client = undefined;
    await this.cutPower();
    await this.pty?.close();
    this.pty = undefined;
  }

  writeFile(name: string, bytes: Uint8Array): Promise<void> {
    return this.running().writeFile(name, bytes);
  }

  readFile(name: string): Promise<Uint8Array | undefined> {
    return this.running().readFile(name);
  }

  /** Power off and on, with the console line left up: starts the program that is in flash now. */
  async reload(): Promise<void> {
    await this.cutPower();
    this.launch();
    await this.greeting();
  }

  onLine(listener: (line: string) => void): () => void {
    return this.lineListeners.add(listener);
  }

  private running(): PacketClient {
    if (!this.client) throw new Error(`board ${this.name} is off`);
    return this.client;
  }

  private async openConsole(): Promise<void> {
    this.pty = await openPty();
    this.pty.stream.onData((bytes) => this.output.emit(bytes));
    const link = path.join(this.options.directory, CONSOLE_LINK);
    rmSync(link, { force: true });
    symlinkSync(this.pty.path, link);
  }

  /**
   * Script mode runs one file without the saved program: the way into a flash that nobody can talk to yet.
   */
  private async writeConsoleFile(): Promise<void> {
    const { interpreter, directory } = this.options;
    const script = path.join(directory, 'console.js');
    const code = `require("Storage").write("${CONSOLE_FILE}",${JSON.stringify(CONSOLE_CODE)});quit();\n`;
    writeFileSync(script, code);
    const child = spawn(interpreter, ['console.js'], { cwd: directory, stdio: ['pipe', 'ignore', 'ignore'] });
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string) => reject(new Error(`${interpreter}: ${reason}`));
      const timer = setTimeout(() => child.kill('SIGKILL'), FORMAT_TIMEOUT_MS);
      child.once('error', (error) => fail(`does not start: ${error.message}`));
      child.once('exit', (status) => {
        clearTimeout(timer);
        if (status === 0) resolve();
        else fail('is not an Espruino Linux build that can write its flash here');
      });
    });
  }

  private async cutPower(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.stdin.destroy();
    await gone;
  }

  private launch(): void {
    const { interpreter, directory } = this.options;
    // In a session of its own: a Ctrl-C typed at us must not kill the keeper and leave the interpreter, which
    // ignores it.
    const child = spawn('sh', ['-c', KEEPER, interpreter], {
      cwd: directory,
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.on('error', () => {});
    child.once('exit', () => {
      child.stdin.destroy();
      if (this.child !== child) return;
      // Not on our order. Whoever listens to the board's errors shall see it.
      this.child = undefined;
      this.lineListeners.emit(JSON.stringify({ t: 'error', message: 'the interpreter has ended' }));
    });
    this.child = child;
  }

  /** Waits until the interpreter answers on the pty. */
  private async greeting(): Promise<void> {
    const deadline = Date.now() + BOOT_TIMEOUT_MS;
    for (;;) {
      try {
        await this.running().eval('1');
        return;
      } catch (error) {
        if (Date.now() > deadline || !this.child) {
          throw new Error(`board ${this.name}: no answer from the interpreter`, { cause: error });
        }
      }
    }
  }
}
