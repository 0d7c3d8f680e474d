// Judging a runtime before any board is touched: formats, digests, chip, fit, manifest, merged image.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { CliError } from '../../host-tools/cli/cli-error.ts';
import { parseEspImage } from '../../host-tools/flash/esp-image.ts';
import { loadRuntime, runtimeFromBytes, sha256Of } from '../../host-tools/flash/runtime-image.ts';
import { espImage, partitionTable, runtimeFiles, tarGz, writeRuntime } from './images.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairhop-runtime-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function refused(load: () => unknown, message: RegExp, exitCode = 7): void {
  assert.throws(load, (error) => {
    assert.ok(error instanceof CliError, String(error));
    assert.match(error.message, message);
    assert.equal(error.exitCode, exitCode);
    assert.ok(error.remedy.length > 0);
    return true;
  });
}

it('loads a folder for each chip with the addresses of that chip', () => {
  for (const [chip, bootloaderAt] of [
    ['esp32', 0x1000],
    ['esp32s3', 0],
    ['esp32c3', 0],
  ] as const) {
    const image = loadRuntime(writeRuntime(join(directory, chip), runtimeFiles(chip)));
    assert.equal(image.chip, chip);
    assert.deepEqual(
      image.regions.map((region) => region.address),
      [bootloaderAt, 0x8000, 0x10000],
    );
    assert.deepEqual(image.storage, { address: 0x320000, bytes: 0xe0000 });
    assert.equal(image.flashBytesMin, 4 * 1024 * 1024);
  }
});

it('an archive, a folder and a merged image give the same regions', () => {
  const files = runtimeFiles('esp32');
  const folder = loadRuntime(writeRuntime(directory, files));
  const archive = runtimeFromBytes('a.tgz', tarGz('espruino_2v29_esp32', files));
  const merged = Buffer.alloc(0x10000 + files['espruino_esp32.bin']!.length, 0xff);
  files['bootloader.bin']!.copy(merged, 0x1000);
  files['partitions_espruino.bin']!.copy(merged, 0x8000);
  files['espruino_esp32.bin']!.copy(merged, 0x10000);
  for (const other of [archive, runtimeFromBytes('a.bin', merged)]) {
    assert.deepEqual(
      other.regions.map((r) => [r.address, sha256Of(r.data)]),
      folder.regions.map((r) => [r.address, sha256Of(r.data)]),
    );
  }
});

it('refuses every single damaged byte of an image', () => {
  const image = espImage('esp32', 200, 3);
  for (let at = 0; at < image.length; at++) {
    const damaged = Buffer.from(image);
    damaged[at]! ^= 0x04;
    const parsed = parseEspImage(damaged);
    // Without the flag for a digest the checksum alone remains, and it does not cover the header.
    if (at !== 23) assert.equal(parsed.ok, false, `byte ${at}`);
  }
  for (let length = 0; length < image.length; length++) {
    assert.equal(parseEspImage(image.subarray(0, length)).ok, false, `cut to ${length}`);
  }
});

it('refuses a damaged part, a part missing, parts of two chips, a layout without storage', () => {
  const good = runtimeFiles('esp32');
  const damaged = Buffer.from(good['espruino_esp32.bin']!);
  damaged[5000]! ^= 1;
  refused(
    () => runtimeFromBytes('x', tarGz('e', { ...good, 'espruino_esp32.bin': damaged })),
    /checksum mismatch/,
  );
  const { 'bootloader.bin': _, ...rest } = good;
  refused(() => runtimeFromBytes('x', tarGz('e', rest)), /no bootloader\.bin/);
  const mixed = { ...good, 'bootloader.bin': espImage('esp32c3', 1000, 1) };
  refused(() => runtimeFromBytes('x', tarGz('e', mixed)), /chip ids 5 and 0/);
  const table = partitionTable();
  table.write('STORAGE', 3 * 32 + 12, 'latin1');
  refused(
    () => runtimeFromBytes('x', tarGz('e', { ...good, 'partitions_espruino.bin': table })),
    /MD5 mismatch/,
  );
  const huge = { ...good, 'espruino_esp32.bin': espImage('esp32', 0x180000, 1) };
  refused(() => runtimeFromBytes('x', tarGz('e', huge)), /larger than its partition/);
});

it('refuses what is no archive, a cut archive, and a path that does not exist', () => {
  refused(() => runtimeFromBytes('x', Buffer.from('hello')), /neither a \.tgz nor/);
  refused(() => runtimeFromBytes('x', gzipSync(Buffer.alloc(2000, 1))), /header checksum/);
  refused(() => runtimeFromBytes('x', tarGz('e', runtimeFiles('esp32')).subarray(0, 3000)), /not a \.tgz/);
  refused(() => loadRuntime(join(directory, 'nowhere')), /there is no runtime/, 2);
});

it('checks a manifest beside the images', () => {
  const files = runtimeFiles('esp32c3');
  writeRuntime(directory, files);
  const hashes = Object.fromEntries(Object.entries(files).map(([name, data]) => [name, sha256Of(data)]));
  const write = (value: unknown): void =>
    writeFileSync(join(directory, 'manifest.json'), JSON.stringify(value));
  write({ files: hashes });
  assert.equal(loadRuntime(directory).chip, 'esp32c3');
  write({ files: { ...hashes, 'bootloader.bin': sha256Of(Buffer.alloc(1)) } });
  refused(() => loadRuntime(directory), /bootloader\.bin does not match/);
  write({ files: {} });
  refused(() => loadRuntime(directory), /does not name/);
  write(null);
  refused(() => loadRuntime(directory), /manifest\.json/);
});
