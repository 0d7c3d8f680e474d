// A real chain of any number of claims, for measuring and for testing what handles chains: nodes join, open real
// channels out of real chequebooks to each other and claim sixteen links at a time. Also a program:
// node --import tsx host-tools/bench/made-chain.ts DIRECTORY [CLAIMS] leaves a data directory behind.
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { Book, bookPath, bookRoot, chainTop, macKey, openMessage, payPrefix, sign as signOnce } from '#protocol';
import type { BookId, MacKey } from '#protocol';
import { ed25519PublicKey, nodeCrypto, signEd25519 } from '../crypto/index.ts';
import { ChainStore, LmdbStore } from '../gateway/store/index.ts';
import { Bound, encodeClaim, encodeGenesis, encodeOpen, Ledger, moneyOf, PoolId } from '../ledger/index.ts';
import { deskProfile, signJoin, TxCode } from '../ledger/index.ts';
import { shaEngine, type Walk } from '../ledger/hash/sha-engine.ts';
import { makeChequebook } from '../provision/chequebook.ts';
import { DEPS, HOME, sign } from './ledger-world.ts';

const FIRST_ADDRESS = 1000;
const CREATED_S = 1_700_000_000;
const GENERATION = 1;
/** Links a claim pays for, which is also the window that the channels are opened with: 2^4. */
const LINKS = 16;
const WINDOW = 4;
/** The first claim takes what an OPEN puts into escrow: floor(4 P / linkValue) at SF7. */
const FIRST_LINKS = 6;
const CLAIMS_PER_CHAIN = 1 + Math.floor((Book.LINKS - FIRST_LINKS) / LINKS);
/** A node's line carries the escrow of so many channels and the levies on all they pay. */
const CHAINS_PER_NODE = 200;
const OPENS_PER_BLOCK = Math.floor(Bound.BLOCK_BYTES / 400);

const OWNER_SEED = new Uint8Array(32).fill(6);
const owner = {
  key: ed25519PublicKey(OWNER_SEED),
  sign: (message: Uint8Array) => signEd25519(OWNER_SEED, message),
};

function genesis(nodes: number): Uint8Array {
  const block = ed25519PublicKey(new Uint8Array(32).fill(5));
  const params = deskProfile({
    createdS: CREATED_S,
    salt: new Uint8Array(16).fill(3),
    ownerKeys: [owner.key],
    gateways: [{ owner: 0, address: HOME, blockKey: block, teslaAnchor: new Uint8Array(16) }],
  });
  const rates = { creditLineP: 4096, levyLocalPerMille: 0, levyGlobalPerMille: 10, demurragePerMille: 0 };
  const large = { ...params, ...rates, plannedNodes: 2 * nodes };
  return encodeGenesis({ ...large, owners: [{ key: owner.key, line: moneyOf(large).supply / 2 }] });
}

/** One node's chequebook, and the links of its first chains that its payees will claim. */
class Payer {
  readonly root: Uint8Array;
  private readonly id: BookId;
  private readonly secret: MacKey;
  private readonly book: Uint8Array;
  private links: Uint8Array[][] = [];

  constructor(
    ledger: Uint8Array,
    readonly address: number,
    readonly chains: number,
  ) {
    this.id = { ledger, address, generation: GENERATION };
    this.secret = macKey(nodeCrypto.sha256([ledger, Uint8Array.of(address >> 8, address & 255)]));
    this.book = makeChequebook(this.secret, this.id).book;
    this.root = bookRoot(nodeCrypto, this.id, this.book);
  }

  opens(payeeOf: (chain: number) => number): Uint8Array[] {
    return Array.from({ length: this.chains }, (_, chain) => {
      const payee = payeeOf(chain);
      return encodeOpen({
        payer: this.address,
        generation: GENERATION,
        chain,
        payee,
        window: WINDOW,
        binding: signOnce(nodeCrypto, this.secret, this.id, chain, openMessage(payee, WINDOW)),
        anchor: this.book.slice(chain * Book.LEAF, chain * Book.LEAF + Book.LINK),
        path: bookPath(nodeCrypto, this.id, this.book, chain),
      });
    });
  }

  claim(chain: number, round: number): Uint8Array {
    if (this.links.length === 0) this.links = this.walkAll();
    const link = this.links[chain]![CLAIMS_PER_CHAIN - 1 - round]!;
    return encodeClaim({ payer: this.address, generation: GENERATION, chain, number: numberOf(round), link });
  }

