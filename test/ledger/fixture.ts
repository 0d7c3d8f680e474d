// A small world for ledger tests: founders, a gateway, nodes with real chequebooks, and blocks one slot apart.
// Chains are cut to the chequebook's real length but only the chains a test uses are computed.
import assert from 'node:assert/strict';
import { bindingKey, Book, bookLeaf, chainTop, macKey, openMessage, payPrefix, sign, step } from '#protocol';
import type { BookId, MacKey } from '#protocol';
import { ed25519PublicKey, nodeCrypto, signEd25519, verifyEd25519 } from '../../host-tools/crypto/index.ts';
import {
  BlockCode, deskProfile, encodeClaim, encodeGenesis, encodeOpen, Ledger, moneyOf, PoolId, signJoin, TxCode,
} from '../../host-tools/ledger/index.ts';
import type { BuiltBlock, GenesisParams, LedgerDeps } from '../../host-tools/ledger/index.ts';

export const deps: LedgerDeps = { crypto: nodeCrypto, verify: verifyEd25519 };
export const HOME = 0x0a0000fe;
export const BLOCK_SEED = new Uint8Array(32).fill(9);

export interface Person {
  seed: Uint8Array;
  key: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export function person(number: number): Person {
  const seed = new Uint8Array(32).fill(number);
  return { seed, key: ed25519PublicKey(seed), sign: (message) => signEd25519(seed, message) };
}

export function smallGenesis(change: Partial<GenesisParams> = {}, founders: Person[] = [person(1)]): Uint8Array {
  const params = deskProfile({
    createdS: 1_700_000_000,
    salt: new Uint8Array(16).fill(7),
    ownerKeys: founders.map((founder) => founder.key),
    gateways: [{
      owner: 0, address: HOME, blockKey: ed25519PublicKey(BLOCK_SEED), teslaAnchor: new Uint8Array(16).fill(5),
    }],
  });
  // Links of 256 credits: tests count them.
  const changed = { ...params, bandwidthHz: 125_000, ...change };
  const line = Math.floor(moneyOf(changed).supply / 2 / founders.length);
  return encodeGenesis({ ...changed, owners: changed.owners.map(({ key }) => ({ key, line })) });
}

/** A chequebook of which only the first `chains` chains are real; the other leaves are zeros under the root. */
export class TestBook {
  readonly root: Uint8Array;
  private readonly secret: MacKey;
  private readonly levels: Uint8Array[][];
  private readonly links: Uint8Array[][] = [];

  constructor(readonly id: BookId, chains: number, readonly length = 64) {
    this.secret = macKey(nodeCrypto.sha256([id.ledger, new Uint8Array([id.address & 255, id.generation])]));
    const leaves: Uint8Array[] = [];
    for (let chain = 0; chain < Book.CHAINS; chain++) {
      leaves.push(chain < chains ? this.leafOf(chain) : new Uint8Array(32));
    }
    this.levels = [leaves];
    this.root = this.climb();
  }

  private leafOf(chain: number): Uint8Array {
    const prefix = payPrefix(this.id, chain);
    const links = [chainTop(nodeCrypto, this.secret, this.id, chain)];
    for (let i = 0; i < this.length; i++) links.unshift(step(nodeCrypto, prefix, links[0]!));
    this.links[chain] = links;
    return bookLeaf(nodeCrypto, this.id, chain, links[0]!, bindingKey(nodeCrypto, this.secret, this.id, chain));
  }

  private climb(): Uint8Array {
    for (let depth = 0; depth < Book.DEPTH; depth++) {
      const level = this.levels[depth]!;
      const above: Uint8Array[] = [];
      for (let i = 0; i < level.length; i += 2) above.push(this.join(depth, level[i]!, level[i + 1]!));
      this.levels.push(above);
    }
    return this.levels[Book.DEPTH]![0]!;
  }

  private join(level: number, left: Uint8Array, right: Uint8Array): Uint8Array {
    return nodeCrypto.sha256([prefixOf(this.id, level), left, right]);
  }

  link(chain: number, number: number): Uint8Array {
    return this.links[chain]![number]!;
  }

  open(chain: number, payee: number, window = 10): Uint8Array {
    const path = new Uint8Array(Book.DEPTH * 32);
    for (let depth = 0; depth < Book.DEPTH; depth++) path.set(this.levels[depth]![(chain >> depth) ^ 1]!, depth * 32);
    return encodeOpen({
      payer: this.id.address, generation: this.id.generation, chain, payee, window,
      binding: sign(nodeCrypto, this.secret, this.id, chain, openMessage(payee, window)),
      anchor: this.link(chain, 0), path,
    });
  }

