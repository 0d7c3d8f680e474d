// The connection to the engine's servers: who we are (nkey seed or JWT credentials), TLS, and reconnecting for as long
// as it takes. Every other file gets a connection and knows nothing of servers.
import { readFileSync } from 'node:fs';
import { checkServerIdentity } from 'node:tls';
import {
  connect,
  credsAuthenticator,
  nkeyAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node';
import { CliError, ExitCode } from '../cli/cli-error.ts';

export interface FleetAddress {
  /** `nats://host:port` or `tls://host:port`, one for each server. */
  servers: string[];
  /** File with an nkey seed (`SU...`) or with JWT credentials (`.creds`). */
  credentials?: string;
  /** Directory with ca.pem and, for mutual TLS, cert.pem and key.pem. */
  tls?: string;
}

/** Debian 12 has 2.9; before 2.10.23 servers of the 2.10 line could lose acknowledged entries (docs/fleet.md). */
export const SERVER_VERSION_SAFE = '2.10.23';
/** Long enough for a computer that is busy with its own start. */
const CONNECT_MS = 20_000;
const RECONNECT_MS = 250;
const PING_MS = 2000;

export function parseServers(text: string): string[] {
  const servers = text.split(',').map((one) => one.trim().replace(/\/+$/, ''));
  const scheme = /^(nats|tls):\/\//.exec(servers[0] ?? '')?.[0];
  const full = servers.map((one) => (/^\w+:\/\//.test(one) || scheme === undefined ? one : scheme + one));
  const wrong = full.find((one) => !/^(nats|tls):\/\/(\[[0-9a-f:]+\]|[\w.-]+)(:\d{1,5})?$/i.test(one));
  if (wrong === undefined) return full;
  throw new CliError(
    `${wrong} is no address of a NATS server`,
    'give nats://HOST:PORT, several with commas between',
    ExitCode.Usage,
  );
}

function readFileOf(path: string, what: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      `${what} ${path} cannot be read (${code})`,
      'check the path and who may read it',
      ExitCode.Usage,
    );
  }
}

function identity(path: string): Pick<NodeConnectionOptions, 'authenticator'> {
  const bytes = readFileOf(path, 'the credentials');
  const text = new TextDecoder().decode(bytes);
  if (text.includes('BEGIN NATS USER JWT')) return { authenticator: credsAuthenticator(bytes) };
  const seed = /\bSU[A-Z2-7]{50,}\b/.exec(text)?.[0];
  if (seed !== undefined) return { authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)) };
  throw new CliError(
    `${path} holds neither an nkey seed nor JWT credentials`,
    'make one with `fairhop fleet key` (docs/fleet.md)',
    ExitCode.Usage,
  );
}

/**
 * A certificate must be for one of the servers that were given. The client does not hand on which of them it calls
 * when they are written as numbers, and Node would look for "localhost" then.
 */
function isOurServer(servers: string[]): typeof checkServerIdentity {
  const hosts = servers.map((server) => new URL(server).hostname.replace(/^\[|\]$/g, ''));
  return (_, certificate) => {
    const faults = hosts.map((host) => checkServerIdentity(host, certificate));
    return faults.includes(undefined) ? undefined : faults[0];
  };
}

function tlsOptions(directory: string, servers: string[]): Pick<NodeConnectionOptions, 'tls'> {
  const read = (name: string): string =>
    new TextDecoder().decode(readFileOf(`${directory}/${name}`, 'the TLS file'));
  const optional = (name: string): string | undefined => {
    try {
      return readFileSync(`${directory}/${name}`, 'utf8');
    } catch {
      return undefined;
    }
  };
  const [cert, key] = [optional('cert.pem'), optional('key.pem')];
  const own = cert !== undefined && key !== undefined && { cert, key };
  const options = { ca: read('ca.pem'), checkServerIdentity: isOurServer(servers), ...own };
  return { tls: options };
}

/** Rejects with a CliError when no server lets us in; afterwards it reconnects by itself. */
export async function connectFleet(address: FleetAddress, name: string): Promise<NatsConnection> {
  const options: NodeConnectionOptions = {
    servers: address.servers,
    name,
    timeout: CONNECT_MS,
    reconnectTimeWait: RECONNECT_MS,
    reconnectJitter: RECONNECT_MS,
    maxReconnectAttempts: -1,
    // What servers tell of each other are addresses as they see them; ours are those that were given.
    ignoreClusterUpdates: true,
    pingInterval: PING_MS,
    maxPingOut: 3,
    ...(address.credentials !== undefined && identity(address.credentials)),
    ...(address.tls !== undefined && tlsOptions(address.tls, address.servers)),
  };
  try {
    return await connect(options);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const remedy = /authorization|authentication/i.test(text)
      ? 'give the credentials of this gateway with --fleet-key (docs/fleet.md)'
      : 'check that a server runs there (docs/fleet.md), and --fleet-tls where it wants TLS';
    throw new CliError(`no server of the fleet lets us in: ${text.split('\n')[0]}`, remedy, ExitCode.NoGateway);
  }
}
