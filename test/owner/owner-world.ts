// A gateway for owners: a real ledger with short epochs, its pool and block maker over a store in memory, behind the
// real HTTP server, and a data directory with the founder's keystore. A block comes as soon as something waits
// for one; each is checked. Also runs the commands as a user would and hands back their JSON.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { Command } from 'commander';
import { CliError } from '../../host-tools/cli/cli-error.ts';
import { register as registerChannel } from '../../host-tools/cli/channel.ts';
import { register as registerBalance } from '../../host-tools/cli/balance.ts';
import { register as registerKeys } from '../../host-tools/cli/keys.ts';
import { register as registerNodes } from '../../host-tools/cli/owned-nodes.ts';
import { register as registerParams } from '../../host-tools/cli/params.ts';
import { register as registerPropose } from '../../host-tools/cli/propose.ts';
import { register as registerTransfer } from '../../host-tools/cli/transfer.ts';
import { register as registerVote } from '../../host-tools/cli/vote.ts';
import { ed25519PublicKey, signEd25519 } from '../../host-tools/crypto/index.ts';
import { apiToken } from '../../host-tools/gateway/api-token.ts';
import { ChainService, LEDGER_DEPS } from '../../host-tools/gateway/chain-service.ts';
import { writeDesk, writeSecrets } from '../../host-tools/gateway/desk-files.ts';
import { EndStation } from '../../host-tools/gateway/end-station.ts';
import { Gateway } from '../../host-tools/gateway/gateway.ts';
import { startHttpServer, type HttpServer, type HttpServerOptions } from '../../host-tools/gateway/http/server.ts';
import { OwnerSource } from '../../host-tools/gateway/owner-source.ts';
import { ChainStore, MemoryStore } from '../../host-tools/gateway/store/index.ts';
import { deskProfile, PoolId, signJoin, type Ledger } from '../../host-tools/ledger/index.ts';
import { found, type Founding } from '../../host-tools/provision/found-desk.ts';
import { FakeGateway } from '../gateway/http/fake-source.ts';
import { bookOf, checkInvariants } from '../ledger/fixture.ts';

export const GATEWAY = 0x0a000001;
export const EARNER = 0x0a000002;
export const PAYER = 0x0a000003;
export const EPOCH = 8;
const CREATED_S = 1_700_000_000;
const LOOSE = { burstRequests: 100_000, requestsPerSecond: 100_000 };
/** In the form of a made one, which costs no stretching; test/keystore has typed ones. */
export const PASSPHRASE = `made-${'aPassphraseOfTheTests'.padEnd(32, '-')}`;

let drawn = 0;
function random(count: number): Uint8Array {
  return new Uint8Array(createHash('sha512').update(`owner ${drawn++}`).digest().subarray(0, count));
}

export class OwnerWorld {
  readonly directory = mkdtempSync(join(tmpdir(), 'fairhop-owner-'));
  readonly founding: Founding = found({
    random,
    createdS: CREATED_S,
    gatewayAddress: GATEWAY,
    profile: (founders) => ({ ...deskProfile(founders), epoch: EPOCH, moneyRound: EPOCH / 2, channelEpochs: 3 }),
  });
  readonly store = ChainStore.over(new MemoryStore());
  readonly ledger: Ledger = this.store.create(LEDGER_DEPS, this.founding.genesis);
  readonly chain = new ChainService(this.ledger, this.store, GATEWAY, (message) =>
    signEd25519(this.founding.blockSeed, message));
  readonly gateway = this.gatewayOf();
  readonly owners = new OwnerSource(this.chain, this.store, this.gateway);
  readonly token: string;
  server!: HttpServer;
  private timeS = CREATED_S;
  private ticking: NodeJS.Timeout | undefined;

  private constructor() {
    const { ownerSeed, blockSeed, genesis } = this.founding;
    process.env.FAIRHOP_PASSPHRASE = PASSPHRASE;
    writeSecrets(this.directory, { owner: ownerSeed, block: blockSeed });
    writeDesk(this.directory, {
      version: 1, genesis: Buffer.from(genesis).toString('hex'), networkKey: '00'.repeat(16), gateway: GATEWAY,
      members: [],
    });
    this.token = apiToken(this.directory);
    this.chain.submitAll([EARNER, PAYER].map((address, nonce) => this.join(address, nonce)));
    this.block();
    this.chain.submit(bookOf(this.ledger.ledgerId, PAYER, 1).open(0, EARNER));
    this.block();
    this.chain.submit(bookOf(this.ledger.ledgerId, PAYER, 1).claim(0, 3));
    this.block();
    assert.ok(this.balanceOf(EARNER) > 0);
  }

