// The data directory of a gateway: what is in it, how it comes to be, and opening it again. Founding is made of steps
// that can each be repeated, so an interruption anywhere is continued by the next start. Layout:
//   desk.json      who is here: genesis, gateway, boards (public)
//   keystore.json  owner, block, link and pay secrets, encrypted
//   passphrase     made when FAIRHOP_PASSPHRASE is not set: readable by its owner only
//   chain.mdb      the chain (store/)      boards/NAME/   flash of each virtual board
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GenesisParams, Ledger } from '../ledger/index.ts';
import { decodeGenesis, deskProfile, ledgerIdOf, moneyOf } from '../ledger/index.ts';
import { ed25519PublicKey, nodeCrypto, signEd25519, x25519PublicKey } from '../crypto/index.ts';
import { KeystoreError, openKeystore, sealKeystore } from '../keystore/keystore.ts';
import type { Founding } from '../provision/found-desk.ts';
import { found, joinOf } from '../provision/found-desk.ts';
import type { Identity } from '../provision/identity.ts';
import { addressText } from '../provision/identity.ts';
import { makeIdentities } from '../provision/make-identities.ts';
import { LEDGER_DEPS } from './chain-service.ts';
import { ChainStore, LmdbStore, StoreError } from './store/index.ts';

export interface Member {
  name: string;
  address: number;
}

interface DeskFile {
  version: 1;
  genesis: string;
  networkKey: string;
  gateway: number;
  members: Member[];
}

export interface Desk {
  directory: string;
  founding: Founding;
  networkKey: Uint8Array;
  /** The gateway's board first. */
  members: Member[];
  linkSecretOf(address: number): Uint8Array;
  paySecretOf(address: number): Uint8Array;
  store: ChainStore;
  ledger: Ledger;
  /** True when this start made it. */
  fresh: boolean;
}

const random = (count: number): Uint8Array => new Uint8Array(randomBytes(count));

