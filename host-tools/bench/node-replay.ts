// A recorded life (node-world.ts) lived again by the firmware's own bundle on an interpreter: the bundle loaded from
// the interpreter's flash, the clock and the timers in the hands of the recording, frames through the UDP driver.
// Measures variables in use and microseconds per step. Called by node.ts.
import { spawn } from 'node:child_process';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventKind, Note } from '#mesh';
import { RadioOp } from '../ether/station-radio.ts';
import { EXTEND, type Recording } from './node-world.ts';

export interface Life {
  /** Microseconds of each step, in the order of the events. */
  us: number[];
  /** Variables in use after collecting garbage: after the start, then at each mark. The interpreter's own included. */
  vars: number[];
  /** Packets relayed, as the node says: as many as in the recording, or it lived another life. */
  relayed: number;
}

export interface ReplayOptions {
  interpreter: string;
  code: string;
  map: string;
  /** After how many events the variables are counted, ascending. */
  marks: number[];
  /** Variables the interpreter has, when it was built with a fixed number that SIM_VARS lowers. */
  heapVars?: number;
}

const HANG_MS = 1_200_000;
/** As on a board, whose flash is memory; the computer's is a file, read character by character: not for timing. */
const FROM_FLASH = 'require("Storage").read(".bootcde")';
const FROM_MEMORY = 'require("fs").readFileSync("files/bundle")';
/** What the replay itself takes of the interpreter, which a board has free. */
const REPLAY_VARS = 290;
const END = '=end';
/** Files are written piece by piece: a text of the whole bundle would not fit. */
const PIECE_BYTES = 512;
const HUB = { host: '127.0.0.1', port: 9, index: 0 };

/** Fills the flash, from plain files in the folder `files`. */
const INSTALL = `
require("fs").readdirSync("files").forEach(function (n) {
  if (n[0] === "." && n.length < 3) return;
  var s = require("fs").statSync("files/" + n).size, f = E.openFile("files/" + n, "r"), at = 0, d;
  while ((d = f.read(${PIECE_BYTES})) !== undefined) {
    require("Storage").write(n === "bundle" ? ".bootcde" : n, d, at, s);
    at += d.length;
  }
  f.close();
});
print("${END}");
`;

/**
 * NOW is the recording's time, which began before the node did. A timer of the program's own never comes, but lies in
 * memory as on a board. The first event is the start itself.
 */
const REPLAY = `
var CLOCK = getTime, LAST = 0, NOW = 0, START = $(start), LATER = setTimeout, EVENTS = E.openFile("events", "r");
var INFO = ${JSON.stringify({ address: HUB.host, port: HUB.port })};
function getTime() { var t = NOW; NOW = NOW || START; return t; }
function setTimeout(f) { LAST = LATER(f, 1e9); return LAST; }
function setInterval(f) { return LATER(f, 1e9); }
function READ(n) {
  var s = "", d;
  while (s.length < n) {
    d = EVENTS.read(n - s.length);
    if (d === undefined) return;
    s += d;
  }
  return s;
}
function NUMBER(s, at) {
  return ((s.charCodeAt(at) * 256 + s.charCodeAt(at + 1)) * 256 + s.charCodeAt(at + 2)) * 256 + s.charCodeAt(at + 3);
}
function LIVE() {
  var h, d, t = 0, k, n, u, i;
  for (i = 0; i < 5; i++) {
    h = READ(15);
    if (h === undefined) return print("${END}");
    NOW = NUMBER(h, 0) / 1000 + 0.0001;
    k = h.charCodeAt(4);
    n = NUMBER(h, 5);
    u = h.charCodeAt(9);
    d = READ(NUMBER(h, 11));
    if (k === 3) { clearTimeout(LAST); t = CLOCK(); TICK(); t = CLOCK() - t; }
    else if (k === ${EXTEND}) EXTENDED();
    else if (k === 4) { d = new Uint8Array(E.toArrayBuffer(d)); t = CLOCK(); STEP(4, d, n, u); t = CLOCK() - t; }
    else { t = CLOCK(); MESSAGE(d, INFO); t = CLOCK() - t; }
    print("=" + Math.round(t * 1e6));
    d = undefined;
    if (h.charCodeAt(10)) print("#" + process.memory().usage);
  }
  // The socket sends what it was given when nothing else runs.
  LATER(LIVE, 0);
}
print("#" + process.memory().usage);
eval($(program));
print("#" + process.memory().usage);
var TICK = $(main.ts tick), STEP = $(main.ts step), MESSAGE = $(udp-radio.ts onMessage), EXTENDED = $(main.ts extend);
LIVE();
`;

