// The settings of docs/fleet.md for an insecure network, on a real cluster of three: TLS with certificates on both
// sides, TLS between the servers too, and gateways that show JWT credentials of an operator's account. The tokens are
// made here as the server reads them; operators make them with `nsc`.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { nkeys } from '@nats-io/transport-node';
import { permissionsOf } from '../../host-tools/fleet/access.ts';
import { connectFleet } from '../../host-tools/fleet/connect.ts';
import { LocalCluster, NO_NATS } from '../../host-tools/fleet/local-cluster.ts';
import { prepareStreams } from '../../host-tools/fleet/streams.ts';
import { FIRST_GATEWAY, fleetGenesis, FleetWorld, Member } from './fleet-world.ts';

const NO_OPENSSL =
  spawnSync('openssl', ['version']).status === 0 ? false : 'install openssl (apt-get install openssl)';

/** A directory with ca.pem, cert.pem and key.pem, the certificate for 127.0.0.1 and signed by `authority`'s. */
function makeCertificate(directory: string, authority = directory): void {
  mkdirSync(directory, { recursive: true });
  const openssl = (...words: string[]): void =>
    void execFileSync('openssl', words, { stdio: 'pipe', cwd: directory });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem'];
  if (authority === directory) {
    openssl('req', '-x509', ...key, '-out', 'ca.pem', '-days', '2', '-subj', '/CN=fleet');
    renameSync(join(directory, 'key.pem'), join(directory, 'ca-key.pem'));
  }
  openssl('req', ...key, '-out', 'request.pem', '-subj', '/CN=server');
  writeFileSync(join(directory, 'names.txt'), 'subjectAltName=IP:127.0.0.1\n');
  const signer = ['-CA', join(authority, 'ca.pem'), '-CAkey', join(authority, 'ca-key.pem'), '-CAcreateserial'];
  openssl(
    'x509',
    '-req',
    '-in',
    'request.pem',
    ...signer,
    '-days',
    '2',
    '-extfile',
    'names.txt',
    '-out',
    'cert.pem',
  );
}

type Keys = ReturnType<typeof nkeys.createUser>;

function token(issuer: Keys, subject: Keys, name: string, nats: object): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [iss, sub] = [issuer.getPublicKey(), subject.getPublicKey()];
  const claims = { jti: sub, iat: Math.floor(Date.now() / 1000), iss, name, sub, nats: { version: 2, ...nats } };
  const text = `${encode({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encode(claims)}`;
  return `${text}.${Buffer.from(issuer.sign(new TextEncoder().encode(text))).toString('base64url')}`;
}

const UNBOUNDED = { subs: -1, data: -1, payload: -1 };
const STORAGE = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
const LINKS = { imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };

/** An operator with one account: the servers' lines, and credentials for users of the account. */
class Operator {
  private readonly account = nkeys.createAccount();
  readonly lines: string;

  constructor() {
    const [operator, system] = [nkeys.createOperator(), nkeys.createAccount()];
    const accountToken = (keys: Keys, name: string, limits: object): string =>
      token(operator, keys, name, { type: 'account', limits: { ...UNBOUNDED, ...LINKS, ...limits } });
    this.lines = [
      `operator: ${token(operator, operator, 'operator', { type: 'operator' })}`,
      `system_account: ${system.getPublicKey()}`,
      'resolver: MEMORY',
      'resolver_preload: {',
      `  ${system.getPublicKey()}: ${accountToken(system, 'system', {})}`,
      `  ${this.account.getPublicKey()}: ${accountToken(this.account, 'fleet', STORAGE)}`,
      '}',
    ].join('\n');
  }

  credentials(name: string, permissions?: { publish: string[]; subscribe: string[] }): string {
    const user = nkeys.createUser();
    const allowed =
      permissions === undefined
        ? { pub: {}, sub: {} }
        : { pub: { allow: permissions.publish }, sub: { allow: permissions.subscribe } };
    const jwt = token(this.account, user, name, { type: 'user', ...UNBOUNDED, ...allowed });
    const seed = new TextDecoder().decode(user.getSeed());
    const block = (what: string, text: string): string =>
      `-----BEGIN ${what}-----\n${text}\n------END ${what}------\n`;
    return `${block('NATS USER JWT', jwt)}\n${block('USER NKEY SEED', seed)}`;
  }
}

test('TLS to the servers and between them, and JWT credentials', { skip: NO_NATS || NO_OPENSSL }, async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'fairhop-tls-'));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));
  const [good, strange] = [join(scratch, 'good'), join(scratch, 'strange')];
  makeCertificate(good);
  makeCertificate(strange);
  const genesis = fleetGenesis(2);
  const world = (cluster: LocalCluster): FleetWorld => new FleetWorld(cluster, genesis);
  const operator = new Operator();
  const file = (name: string): string => join(good, name);
  const files = [
    `cert_file: "${file('cert.pem')}"`,
    `key_file: "${file('key.pem')}"`,
    `ca_file: "${file('ca.pem')}"`,
  ];
  const tls = `tls { ${files.join(', ')}, verify: true }`;
  const cluster = await LocalCluster.start({ extra: `${tls}\n${operator.lines}`, between: tls });
  t.after(() => cluster.stop());
  const servers = cluster.urls.map((url) => url.replace('nats://', 'tls://'));
  const fleet = world(cluster);
  t.after(() => fleet.stop());
  const write = (name: string, text: string): string => (
    writeFileSync(join(scratch, name), text),
    join(scratch, name)
  );
  const admin = write('admin.creds', operator.credentials('administrator'));
  const members = [0, 1].map((i) =>
    write(`${i}.creds`, operator.credentials(`${i}`, permissionsOf(fleet.ledgerId, FIRST_GATEWAY + i))),
  );
  for (const deadline = Date.now() + 60_000; ;)
    try {
      const connection = await connectFleet({ servers, credentials: admin, tls: good }, 'administrator');
      await prepareStreams(connection, genesis);
      await connection.close();
      break;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(200);
    }

  for (const [i, credentials] of members.entries())
    fleet.members.push(await new Member(i, genesis).start(servers, credentials, good));
  await fleet.until('blocks', () => fleet.members.every(({ ledger }) => ledger.height >= 2));
  fleet.assertAgreed();
  const [first] = members as [string];
  await assert.rejects(connectFleet({ servers, credentials: first, tls: strange }, 'another CA'), /lets us in/);
  await assert.rejects(connectFleet({ servers, credentials: first }, 'no certificate'), /lets us in/);
  await assert.rejects(connectFleet({ servers, tls: good }, 'no credentials'), /lets us in/);
  const elsewhere = servers.map((url) => url.replace('127.0.0.1', 'localhost'));
  const wrongName = { servers: elsewhere, credentials: first, tls: good };
  await assert.rejects(connectFleet(wrongName, 'a certificate of another server'), /lets us in/);
  const stranger = write('stranger.creds', new Operator().credentials('stranger'));
  await assert.rejects(connectFleet({ servers, credentials: stranger, tls: good }, 'stranger'), /lets us in/);
});
