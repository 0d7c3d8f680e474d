// A fleet in one process for the tests: a genesis with several owners and gateways, each gateway with a connection and
// a store of its own on disk, nodes with real chequebooks, and the checks that every gateway must pass.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { ed25519PublicKey, nodeCrypto, signEd25519 } from '../../host-tools/crypto/index.ts';
import { connectFleet } from '../../host-tools/fleet/connect.ts';
import { Fleet } from '../../host-tools/fleet/fleet.ts';
import type { SlotClock } from '../../host-tools/fleet/slot-clock.ts';
import { prepareStreams } from '../../host-tools/fleet/streams.ts';
import { LEDGER_DEPS } from '../../host-tools/gateway/chain-service.ts';
import { ChainStore, LmdbStore } from '../../host-tools/gateway/store/index.ts';
import {
  deskProfile,
  encodeGenesis,
  Ledger,
  ledgerIdOf,
  signJoin,
  type GenesisParams,
} from '../../host-tools/ledger/index.ts';
import { checkInvariants, person, TestBook, type Person } from '../ledger/fixture.ts';
import type { LocalCluster } from '../../host-tools/fleet/local-cluster.ts';

export const FIRST_GATEWAY = 0x10000001;
const TICK_MS = 50;

export function blockSeed(index: number): Uint8Array {
  return new Uint8Array(32).fill(100 + index);
}

export function ownerOf(index: number): Person {
  return person(1 + index);
}

export function fleetGenesis(gateways: number, change: Partial<GenesisParams> = {}): Uint8Array {
  const salt = nodeCrypto.sha256([new TextEncoder().encode(`${process.hrtime.bigint()}`)]).slice(0, 16);
  const profile = deskProfile({
    createdS: Math.floor(Date.now() / 1000) - 10,
    salt,
    ownerKeys: Array.from({ length: gateways }, (_, i) => ownerOf(i).key),
    gateways: Array.from({ length: gateways }, (_, i) => ({
      owner: i,
      address: FIRST_GATEWAY + i,
      blockKey: ed25519PublicKey(blockSeed(i)),
      teslaAnchor: new Uint8Array(16),
    })),
  });
  return encodeGenesis({ ...profile, ...change });
}

/** One gateway: connection, store in a directory of its own, and the fleet's part that runs on them. */
export class Member {
  readonly address: number;
  readonly seed: Uint8Array;
  readonly owner: Person;
  readonly directory = mkdtempSync(join(tmpdir(), 'fairhop-fleet-'));
  readonly said: string[] = [];
  connection!: NatsConnection;
  store!: ChainStore;
  ledger!: Ledger;
  fleet!: Fleet;
  /** Why it stopped by itself. */
  failure: Error | undefined;
  /** Time of application by height. */
  readonly appliedMs = new Map<number, number>();
  private ticking: NodeJS.Timeout | undefined;
  private up = false;

  constructor(
    readonly index: number,
    readonly genesis: Uint8Array,
    private readonly clock?: SlotClock,
  ) {
    this.address = FIRST_GATEWAY + index;
    this.seed = blockSeed(index);
    this.owner = ownerOf(index);
  }

  async start(servers: string[], credentials?: string, tls?: string): Promise<this> {
    this.store = ChainStore.over(LmdbStore.open(this.directory));
    const fresh = this.store.genesis() === undefined;
    this.ledger = fresh ? this.store.create(LEDGER_DEPS, this.genesis) : this.store.load(LEDGER_DEPS);
    this.connection = await connectFleet(
      { servers, ...(credentials !== undefined && { credentials }), ...(tls !== undefined && { tls }) },
      `gateway ${this.index}`,
    );
    this.fleet = await Fleet.start({
      connection: this.connection,
      ledger: this.ledger,
      store: this.store,
      producer: this.address,
      sign: (message) => signEd25519(this.seed, message),
      log: (_, text) => this.said.push(text),
      ...(this.clock !== undefined && { clock: this.clock }),
    });
    this.ticking = setInterval(() => this.tick(), TICK_MS);
    this.up = true;
    return this;
  }

  private tick(): void {
    try {
      for (let made = true; made;) {
        const block = this.fleet.chain.makeBlock(0);
        made = block !== undefined;
        if (block !== undefined) this.appliedMs.set(block.header.height, Date.now());
      }
    } catch (error) {
      this.failure = error as Error;
      clearInterval(this.ticking);
    }
  }

