// The people and boards of a run: owners who vouch, gateways that write blocks, members with books and keys, and the
// transactions that found the community. Everything secret is drawn from the run's seed. Used by world.ts only.
import { diffieHellman, type KeyObject } from 'node:crypto';
import { KeyRecord } from '#mesh';
import { macKey, putU32 } from '#protocol';
import { ed25519PublicKey, pairKeys, signEd25519, x25519PublicKey, type PairKeys } from '../crypto/index.ts';
import { privateKeyObject, publicKeyObject } from '../crypto/raw-keys.ts';
import {
  Bound, PoolId, TxKind, encodeGenesis, ledgerIdOf, moneyOf, signJoin, signTx, type GenesisParams,
} from '../ledger/index.ts';
import type { Prng } from '../ether/prng.ts';
import { simBook, type SimBook } from './books.ts';
import { fastCrypto } from './fast-crypto.ts';
import { simProfile, type SimParams } from './params.ts';

/** As many nodes may share a member's basic allowance (SPEC L7.9). */
const NAMED_MAX = 8;
const OWNERS_MAX = 64;
const ADDRESS_FIRST = 0x01000001;
/** Odd, so that neighbouring stations differ in the low byte, which is their alias. */
const ADDRESS_STEP = 0x101;

export interface Owner {
  seed: Uint8Array;
  key: Uint8Array;
}

export interface Member {
  index: number;
  address: number;
  /** Index of the guarantor among the owners. */
  owner: number;
  linkSecret: Uint8Array;
  linkKey: Uint8Array;
  paySecret: Uint8Array;
  book: SimBook;
  community: number;
  joinsLater: boolean;
}

export interface Founding {
  genesis: Uint8Array;
  params: GenesisParams;
  ledgerId: Uint8Array;
  owners: Owner[];
  blockSeeds: Uint8Array[];
  members: Member[];
}

export function randomBytes(prng: Prng, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = prng.nextU32() >>> 24;
  return bytes;
}

export function addressOf(index: number): number {
  return ADDRESS_FIRST + index * ADDRESS_STEP;
}

/** Owners of ordinary nodes; those of special sets come after them. */
export function ownerCount(sim: SimParams): number {
  return Math.min(OWNERS_MAX - 8, Math.max(2, Math.ceil(sim.nodes / sim.nodesPerOwner)));
}

export interface Households {
  owners: number;
  /** Who vouches for a node. Gateways are the first nodes. */
  ownerOf(index: number): number;
  /** In a community apart from the others. */
  isApart(index: number): boolean;
  /** Joins later, by a transaction in the run. */
  isLater(index: number): boolean;
}

export function foundCommunity(sim: SimParams, prng: Prng, households: Households): Founding {
  const { ownerOf } = households;
  const owners = Array.from({ length: households.owners }, () => {
    const seed = randomBytes(prng, 32);
    return { seed, key: ed25519PublicKey(seed) };
  });
  const blockSeeds = Array.from({ length: Math.min(sim.gateways, Bound.GATEWAYS) }, () => randomBytes(prng, 32));
  const params = simProfile(sim)({
    createdS: 1_700_000_000,
    salt: randomBytes(prng, 16),
    ownerKeys: owners.map((owner) => owner.key),
    gateways: blockSeeds.map((seed, i) => ({
      owner: ownerOf(i), address: addressOf(i), blockKey: ed25519PublicKey(seed), teslaAnchor: randomBytes(prng, 16),
    })),
  });
  const stations = Array.from({ length: sim.nodes }, (_, i) => i);
  if (stations.some((i) => households.isApart(i))) params.communities = [1, 1];
  // Half as much again as its nodes need at the founding.
  const perNode = (moneyOf(params).supply * 3) / 4 / sim.nodes;
  const vouched = new Array<number>(owners.length).fill(0);
  for (const i of stations) if (!households.isLater(i)) vouched[ownerOf(i)]!++;
  params.owners = owners.map(({ key }, i) => ({ key, line: Math.floor(perNode * vouched[i]!) }));
  const genesis = encodeGenesis(params);
  const ledgerId = ledgerIdOf(fastCrypto, genesis);
  const members = stations.map((i) => ({
    ...member(i, ownerOf(i), ledgerId, sim.chains, prng),
    community: PoolId.FIRST_COMMUNITY + (households.isApart(i) ? 1 : 0), joinsLater: households.isLater(i),
  }));
  return { genesis, params, ledgerId, owners, blockSeeds, members };
}

