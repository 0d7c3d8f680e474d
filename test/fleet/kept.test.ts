// What a gateway of a fleet has acknowledged by its API is in the chain, whatever dies: the engine is gone when the
// transaction comes, the gateway is killed with -9 after its answer, and both start again. The command as people run
// it, in a process of its own.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ed25519PublicKey, nodeCrypto, signEd25519 } from '../../host-tools/crypto/index.ts';
import { cardOf, foundFleet, keysOf, ledgerIdOfFile } from '../../host-tools/fleet/founding.ts';
import { LocalCluster, NO_NATS } from '../../host-tools/fleet/local-cluster.ts';
import { apiToken } from '../../host-tools/gateway/api-token.ts';
import { decodeGenesis, moneyOf, PoolId, signJoin, txId } from '../../host-tools/ledger/index.ts';
import { GatewayClient } from '../../host-tools/owner/gateway-client.ts';
import { GatewayProcess, statusOf, temporaryDirectory, until } from '../e2e/gateway-process.ts';

const START_MS = 180_000;
const NODE = 0x20000001;

test('what was acknowledged while the engine was away survives kill -9', { skip: NO_NATS }, async (t) => {
  const scratch = temporaryDirectory();
  const cluster = await LocalCluster.start({ servers: 1 });
  let gateway: GatewayProcess | undefined;
  t.after(async () => {
    await gateway?.end();
    await cluster.stop();
    scratch.remove();
  });
  await cluster.ready();
  const [here, there] = ['a', 'b'].map((name) => join(scratch.path, name)) as [string, string];
  for (const directory of [here, there]) mkdirSync(directory);
  const createdS = Math.floor(Date.now() / 1000);
  const file = foundFleet([here, there].map(cardOf), 'desk', createdS, { blockIntervalS: 1 });
  const founding = join(scratch.path, 'founding.json');
  writeFileSync(founding, JSON.stringify(file));
  const up = ['up', '--data', here, '--fleet', cluster.urls.join(), '--founding', founding, '--boards', '2'];
  const start = async (): Promise<{ url: string; client: GatewayClient }> => {
    gateway = new GatewayProcess([...up, '--http', '127.0.0.1:0']);
    const url = await gateway.url(START_MS);
    return { url, client: new GatewayClient(url, apiToken(here)) };
  };

  // The other founder's node: its gateway does not run, so nobody else uses its nonces.
  const { ownerSeed } = keysOf(there);
  const sign = (message: Uint8Array): Uint8Array => signEd25519(ownerSeed, message);
  const owner = ed25519PublicKey(ownerSeed);
  const genesis = decodeGenesis(new Uint8Array(Buffer.from(file.genesis, 'hex')))!;
  const fields = {
    address: NODE,
    owner,
    linkKey: nodeCrypto.sha256([owner]),
    bookRoot: new Uint8Array(32).fill(1),
    generation: 0,
    home: genesis.gateways[0]!.address,
    community: PoolId.FIRST_COMMUNITY,
    guarantor: owner,
    line: moneyOf(genesis).creditLine,
    ownerNonce: 0,
    guarantorNonce: 0,
    validUntil: 100_000,
  };
  const transaction = signJoin(ledgerIdOfFile(file), fields, sign, sign);
  const id = Buffer.from(txId(nodeCrypto, transaction)).toString('hex');

  const first = await start();
  await until(
    () => statusOf(first.url),
    ({ height }) => height >= 2,
    START_MS,
  );
  await cluster.kill(0);
  assert.equal((await first.client.submit(transaction)).code, 0);
  await gateway!.end();

  cluster.startServer(0);
  await cluster.ready();
  const second = await start();
  const followed = await until(
    () => second.client.transaction(id, 0),
    (view) => view?.state === 'included',
    START_MS,
  );
  assert.ok(followed!.height > 0);
  assert.ok((await second.client.node(NODE)) !== undefined, 'the node is on the ledger');
  assert.equal((await statusOf(second.url)).conserved, true);
});
