// Fetches the Espruino runtime from the project's own download address, checked against the SHA-256 in
// runtime-manifest.json. Without a hash on record nothing is taken unless the user says --trust.
// A checked download is kept, so that the next board needs no network. Called by the flash command.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import type { ChipFamily } from './chip-session.ts';
import type { RuntimeImage } from './runtime-image.ts';
import { runtimeFromBytes, sha256Of } from './runtime-image.ts';

const DOWNLOAD_WITHIN_MS = 120_000;
const DOWNLOAD_BYTES_MAX = 32 * 1024 * 1024;
const GIVE_RUNTIME = 'or give the files with --runtime FILE|DIR';

export interface DownloadEntry {
  readonly url: string;
  /** Null: nobody has put the hash of this file on record. */
  readonly sha256: string | null;
}

export type DownloadManifest = Readonly<Partial<Record<ChipFamily, DownloadEntry>>>;

export function readDownloadManifest(): DownloadManifest {
  return JSON.parse(
    readFileSync(new URL('runtime-manifest.json', import.meta.url), 'utf8'),
  ) as DownloadManifest;
}

/** `say` tells the user what was taken on trust. Throws CliError. */
export async function downloadRuntime(
  manifest: DownloadManifest,
  chip: ChipFamily,
  trust: boolean,
  directory: string,
  say: (text: string) => void,
): Promise<RuntimeImage> {
  const entry = manifest[chip];
  if (entry === undefined) {
    throw new CliError(
      `no official download of the runtime for the ${chip} is on record`,
      'build or fetch Espruino for this chip and give it with --runtime FILE|DIR',
      ExitCode.Usage,
    );
  }
  if (entry.sha256 === null && !trust) {
    throw new CliError(
      `no SHA-256 is on record for ${entry.url}`,
      `repeat with --trust to take what the server sends, ${GIVE_RUNTIME}`,
      ExitCode.Usage,
    );
  }
  const kept = join(directory, basename(new URL(entry.url).pathname));
  const bytes = existsSync(kept) ? readFileSync(kept) : await fetchBytes(entry.url);
  const sha256 = sha256Of(bytes);
  if (entry.sha256 !== null && sha256 !== entry.sha256) {
    throw new CliError(
      `${entry.url} is not the file on record (SHA-256 ${sha256})`,
      `delete ${kept} if it exists and try again, ${GIVE_RUNTIME}`,
      ExitCode.WrongChip,
    );
  }
  if (entry.sha256 === null) say(`taken on trust: ${entry.url}, SHA-256 ${sha256}`);
  const image = runtimeFromBytes(entry.url, bytes);
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${kept}.part`, bytes);
  renameSync(`${kept}.part`, kept);
  return image;
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const failed = (why: string): CliError =>
    new CliError(
      `${url} cannot be fetched: ${why}`,
      `check the network, ${GIVE_RUNTIME}`,
      ExitCode.WrongChip,
    );
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_WITHIN_MS) });
    if (!answer.ok || answer.body === null) throw failed(`the server says ${answer.status}`);
    const chunks: Uint8Array[] = [];
    let total = 0;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      total += chunk.length;
      if (total > DOWNLOAD_BYTES_MAX) throw failed('it is larger than any runtime');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const cause = (error as { cause?: Error }).cause ?? (error as Error);
    throw failed(cause.message);
  }
}
