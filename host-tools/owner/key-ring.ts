// The keys of a data directory: `keys/NAME.json`, one file a key; the founding owner of a gateway that has its data
// there, under the name `founder`; and owners whose keys an older version's provisioning has kept elsewhere. Makes,
// opens, copies and takes in; never shows a secret. Used by the commands.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { ed25519PublicKey, signEd25519, x25519PublicKey } from '../crypto/index.ts';
import { fileError, readDesk, readSecrets } from '../gateway/desk-files.ts';
import { KeystoreError } from '../keystore/keystore.ts';
import { createPrivateFile, readTextFile } from '../keystore/private-file.ts';
import { decodeGenesis } from '../ledger/index.ts';
import { isKeyName, openKeyFile, parseKeyFile, sealKeyFile, type KeyFile, type Secrets } from './key-file.ts';
import { dataPassphrase } from '../provision/provision-files.ts';
import { FOUNDER, FOUNDER_TOO, moveOldKey } from '../provision/owners.ts';
import { provisionedOwners, provisionedSeed } from './provisioned-owners.ts';

/** Asks for a passphrase. `what`: the key, for the question. `isFresh`: a new one, which has to be long enough. */
export type PassphraseSource = (what: string, isFresh: boolean) => Promise<string>;

/** No key file is longer; what is longer is no key file. */
const FILE_BYTES_MAX = 65536;

export interface KnownKey {
  name: string;
  /** 64 hexadecimal digits. */
  publicKey: string;
}