function member(
  index: number,
  owner: number,
  ledgerId: Uint8Array,
  chains: number,
  prng: Prng,
): Omit<Member, 'community' | 'joinsLater'> {
  const address = addressOf(index);
  const linkSecret = randomBytes(prng, 32);
  const paySecret = randomBytes(prng, 32);
  const book = simBook(macKey(paySecret), { ledger: ledgerId, address, generation: 0 }, chains);
  return { index, address, owner, linkSecret, linkKey: x25519PublicKey(linkSecret), paySecret, book };
}

/** A node's JOIN, signed by its owner, who vouches for it. `home`: the address of its gateway. */
export function joinOf(founding: Founding, node: Member, home: number, nonce: number): Uint8Array {
  const owner = founding.owners[node.owner]!;
  const sign = (message: Uint8Array): Uint8Array => signEd25519(owner.seed, message);
  return signJoin(founding.ledgerId, {
    address: node.address, owner: owner.key, linkKey: node.linkKey, bookRoot: node.book.root, generation: 0, home,
    community: node.community, guarantor: owner.key, line: moneyOf(founding.params).creditLine, ownerNonce: nonce,
    guarantorNonce: nonce, validUntil: 10000,
  }, sign, sign);
}

/** All joins and names, in the order of the guarantors' nonces. `homeOf(index)`: the address of a node's gateway. */
export function foundingTransactions(founding: Founding, homeOf: (index: number) => number): Uint8Array[] {
  const nonces = founding.owners.map(() => 0);
  const named = founding.owners.map(() => 0);
  const transactions: Uint8Array[] = [];
  for (const node of founding.members) {
    if (node.joinsLater) continue;
    const owner = founding.owners[node.owner]!;
    transactions.push(joinOf(founding, node, homeOf(node.index), nonces[node.owner]!++));
    // Names count for members of the same community only.
    if (node.community !== PoolId.FIRST_COMMUNITY || named[node.owner]!++ > NAMED_MAX - 1) continue;
    transactions.push(signTx(founding.ledgerId, TxKind.NAME, {
      address: node.address, named: 1, nonce: nonces[node.owner]!++, validUntil: 10000,
    }, (message) => signEd25519(owner.seed, message)));
  }
  return transactions;
}

/** Pairwise keys, each pair computed once: provisioning would install the same bytes (SPEC 7.2). */
export class PairKeyring {
  private readonly pairs = new Map<number, PairKeys>();

  private readonly secrets: KeyObject[];
  private readonly publics: KeyObject[];

  constructor(private readonly members: readonly Member[]) {
    // Importing a key costs ten times what the curve does.
    this.secrets = members.map(({ linkSecret }) => privateKeyObject('X25519', linkSecret));
    this.publics = members.map(({ linkKey }) => publicKeyObject('X25519', linkKey));
  }

  private pair(a: number, b: number): PairKeys {
    const name = Math.min(a, b) * 65536 + Math.max(a, b);
    const known = this.pairs.get(name);
    if (known !== undefined) return known;
    const shared = diffieHellman({ privateKey: this.secrets[a]!, publicKey: this.publics[b]! });
    const keys = pairKeys(new Uint8Array(shared));
    this.pairs.set(name, keys);
    return keys;
  }

  table(index: number, peers: Iterable<number>): Uint8Array {
    const list = [...peers].filter((peer) => peer !== index).sort((a, b) => a - b);
    const table = new Uint8Array(list.length * KeyRecord.SIZE);
    list.forEach((peer, i) => {
      const keys = this.pair(index, peer);
      const at = i * KeyRecord.SIZE;
      putU32(table, at + KeyRecord.ADDRESS, this.members[peer]!.address);
      table.set(keys.link, at + KeyRecord.LINK);
      table.set(keys.endAuth, at + KeyRecord.END_MAC);
      table.set(keys.endCipher, at + KeyRecord.END_CIPHER);
    });
    return table;
  }
}