  /** With two nodes of the founder, one of which has earned credits. Blocks come by themselves unless `still`. */
  static async start(options: { still?: boolean } & Partial<HttpServerOptions> = {}): Promise<OwnerWorld> {
    const { still = false, ...server } = options;
    const world = new OwnerWorld();
    await world.serve(server);
    // Only for something that waits: epochs must not pass while a test thinks.
    if (!still) world.ticking = setInterval(() => world.chain.poolSize > 0 && world.block(), 5);
    return world;
  }

  async serve(options: Partial<HttpServerOptions> = {}): Promise<void> {
    this.server = await startHttpServer({
      host: '127.0.0.1', port: 0, source: new FakeGateway(), owners: this.owners, submitToken: this.token,
      limits: LOOSE,
      onFault: (error) => assert.fail(error as Error),
      ...options,
    });
  }

  private gatewayOf(): Gateway {
    const keyOf = (node: number): Uint8Array | undefined => this.ledger.account(node)?.linkKey;
    const end = new EndStation(GATEWAY, random(32), this.founding.ledgerId, keyOf, () => 1);
    return new Gateway({ address: GATEWAY, chain: this.chain, store: this.store, end, nameOf: String });
  }

  private join(address: number, nonce: number): Uint8Array {
    const { ledgerId, ownerSeed } = this.founding;
    const owner = ed25519PublicKey(ownerSeed);
    const sign = (message: Uint8Array): Uint8Array => signEd25519(ownerSeed, message);
    const fields = {
      address, owner, linkKey: random(32), bookRoot: bookOf(ledgerId, address, 1).root, generation: 1, home: GATEWAY,
      community: PoolId.FIRST_COMMUNITY, guarantor: owner, line: this.ledger.money.creditLine, ownerNonce: nonce,
      guarantorNonce: nonce, validUntil: 100,
    };
    return signJoin(ledgerId, fields, sign, sign);
  }

  /** The next block, by the gateway's own clock tick; no credit may have been made or lost. */
  block(): void {
    this.gateway.tick(++this.timeS * 1000);
    assert.equal(this.ledger.totals().conserved, true);
    checkInvariants(this.ledger);
  }

  endEpoch(): void {
    do this.block(); while ((this.ledger.height + 1) % EPOCH !== 0);
  }

  balanceOf(address: number): number {
    return this.ledger.account(address)!.balance;
  }

  get founderKey(): string {
    return Buffer.from(ed25519PublicKey(this.founding.ownerSeed)).toString('hex');
  }

  async close(): Promise<void> {
    clearInterval(this.ticking);
    await this.server.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** A command with this directory and, where it takes one, this gateway; its JSON. */
  run(...words: string[]): Promise<any> {
    const local = words[0] === 'keys' ? [] : ['--http', this.server.url];
    return runCommand(...words, ...local, '--data', this.directory);
  }

  refused(...words: string[]): Promise<CliError> {
    return refusal(() => this.run(...words));
  }
}

/** Everything the command printed must be one JSON object. */
export async function runCommand(...words: string[]): Promise<any> {
  const printed: string[] = [];
  const log = mock.method(console, 'log', (line: string) => printed.push(line));
  try {
    const program = new Command().exitOverride();
    const all = [
      registerKeys, registerBalance, registerTransfer, registerNodes, registerChannel, registerPropose, registerVote,
      registerParams,
    ];
    for (const register of all) register(program);
    await program.parseAsync([...words, '--json'], { from: 'user' });
  } finally {
    log.mock.restore();
  }
  return JSON.parse(printed.join('\n'));
}

export async function refusal(work: () => Promise<unknown>): Promise<CliError> {
  const error: unknown = await work().then(() => assert.fail('nothing was refused'), (reason) => reason);
  assert.ok(error instanceof CliError, String((error as Error).stack));
  assert.ok(error.exitCode !== 0 && error.remedy.length > 0);
  assert.ok(!/[\n\r]/.test(error.message + error.remedy), 'one line each');
  return error;
}
