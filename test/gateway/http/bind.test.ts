// Where the server may listen: every address that does not work ends in an error with a remedy and an exit
// code.
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { CliError } from '../../../host-tools/cli/cli-error.ts';
import { startHttpServer } from '../../../host-tools/gateway/http/server.ts';
import { FakeGateway } from './fake-source.ts';
import { ask } from './http-client.ts';

const TOKEN = 'correct-horse-battery';
const source = new FakeGateway();

async function refusal(host: string, port: number, token?: string): Promise<CliError> {
  try {
    const server = await startHttpServer({
      host,
      port,
      source,
      ...(token === undefined ? {} : { token }),
    });
    await server.close();
  } catch (error) {
    assert.ok(error instanceof CliError, String(error));
    assert.ok(error.exitCode > 0 && error.remedy.length > 0);
    assert.ok(!error.message.includes('\n') && !error.remedy.includes('\n'));
    return error;
  }
  assert.fail(`${host}:${port} was accepted`);
}

describe('the address to listen on', () => {
  it('names a busy port and the next one', async () => {
    const first = await startHttpServer({ host: '127.0.0.1', port: 0, source });
    const port = Number(new URL(first.url).port);
    const error = await refusal('127.0.0.1', port);
    assert.equal(error.message, `port ${port} is busy`);
    assert.ok(error.remedy.includes(`--http 127.0.0.1:${port + 1}`));
    await first.close();
    const second = await startHttpServer({ host: '127.0.0.1', port, source });
    await second.close();
    assert.equal(source.listeners, 0, 'a start that failed must not stay subscribed');
  });

  it('refuses ports and hosts that do not exist', async () => {
    for (const port of [-1, 65536, 1.5, NaN])
      assert.match((await refusal('127.0.0.1', port)).message, /does not exist/);
    assert.match((await refusal('no-such-host.invalid', 8640)).message, /unknown/);
    assert.match((await refusal('', 8640)).message, /unknown/);
    // TEST-NET-1 (RFC 5737) is nobody's address.
    assert.match((await refusal('192.0.2.1', 0, TOKEN)).message, /not an address of this machine/);
  });

  it('asks for a token beyond this machine, and for a long one', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1'])
      assert.match((await refusal(host, 0)).message, /token/);
    assert.match((await refusal('127.0.0.1', 0, 'short')).message, /at least 16/);
    assert.match((await refusal('127.0.0.1', 0, 'has a space in the middle')).message, /no space/);
  });

  it('answers on an open address to IP literals and this host, with the token', async () => {
    const server = await startHttpServer({ host: '0.0.0.0', port: 0, source, token: TOKEN });
    const headers = { authorization: `Bearer ${TOKEN}` };
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal((await ask(server.url, '/api/status')).status, 401);
    for (const host of ['192.168.7.7', 'localhost', '[fe80::1]:80']) {
      assert.equal(
        (await ask(server.url, '/api/status', { headers: { ...headers, host } })).status,
        200,
        host,
      );
    }
    assert.equal(
      (await ask(server.url, '/api/status', { headers: { ...headers, host: 'evil.example' } })).status,
      403,
    );
    await server.close();
  });

  const hasIpv6 = Object.values(networkInterfaces())
    .flat()
    .some((face) => face?.address === '::1');
  const needsIpv6 = 'needs IPv6 on loopback: sysctl net.ipv6.conf.lo.disable_ipv6=0';
  it('speaks IPv6 on loopback', { skip: hasIpv6 ? false : needsIpv6 }, async () => {
    const server = await startHttpServer({ host: '::1', port: 0, source });
    assert.match(server.url, /^http:\/\/\[::1\]:\d+$/);
    assert.equal((await ask(server.url, '/api/status', { hostname: '::1' })).status, 200);
    await server.close();
  });
});
