// Runs a program on the Espruino interpreter of this computer (a Linux build, path in ESPRUINO) and reads
// what it prints. The interpreter spins when its input ends and ignores polite signals, hence the open pipe
// and SIGKILL; it writes its flash image into the folder it runs in, hence a temporary one.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BEGIN = 'begin of the program';
const END = 'end of the program';
const HANG_MS = 120_000;

/** Lines printed until the program's last statement. Rejects when it throws, hangs or cannot be started. */
export async function interpret(path: string, code: string): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), 'fairhop-bench-'));
  try {
    const file = join(dir, 'program.js');
    writeFileSync(file, `print(${JSON.stringify(BEGIN)});\n${code}\nprint(${JSON.stringify(END)});\n`);
    const text = await output(path, file, dir);
    const lines = text.replaceAll('\r', '').split('\n');
    if (!lines.includes(END)) throw new Error(`the interpreter stopped: ${text.trim().slice(-300)}`);
    return lines.slice(lines.indexOf(BEGIN) + 1, lines.indexOf(END));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function output(path: string, file: string, cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, [file], { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
    let text = '';
    const hang = setTimeout(() => child.kill('SIGKILL'), HANG_MS);
    child.stdout.setEncoding('latin1').on('data', (part: string) => {
      text += part;
      if (text.includes(`\n${END}`)) child.kill('SIGKILL');
    });
    child.on('error', (error) => {
      clearTimeout(hang);
      reject(error);
    });
    child.on('close', () => {
      clearTimeout(hang);
      resolve(text);
    });
  });
}
