// A pseudo terminal: a path that any serial program can open, and this process at the other end. Made by
// socat or, where there is none, by util-linux `script`, so that a fresh machine needs nothing but Node.
// Eight bits clean. The helper process dies with its standard input, so it never outlives us, and runs in
// a session of its own, so that a Ctrl-C typed at us does not cut the line before we have closed it. Used
// for virtual boards and tests.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { accessSync, closeSync, constants, openSync } from 'node:fs';
import path from 'node:path';
import { Listeners, type ByteStream } from './byte-stream.ts';

export type PtyMaker = 'socat' | 'script';

export interface Pty {
  /** What the serial program opens, /dev/pts/N. */
  readonly path: string;
  readonly maker: PtyMaker;
  readonly stream: ByteStream;
  /** The helper is gone, on our order or not. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 10000;

/** Makers on this machine, the better first. Empty: install socat or util-linux. */
export function ptyMakers(): PtyMaker[] {
  return (['socat', 'script'] as const).filter(onPath);
}

/** Rejects with a remedy when neither program is there or the one asked for does not start. */
export async function openPty(maker: PtyMaker | undefined = ptyMakers()[0]): Promise<Pty> {
  if (!maker) throw new Error('no way to make a pseudo terminal: install socat, or util-linux for `script`');
  const child = maker === 'socat' ? spawnSocat() : spawnScript();
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  // A write that meets the end of the helper is lost; `closed` tells.
  child.stdin.on('error', () => {});
  const output = new Listeners<Uint8Array>();
  let held: number | undefined;
  const close = async (): Promise<void> => {
    child.stdin.destroy();
    child.kill('SIGKILL');
    await closed;
    if (held !== undefined) closeSync(held);
    held = undefined;
  };
  try {
    const slavePath = await announcedPath(child, maker);
    child.stdout.on('data', (bytes: Buffer) => output.emit(bytes));
    // With one end always open here, a serial program that closes the other does not end the terminal.
    held = openSync(slavePath, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    const stream = {
      write: (bytes: Uint8Array) => void child.stdin.write(bytes),
      onData: (listener: (bytes: Uint8Array) => void) => output.add(listener),
    };
    return { path: slavePath, maker, stream, closed, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** socat says the path on its standard error, "N PTY is /dev/pts/5", and ends with its standard input. */
function spawnSocat(): ChildProcessWithoutNullStreams {
  return spawn('socat', ['-d', '-d', '-', 'PTY,raw,echo=0'], { stdio: 'pipe', detached: true });
}

/**
 * script(1) gives its command a pty and copies it to its own standard streams. The command sets raw mode,
 * says the path and then only watches over this process, because script itself would go on without it.
 */
function spawnScript(): ChildProcessWithoutNullStreams {
  const watch = `while kill -0 ${process.pid} 2>/dev/null; do sleep 1; done`;
  const command = `stty raw -echo; echo "PTY is $(tty)"; ${watch}`;
  return spawn('script', ['-qfc', command, '/dev/null'], { stdio: 'pipe', detached: true });
}

function announcedPath(child: ChildProcessWithoutNullStreams, maker: PtyMaker): Promise<string> {
  const source = maker === 'socat' ? child.stderr : child.stdout;
  return new Promise((resolve, reject) => {
    let text = '';
    const done = (settle: () => void): void => {
      clearTimeout(timer);
      source.removeAllListeners('data');
      // Whatever socat has to say later must not fill a pipe that nobody reads.
      if (maker === 'socat') source.resume();
      child.removeAllListeners('error');
      child.on('error', () => {});
      settle();
    };
    const fail = (reason: string) => done(() => reject(new Error(`${maker} ${reason}`)));
    const timer = setTimeout(() => fail('did not say a path'), START_TIMEOUT_MS);
    child.once('error', (error) => fail(`does not start: ${error.message}`));
    child.once('close', () => fail(`ended at once: ${text.trim()}`));
    source.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      const path = /PTY is (\S+)\r?\n/.exec(text)?.[1];
      if (path) done(() => resolve(path));
    });
  });
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(path.delimiter).some((directory) => {
    try {
      accessSync(path.join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
