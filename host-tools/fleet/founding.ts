// Founding a ledger of several owners: each makes a card from its own keys, which never leave its directory; anybody
// makes the founding file from the cards; each gateway starts from that file. The file carries the network key, so it
// is for the members of the mesh only.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { ed25519PublicKey, nodeCrypto } from '../crypto/index.ts';
import { LEDGER_DEPS } from '../gateway/chain-service.ts';
import { readSecrets, writeDesk, writeSecrets } from '../gateway/desk-files.ts';
import { addressOfKey, makeDirectory } from '../gateway/desk.ts';
import { openChain, type StoreChoice } from '../gateway/store/index.ts';
import { addressToken } from './names.ts';
import { decodeGenesis, deskProfile, encodeGenesis, ledgerIdOf, villageProfile } from '../ledger/index.ts';
import type { GenesisParams } from '../ledger/index.ts';

export interface Card {
  /** Ed25519 public keys, hex. */
  owner: string;
  block: string;
}

export interface FoundingFile {
  version: 1;
  genesis: string;
  networkKey: string;
}

/**
 * The engine of a fleet takes 4 to 9 seconds to choose a leader when a server dies (docs/fleet.md), which three slots
 * must cover: so a desk's slots are of 3 seconds here, its epochs and money rounds as long as anywhere.
 */
const FLEET_DESK = { blockIntervalS: 3, epoch: 1200, moneyRound: 100 };
export const PROFILES = {
  desk: (founders: Parameters<typeof deskProfile>[0]): GenesisParams => ({
    ...deskProfile(founders),
    ...FLEET_DESK,
  }),
  village: villageProfile,
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const isHex = (value: unknown, bytes?: number): value is string =>
  typeof value === 'string' &&
  /^([0-9a-f]{2})+$/.test(value) &&
  (bytes === undefined || value.length === 2 * bytes);

/** The keys of a data directory, made when there are none. Throws a StoreError. */
export function keysOf(directory: string): { ownerSeed: Uint8Array; blockSeed: Uint8Array } {
  makeDirectory(directory);
  const secrets = readSecrets(directory);
  if (secrets.owner === undefined || secrets.block === undefined) {
    secrets.owner ??= new Uint8Array(randomBytes(32));
    secrets.block ??= new Uint8Array(randomBytes(32));
    writeSecrets(directory, secrets);
  }
  return { ownerSeed: secrets.owner, blockSeed: secrets.block };
}

export function cardOf(directory: string): Card {
  const { ownerSeed, blockSeed } = keysOf(directory);
  return { owner: hex(ed25519PublicKey(ownerSeed)), block: hex(ed25519PublicKey(blockSeed)) };
}

function usage(message: string, remedy: string): CliError {
  return new CliError(message, remedy, ExitCode.Usage);
}

/** Reads a JSON file. Throws a CliError that names it. */
function readJson(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined) throw usage(`${path} cannot be read (${code})`, 'check the path');
  }
  throw usage(`${path} is not a JSON file of ours`, 'make it with `fairhop fleet card` or `fairhop fleet found`');
}

export function readCard(path: string): Card {
  const { owner, block } = readJson(path);
  if (isHex(owner, 32) && isHex(block, 32)) return { owner, block };
  throw usage(`${path} is no card`, 'make one with `fairhop fleet card --data DIR`');
}

export function readFounding(path: string): FoundingFile {
  const { version, genesis, networkKey } = readJson(path);
  const good = version === 1 && isHex(genesis) && isHex(networkKey, 16);
  if (good && decodeGenesis(bytesOf(genesis)) !== undefined) return { version: 1, genesis, networkKey };
  throw usage(`${path} is no founding file`, 'make one with `fairhop fleet found CARD...`');
}

/** Address that the gateway of this card gets, 8 hex digits. */
export function addressOfCard({ block }: Card): string {
  return addressToken(addressOfKey(bytesOf(block)));
}

/**
 * One gateway a card; cards of one owner make one owner of several gateways. `change` overrides parameters of the
 * profile. Throws a CliError.
 */
export function foundFleet(
  cards: Card[],
  profile: keyof typeof PROFILES,
  createdS: number,
  change: Partial<GenesisParams> = {},
): FoundingFile {
  const owners = [...new Set(cards.map(({ owner }) => owner))];
  const gateways = cards.map(({ owner, block }) => ({
    owner: owners.indexOf(owner),
    address: addressOfKey(bytesOf(block)),
    blockKey: bytesOf(block),
    teslaAnchor: new Uint8Array(randomBytes(16)),
  }));
  const salt = new Uint8Array(randomBytes(16));
  const founders = { createdS, salt, ownerKeys: owners.map(bytesOf), gateways };
  const params = { ...PROFILES[profile](founders), ...change };
  try {
    return { version: 1, genesis: hex(encodeGenesis(params)), networkKey: hex(randomBytes(16)) };
  } catch (error) {
    throw usage(`the cards make no ledger: ${(error as Error).message}`, 'each card must be of another gateway');
  }
}

/** Makes an empty data directory one of this ledger. One that holds it already stays as it is. Throws. */
export async function seedDirectory(
  directory: string,
  file: FoundingFile,
  choice: StoreChoice = {},
): Promise<void> {
  const { blockSeed } = keysOf(directory);
  const genesis = bytesOf(file.genesis);
  const store = openChain(directory, choice);
  try {
    const known = store.genesis();
    if (known !== undefined && hex(known) !== file.genesis)
      throw usage(`${directory} holds the chain of another ledger`, 'choose another directory with --data DIR');
    if (known === undefined) store.create(LEDGER_DEPS, genesis);
  } finally {
    await store.close();
  }
  const gateway = ownAddress(genesis, blockSeed);
  if (!existsSync(join(directory, 'desk.json')))
    writeDesk(directory, { version: 1, genesis: file.genesis, networkKey: file.networkKey, gateway, members: [] });
}

function ownAddress(genesis: Uint8Array, blockSeed: Uint8Array): number {
  const blockKey = ed25519PublicKey(blockSeed);
  const founder = decodeGenesis(genesis)!.gateways.find((one) => Buffer.compare(one.blockKey, blockKey) === 0);
  return founder?.address ?? addressOfKey(blockKey);
}

export function ledgerIdOfFile(file: FoundingFile): Uint8Array {
  return ledgerIdOf(nodeCrypto, bytesOf(file.genesis));
}
