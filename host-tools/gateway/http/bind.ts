// Where the server listens: checks the address before the start, and turns the system's errors into ones
// with a remedy. Anything beyond this machine needs a token, judged by the resolved address and not by its
// name.
import { lookup } from 'node:dns/promises';
import type { Server } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { CliError } from '../../cli/cli-error.ts';
import { TOKEN_CHARS_MIN } from './token.ts';

const EXIT_USAGE = 2;
const EXIT_BUSY = 4;
const EXIT_PERMISSION = 5;

export interface BindAddress {
  /** As the user wrote it; for messages and for the Host check. */
  host: string;
  address: string;
  port: number;
  loopback: boolean;
}

/** Resolves and checks `--http HOST:PORT`. Throws CliError. */
export async function bindAddress(host: string, port: number, token?: string): Promise<BindAddress> {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new CliError(
      `port ${port} does not exist`,
      'Choose one from 1 to 65535: --http 127.0.0.1:8640',
      EXIT_USAGE,
    );
  }
  const address = await resolve(host);
  const loopback = isLoopback(address);
  if (!loopback && token === undefined) {
    throw new CliError(
      `${host} can be reached from other machines, and no token is set`,
      'Set one (--token, at least 16 characters), or stay on this machine: --http 127.0.0.1:8640',
      EXIT_USAGE,
    );
  }
  if (token !== undefined && (token.length < TOKEN_CHARS_MIN || !/^[\x21-\x7e]+$/.test(token))) {
    throw new CliError(
      `the token must have at least ${TOKEN_CHARS_MIN} printable characters and no space`,
      'Make one: node -p "crypto.randomBytes(16).toString(\'hex\')"',
      EXIT_USAGE,
    );
  }
  return { host, address, port, loopback };
}

async function resolve(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    // An empty name would mean every address of this machine.
    if (host === '') throw new Error('no name');
    return (await lookup(host)).address;
  } catch {
    throw new CliError(
      `the host name ${JSON.stringify(host)} is unknown`,
      'Use an address: --http 127.0.0.1:8640',
      EXIT_USAGE,
    );
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** Resolves with the port that was really bound (`port` 0 asks for any). Throws CliError. */
export function listen(server: Server, bind: BindAddress): Promise<number> {
  return new Promise((done, fail) => {
    const onError = (error: NodeJS.ErrnoException): void => fail(listenError(error, bind));
    server.once('error', onError);
    server.listen({ host: bind.address, port: bind.port, exclusive: true }, () => {
      server.off('error', onError);
      done((server.address() as AddressInfo).port);
    });
  });
}

function listenError(error: NodeJS.ErrnoException, bind: BindAddress): Error {
  const { host, port } = bind;
  const next = `--http ${host}:${port < 65535 ? port + 1 : port - 1}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new CliError(
        `port ${port} is busy`,
        `Stop the program that has it, or choose another: ${next}`,
        EXIT_BUSY,
      );
    case 'EACCES':
      return new CliError(
        `this user may not open port ${port}`,
        `Choose one above 1023: --http ${host}:8640`,
        EXIT_PERMISSION,
      );
    case 'EADDRNOTAVAIL':
      return new CliError(
        `${host} is not an address of this machine`,
        'Use one that is: --http 127.0.0.1:8640',
        EXIT_USAGE,
      );
    default:
      return new CliError(
        `cannot listen on ${host}:${port} (${error.code ?? error.message})`,
        `Try another: ${next}`,
        EXIT_BUSY,
      );
  }
}

export function urlOf(bind: BindAddress, port: number): string {
  // A wildcard is no address to click on; this machine reaches it by loopback.
  const host = bind.address === '0.0.0.0' ? '127.0.0.1' : bind.address === '::' ? '::1' : bind.host;
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
