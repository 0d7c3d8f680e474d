// The doctor on made-up computers, each with one thing wrong, and once for real in a bare environment.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Diagnosis } from '../../host-tools/ports/doctor.ts';
import { diagnose } from '../../host-tools/ports/doctor.ts';
import { listPorts } from '../../host-tools/ports/list-ports.ts';
import { udevRules } from '../../host-tools/ports/udev-rules.ts';
import { MadeUpHost } from './made-up-host.ts';
import { runCommand } from './run-command.ts';

const CP2102 = { vendorId: '10c4', productId: 'ea60' };

async function diagnosisOf(host: MadeUpHost): Promise<Diagnosis> {
  const diagnosis = diagnose(host.system, await listPorts(host.system, []));
  host.remove();
  return diagnosis;
}

function finding(
  diagnosis: Diagnosis,
  check: string,
): { status: string; message: string; remedy: string | null } {
  const found = diagnosis.findings.find((candidate) => candidate.check === check);
  assert.ok(found !== undefined, `no finding "${check}" in ${JSON.stringify(diagnosis.findings)}`);
  return found;
}

describe('doctor', () => {
  it('is content with a board, udev and access', async () => {
    const host = new MadeUpHost({ udev: true });
    host.plugIn({ tty: 'ttyUSB0', ...CP2102, nodeMode: 0o666, stableName: 'usb-a' });
    const diagnosis = await diagnosisOf(host);
    assert.equal(diagnosis.exitCode, 0);
    assert.deepEqual(
      diagnosis.findings.map((f) => f.status),
      ['ok'],
    );
  });

  it('names each problem of a bare container: no board, no group, no udev', async () => {
    const diagnosis = await diagnosisOf(new MadeUpHost());
    assert.equal(diagnosis.exitCode, 3);
    assert.match(finding(diagnosis, 'board').remedy!, /cable only charges/);
    assert.match(finding(diagnosis, 'group').remedy!, /usermod -aG dialout/);
    assert.match(finding(diagnosis, 'udev').message, /udev is not running/);
  });

  it('tells a charge-only cable from a missing driver', async () => {
    const host = new MadeUpHost({ udev: true });
    host.plugIn({ tty: null, vendorId: '1a86', productId: '7523' });
    const diagnosis = await diagnosisOf(host);
    assert.equal(diagnosis.exitCode, 3);
    assert.match(finding(diagnosis, 'driver').remedy!, /modprobe ch341/);
    assert.equal(
      diagnosis.findings.some((f) => f.check === 'board'),
      false,
    );
  });

  it('gives the command for a port this user may not open', async () => {
    const host = new MadeUpHost({ udev: true });
    host.plugIn({ tty: 'ttyUSB0', ...CP2102, nodeMode: 0o600 });
    const diagnosis = await diagnosisOf(host);
    assert.equal(diagnosis.exitCode, 5);
    assert.match(finding(diagnosis, 'permission').remedy!, /^sudo (usermod|chmod)/);
  });

  it('knows a container without the device node', async () => {
    const host = new MadeUpHost({ udev: true });
    host.plugIn({ tty: 'ttyUSB0', ...CP2102 });
    assert.match(finding(await diagnosisOf(host), 'permission').remedy!, /--device=.*ttyUSB0/);
  });

  it('names the program that holds the port', async () => {
    const host = new MadeUpHost({ udev: true });
    host.plugIn({ tty: 'ttyUSB0', ...CP2102, nodeMode: 0o666, stableName: 'usb-a' });
    host.process(4711, 'picocom', ['dev/ttyUSB0']);
    const diagnosis = await diagnosisOf(host);
    assert.equal(diagnosis.exitCode, 4);
    assert.match(finding(diagnosis, 'busy').message, /picocom \(process 4711\)/);
  });

  it('warns of ModemManager until the rule it prints is installed', async () => {
    const build = (): MadeUpHost => {
      const host = new MadeUpHost({ udev: true });
      host.plugIn({ tty: 'ttyUSB0', ...CP2102, nodeMode: 0o666, stableName: 'usb-a' });
      host.process(5, 'ModemManager');
      return host;
    };
    const exposed = await diagnosisOf(build());
    assert.equal(exposed.exitCode, 0);
    assert.match(finding(exposed, 'modem-manager').remedy!, /70-fairhop\.rules/);
    const cured = build();
    cured.write('etc/udev/rules.d/70-fairhop.rules', udevRules());
    assert.equal(
      (await diagnosisOf(cured)).findings.some((f) => f.check === 'modem-manager'),
      false,
    );
  });

  it('warns of brltty, and of udev without stable names', async () => {
    const host = new MadeUpHost({ udev: true });
    host.plugIn({ tty: 'ttyUSB0', ...CP2102, nodeMode: 0o666 });
    host.process(6, 'brltty');
    const diagnosis = await diagnosisOf(host);
    assert.match(finding(diagnosis, 'brltty').remedy!, /brltty/);
    assert.match(finding(diagnosis, 'udev').remedy!, /udevadm trigger/);
  });

  it('runs for real without udev on the path: findings as JSON on stdout, no stack trace', async () => {
    const bare = { PATH: '/nonexistent', HOME: '/nonexistent' };
    const run = await runCommand(['doctor', '--json'], { env: bare });
    assert.equal(run.stderr, '');
    const diagnosis = JSON.parse(run.stdout) as Diagnosis;
    assert.equal(run.status, diagnosis.exitCode);
    assert.match(finding(diagnosis, 'udev').message, /udev/);
    for (const found of diagnosis.findings) {
      assert.deepEqual(Object.keys(found).sort(), ['check', 'message', 'remedy', 'status']);
      assert.equal(found.remedy === null, found.status === 'ok');
    }
    const board = diagnosis.findings.find((f) => f.check === 'board' || f.check === 'driver');
    if (board?.status === 'problem') assert.equal(run.status, 3);
    const spoken = await runCommand(['doctor'], { env: bare });
    assert.equal(spoken.status, run.status);
    for (const found of diagnosis.findings) assert.ok(spoken.stdout.includes(found.message));
  });

  it('prints the udev rule for every bridge', async () => {
    const run = await runCommand(['doctor', '--udev-rules']);
    assert.equal(run.status, 0);
    assert.match(
      run.stdout,
      /ATTRS\{idVendor\}=="10c4", ATTRS\{idProduct\}=="ea60", ENV\{ID_MM_DEVICE_IGNORE\}="1"/,
    );
  });
});
