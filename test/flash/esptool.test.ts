// An independent client: Espressif's esptool (Python) flashes the emulator and finds its hashes right. Runs
// when esptool is installed, or when ESPTOOL holds the command that starts it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ChipName } from '../../host-tools/flash/esp-rom-emulator/chips.ts';
import { EmulatedBoard } from '../../host-tools/flash/esp-rom-emulator/emulated-board.ts';
import { serveRfc2217 } from '../../host-tools/flash/esp-rom-emulator/serve-rfc2217.ts';
import { runtimeFiles, writeRuntime } from './images.ts';

/** pyserial changes DTR and RTS one after the other and waits for an answer to each. */
const PYSERIAL_EN_RISE_MS = 200;
const CANDIDATES = [process.env.ESPTOOL ?? '', 'esptool', 'esptool.py', 'python3 -m esptool'];
const command = CANDIDATES.filter((text) => text !== '')
  .map((text) => text.split(' '))
  .find(([program, ...args]) => spawnSync(program!, [...args, 'version']).status === 0);
const skip = command === undefined ? 'esptool is not installed: pip install esptool, or set ESPTOOL' : false;

describe('esptool flashes the emulator', { concurrency: true, skip }, () => {
  for (const chip of ['esp32', 'esp32s3', 'esp32c3'] as const) {
    for (const stub of [true, false])
      it(`${chip} ${stub ? 'with' : 'without'} stub`, () => flashed(chip, stub));
  }
});

async function flashed(chip: ChipName, stub: boolean): Promise<void> {
  const board = new EmulatedBoard({ chip, enRiseMs: PYSERIAL_EN_RISE_MS });
  board.powerOn();
  const server = await serveRfc2217(board);
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-esptool-'));
  const files = runtimeFiles(chip, 1, 60_000);
  writeRuntime(directory, files);
  const addresses = [chip === 'esp32' ? '0x1000' : '0x0', '0x8000', '0x10000'];
  const parts = Object.keys(files).flatMap((name, index) => [addresses[index]!, join(directory, name)]);
  const [program, ...first] = command!;
  const child = spawn(program!, [
    ...first,
    '--chip',
    chip,
    '--port',
    server.url,
    ...(stub ? [] : ['--no-stub']),
    'write_flash',
    '--flash_size',
    'keep',
    ...parts,
  ]);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => {
      output += text.toString();
    });
  const status = await new Promise((resolve) => {
    child.on('close', resolve);
  });
  assert.equal(status, 0, output.slice(-800));
  assert.equal(output.match(/Hash of data verified/g)?.length, 3, output.slice(-800));
  Object.values(files).forEach((data, index) => {
    const address = Number(addresses[index]);
    assert.ok(data.equals(board.flash.bytes.subarray(address, address + data.length)));
  });
  await server.close();
  rmSync(directory, { recursive: true, force: true });
}