/** Throws with the interpreter's last words when it stops before the recording ends. */
export async function replay(recording: Recording, options: ReplayOptions): Promise<Life> {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-node-'));
  try {
    mkdirSync(join(directory, 'files'));
    const put = (name: string, bytes: Uint8Array | string): void => writeFileSync(join(directory, name), bytes);
    put('files/bundle', options.code);
    for (const [name, bytes] of recording.files) put(`files/${name}`, bytes);
    put('files/fh.radio', JSON.stringify(HUB));
    put('events', eventBytes(recording, new Set(options.marks)));
    put('install.js', INSTALL);
    const start = String(recording.events[0]!.atMs / 1000 + 0.0001);
    put(
      'replay.js',
      REPLAY.replace('$(start)', start)
        .replace('$(program)', options.heapVars === undefined ? FROM_MEMORY : FROM_FLASH)
        .replace(/\$\((\S+) (\w+)\)/g, (_all, file: string, name: string) => shortName(options, file, name)),
    );
    await run(options.interpreter, 'install.js', directory, undefined);
    const lines = await run(options.interpreter, 'replay.js', directory, options.heapVars);
    return lifeOf(lines);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What the interpreter holds before anything was loaded is on every board; what the replay itself holds is not. */
function lifeOf(lines: string[]): Life {
  const numbers = (sign: string): number[] =>
    lines.filter((line) => line.startsWith(sign)).map((line) => Number(line.slice(1)));
  const uncaught = lines.find((line) =>
    /"t":"(?:error|short)"|Uncaught|OUT OF MEMORY|New interpreter error/.test(line),
  );
  if (uncaught !== undefined) throw new Error(`the firmware failed on the interpreter: ${uncaught}`);
  const [empty, ...vars] = numbers('#');
  const relayed = lines.filter((line) => line.startsWith(`{"t":"note","note":${Note.RELAYED},`)).length;
  return {
    relayed,
    us: numbers('=').filter((us) => Number.isFinite(us)),
    vars: vars.map((each) => each - empty! + INTERPRETER_VARS),
  };
}

/** \`process.memory().usage\` of the interpreter that was just started, with the 14-byte variables of an ESP32. */
const INTERPRETER_VARS = 59;

/** Time, kind, numbers, mark, length; then what the board gets: a datagram, or a plaintext. */
function eventBytes({ events }: Recording, marks: Set<number>): Buffer {
  return Buffer.concat(
    events.slice(1).map(({ atMs, kind, bytes, a, b }, i) => {
      const data = datagramOf(kind, bytes, a, b);
      const head = Buffer.alloc(15);
      head.writeUInt32BE(atMs, 0);
      head[4] = kind;
      if (kind === EventKind.SEND) head.writeUInt32BE(a >>> 0, 5);
      head[9] = kind === EventKind.SEND ? b : 0;
      head[10] = marks.has(i + 2) ? 1 : 0;
      head.writeUInt32BE(data.length, 11);
      return Buffer.concat([head, data]);
    }),
  );
}

function datagramOf(kind: Recording['events'][number]['kind'], bytes: Uint8Array, a: number, b: number): Buffer {
  if (kind === EventKind.FRAME) {
    return Buffer.concat([Buffer.from([RadioOp.Received, -a, (b * 4) & 255]), bytes]);
  }
  if (kind === EventKind.SENT) return Buffer.from([RadioOp.Ended, a]);
  return Buffer.from(bytes);
}

/** The name that the bundle has for a function of the firmware. */
function shortName({ code, map }: ReplayOptions, file: string, name: string): string {
  const source = new SourceMap(JSON.parse(map) as SourceMapPayload);
  const lines = code.split('\n');
  for (const [line, text] of lines.entries()) {
    const match = /^function (\w+)\(/.exec(text);
    if (match === null) continue;
    const entry = source.findEntry(line, 'function '.length) as { name?: string; originalSource?: string };
    if (entry.originalSource?.endsWith(`/${file}`) && (entry.name ?? match[1]) === name) return match[1]!;
  }
  throw new Error(`the bundle has no function ${name} of ${file}`);
}

function run(interpreter: string, script: string, cwd: string, heapVars: number | undefined): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const env = {
      ...process.env,
      ...(heapVars === undefined ? {} : { SIM_VARS: String(heapVars + REPLAY_VARS), SIM_STACK: '25000' }),
    };
    const child = spawn(interpreter, [script], { cwd, env, stdio: ['pipe', 'pipe', 'ignore'] });
    const parts: string[] = [];
    let tail = '';
    const hang = setTimeout(() => child.kill('SIGKILL'), HANG_MS);
    child.stdout.setEncoding('latin1').on('data', (part: string) => {
      parts.push(part);
      tail = (tail + part).slice(-4000);
      if (tail.includes(END)) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(hang);
      // Once it has come to its prompt, the interpreter clears the line before it prints.
      const lines = parts
        .join('')
        .replace(/\r|>?\x1b\[J|^>/gm, '')
        .split('\n');
      if (lines.includes(END)) resolve(lines.slice(0, lines.indexOf(END)));
      else reject(new Error(`the interpreter stopped: ${tail.trim().slice(-3000)}`));
    });
  });
}
