// `fairhop fleet ...`: founding a ledger of several gateways, the keys that gateways show to the cluster, and what the
// fleet is doing. Parses flags and prints; the work is in host-tools/fleet.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { FleetView } from '../fleet/status.ts';
import { StoreError } from '../gateway/store/index.ts';
import { CliError, ExitCode } from './cli-error.ts';

export function register(program: Command): void {
  const fleet = program.command('fleet').description('many gateways, one ledger (docs/fleet.md)');
  fleet
    .command('status')
    .description('height, lag, whose turn, peers and evidence of a running gateway of a fleet')
    .option('--http <url>', "the gateway's address", 'http://127.0.0.1:8640')
    .option('--json', 'print one JSON object')
    .action(status);
  fleet
    .command('card')
    .description('the public keys of a data directory, for founding; made when there are none')
    .addOption(new Option('--data <dir>', 'data directory').env('FAIRHOP_DATA').default('data'))
    .action(card);
  fleet
    .command('found')
    .description('make the founding file of a ledger from the cards of its gateways')
    .argument('<card...>', 'files that `fairhop fleet card` printed')
    .requiredOption('--output <file>', 'the founding file; it holds the network key, so it is for members only')
    .addOption(new Option('--profile <name>', 'parameters').choices(['desk', 'village']).default('desk'))
    .action(found);
  fleet
    .command('key')
    .description("a new nkey for a gateway's connection to the cluster")
    .requiredOption('--output <file>', 'where the seed goes; the public key is printed')
    .action(key);
  fleet
    .command('access')
    .description('print the permissions of administrator and gateways for nats-server')
    .argument('<founding>', 'file of `fairhop fleet found`')
    .requiredOption('--admin <key>', "the administrator's public nkey")
    .requiredOption('--gateway <address=key...>', "a gateway's address and public nkey")
    .action(access);
  fleet
    .command('prepare')
    .description("make the ledger's streams in the cluster, as its administrator")
    .argument('<founding>', 'file of `fairhop fleet found`')
    .requiredOption('--fleet <servers>', 'nats://a,nats://b')
    .option('--fleet-key <file>', "the administrator's nkey seed or JWT credentials")
    .option('--fleet-tls <dir>', 'ca.pem, and for mutual TLS cert.pem and key.pem')
    .action(prepare);
}

async function status({ http, json }: { http: string; json?: boolean }): Promise<void> {
  const view = await ask(http);
  if (json === true) console.log(JSON.stringify(view, undefined, 2));
  else for (const line of linesOf(view)) console.log(line);
  if (view.alarm !== null) throw new CliError(view.alarm, 'docs/fleet.md, "Alarms"', ExitCode.CheckFailed);
}

async function ask(http: string): Promise<FleetView> {
  let answer: Response;
  try {
    answer = await fetch(new URL('/api/v1/fleet', http));
  } catch {
    throw new CliError(
      `no gateway answers on ${http}`,
      'start one with `fairhop up --fleet`, or name it with --http',
      ExitCode.NoGateway,
    );
  }
  if (answer.status === 200) return (await answer.json()) as FleetView;
  throw new CliError(
    `the gateway on ${http} is in no fleet`,
    'start it with --fleet nats://HOST:PORT',
    ExitCode.Refused,
  );
}

