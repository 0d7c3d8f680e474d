// Runs JavaScript on the real Espruino interpreter, a Linux build whose path is in ESPRUINO, and hands
// back what it printed. Knows its habits: it spins when stdin ends, ignores polite signals, and writes
// its flash into the folder it runs in. Used by the device suite and whoever else needs one answer from
// the interpreter.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What to do so that a test on the interpreter is not skipped. */
export const INTERPRETER_REMEDY =
  'needs the Espruino interpreter: in a clone of its public repository run `BOARD=LINUX RELEASE=1 make`, ' +
  'then set ESPRUINO to the path of bin/espruino';

/** Path of the interpreter, or undefined when the variable is unset. */
export function interpreterPath(): string | undefined {
  const path = process.env.ESPRUINO;
  return path === undefined || path === '' ? undefined : path;
}

const BEGIN = '--- program begins ---';
const END = '--- program ends ---';
/** Long enough for the slowest program on a busy machine; only a hang gets there. */
const HANG_MS = 120_000;

/**
 * Lines that the program printed until its last statement. Rejects with the interpreter's own words when
 * it threw, when the interpreter reported an error of its own, or when the program did not come to its
 * end.
 */
export async function interpret(code: string): Promise<string[]> {
  const path = interpreterPath();
  if (path === undefined) throw new Error(INTERPRETER_REMEDY);
  const dir = mkdtempSync(join(tmpdir(), 'fairhop-device-'));
  try {
    const file = join(dir, 'program.js');
    writeFileSync(file, `print(${JSON.stringify(BEGIN)});\n${code}\nprint(${JSON.stringify(END)});\n`);
    return await runFile(path, file, dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function runFile(path: string, file: string, cwd: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, [file], { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
    let text = '';
    let outcome: string[] | Error | undefined;
    const stop = (result: string[] | Error): void => {
      outcome = result;
      child.kill('SIGKILL');
    };
    const hang = setTimeout(() => stop(new Error(`no end after ${HANG_MS} ms:\n${text}`)), HANG_MS);
    child.on('error', (error) => {
      clearTimeout(hang);
      reject(new Error(`ESPRUINO cannot be run: ${error.message}`));
    });
    child.stdout.setEncoding('latin1').on('data', (part: string) => {
      text += part;
      const lines = programLines(text);
      if (lines !== undefined) stop(lines);
    });
    child.on('close', () => {
      clearTimeout(hang);
      // After an uncaught error the interpreter ends by itself when it was given a file.
      if (outcome === undefined) reject(new Error(text.slice(text.indexOf(BEGIN) + BEGIN.length).trim()));
      else if (outcome instanceof Error) reject(outcome);
      else if (outcome.some((line) => line.startsWith('New interpreter error')))
        reject(new Error(outcome.join('\n')));
      else resolve(outcome);
    });
  });
}

/** The program's lines once it has come to its end; undefined before. */
function programLines(text: string): string[] | undefined {
  const lines = text.replaceAll('\r', '').split('\n');
  const begin = lines.indexOf(BEGIN);
  const end = lines.indexOf(END);
  return begin >= 0 && end > begin ? lines.slice(begin + 1, end) : undefined;
}
