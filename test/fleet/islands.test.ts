// Two islands as people run them: `startGateway` with a fleet, virtual boards around each. A board of one sends to a
// board of the other over both gateways; the receipt comes back, and the gateways are paid as relays.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Note } from '#mesh';
import { cardOf, foundFleet } from '../../host-tools/fleet/founding.ts';
import { FleetOrderer } from '../../host-tools/fleet/orderer.ts';
import { startGateway, type RunningGateway } from '../../host-tools/gateway/run.ts';
import type { FleetView } from '../../host-tools/fleet/status.ts';
import type { LedgerNodeView } from '../../host-tools/gateway/owner-view.ts';
import type { ChannelView } from '../../host-tools/gateway/insight/insight-view.ts';
import type { Status } from '../../host-tools/gateway/view.ts';
import { PacketClient } from '../../host-tools/serial/packet-protocol.ts';
import { mismatch } from '../gateway/http/json-schema.ts';
import { JSON_OUTPUT } from '../cli/json-schemas.ts';
import { LocalCluster, NO_NATS } from '../../host-tools/fleet/local-cluster.ts';

const BOARDS = 2;
const PACKETS = 6;

interface Line {
  t: string;
  src?: number;
  who?: number;
  note?: number;
  data?: string;
}

async function get<T>({ url }: RunningGateway, path: string): Promise<T> {
  return (await (await fetch(`${url}${path}`)).json()) as T;
}

const nodes = (gateway: RunningGateway): Promise<LedgerNodeView[]> => get(gateway, '/api/v1/nodes?limit=100');

function startIsland(
  directory: string,
  founding: string,
  cluster: LocalCluster,
  said: string[],
): Promise<RunningGateway> {
  const print = (line: string): void => void said.push(line);
  return startGateway({
    directory,
    host: '127.0.0.1',
    port: 0,
    boards: BOARDS,
    engine: 'vm',
    interpreter: '',
    readingS: 3600,
    loss: 0,
    usbPorts: async () => [],
    signal: new AbortController().signal,
    print,
    orderer: new FleetOrderer({ servers: cluster.urls, snapshotEvery: 10, founding }, print),
  });
}

/** Every JSON line of the board beside the gateway's own. */
function onLines(gateway: RunningGateway, take: (line: Line) => void): void {
  gateway.boards[1]!.onLine((line) => {
    if (line.startsWith('{')) take(JSON.parse(line) as Line);
  });
}

async function until(what: string, good: () => Promise<boolean> | boolean, withinMs = 180_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await good()); await pause(200))
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
}

test('a packet crosses from island to island and its carriers are paid', { skip: NO_NATS }, async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'fairhop-islands-'));
  const cluster = await LocalCluster.start({ servers: 1 });
  const running: RunningGateway[] = [];
  const said: string[] = [];
  t.after(async () => {
    for (const gateway of running) await gateway.stop();
    await cluster.stop();
    rmSync(scratch, { recursive: true, force: true });
  });
  await cluster.ready();
  const directories = ['a', 'b'].map((name) => join(scratch, name));
  const founding = join(scratch, 'founding.json');
  const createdS = Math.floor(Date.now() / 1000);
  const file = foundFleet(directories.map(cardOf), 'desk', createdS, { blockIntervalS: 1 });
  writeFileSync(founding, JSON.stringify(file));
  const start = async (directory: string): Promise<RunningGateway> => {
    const gateway = await startIsland(directory, founding, cluster, said);
    running.push(gateway);
    return gateway;
  };
  for (const gateway of await Promise.all(directories.map(start)))
    await until('all boards on the ledger of both', async () => (await nodes(gateway)).length === 2 * BOARDS);
  // Each board has the keys of the other island's from its next start on.
  await Promise.all(running.splice(0).map((gateway) => gateway.stop()));
  const islands = await Promise.all(directories.map(start));
  const [here, there] = islands as [RunningGateway, RunningGateway];
  const homes = await Promise.all(
    islands.map(async (one) => (await get<FleetView>(one, '/api/v1/fleet')).gateway),
  );
  const sender = (await nodes(here)).find(
    ({ home, address }) => home === homes[0] && address !== homes[0],
  )!.address;
  const target = (await nodes(here)).find(
    ({ home, address }) => home === homes[1] && address !== homes[1],
  )!.address;

  const [arrived, receipts]: [string[], number[]] = [[], []];
  onLines(there, ({ t: kind, src, data }) => {
    if (kind === 'message' && src === parseInt(sender, 16)) arrived.push(Buffer.from(data!, 'base64').toString());
  });
  onLines(here, ({ t: kind, note, who }) => {
    if (kind === 'note' && note === Note.RECEIPT && who === parseInt(target, 16)) receipts.push(who);
  });
  const client = new PacketClient(here.boards[1]!.console);
  const settled = async (payer: string, payee: string): Promise<boolean> =>
    (await get<ChannelView[]>(here, '/api/v1/channels?limit=100')).some(
      (channel) => channel.payer === payer && channel.payee === payee && channel.settled > 0,
    );
  // The sender pays its own gateway's board, that one the other island's: relays like any other.
  const paid = async (): Promise<boolean> =>
    (await settled(sender, homes[0]!)) && (await settled(homes[0]!, homes[1]!));
  for (let i = 0; (arrived.length < PACKETS || !(await paid())) && i < 40 * PACKETS; i++) {
    const data = Buffer.concat([Buffer.from([2]), Buffer.from(`hello ${i}`)]).toString('base64');
    await client.event({ t: 'message', dst: parseInt(target, 16), data }).catch(() => undefined);
    await pause(1000);
  }
  client.close();
  const view = await get<FleetView>(here, '/api/v1/fleet');
  const metrics = await (await fetch(`${here.url}/metrics`)).text();
  assert.match(metrics, /^fairhop_chain_height \d+$/m);
  assert.match(metrics, /^fairhop_fleet_peers 1$/m);
  console.log(`${arrived.length} packets crossed, ${receipts.length} receipts came back; height ${view.height}`);
  assert.ok(arrived.length >= PACKETS, said.slice(-20).join('\n'));
  assert.ok(receipts.length > 0, 'receipts come back over the islands');
  assert.ok(await paid(), JSON.stringify(await get(here, '/api/v1/channels?limit=100')));
  for (const gateway of running) assert.equal((await get<Status>(gateway, '/api/status')).conserved, true);
  assert.equal(mismatch(view, JSON_OUTPUT['fleet status']!.schema, {} as never), null);
});
