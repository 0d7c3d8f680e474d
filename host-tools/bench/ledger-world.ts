// A large ledger made of records instead of transactions, for the benchmark: joining a million nodes one signature
// at a time would measure Ed25519. The rules, the tree and the store then work on it as on any other.
import { payPrefix, putU16 } from '#protocol';
import { ed25519PublicKey, nodeCrypto, signEd25519, verifyEd25519 } from '../crypto/index.ts';
import { putHash, shaEngine } from '../ledger/hash/sha-engine.ts';
import type { Walk } from '../ledger/hash/sha-engine.ts';
import { blankNode } from '../ledger/records.ts';
import { leafHash, StateTree, treeKey } from '../ledger/tree.ts';
import {
  deskProfile, encodeBlock, encodeClaim, encodeGenesis, encodeRecord, entriesOf, Ledger, recordKey,
  StateKind,
} from '../ledger/index.ts';
import type { Channel, Node, StateRecord } from '../ledger/index.ts';
import { encodeHeader } from '../ledger/header.ts';

export const HOME = 1;
const SEED = new Uint8Array(32).fill(5);
const CREATED_S = 1_700_000_000;
const LINKS = 1024;
const RICH = 2 ** 40;
export const FIRST_ADDRESS = 1000;
const ZERO = new Uint8Array(32);
export const DEPS = { crypto: nodeCrypto, verify: verifyEd25519 };
export const sign = (message: Uint8Array): Uint8Array => signEd25519(SEED, message);

/** What `Ledger.load` reads, and claims for it. */
export interface LargeLedger {
  genesis: Uint8Array;
  records(): Iterable<[Uint8Array, Uint8Array]>;
  tip: Uint8Array;
  /** Claims in rounds: round r holds the r-th claim of every channel. */
  rounds: Uint8Array[][];
}

function nodeRecord(address: number, owner: Uint8Array): Node {
  const linkKey = nodeCrypto.sha256([new Uint8Array([1]), new Uint8Array(Uint32Array.of(address).buffer)]);
  return {
    ...blankNode(address), line: RICH, owner, guarantor: owner, linkKey, bookRoot: linkKey.slice(), generation: 1,
    home: HOME, community: 16, joined: 1,
  };
}

/** The chain of one channel from a made-up top: its anchor and the links at every multiple of `stride`. */
function chainWalk(ledgerId: Uint8Array, payer: number, stride: number): Walk {
  const link = new Uint8Array(16).fill(7);
  putU16(link, 0, payer & 0xffff);
  const marks: number[] = [];
  for (let steps = 0; steps <= LINKS; steps += stride) marks.push(steps);
  return { prefix: payPrefix({ ledger: ledgerId, address: payer, generation: 1 }, 0), link, marks, links: [] };
}

function channelRecord(payer: number, payee: number, anchor: Uint8Array): Channel {
  return {
    kind: StateKind.CHANNEL, payer, generation: 1, chain: 0, payee, window: 10, settled: 0, limit: LINKS,
    expiry: 0xffff, closing: 0, claimed: 0, localRest: 0, globalRest: 0, link: anchor,
  };
}

/** `nodes` accounts of which the first `channels` each pay their successor, `stride` links a claim. */
export function largeLedger(nodes: number, channels: number, stride: number): LargeLedger {
  const key = ed25519PublicKey(SEED);
  const genesis = encodeGenesis(deskProfile({
    createdS: CREATED_S, salt: new Uint8Array(16), ownerKeys: [key],
    gateways: [{ owner: 0, address: HOME, blockKey: key, teslaAnchor: new Uint8Array(16) }],
  }));
  const founded = Ledger.fromGenesis(DEPS, genesis);
  const walks: Walk[] = [];
  for (let i = 0; i < channels; i++) walks.push(chainWalk(founded.ledgerId, FIRST_ADDRESS + i, stride));
  shaEngine().walkAll(walks);
  // Made anew whenever they are read: kept, the records would take more memory than the ledger.
  const records = function* (): Iterable<[Uint8Array, Uint8Array]> {
    for (const [key, value] of entriesOf(founded.changes())) yield [key, value!];
    for (let i = 0; i < nodes; i++) {
      const node = nodeRecord(FIRST_ADDRESS + i, key);
      if (i < channels) Object.assign(node, { escrow: LINKS * founded.money.linkValue, channels: 1 });
      yield entryOf(node);
    }
    for (let i = 0; i < channels; i++) {
      const payee = FIRST_ADDRESS + ((i + 1) % nodes);
      yield entryOf(channelRecord(FIRST_ADDRESS + i, payee, walks[i]!.links.at(-1)!));
    }
  };
  return { genesis, records, tip: tipFor(records()), rounds: roundsOf(walks, stride) };
}

function entryOf(record: StateRecord): [Uint8Array, Uint8Array] {
  return [recordKey(record), encodeRecord(record)];
}

/** A block of height 0 that only carries the state root: what `load` compares with. */
function tipFor(records: Iterable<[Uint8Array, Uint8Array]>): Uint8Array {
  const tree = new StateTree<undefined>();
  for (const [record, value] of records) {
    const key = treeKey(nodeCrypto, record);
    const leaf = tree.insert(key, undefined);
    putHash(tree.hashes, leaf, leafHash(nodeCrypto, key, value));
  }
  tree.settle();
  const header = encodeHeader({
    height: 0, parent: ZERO, slot: 0, rank: 0, producer: HOME, bodyHash: ZERO, stateRoot: tree.root(),
    transactions: 0, bodyBytes: 0,
  });
  return encodeBlock(header, new Uint8Array(64), new Uint8Array(0));
}

function roundsOf(walks: Walk[], stride: number): Uint8Array[][] {
  const rounds: Uint8Array[][] = [];
  for (let number = stride; number <= LINKS; number += stride) {
    rounds.push(walks.map(({ links }, i) => encodeClaim({
      payer: FIRST_ADDRESS + i, generation: 1, chain: 0, number, link: links[(LINKS - number) / stride]!,
    })));
  }
  return rounds;
}
