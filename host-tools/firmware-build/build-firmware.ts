// The firmware of one board as a file: build/firmware/<board>.js, its map, and a manifest of what it was
// made from. Rebuilds only when the content of an input changed, so that starting is quick. Called by the
// command line, the virtual boards and the tests. Throws BoardError or BuildError for what the user can
// mend.
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBoard } from './boards.ts';
import { BuildError } from './build-error.ts';
import type { BuildReport } from './make-bundle.ts';
import { BOARDS_DIR, FIRMWARE_DIR, OUTPUT_DIR, ROOT } from './paths.ts';

export interface Firmware {
  /** Absolute path of the bundle. */
  file: string;
  code: string;
  /** Source map of `code`. */
  map: string;
  report: BuildReport;
  /** False when the bundle on disk was still right. */
  rebuilt: boolean;
}

export interface BuildOptions {
  /** Entry module; default firmware/src/main.ts. */
  app?: string;
}

interface Manifest {
  report: BuildReport;
  /** SHA-256 of each input by its path in the repository, and of the outputs. */
  inputs: Record<string, string>;
  code: string;
  map: string;
}

const MAIN = join(FIRMWARE_DIR, 'src', 'main.ts');

export async function buildFirmware(boardId: string, options: BuildOptions = {}): Promise<Firmware> {
  const board = loadBoard(boardId);
  const entry = resolve(options.app ?? MAIN);
  if (hashFile(entry) === undefined) {
    throw new BuildError('there is nothing to build', [`${relative(ROOT, entry)} does not exist`]);
  }
  const file = join(OUTPUT_DIR, `${bundleName(boardId, entry)}.js`);
  const kept = keptBundle(file);
  if (kept !== undefined) return kept;
  const { makeBundle, refuseOverBudget } = await import('./make-bundle.ts');
  const made = await makeBundle(board, entry, file);
  refuseOverBudget(made.report);
  const inputs = [...made.inputs, ...pipelineInputs(boardId)];
  const manifest: Manifest = {
    report: made.report,
    inputs: Object.fromEntries(inputs.map((path) => [relative(ROOT, path), hashFile(path) ?? ''])),
    code: sha256(made.code),
    map: sha256(made.map),
  };
  mkdirSync(OUTPUT_DIR, { recursive: true });
  writeAtomically(file, made.code);
  writeAtomically(`${file}.map`, made.map);
  writeAtomically(manifestPath(file), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return { file, code: made.code, map: made.map, report: made.report, rebuilt: true };
}

/** Several entries may be built for one board (tests do): each gets its own file. */
function bundleName(boardId: string, entry: string): string {
  if (entry === MAIN) return boardId;
  return `${boardId}-${basename(entry, '.ts')}-${sha256(relative(ROOT, entry)).slice(0, 8)}`;
}

/** The bundle on disk, if everything that it was made from is unchanged and it is itself intact. */
function keptBundle(file: string): Firmware | undefined {
  try {
    const manifest = JSON.parse(readFileSync(manifestPath(file), 'utf8')) as Manifest;
    const code = readFileSync(file, 'utf8');
    const map = readFileSync(`${file}.map`, 'utf8');
    if (sha256(code) !== manifest.code || sha256(map) !== manifest.map) return undefined;
    const same = Object.entries(manifest.inputs).every(
      ([path, hash]) => hashFile(join(ROOT, path)) === hash,
    );
    return same ? { file, code, map, report: manifest.report, rebuilt: false } : undefined;
  } catch {
    // Missing, half-written by an older version, or not JSON: all mean "build again".
    return undefined;
  }
}

/** What shapes a bundle besides the firmware's own sources. */
function pipelineInputs(boardId: string): string[] {
  const here = dirname(fileURLToPath(import.meta.url));
  return [
    join(BOARDS_DIR, `${boardId}.json`),
    join(BOARDS_DIR, 'board.schema.json'),
    join(FIRMWARE_DIR, 'tsconfig.json'),
    join(ROOT, 'package-lock.json'),
    ...readdirSync(here).map((name) => join(here, name)),
  ];
}

function manifestPath(file: string): string {
  return file.replace(/\.js$/, '.json');
}

function hashFile(path: string): string | undefined {
  try {
    return sha256(readFileSync(path));
  } catch {
    return undefined;
  }
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function writeAtomically(path: string, text: string): void {
  const part = `${path}.${randomUUID()}.part`;
  try {
    writeFileSync(part, text);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
