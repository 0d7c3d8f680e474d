// The data directory of a gateway: what is in it, how it comes to be, and opening it again. Founding is a row of steps,
// each of which leaves a directory that the next start continues: passphrase, keystore, chain, desk.json. Layout:
//   desk.json      who is here: genesis, gateway, boards (written last)
//   keystore.json  owner, block, link and pay secrets, encrypted
//   passphrase     made when FAIRHOP_PASSPHRASE is not set: readable by its owner only
//   chain.mdb, or chain.level: the chain (store/)      boards/NAME/   flash of each virtual board
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { getU32 } from '#protocol';
import type { Ledger } from '../ledger/index.ts';
import { decodeGenesis, deskProfile, ledgerIdOf, moneyOf } from '../ledger/index.ts';
import { ed25519PublicKey, nodeCrypto, signEd25519, x25519PublicKey } from '../crypto/index.ts';
import type { Founding } from '../provision/found-desk.ts';
import { found, joinOf } from '../provision/found-desk.ts';
import type { Identity } from '../provision/identity.ts';
import { addressText } from '../provision/identity.ts';
import { makeIdentities } from '../provision/make-identities.ts';
import { backupPath, readSealed } from '../provision/provision-files.ts';
import { provisionedPeers } from '../provision/provisioned-peers.ts';
import { LEDGER_DEPS } from './chain-service.ts';
import type { DeskFile, Member, SecretsByName } from './desk-files.ts';
import { RESTORE, fileError, readDesk, readSecrets, writeDesk, writeSecrets } from './desk-files.ts';
import { openChain, StoreError, type ChainStore, type StoreChoice } from './store/index.ts';

export type { Member } from './desk-files.ts';

/** Link keys of other islands' nodes on a board: 3 kB of its memory. */
const OTHER_KEYS_MAX = 64;

const random = (count: number): Uint8Array => new Uint8Array(randomBytes(count));

/**
 * Opens the directory; founds a ledger in an empty one. With `guest` the ledger may be one that others founded. Throws
 * a StoreError with the remedy.
 */
export async function openDesk(directory: string, choice: StoreChoice = {}, guest = false): Promise<Desk> {
  makeDirectory(directory);
  // Opening the store first takes the directory's lock: two gateways cannot found it at once.
  const store = openChain(directory, choice);
  try {
    return openLocked(directory, store, guest);
  } catch (error) {
    await store.close();
    throw error;
  }
}

export function makeDirectory(directory: string): void {
  try {
    mkdirSync(join(directory, 'boards'), { recursive: true });
  } catch (error) {
    throw fileError(directory, error);
  }
}

function openLocked(directory: string, store: ChainStore, guest: boolean): Desk {
  const secrets = readSecrets(directory);
  const known = readDesk(directory);
  const genesis = store.genesis();
  if (known !== undefined && genesis === undefined)
    throw new StoreError('the chain (chain.mdb or chain.level) is missing', RESTORE);
  // A founding that was interrupted has made no block yet.
  if (known === undefined && store.height() > 0) throw new StoreError('desk.json is missing', RESTORE);
  if (genesis !== undefined) {
    const founding = foundingOf(genesis, secrets, guest);
    const file = known ?? newFile(founding);
    const sameLedger = file.genesis === hex(genesis) && file.gateway === founding.gatewayAddress;
    if (!sameLedger) throw new StoreError('the chain and desk.json belong to different ledgers', RESTORE);
    return new Desk(directory, file, secrets, founding, store, store.load(LEDGER_DEPS), known !== undefined);
  }
  const founding = foundNew(secrets);
  secrets.owner = founding.ownerSeed;
  secrets.block = founding.blockSeed;
  addSecrets(secrets, founding.gatewayAddress);
  writeSecrets(directory, secrets);
  const ledger = store.create(LEDGER_DEPS, founding.genesis);
  return new Desk(directory, newFile(founding), secrets, founding, store, ledger, false);
}

function newFile({ genesis, gatewayAddress }: Founding): DeskFile {
  return { version: 1, genesis: hex(genesis), networkKey: hex(random(16)), gateway: gatewayAddress, members: [] };
}

function foundNew({ owner, block }: SecretsByName): Founding {
  const createdS = Math.floor(Date.now() / 1000);
  // Any address but zero; the rest of the boards count up from it.
  const gatewayAddress = ((randomBytes(4).readUInt32BE() & 0xffffff00) | 1) >>> 0;
  return found({ random, createdS, gatewayAddress, profile: deskProfile, ownerSeed: owner, blockSeed: block });
}

/** Those of a start that was interrupted stay the same. True when there were none. */
function addSecrets(secrets: SecretsByName, address: number): boolean {
  const [link, pay] = [`link-${addressText(address)}`, `pay-${addressText(address)}`] as const;
  const added = secrets[link] === undefined || secrets[pay] === undefined;
  secrets[link] ??= random(32);
  secrets[pay] ??= random(32);
  return added;
}

/** A gateway that no founder chose an address for: any but zero; its boards count up from it. */
export function addressOfKey(blockKey: Uint8Array): number {
  return ((getU32(nodeCrypto.sha256([blockKey]), 0) & 0xffffff00) | 1) >>> 0;
}

/**
 * The keystore must hold the keys that the genesis names, else its blocks would be refused by everybody. A `guest` of
 * somebody else's ledger is not named there.
 */