  claim(chain: number, number: number): Uint8Array {
    const { address: payer, generation } = this.id;
    return encodeClaim({ payer, generation, chain, number, link: this.link(chain, number) });
  }
}

/** Purpose BOOK_NODE (5) in the wire's 16-byte prefix, with the level in the digit's place. */
function prefixOf(id: BookId, level: number): Uint8Array {
  const prefix = payPrefix(id, 0);
  prefix[0] = 5;
  prefix[15] = level;
  return prefix;
}

const books = new Map<string, TestBook>();

/** A book depends on ledger, address and generation only, so tests share what is slow to make. */
export function bookOf(ledgerId: Uint8Array, address: number, generation: number): TestBook {
  const name = `${ledgerId.join()}:${address}:${generation}`;
  const book = books.get(name) ?? new TestBook({ ledger: ledgerId, address, generation }, 4);
  books.set(name, book);
  return book;
}

/** What protocol section 9 promises, from a scan of the whole state. */
export function checkInvariants(ledger: Ledger): void {
  const totals = ledger.totals();
  assert.equal(totals.sum, totals.supply, 'balances sum to the supply');
  const escrow = new Map<number, number>();
  const paying = new Map<number, number>();
  for (const channel of ledger.channels()) {
    assert.ok(channel.settled <= channel.limit && channel.limit <= Book.LINKS);
    const held = (channel.limit - channel.settled) * ledger.money.linkValue;
    escrow.set(channel.payer, (escrow.get(channel.payer) ?? 0) + held);
    paying.set(channel.payer, (paying.get(channel.payer) ?? 0) + 1);
  }
  const guaranteed = new Map<string, number>();
  const vouch = (key: string, line: number): unknown => guaranteed.set(key, (guaranteed.get(key) ?? 0) + line);
  for (const node of ledger.nodes()) {
    assert.ok(ledger.free(node) >= 0, 'free credit of a node');
    assert.equal(node.escrow, escrow.get(node.address) ?? 0, 'escrow equals the channels');
    assert.equal(node.channels, paying.get(node.address) ?? 0);
    vouch(node.guarantor.join(), node.line);
  }
  const treasury = new Uint8Array(32).join();
  for (const owner of ledger.owners()) {
    assert.ok(ledger.free(owner) >= 0, 'free credit of an owner');
    assert.equal(owner.guaranteed, guaranteed.get(owner.key.join()) ?? 0, 'guarantees equal the lines');
    vouch(treasury, owner.line);
  }
  for (const pool of ledger.pools()) assert.ok(ledger.free(pool) >= 0, 'free credit of a pool');
  assert.equal(ledger.pool(PoolId.TREASURY)!.guaranteed, guaranteed.get(treasury) ?? 0);
}

export class World {
  readonly ledger: Ledger;
  readonly founder = person(1);
  timeS = 1_700_000_001;
  /** A second ledger that only ever sees the blocks. */
  readonly follower: Ledger;

  constructor(readonly genesis: Uint8Array = smallGenesis()) {
    this.ledger = Ledger.fromGenesis(deps, genesis);
    this.follower = Ledger.fromGenesis(deps, genesis);
  }

  /** Builds the next block a slot later; another ledger must accept it, and every invariant must hold after it. */
  block(candidates: Uint8Array[]): BuiltBlock {
    this.timeS += this.ledger.params.blockIntervalS;
    const sign = (message: Uint8Array): Uint8Array => signEd25519(BLOCK_SEED, message);
    const slot = this.ledger.slotAt(this.timeS);
    // Beside another gateway HOME stands in where it does not lead.
    const rank = this.ledger.leader(slot, 0)?.address === HOME ? 0 : 1;
    const built = this.ledger.buildBlock({ timeS: this.timeS, rank, producer: HOME, candidates, sign });
    assert.equal(this.follower.applyBlock(built.block).code, BlockCode.OK);
    assert.deepEqual(this.follower.stateRoot(), this.ledger.stateRoot());
    checkInvariants(this.ledger);
    return built;
  }

  /** Codes of the candidates, in order. */
  codes(candidates: Uint8Array[]): TxCode[] {
    return this.block(candidates).results.map((result) => result.code);
  }

  /** Empty blocks until the one that ends the present epoch has been built. */
  endEpoch(): void {
    do this.block([]); while ((this.ledger.height + 1) % this.ledger.params.epoch !== 0);
  }

  endEpochs(count: number): void {
    for (let i = 0; i < count; i++) this.endEpoch();
  }

  /** Nonce and last height for an owner's next signature. */
  next(owner: Person): { nonce: number; validUntil: number } {
    return { nonce: this.ledger.account(owner.key)?.nonce ?? 0, validUntil: this.ledger.height + 100 };
  }

  join(
    address: number,
    owner = this.founder,
    guarantor = this.founder,
    line = this.ledger.money.creditLine,
  ): Uint8Array {
    return signJoin(this.ledger.ledgerId, {
      address, owner: owner.key, linkKey: new Uint8Array(32).fill(address & 255), bookRoot: this.book(address).root,
      generation: 1,
      home: HOME, community: PoolId.FIRST_COMMUNITY, guarantor: guarantor.key, line,
      ownerNonce: this.ledger.account(owner.key)?.nonce ?? 0,
      guarantorNonce: this.ledger.account(guarantor.key)?.nonce ?? 0,
      validUntil: this.ledger.height + 100,
    }, owner.sign, guarantor.sign);
  }

  /** Joins several nodes, one block each because the guarantor's nonce rises. */
  joinAll(addresses: number[]): void {
    for (const address of addresses) {
      const [code] = this.codes([this.join(address)]);
      if (code !== TxCode.OK) throw new Error(`join refused: ${String(code)}`);
    }
  }

  book(address: number): TestBook {
    return bookOf(this.ledger.ledgerId, address, 1);
  }

  balance(address: number): number {
    return this.ledger.account(address)!.balance;
  }
}
