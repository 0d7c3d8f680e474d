// The machine's limit for hash chains: a compiled loop over the processor's SHA instructions (sha-limit.c), made with
// the C compiler of this computer when it has one. The benchmark compares; nothing of the product is compiled.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shaEngine } from '../ledger/hash/sha-engine.ts';
import type { Walk } from '../ledger/hash/sha-engine.ts';

const SOURCE = fileURLToPath(new URL('./sha-limit.c', import.meta.url));
/** As in sha-limit.c. */
const STEPS = 3_000_000;

/** `measure` runs the loop once: steps a second of processor time, undefined where it cannot run; `why` says why. */
export interface Limit {
  measure(): number | undefined;
  why: string;
  close(): void;
}

export function compiledLimit(): Limit {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-limit-'));
  const program = join(directory, 'sha-limit');
  const close = (): void => rmSync(directory, { recursive: true, force: true });
  const compiler = spawnSync('cc', ['-O2', '-msha', '-msse4.1', '-o', program, SOURCE], { encoding: 'utf8' });
  if (compiler.status !== 0) {
    return { measure: () => undefined, why: 'no C compiler for x86 (install gcc)', close };
  }
  if (run(program) === undefined) {
    return { measure: () => undefined, why: 'a processor without SHA instructions', close };
  }
  return { measure: () => run(program)!.stepsPerSecond, why: '', close };
}

/** Undefined where the processor lacks the instructions. Throws when the loop's hashes are not the engine's. */
function run(program: string): { stepsPerSecond: number } | undefined {
  const [rate, link] = spawnSync(program, { encoding: 'utf8' }).stdout.trim().split(' ');
  if (rate === undefined || link === undefined) return undefined;
  expected ??= engineLink();
  if (link !== expected) throw new Error('the compiled loop and the engine disagree about a chain');
  return { stepsPerSecond: Number(rate) };
}

let expected: string | undefined;

function engineLink(): string {
  const prefix = new Uint8Array(16).fill(1);
  const walk: Walk = { prefix, link: new Uint8Array(16).fill(2), marks: [STEPS], links: [] };
  shaEngine().walkAll([walk]);
  return Buffer.from(walk.links[0]!).toString('hex');
}