function foundingOf(genesis: Uint8Array, { owner, block }: SecretsByName, guest: boolean): Founding {
  const params = decodeGenesis(genesis);
  if (params === undefined) throw new StoreError('the genesis of the chain is damaged', RESTORE);
  if (owner === undefined || block === undefined)
    throw new StoreError('the keystore (keystore.json) is missing or incomplete', RESTORE);
  const blockKey = ed25519PublicKey(block);
  const gateway = params.gateways.find((one) => Buffer.compare(one.blockKey, blockKey) === 0);
  const founder = params.owners[gateway?.owner ?? -1];
  if (founder === undefined ? !guest : Buffer.compare(ed25519PublicKey(owner), founder.key) !== 0)
    throw new StoreError('the keystore and the chain belong to different ledgers', RESTORE);
  const ledgerId = ledgerIdOf(nodeCrypto, genesis);
  const gatewayAddress = gateway?.address ?? addressOfKey(blockKey);
  return { genesis, params, ledgerId, ownerSeed: owner, blockSeed: block, gatewayAddress };
}

/** An open data directory. */
export class Desk {
  readonly networkKey: Uint8Array;
  /** Those who are here now, the gateway's board first: never empty. */
  members: Member[];

  constructor(
    readonly directory: string,
    private readonly file: DeskFile,
    private readonly secrets: SecretsByName,
    readonly founding: Founding,
    readonly store: ChainStore,
    readonly ledger: Ledger,
    private kept: boolean,
  ) {
    this.networkKey = new Uint8Array(Buffer.from(file.networkKey, 'hex'));
    this.enlist(1);
    this.members = [...file.members];
  }

  /** Exactly so many boards from here on: new ones are enlisted, the last ones of an earlier start stay away. */
  seat(boards: number): void {
    this.enlist(boards);
    this.members = this.file.members.slice(0, boards);
  }

  private enlist(boards: number): void {
    const { file, secrets, directory } = this;
    if (this.kept && file.members.length >= boards) return;
    let added = false;
    for (let i = file.members.length; i < boards; i++) {
      const member = { name: i === 0 ? 'gateway' : `board-${i}`, address: file.gateway + i };
      file.members.push(member);
      added = addSecrets(secrets, member.address) || added;
    }
    // Secrets before the names that need them: a crash between the two leaves unused secrets, not unknown ones.
    if (added) writeSecrets(directory, secrets);
    writeDesk(directory, file);
    this.kept = true;
  }

  linkSecretOf(address: number): Uint8Array {
    return this.secret('link', address);
  }

  paySecretOf(address: number): Uint8Array {
    return this.secret('pay', address);
  }

  private secret(kind: string, address: number): Uint8Array {
    const secret = this.secrets[`${kind}-${addressText(address)}`];
    if (secret !== undefined) return secret;
    throw new StoreError(`the keystore has no ${kind} secret of ${addressText(address)}`, RESTORE);
  }

  /** Whether the ledger knows this address already; then its chequebook is in use. */
  hasJoined(address: number): boolean {
    return this.ledger.account(address) !== undefined;
  }
}

/** The X25519 public keys of all members, known before their chequebooks are made. */
export function linkKeys(desk: Desk): { address: number; linkKey: Uint8Array }[] {
  const own = desk.members.map(({ address }) => ({ address, linkKey: x25519PublicKey(desk.linkSecretOf(address)) }));
  const known = [...own, ...provisionedPeers(desk.directory).map(({ address, linkKey }) => ({ address, linkKey }))];
  return [...known, ...neighbourKeys(desk, new Set(known.map(({ address }) => address)))];
}

/** Of the nodes of other homes as many as a board's table can take beside its own. */
function neighbourKeys(desk: Desk, known: Set<number>): { address: number; linkKey: Uint8Array }[] {
  const others = [...desk.ledger.nodes()].filter(
    ({ address, home }) => home !== desk.founding.gatewayAddress && !known.has(address),
  );
  return others.slice(0, OTHER_KEYS_MAX).map(({ address, linkKey }) => ({ address, linkKey }));
}

/**
 * The link secrets that this directory holds: of its members, and of the boards provisioned with it. Opening the
 * backup of one takes a tenth of a second, so each is opened once.
 */
export function linkSecretsOf(desk: Desk): (address: number) => Uint8Array | undefined {
  const opened = new Map<number, Uint8Array | undefined>();
  return (address) => {
    if (desk.members.some((member) => member.address === address)) return desk.linkSecretOf(address);
    if (!opened.has(address)) opened.set(address, backedUpLinkSecret(desk.directory, address));
    return opened.get(address);
  };
}

function backedUpLinkSecret(directory: string, address: number): Uint8Array | undefined {
  try {
    return readSealed(directory, backupPath(directory, address))?.link;
  } catch (error) {
    // A backup that cannot be read is the owner's to mend; meanwhile this node gets no keys from here.
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** Makes the chequebooks of these members and publishes them here; tells how far it is. */
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
    .filter(({ address }) => !desk.hasJoined(address))
    .map((identity) => joinOf(desk.founding, identity, nonce++, validUntil));
}

export function signBlock(desk: Desk): (message: Uint8Array) => Uint8Array {
  return (message) => signEd25519(desk.founding.blockSeed, message);
}

/** Value of a link, price of a packet and the supply, for the first lines a person sees. */
export function describeMoney(desk: Desk): string {
  const { linkValue, supply, pathPrice } = moneyOf(desk.founding.params);
  return `a link is ${linkValue} credits, a three-hop packet costs about ${pathPrice}, supply ${supply}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
