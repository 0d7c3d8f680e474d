// Killed with -9 at random moments under load, by the API as an owner's program uses it: nothing that was acknowledged
// (202) is missing, nothing counts twice, the chain verifies, no credit is made or lost. FAIRHOP_KILLS=200 is the long
// form (docs/operating.md).
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ed25519PublicKey, nodeCrypto, signEd25519 } from '../../host-tools/crypto/index.ts';
import { apiToken } from '../../host-tools/gateway/api-token.ts';
import { ChainService, LEDGER_DEPS } from '../../host-tools/gateway/chain-service.ts';
import { openDesk, signBlock, type Desk } from '../../host-tools/gateway/desk.ts';
import { ChainStore, LmdbStore, verifyStore } from '../../host-tools/gateway/store/index.ts';
import {
  Ledger, PoolId, StateKind, TxKind, accountReference, decodeBlock, signJoin, signTx, txId,
} from '../../host-tools/ledger/index.ts';
import { GatewayClient } from '../../host-tools/owner/gateway-client.ts';
import { bookOf } from '../ledger/fixture.ts';

const KILLS = Number(process.env.FAIRHOP_KILLS ?? '3');
const SENDERS = 8;
const FUNDS = 60;
const START_MS = 120_000;
const CHILD = fileURLToPath(new URL('crash-gateway.ts', import.meta.url));

const directory = mkdtempSync(join(tmpdir(), 'fairhop-crash-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let child: ChildProcess | undefined;
after(() => child?.kill('SIGKILL'));

const random = (seed: number) => (below: number): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};

interface Sender {
  seed: Uint8Array;
  key: Uint8Array;
  /** Signed and not known to be in a block; goes again, the same bytes, until it is acknowledged. */
  pending: { id: string; bytes: Uint8Array; since: number } | undefined;
}

const person = (i: number): Sender => {
  const seed = new Uint8Array(32).fill(100 + i);
  return { seed, key: ed25519PublicKey(seed), pending: undefined };
};
const senders = Array.from({ length: SENDERS }, (_, i) => person(i));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Senders with credits that a relay of the founder's has earned: joins, a channel, a claim, transfers. */
function fund(desk: Desk): void {
  const { founding, ledger } = desk;
  const chain = new ChainService(ledger, desk.store, founding.gatewayAddress, signBlock(desk));
  const owner = ed25519PublicKey(founding.ownerSeed);
  const byFounder = (message: Uint8Array): Uint8Array => signEd25519(founding.ownerSeed, message);
  const [relay, payer] = [founding.gatewayAddress + 0x100, founding.gatewayAddress + 0x101];
  // Blocks of the past, so that the clock of the gateways is ahead of them.
  let timeS = founding.params.createdS - 600;
  const block = (): void => void chain.makeBlock(++timeS);
  const join = (address: number, who: Sender | undefined): void => {
    const guarantorNonce = ledger.account(owner)!.nonce;
    const root = who === undefined ? bookOf(founding.ledgerId, address, 0).root : new Uint8Array(32).fill(1);
    const fields = {
      address, owner: who?.key ?? owner, linkKey: new Uint8Array(32).fill(address & 255), bookRoot: root, generation: 0,
      home: founding.gatewayAddress, community: PoolId.FIRST_COMMUNITY, guarantor: owner,
      line: who === undefined ? ledger.money.creditLine : 0, ownerNonce: who === undefined ? guarantorNonce : 0,
      guarantorNonce, validUntil: 1000,
    };
    const own = who === undefined ? byFounder : (message: Uint8Array): Uint8Array => signEd25519(who.seed, message);
    assert.equal(chain.submit(signJoin(founding.ledgerId, fields, own, byFounder)), 0);
    block();
  };
  join(relay, undefined);
  join(payer, undefined);
  senders.forEach((sender, i) => join(founding.gatewayAddress + 0x200 + i, sender));
  const book = bookOf(founding.ledgerId, payer, 0);
  assert.equal(chain.submit(book.open(0, relay)), 0);
  block();
  assert.equal(chain.submit(book.claim(0, 4)), 0);
  block();
  const from = accountReference({ kind: StateKind.NODE, address: relay });
  for (const { key } of senders) {
    const to = accountReference({ kind: StateKind.OWNER, key });
    const { nonce } = ledger.account(owner)!;
    const fields = {
      fromKind: StateKind.NODE, from, toKind: StateKind.OWNER, to, amount: FUNDS, nonce, validUntil: 1000,
    };
    assert.equal(chain.submit(signTx(founding.ledgerId, TxKind.TRANSFER, fields, byFounder)), 0);
    block();
    assert.equal(ledger.account(key)!.balance, FUNDS);
  }
}

async function begin(): Promise<GatewayClient> {
  const command = ['--import', 'tsx', CHILD, directory];
  const started = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  child = started;
  const lines = createInterface({ input: started.stdout! });
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the gateway does not start')), START_MS);
    lines.once('line', (line) => {
      clearTimeout(timer);
      resolve(line);
    });
    started.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)));
  });
  return new GatewayClient(url, apiToken(directory));
}