function linesOf(view: FleetView): string[] {
  const { engine } = view;
  const servers = engine.connected
    ? `${engine.current} of ${engine.replicas} servers current`
    : 'no server answers';
  return [
    `gateway ${view.gateway}  height ${view.height}  lag ${view.lag}  pool ${view.pool}` +
      ` (${view.unacknowledged} not acknowledged)`,
    `turn    ${view.turn.join(', then ')}  own blocks ${view.blocks.own} of ${view.blocks.applied}`,
    `engine  ${servers}, leader ${engine.leader ?? 'none'}, entry ${view.sequence}`,
    ...view.peers.map((peer) => {
      const height = peer.height === null ? 'not heard' : `height ${peer.height}`;
      const skipped = Object.entries(peer.skipped).map(([reason, count]) => `${reason}: ${count}`);
      const notes = [
        ...(peer.admitted ? [] : ['not admitted']),
        ...(peer.differs ? ['HAS ANOTHER CHAIN'] : []),
        ...(peer.strikes > 0 ? [`${peer.strikes} strikes`] : []),
        ...(peer.leftOut > 0 ? [`${peer.leftOut} blocks left something out`] : []),
        ...skipped,
      ];
      return `peer    ${peer.gateway}  ${height}${notes.length > 0 ? `  ${notes.join('; ')}` : ''}`;
    }),
    ...view.evidence.map(({ gateway, slot }) => `proof   ${gateway} wrote two blocks for slot ${slot}`),
  ];
}

/** A StoreError knows its remedy too. */
async function explained(work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof StoreError) throw new CliError(error.message, error.remedy, ExitCode.CheckFailed);
    throw error;
  }
}

function card({ data }: { data: string }): Promise<void> {
  return explained(async () => {
    const { cardOf } = await import('../fleet/founding.ts');
    console.log(JSON.stringify(cardOf(resolve(data))));
  });
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(`${path} cannot be written (${code})`, 'choose another name with --output', ExitCode.Usage);
  }
}

function found(paths: string[], flags: { output: string; profile: 'desk' | 'village' }): Promise<void> {
  return explained(async () => {
    const { addressOfCard, foundFleet, ledgerIdOfFile, readCard } = await import('../fleet/founding.ts');
    const file = foundFleet(paths.map(readCard), flags.profile, Math.floor(Date.now() / 1000));
    write(flags.output, `${JSON.stringify(file)}\n`);
    for (const path of paths) console.log(`gateway ${addressOfCard(readCard(path))}  ${path}`);
    const id = Buffer.from(ledgerIdOfFile(file)).toString('hex');
    console.log(
      `ledger ${id} of ${paths.length} gateways: each starts with \`fairhop up --founding ${flags.output}\``,
    );
  });
}

async function key({ output }: { output: string }): Promise<void> {
  const { nkeys } = await import('@nats-io/transport-node');
  const user = nkeys.createUser();
  write(output, `${new TextDecoder().decode(user.getSeed())}\n`);
  console.log(user.getPublicKey());
}

function prepare(path: string, flags: { fleet: string; fleetKey?: string; fleetTls?: string }): Promise<void> {
  return explained(async () => {
    const { connectFleet, parseServers } = await import('../fleet/connect.ts');
    const { readFounding } = await import('../fleet/founding.ts');
    const { prepareStreams } = await import('../fleet/streams.ts');
    const file = readFounding(path);
    const address = {
      servers: parseServers(flags.fleet),
      ...(flags.fleetKey !== undefined && { credentials: flags.fleetKey }),
      ...(flags.fleetTls !== undefined && { tls: flags.fleetTls }),
    };
    const connection = await connectFleet(address, 'fairhop fleet prepare');
    try {
      await prepareStreams(connection, new Uint8Array(Buffer.from(file.genesis, 'hex')));
    } finally {
      await connection.close();
    }
    console.log('the streams are there');
  });
}

async function access(path: string, flags: { admin: string; gateway: string[] }): Promise<void> {
  const { accessLines } = await import('../fleet/access.ts');
  const { ledgerIdOfFile, readFounding } = await import('../fleet/founding.ts');
  const gateways = flags.gateway.map((text) => {
    const match = /^([0-9a-f]{8})=(U[A-Z2-7]{55})$/.exec(text);
    if (match === null || !/^U[A-Z2-7]{55}$/.test(flags.admin))
      throw new CliError(
        `${text} is no ADDRESS=KEY`,
        'such as 3a7f0001=UD...: `fairhop fleet key` makes keys',
        ExitCode.Usage,
      );
    return { address: parseInt(match[1]!, 16), publicKey: match[2]! };
  });
  process.stdout.write(accessLines(ledgerIdOfFile(readFounding(path)), flags.admin, gateways));
}