/** Opens the directory, making what is missing for `boards` boards. Throws a StoreError with the remedy. */
export async function openDesk(directory: string, boards: number): Promise<Desk> {
  makeDirectory(directory);
  // Opening the store first takes the directory's lock: two gateways cannot found it at once.
  const store = ChainStore.over(LmdbStore.open(directory));
  try {
    return await openLocked(directory, boards, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openLocked(directory: string, boards: number, store: ChainStore): Promise<Desk> {
  const passphrase = passphraseOf(directory);
  const known = readDesk(directory);
  const secrets = known === undefined ? {} : readSecrets(directory, passphrase);
  const founding = known === undefined ? undefined : foundingOf(known, secrets);
  const desk = founding ?? foundNew();
  const file: DeskFile = known ?? {
    version: 1,
    genesis: Buffer.from(desk.genesis).toString('hex'),
    networkKey: Buffer.from(random(16)).toString('hex'),
    gateway: desk.gatewayAddress,
    members: [],
  };
  addMembers(file, secrets, boards);
  if (known === undefined || known.members.length !== file.members.length || secrets.owner === undefined) {
    secrets.owner ??= desk.ownerSeed;
    secrets.block ??= desk.blockSeed;
    // Secrets before the names that need them: a crash between the two leaves unused secrets, not unknown ones.
    writeWhole(join(directory, 'keystore.json'), sealKeystore(secrets, passphrase));
    writeWhole(join(directory, 'desk.json'), `${JSON.stringify(file, undefined, 2)}\n`);
  }
  const ledger = store.genesis() === undefined ? store.create(LEDGER_DEPS, desk.genesis) : store.load(LEDGER_DEPS);
  if (Buffer.compare(ledger.ledgerId, desk.ledgerId) !== 0) {
    throw new StoreError('the chain and desk.json belong to different ledgers', RESTORE);
  }
  const secretOf =
    (kind: string) =>
    (address: number): Uint8Array => {
      const secret = secrets[`${kind}-${addressText(address)}`];
      if (secret === undefined)
        throw new StoreError(`the keystore has no ${kind} secret of ${addressText(address)}`, RESTORE);
      return secret;
    };
  return {
    directory,
    founding: desk,
    networkKey: new Uint8Array(Buffer.from(file.networkKey, 'hex')),
    members: file.members.slice(0, boards),
    linkSecretOf: secretOf('link'),
    paySecretOf: secretOf('pay'),
    store,
    ledger,
    fresh: known === undefined,
  };
}

const RESTORE = 'Restore the data directory from a backup, or start with another one (--data DIR).';

function makeDirectory(directory: string): void {
  try {
    mkdirSync(join(directory, 'boards'), { recursive: true });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new StoreError(
      `the data directory ${directory} cannot be made or written (${reason})`,
      'Give yourself the right to write there, or choose another place with --data DIR.',
    );
  }
}

/** Through a temporary name: a crash leaves the old file or the new one. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

function passphraseOf(directory: string): string {
  const given = process.env.FAIRHOP_PASSPHRASE;
  if (given !== undefined && given !== '') return given;
  const file = join(directory, 'passphrase');
  if (!existsSync(file)) writeWhole(file, randomBytes(24).toString('base64url'));
  return readFileSync(file, 'utf8');
}

function readDesk(directory: string): DeskFile | undefined {
  const file = join(directory, 'desk.json');
  if (!existsSync(file)) return undefined;
  try {
    const desk = JSON.parse(readFileSync(file, 'utf8')) as DeskFile;
    if (desk.version !== 1 || !Array.isArray(desk.members) || typeof desk.genesis !== 'string')
      throw new Error('shape');
    return desk;
  } catch {
    throw new StoreError(`${file} is damaged`, RESTORE);
  }
}

function readSecrets(directory: string, passphrase: string): Record<string, Uint8Array> {
  try {
    return openKeystore(readFileSync(join(directory, 'keystore.json'), 'utf8'), passphrase);
  } catch (error) {
    if (!(error instanceof KeystoreError)) throw new StoreError('keystore.json cannot be read', RESTORE);
    throw new StoreError(error.message, 'Set FAIRHOP_PASSPHRASE to the passphrase it was made with.');
  }
}

function foundNew(): Founding {
  const createdS = Math.floor(Date.now() / 1000);
  // Any address but zero; the rest of the boards count up from it.
  const gatewayAddress = (randomBytes(4).readUInt32BE() & 0xffffff00) | 1;
  return found({ random, createdS, gatewayAddress: gatewayAddress >>> 0, profile: deskProfile });
}

function foundingOf(desk: DeskFile, secrets: Record<string, Uint8Array>): Founding {
  const genesis = new Uint8Array(Buffer.from(desk.genesis, 'hex'));
  const params: GenesisParams | undefined = decodeGenesis(genesis);
  if (params === undefined || secrets.owner === undefined || secrets.block === undefined) {
    throw new StoreError('desk.json or the keystore is damaged', RESTORE);
  }
  const ledgerId = ledgerIdOf(nodeCrypto, genesis);
  return {
    genesis,
    params,
    ledgerId,
    ownerSeed: secrets.owner,
    blockSeed: secrets.block,
    gatewayAddress: desk.gateway,
  };
}

function addMembers(desk: DeskFile, secrets: Record<string, Uint8Array>, boards: number): void {
  for (let i = desk.members.length; i < boards; i++) {
    const member = { name: i === 0 ? 'gateway' : `board-${i}`, address: desk.gateway + i };
    desk.members.push(member);
    secrets[`link-${addressText(member.address)}`] = random(32);
    secrets[`pay-${addressText(member.address)}`] = random(32);
  }
}

/** The X25519 public keys of all members, known before their chequebooks are made. */
export function linkKeys(desk: Desk): { address: number; linkKey: Uint8Array }[] {
  return desk.members.map(({ address }) => ({ address, linkKey: x25519PublicKey(desk.linkSecretOf(address)) }));
}

/** Makes the chequebooks of these members; slow, so it tells how far it is. */
export async function identitiesOf(
  desk: Desk,
  members: Member[],
  onDone: (done: number) => void,
): Promise<Identity[]> {
  const jobs = members.map(({ name, address }) => ({
    name,
    address,
    generation: 0,
    ledgerId: desk.founding.ledgerId,
    secrets: { linkSecret: desk.linkSecretOf(address), paySecret: desk.paySecretOf(address) },
  }));
  const identities = await makeIdentities(jobs, onDone);
  for (const identity of identities) desk.store.putBook(identity.bookRoot, identity.book);
  return identities;
}

/** Joins for those that the ledger does not know yet, in an order that is valid one after another. */
export function joinsFor(desk: Desk, identities: Identity[]): Uint8Array[] {
  const owner = desk.ledger.account(ed25519PublicKey(desk.founding.ownerSeed));
  let nonce = owner?.nonce ?? 0;
  const validUntil = desk.ledger.height + 1000;
  return identities
    .filter((identity) => desk.ledger.account(identity.address) === undefined)
    .map((identity) => joinOf(desk.founding, identity, nonce++, validUntil));
}

export function signBlock(desk: Desk): (message: Uint8Array) => Uint8Array {
  return (message) => signEd25519(desk.founding.blockSeed, message);
}

/** Links of a channel's window and money parameters, for the first lines a person sees. */
export function describeMoney(desk: Desk): string {
  const { linkValue, supply, pathPrice } = moneyOf(desk.founding.params);
  return `a link is ${linkValue} credits, a three-hop packet costs about ${pathPrice}, supply ${supply}`;
}