  private walkAll(): Uint8Array[][] {
    const marks = Array.from(
      { length: CLAIMS_PER_CHAIN },
      (_, i) => Book.LINKS - numberOf(CLAIMS_PER_CHAIN - 1 - i),
    );
    const walks = Array.from({ length: this.chains }, (_, chain): Walk => {
      const link = chainTop(nodeCrypto, this.secret, this.id, chain);
      return { prefix: payPrefix(this.id, chain), link, marks, links: [] };
    });
    shaEngine().walkAll(walks);
    return walks.map(({ links }) => links);
  }
}

/** The link number that a chain's claim of this round shows. */
function numberOf(round: number): number {
  return FIRST_LINKS + round * LINKS;
}

function joins(ledger: Ledger, payers: Payer[]): Uint8Array[] {
  const { ledgerId, money } = ledger;
  return payers.map(({ address, root }, nonce) => {
    const fields = {
      address,
      owner: owner.key,
      linkKey: nodeCrypto.sha256([root]),
      bookRoot: root,
      generation: GENERATION,
      home: HOME,
      community: PoolId.FIRST_COMMUNITY,
      guarantor: owner.key,
      line: money.creditLine,
      ownerNonce: nonce,
      guarantorNonce: nonce,
      validUntil: 1000,
    };
    return signJoin(ledgerId, fields, owner.sign, owner.sign);
  });
}

function* inParts(transactions: Iterable<Uint8Array>, size: number): Iterable<Uint8Array[]> {
  let part: Uint8Array[] = [];
  for (const transaction of transactions) {
    if (part.push(transaction) < size) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

/** Everything after the joins, block by block. */
function* blocksOf(payers: Payer[], claims: number): Iterable<Uint8Array[]> {
  const nodes = payers.length;
  const opens = function* (): Iterable<Uint8Array> {
    for (let i = 0; i < nodes; i++) {
      yield* payers[i]!.opens((chain) => payers[(i + 1 + (chain % (nodes - 1))) % nodes]!.address);
    }
  };
  yield* inParts(opens(), OPENS_PER_BLOCK);
  // A block takes one claim of a channel, so no block reaches into the next round.
  for (let round = 0, left = claims; round < CLAIMS_PER_CHAIN && left > 0; round++) {
    const all = [...claimsOf(payers, round)].slice(0, left);
    left -= all.length;
    yield* inParts(all, Bound.BLOCK_TRANSACTIONS);
  }
}

/** Chain by chain: a node is paid about as soon as it pays. */
function* claimsOf(payers: Payer[], round: number): Iterable<Uint8Array> {
  for (let chain = 0; chain < payers[0]!.chains; chain++) {
    for (const payer of payers) yield payer.claim(chain, round);
  }
}

/** Makes the chain in an empty store. `each` is called with every block, for tests and for progress. */
export function makeChain(
  store: ChainStore,
  claims: number,
  each: (block: Uint8Array) => void = () => undefined,
): Ledger {
  const channels = Math.ceil(claims / CLAIMS_PER_CHAIN);
  const nodes = Math.max(3, Math.ceil(channels / CHAINS_PER_NODE));
  const ledger = store.create(DEPS, genesis(nodes));
  const payers = Array.from(
    { length: nodes },
    (_, i) => new Payer(ledger.ledgerId, FIRST_ADDRESS + i, Math.ceil(channels / nodes)),
  );
  const add = (candidates: Uint8Array[]): void => {
    const timeS = CREATED_S + 1 + ledger.height;
    const { block, results } = ledger.buildBlock({ timeS, producer: HOME, candidates, sign });
    const refused = results.find(({ code }) => code !== TxCode.OK);
    if (refused !== undefined) throw new Error(`a transaction of the made chain is refused: ${refused.code}`);
    store.append(block, ledger.changes());
    each(block);
  };
  add(joins(ledger, payers));
  for (const candidates of blocksOf(payers, claims)) add(candidates);
  return ledger;
}

async function main([directory, claims = '1000000']: string[]): Promise<void> {
  if (directory === undefined || !/^[1-9]\d{0,7}$/.test(claims)) {
    throw new Error('usage: made-chain.ts DIRECTORY [CLAIMS]');
  }
  const lmdb = LmdbStore.open(directory);
  const ledger = makeChain(ChainStore.over(lmdb), Number(claims), () => process.stderr.write('.'));
  await lmdb.close();
  const root = Buffer.from(ledger.stateRoot()).toString('hex');
  console.log(`\n${ledger.counters.claims} claims in ${ledger.height} blocks, state root ${root}`);
}

if (argv[1] === fileURLToPath(import.meta.url)) await main(argv.slice(2));
