// A board that was provisioned while no gateway ran: its join waits in the data directory, the next `fairhop up` on it
// brings the board to the ledger, and afterwards provisioning says so. Nothing secret is in anything that was printed
// or kept in the clear on the way.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildFirmware } from '../../host-tools/firmware-build/build-firmware.ts';
import { readSecrets } from '../../host-tools/gateway/desk-files.ts';
import { openKeyFile, parseKeyFile } from '../../host-tools/owner/key-file.ts';
import { backupPath, dataPassphrase, readSealed } from '../../host-tools/provision/provision-files.ts';
import { ptyMakers } from '../../host-tools/serial/pty.ts';
import { jsonOf } from '../cli/json-schemas.ts';
import { fairhop, plugged, vmBoard } from '../monitor/bench.ts';
import { GatewayProcess, statusOf, temporaryDirectory, until } from './gateway-process.ts';

const START_MS = 120_000;
const JOIN_MS = 120_000;
const skip = ptyMakers().length > 0 ? false : 'needs socat: apt-get install socat';

interface Row {
  address: string;
  outcome: string;
  join: string;
}

/** The forms in which bytes could get into a text. */
const formsOf = (secret: Uint8Array): string[] =>
  (['hex', 'base64', 'base64url', 'latin1'] as const).map((form) => Buffer.from(secret).toString(form));

/** Every secret of the directory: the gateway's and those of the board, which must not be empty. */
function secretsIn(data: string, address: string): Uint8Array[] {
  const sealed = readSealed(data, backupPath(data, parseInt(address, 16)))!;
  const alice = openKeyFile(
    parseKeyFile(readFileSync(join(data, 'keys', 'alice.json'), 'utf8'))!,
    dataPassphrase(data),
  );
  const secrets = [...Object.values(readSecrets(data)), ...Object.values(sealed), ...Object.values(alice)];
  assert.ok(secrets.length >= 7 && secrets.every((secret) => secret !== undefined && secret.length === 32));
  return secrets as Uint8Array[];
}

test('a join that was made offline reaches the ledger with the next gateway', { skip }, async () => {
  const place = temporaryDirectory();
  const data = join(place.path, 'data');
  const { code } = await buildFirmware('linux-udp');
  const { path, unplug } = await plugged(vmBoard(place.path, code));
  const printed: string[] = [];
  const provision = async (): Promise<Row> => {
    const words = ['provision', '--port', path, '--owner', 'alice', '--name', 'ridge', '--data', data, '--json'];
    const ran = await fairhop(words);
    assert.equal(ran.status, 0, ran.stderr);
    printed.push(ran.stdout, ran.stderr);
    return (jsonOf('provision', ran.stdout)[0] as [Row])[0];
  };
  let gateway: GatewayProcess | undefined;
  try {
    const made = await provision();
    assert.deepEqual([made.outcome, made.join], ['provisioned', 'pending']);
    gateway = new GatewayProcess([
      'up',
      '--data',
      data,
      '--boards',
      '2',
      '--reading',
      '60',
      '--http',
      '127.0.0.1:0',
    ]);
    const url = await gateway.url(START_MS);
    const status = await until(
      () => statusOf(url),
      ({ nodes }) => nodes === 3,
      JOIN_MS,
    );
    assert.equal(status.conserved, true);
    // Beside the running gateway: the keys of its boards are written, the join is found on the ledger.
    const again = await provision();
    assert.deepEqual([again.outcome, again.join, again.address], ['updated', 'on-ledger', made.address]);
    gateway.signal('SIGINT');
    assert.equal(await gateway.exited, 0);
    printed.push(gateway.output);
    const kept = ['provision', 'keys'].flatMap((room) =>
      readdirSync(join(data, room)).map((name) => readFileSync(join(data, room, name), 'latin1')),
    );
    for (const secret of secretsIn(data, made.address))
      for (const form of formsOf(secret))
        for (const text of [...printed, ...kept]) assert.ok(!text.includes(form));
  } finally {
    await gateway?.end();
    await unplug();
    place.remove();
  }
});