/** Somebody who can sign. */
export interface Signer extends KnownKey {
  key: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export class KeyRing {
  private readonly folder: string;

  constructor(
    private readonly directory: string,
    private readonly passphraseOf: PassphraseSource,
  ) {
    this.folder = join(directory, 'keys');
  }

  /** Owners' keys, the founder first. */
  list(): KnownKey[] {
    const founder = this.founderKey();
    const keys = founder === undefined ? [] : [{ name: FOUNDER, publicKey: founder }];
    for (const name of this.names()) {
      if (isNodeName(name)) continue;
      keys.push({ name, publicKey: this.read(name)!.publicKey });
    }
    const others = provisionedOwners(this.directory);
    return [...keys, ...others.filter((other) => keys.every(({ name }) => name !== other.name))];
  }

  private names(): string[] {
    try {
      const files = readdirSync(this.folder).filter((file) => file.endsWith('.json'));
      return files.map((file) => file.slice(0, -'.json'.length)).filter(isKeyName).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw fileError(this.folder, error);
    }
  }

  /** From desk.json, which needs no passphrase. */
  private founderKey(): string | undefined {
    const desk = readDesk(this.directory);
    const genesis = desk === undefined ? undefined : decodeGenesis(new Uint8Array(Buffer.from(desk.genesis, 'hex')));
    return genesis === undefined ? undefined : Buffer.from(genesis.owners[0]!.key).toString('hex');
  }

  find(name: string): KnownKey | undefined {
    const wanted = name === FOUNDER_TOO ? FOUNDER : name;
    return this.list().find((key) => key.name === wanted);
  }

  /** Throws a CliError when there is none of that name. */
  need(name: string): KnownKey {
    const found = this.find(name);
    if (found !== undefined) return found;
    const names = this.list().map((key) => key.name);
    throw new CliError(
      `there is no key "${name}" in ${this.folder}`,
      names.length === 0 ? 'Make one: `fairhop keys new NAME`.' : `There are: ${names.join(', ')}.`,
      ExitCode.Usage,
    );
  }

  byPublicKey(publicKey: string): KnownKey | undefined {
    return this.list().find((key) => key.publicKey === publicKey);
  }

  /** Asks for the passphrase. Throws a CliError. */
  async open(text: string): Promise<Signer> {
    const { name, publicKey } = this.need(text);
    const seed = await this.seed(name);
    if (seed?.length !== 32 || hex(ed25519PublicKey(seed)) !== publicKey) throw damaged(this.fileOf(name));
    return { name, publicKey, key: ed25519PublicKey(seed), sign: (message) => signEd25519(seed, message) };
  }

  private async seed(name: string): Promise<Uint8Array | undefined> {
    if (name === FOUNDER) return readSecrets(this.directory).owner;
    moveOldKey(this.directory, name);
    const file = this.read(name);
    if (file === undefined) return provisionedSeed(this.directory, name);
    return (await this.unseal(file, this.fileOf(name))).seed;
  }

  /** Keys that provisioning made have the data directory's own passphrase: nobody is asked for that. */
  private async unseal(file: KeyFile, path: string): Promise<Secrets> {
    try {
      if (existsSync(join(this.directory, 'passphrase'))) return openKeyFile(file, dataPassphrase(this.directory));
    } catch (error) {
      if (!(error instanceof KeystoreError)) throw error;
    }
    try {
      return openKeyFile(file, await this.passphraseOf(file.name, false));
    } catch (error) {
      if (!(error instanceof KeystoreError)) throw error;
      throw new CliError(`${path}: ${error.message}`, 'Give the passphrase it was made with.', ExitCode.CheckFailed);
    }
  }

  async create(name: string): Promise<KnownKey> {
    checkName(name);
    this.refuseExisting(name);
    const seed = new Uint8Array(randomBytes(32));
    const key = ed25519PublicKey(seed);
    this.write(name, sealKeyFile(name, key, { seed }, await this.passphraseOf(name, true)));
    return { name, publicKey: hex(key) };
  }

  /** A copy that another data directory can take in, sealed anew unless it is a key file already. */
  async export(text: string, file: string): Promise<KnownKey> {
    const { name, publicKey } = this.need(text);
    let copy = name === FOUNDER ? undefined : readText(this.fileOf(name));
    if (copy === undefined) {
      const { key } = await this.open(name);
      const seed = (await this.seed(name))!;
      copy = sealKeyFile(name, key, { seed }, await this.passphraseOf(name, true));
    }
    writeNew(file, copy);
    return { name, publicKey };
  }

  /** Takes in what `export` wrote, under its own name or another. The passphrase is checked and stays the same. */
  async import(file: string, as?: string): Promise<KnownKey> {
    const text = readText(file);
    if (text === undefined) throw new CliError(`there is no file ${file}`, 'Check the path.', ExitCode.Usage);
    const parsed = parseKeyFile(text);
    if (parsed === undefined) throw damaged(file);
    const name = as ?? parsed.name;
    checkName(name);
    this.refuseExisting(name);
    const { seed } = await this.unseal(parsed, file);
    if (seed?.length !== 32 || hex(ed25519PublicKey(seed)) !== parsed.publicKey) throw damaged(file);
    this.write(name, `${JSON.stringify({ ...parsed, name }, undefined, 2)}\n`);
    return { name, publicKey: parsed.publicKey };
  }

  /** The two secrets of a node: those that are kept, or new ones, kept before anybody relies on them. */
  async nodeSecrets(address: string, generation: number): Promise<{ linkSecret: Uint8Array; paySecret: Uint8Array }> {
    const name = `node-${address}-${generation}`;
    const kept = this.read(name);
    if (kept !== undefined) {
      const { link, pay } = await this.unseal(kept, this.fileOf(name));
      if (link?.length !== 32 || pay?.length !== 32) throw damaged(this.fileOf(name));
      return { linkSecret: link, paySecret: pay };
    }
    const [link, pay] = [new Uint8Array(randomBytes(32)), new Uint8Array(randomBytes(32))];
    const passphrase = await this.passphraseOf(name, true);
    this.write(name, sealKeyFile(name, x25519PublicKey(link), { link, pay }, passphrase));
    return { linkSecret: link, paySecret: pay };
  }

  /** Whether `nodeSecrets` would find some. */
  hasNodeSecrets(address: string, generation: number): boolean {
    return this.read(`node-${address}-${generation}`) !== undefined;
  }

  fileOf(name: string): string {
    return join(this.folder, `${name}.json`);
  }

  private read(name: string): KeyFile | undefined {
    const text = readText(this.fileOf(name));
    if (text === undefined) return undefined;
    const parsed = parseKeyFile(text);
    if (parsed?.name !== name) throw damaged(this.fileOf(name));
    return parsed;
  }

  private refuseExisting(name: string): void {
    if (readText(this.fileOf(name)) !== undefined) throw taken(this.fileOf(name));
  }

  private write(name: string, text: string): void {
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw fileError(this.folder, error);
    }
    writeNew(this.fileOf(name), text);
  }
}

function isNodeName(name: string): boolean {
  return /^node-[0-9a-f]{8}-\d{1,3}$/.test(name);
}

function checkName(name: string): void {
  if (isKeyName(name) && name !== FOUNDER && name !== FOUNDER_TOO && !name.startsWith('node-')) return;
  throw new CliError(
    `"${name}" cannot be the name of a key`,
    `Choose up to 32 of a-z, 0-9 and "-", a letter first; not "${FOUNDER}", "${FOUNDER_TOO}" or "node-...".`,
    ExitCode.Usage,
  );
}

function readText(file: string): string | undefined {
  try {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > FILE_BYTES_MAX) throw damaged(file);
    return readTextFile(file);
  } catch (error) {
    throw fileError(file, error);
  }
}

function writeNew(file: string, text: string): void {
  try {
    if (!createPrivateFile(file, text)) throw taken(file);
  } catch (error) {
    throw fileError(file, error);
  }
}

function taken(file: string): CliError {
  return new CliError(`${file} exists already`, 'Choose another name; a key is never overwritten.', ExitCode.Usage);
}

function damaged(file: string): CliError {
  return new CliError(`${file} is no key file, or damaged`, 'Restore it from a backup.', ExitCode.CheckFailed);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
