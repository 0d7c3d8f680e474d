// Which ports a command takes: all likely boards for --all, the only one without it, never a guess between two.
import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CliError, ExitCode } from '../../host-tools/cli/cli-error.ts';
import { choosePorts } from '../../host-tools/ports/choose-ports.ts';
import { listPorts } from '../../host-tools/ports/list-ports.ts';
import { MadeUpHost } from './made-up-host.ts';

const CP2102 = { vendorId: '10c4', productId: 'ea60', nodeMode: 0o666 };
const MODEM = { vendorId: '1199', productId: '9071', nodeMode: 0o666 };

const noPort = (message: RegExp) => (error: unknown) =>
  error instanceof CliError && error.exitCode === ExitCode.NoPort && message.test(error.message);

test('--all takes twenty boards and leaves the modem between them alone', async () => {
  const host = new MadeUpHost({ udev: true });
  for (let i = 0; i < 20; i++) host.plugIn({ tty: `ttyUSB${i}`, ...CP2102, stableName: `usb-${i}` });
  host.plugIn({ tty: 'ttyACM0', ...MODEM });
  const listed = await listPorts(host.system, []);
  assert.equal(listed.length, 21);
  const chosen = choosePorts(listed, [], true);
  assert.equal(new Set(chosen.map(({ path }) => path)).size, 20);
  assert.ok(chosen.every(({ usb }) => usb?.vendorId === 0x10c4));
  assert.throws(() => choosePorts(listed, [], false), noPort(/several boards.*usb-7/));
  host.remove();
});

test('a port is taken once, by whatever names, and one that is not listed is taken as it is', async () => {
  const host = new MadeUpHost({ udev: true });
  host.plugIn({ tty: 'ttyUSB0', ...CP2102, stableName: 'usb-a' });
  const listed = await listPorts(host.system, []);
  const { path } = listed[0]!;
  const alias = join(host.root, 'alias');
  symlinkSync(path, alias);
  assert.deepEqual(
    choosePorts(listed, [alias, path, 'rfc2217://host:1'], false).map((port) => [port.path, port.usb?.productId]),
    [
      [alias, 0xea60],
      ['rfc2217://host:1', undefined],
    ],
  );
  assert.deepEqual(
    choosePorts(listed, [], false).map((port) => port.path),
    [path],
  );
  host.remove();
  assert.throws(() => choosePorts([], [], true), noPort(/no board is plugged in/));
});