  async stop(): Promise<void> {
    if (!this.up) return;
    this.up = false;
    clearInterval(this.ticking);
    await this.fleet.close();
    await this.store.close();
  }

  /** As after kill -9: what was not on the disk or with the engine is gone, nobody was told. */
  async vanish(): Promise<void> {
    this.up = false;
    clearInterval(this.ticking);
    this.connection.close().catch(() => undefined);
    this.fleet.chain.ownBlock = () => undefined;
    await this.fleet.close(0);
    await this.store.close();
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export class FleetWorld {
  readonly members: Member[] = [];
  readonly ledgerId: Uint8Array;

  constructor(
    readonly cluster: LocalCluster,
    readonly genesis: Uint8Array,
  ) {
    this.ledgerId = ledgerIdOf(nodeCrypto, genesis);
  }

  /** Streams, and so many of the genesis' gateways. */
  static async start(
    cluster: LocalCluster,
    gateways: number,
    genesis = fleetGenesis(gateways),
  ): Promise<FleetWorld> {
    await cluster.ready();
    const world = new FleetWorld(cluster, genesis);
    const admin = await connectFleet({ servers: cluster.urls }, 'administrator');
    await prepareStreams(admin, genesis);
    await admin.close();
    for (let i = 0; i < gateways; i++) world.members.push(await new Member(i, genesis).start(cluster.urls));
    return world;
  }

  get height(): number {
    return Math.max(...this.members.map(({ ledger }) => ledger.height));
  }

  /** Waits for a condition. The time is a bound for a broken fleet, not a measure. */
  async until(what: string, good: () => boolean, withinMs = 120_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!good()) {
      for (const { failure } of this.members) if (failure !== undefined) throw failure;
      if (Date.now() > deadline) throw new Error(`never: ${what}\n${this.describe()}`);
      await pause(20);
    }
  }

  describe(): string {
    return this.members
      .map(({ index, ledger, fleet, said }) => {
        const skipped = [...fleet.chain.counts.skipped].map(
          ([author, reasons]) => `${author}: ${[...reasons].join(' ')}`,
        );
        return (
          `gateway ${index}: height ${ledger.height} pool ${fleet.chain.poolSize} skipped ${skipped.join('; ')}` +
          ` ${said.slice(-3).join(' | ')}`
        );
      })
      .join('\n');
  }

  /** All gateways have the same root at the same height, and every credit is where it should be. */
  assertAgreed(members = this.members): number {
    const height = Math.min(...members.map(({ ledger }) => ledger.height));
    const blocks = members.map(({ store }) => Buffer.from(store.block(height)!).toString('hex'));
    assert.equal(new Set(blocks).size, 1, `one block at height ${height}\n${this.describe()}`);
    for (const { ledger } of members) {
      assert.equal(ledger.totals().conserved, true);
      checkInvariants(ledger);
    }
    return height;
  }

  async stop(): Promise<void> {
    for (const member of this.members) await member.stop();
    for (const member of this.members) member.remove();
  }

  /** The join of a node of this gateway's island; `ahead` joins of the same owner come before it. */
  join(member: Member, address: number, ahead = 0, line = member.ledger.money.creditLine): Uint8Array {
    const { owner, ledger } = member;
    const nonce = (ledger.account(owner.key)?.nonce ?? 0) + ahead;
    return signJoin(
      this.ledgerId,
      {
        address,
        owner: owner.key,
        linkKey: nodeCrypto.sha256([Uint8Array.of(address & 255)]),
        bookRoot: this.book(address).root,
        generation: 1,
        home: member.address,
        community: 16,
        guarantor: owner.key,
        line,
        ownerNonce: nonce,
        guarantorNonce: nonce,
        validUntil: ledger.height + 1000,
      },
      owner.sign,
      owner.sign,
    );
  }

  private readonly books = new Map<number, TestBook>();

  book(address: number, length = 256): TestBook {
    const book =
      this.books.get(address) ?? new TestBook({ ledger: this.ledgerId, address, generation: 1 }, 2, length);
    this.books.set(address, book);
    return book;
  }
}
