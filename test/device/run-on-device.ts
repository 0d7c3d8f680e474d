// Runs a test program as the firmware is run: compiled and bundled by the firmware pipeline, then on the real
// interpreter and, the same bundle, in Node. The two must print the same lines, byte for byte.
// A program is a TypeScript file below test/device/programs that prints; `#vectors` is the data given here.
import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import { join } from 'node:path';
import vm from 'node:vm';
import { loadBoard } from '../../host-tools/firmware-build/boards.ts';
import { makeBundle } from '../../host-tools/firmware-build/make-bundle.ts';
import { ROOT } from '../../host-tools/firmware-build/paths.ts';
import { interpret } from './interpreter.ts';

const PROGRAMS = join(ROOT, 'test', 'device', 'programs');

/** The bundle of a program: `name` is its file in test/device/programs, without .ts. */
export async function bundleProgram(name: string, vectors: unknown = null): Promise<string> {
  const entry = join(PROGRAMS, `${name}.ts`);
  const file = join(ROOT, 'build', 'device', `${name}.js`);
  return (await makeBundle(loadBoard('linux-udp'), entry, file, vectors)).code;
}

/**
 * Lines that a bundle prints in Node, with Node's own semantics: the reference that the interpreter must
 * meet.
 */
export function runInNode(code: string): string[] {
  const lines: string[] = [];
  const modules: Record<string, unknown> = { crypto: nodeCrypto };
  vm.runInNewContext(code, {
    print: (line: string) => lines.push(line),
    require: (name: string) => modules[name],
    process: { memory: () => ({}) },
  });
  return lines;
}

/**
 * Builds a program, runs it in both places, asserts that they agree, and gives the lines for further
 * checks.
 */
export async function runOnDevice(name: string, vectors: unknown = null): Promise<string[]> {
  const code = await bundleProgram(name, vectors);
  const expected = runInNode(code);
  const printed = await interpret(code);
  assert.deepEqual(printed, expected, 'the interpreter and Node print different lines');
  assert.ok(printed.length > 0, 'the program printed nothing');
  return printed;
}

/** The interpreter's crypto module by node:crypto: nested arrays are hashed as their concatenation. */
const nodeCrypto = {
  SHA256: (parts: ArrayLike<number> | readonly Uint8Array[]): ArrayBuffer => {
    const hash = createHash('sha256');
    for (const part of Array.from(parts as ArrayLike<number | Uint8Array>)) {
      hash.update(typeof part === 'number' ? Uint8Array.of(part) : Uint8Array.from(part));
    }
    return arrayBuffer(hash.digest());
  },
  AES: {
    encrypt: (data: Uint8Array, key: Uint8Array, options: { mode: string }): ArrayBuffer => {
      assert.equal(options.mode, 'ECB');
      const cipher = createCipheriv('aes-128-ecb', Uint8Array.from(key), null).setAutoPadding(false);
      return arrayBuffer(cipher.update(Uint8Array.from(data)));
    },
  },
};

function arrayBuffer(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