async function kill(): Promise<void> {
  const dying = child!;
  const gone = new Promise((resolve) => dying.once('exit', resolve));
  dying.kill('SIGKILL');
  await gone;
}

/** What was answered with 202. */
const acknowledged = new Set<string>();
let ledgerId = new Uint8Array(8);

/** One sender's steps in one life of the gateway; ends when that is over, or when nothing is left to do. */
async function drive(client: GatewayClient, sender: Sender, to: Sender, isOver: () => boolean): Promise<void> {
  const done = (): boolean => isOver() && sender.pending === undefined;
  try {
    while (!done()) {
      if (sender.pending === undefined) sender.pending = await sign(client, sender, to);
      const { id, bytes, since } = sender.pending;
      const view = await client.transaction(id, since);
      if (view?.state === 'included') sender.pending = undefined;
      else if (view === undefined) {
        assert.ok(!acknowledged.has(id), `${id} was acknowledged and is forgotten`);
        const { code, text } = await client.submit(bytes);
        assert.equal(code, 0, text);
        acknowledged.add(id);
      } else assert.equal(view.state, 'waiting', view.text);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    // Killed under our hands: the next life goes on with what is pending.
  }
}

async function sign(client: GatewayClient, sender: Sender, to: Sender): Promise<NonNullable<Sender['pending']>> {
  const { nonce, height } = (await client.account(`owner:${hex(sender.key)}`))!;
  const reference = (key: Uint8Array): Uint8Array => accountReference({ kind: StateKind.OWNER, key });
  const bytes = signTx(ledgerId, TxKind.TRANSFER, {
    fromKind: StateKind.OWNER, from: reference(sender.key), toKind: StateKind.OWNER, to: reference(to.key), amount: 1,
    nonce: nonce!, validUntil: height + 100_000,
  }, (message) => signEd25519(sender.seed, message));
  return { id: hex(txId(nodeCrypto, bytes)), bytes, since: height + 1 };
}

/** What money rounds took from the senders, which a long run lives to see (SPEC L8.2). */
function demurrageOf(store: ChainStore): number {
  const ledger = Ledger.fromGenesis(LEDGER_DEPS, store.genesis()!);
  const keys = new Set(senders.map(({ key }) => hex(key)));
  let taken = 0;
  for (const bytes of store.blocks(1)) {
    for (const { from, amount } of ledger.applyBlock(bytes).transfers) {
      if (from.kind === StateKind.OWNER && keys.has(hex(from.key))) taken += amount;
    }
  }
  return taken;
}

test(`${KILLS} times killed under load: what was acknowledged is there, once`, async (t) => {
  const desk = await openDesk(directory);
  ledgerId = Uint8Array.from(desk.founding.ledgerId);
  fund(desk);
  apiToken(directory);
  await desk.store.close();
  const draw = random(20_260_501);
  for (let life = 0; life <= KILLS; life++) {
    const client = await begin();
    const last = life === KILLS;
    let over = last;
    const work = senders.map((sender, i) => drive(client, sender, senders[(i + 1) % SENDERS]!, () => over));
    if (!last) {
      await new Promise((resolve) => setTimeout(resolve, draw(2500)));
      await kill();
      over = true;
    }
    // After the kill every request fails, which ends the senders; in the last life they end when nothing is pending.
    await Promise.all(work);
  }
  await kill();
  const lmdb = LmdbStore.openReadOnly(directory);
  const store = ChainStore.over(lmdb);
  const verdict = verifyStore(store, LEDGER_DEPS);
  assert.equal(verdict.fault, undefined);
  const times = new Map<string, number>();
  for (const bytes of store.blocks(1)) {
    for (const transaction of decodeBlock(bytes)!.transactions) {
      const id = hex(txId(nodeCrypto, transaction));
      times.set(id, (times.get(id) ?? 0) + 1);
    }
  }
  for (const id of acknowledged) assert.equal(times.get(id), 1, `${id} is in ${times.get(id) ?? 0} blocks`);
  const { ledger } = verdict;
  assert.equal(ledger.totals().conserved, true);
  const held = senders.reduce((sum, { key }) => sum + ledger.account(key)!.balance, 0);
  assert.equal(held, SENDERS * FUNDS - demurrageOf(store), 'what went round is all there');
  const nonces = senders.reduce((sum, { key }) => sum + ledger.account(key)!.nonce, 0);
  t.diagnostic(`${acknowledged.size} transfers acknowledged, ${ledger.height} blocks`);
  assert.ok(nonces - SENDERS >= acknowledged.size && acknowledged.size > KILLS / 2);
  await lmdb.close();
});
