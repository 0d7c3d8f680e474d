// The download of the runtime from a server on this computer: hash on record, none on record, wrong hash,
// kept copy, server errors.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { CliError } from '../../host-tools/cli/cli-error.ts';
import type { DownloadManifest } from '../../host-tools/flash/runtime-download.ts';
import { downloadRuntime, readDownloadManifest } from '../../host-tools/flash/runtime-download.ts';
import { sha256Of } from '../../host-tools/flash/runtime-image.ts';
import { runtimeFiles, tarGz } from './images.ts';

const archive = tarGz('espruino', runtimeFiles('esp32'));
const directory = mkdtempSync(join(tmpdir(), 'fairhop-download-'));
let requests = 0;
let base = '';
const server = createServer((request, answer) => {
  requests++;
  if (request.url !== '/espruino.tgz' && request.url !== '/other.tgz') answer.statusCode = 404;
  answer.end(answer.statusCode === 404 ? 'no' : archive);
});
before(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

async function fetchWith(manifest: DownloadManifest, trust = false): Promise<string[]> {
  const said: string[] = [];
  const image = await downloadRuntime(manifest, 'esp32', trust, directory, (text) => said.push(text));
  assert.equal(image.chip, 'esp32');
  return said;
}

function failure(message: RegExp, exitCode: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof CliError, String(error));
    assert.match(error.message, message);
    assert.equal(error.exitCode, exitCode);
    return true;
  };
}

it('takes a file whose hash is on record, and the kept copy the next time', async () => {
  const manifest = { esp32: { url: `${base}/espruino.tgz`, sha256: sha256Of(archive) } };
  assert.deepEqual(await fetchWith(manifest), []);
  assert.deepEqual(await fetchWith(manifest), []);
  assert.equal(requests, 1);
});

it('asks for trust when no hash is on record, and says what it trusted', async () => {
  const manifest = { esp32: { url: `${base}/other.tgz`, sha256: null } };
  await assert.rejects(fetchWith(manifest), failure(/no SHA-256 is on record/, 2));
  assert.match((await fetchWith(manifest, true)).join(), new RegExp(sha256Of(archive)));
});

it('refuses a file with another hash, also with trust', async () => {
  const manifest = { esp32: { url: `${base}/espruino.tgz`, sha256: sha256Of(Buffer.from('other')) } };
  await assert.rejects(fetchWith(manifest, true), failure(/not the file on record/, 7));
});

it('says what the server or the network said', async () => {
  const gone = { esp32: { url: `${base}/gone.tgz`, sha256: sha256Of(archive) } };
  await assert.rejects(fetchWith(gone), failure(/the server says 404/, 7));
  const nobody = { esp32: { url: 'http://127.0.0.1:1/nobody.tgz', sha256: sha256Of(archive) } };
  await assert.rejects(fetchWith(nobody), failure(/cannot be fetched/, 7));
  await assert.rejects(fetchWith({}), failure(/no official download/, 2));
});

it('the manifest that is kept names only the official address, over TLS', () => {
  for (const entry of Object.values(readDownloadManifest())) {
    assert.match(entry.url, /^https:\/\/www\.espruino\.com\/binaries\//);
    assert.ok(entry.sha256 === null || /^[0-9a-f]{64}$/.test(entry.sha256));
  }
});
