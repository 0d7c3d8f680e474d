// The port listing on made-up computers: USB identity from sysfs, stable names, access, holders.
import assert from 'node:assert/strict';
import { openSync, closeSync, mkdtempSync, writeFileSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { isLikelyBoard, listPorts } from '../../host-tools/ports/list-ports.ts';
import { portHolders } from '../../host-tools/ports/port-holders.ts';
import { MadeUpHost } from './made-up-host.ts';

const BOARDS = [{ id: 'some-board', vendorId: 0x10c4, productId: 0xea60 }];

it('lists a board with its identity, stable name, access and holder', async () => {
  const host = new MadeUpHost({ udev: true });
  host.plugIn({
    tty: 'ttyUSB0',
    vendorId: '10c4',
    productId: 'ea60',
    serial: '0001',
    nodeMode: 0o666,
    stableName: 'usb-Silicon_Labs_CP2102_0001-if00-port0',
  });
  host.process(77, 'minicom', ['dev/null', 'dev/ttyUSB0']);
  const [port, ...others] = await listPorts(host.system, BOARDS);
  assert.equal(others.length, 0);
  assert.equal(port!.path, join(host.root, 'dev/ttyUSB0'));
  assert.equal(port!.stableName, join(host.root, 'dev/serial/by-id/usb-Silicon_Labs_CP2102_0001-if00-port0'));
  assert.deepEqual(port!.usb, {
    vendorId: 0x10c4,
    productId: 0xea60,
    serialNumber: '0001',
    manufacturer: null,
    product: null,
  });
  assert.equal(port!.bridge, 'CP2102');
  assert.deepEqual(port!.likelyBoards, ['some-board']);
  assert.equal(port!.accessible, true);
  assert.deepEqual(port!.holders, [{ pid: 77, command: 'minicom' }]);
  host.remove();
});

it('does not take a USB modem for a board, and leaves out consoles', async () => {
  const host = new MadeUpHost();
  host.plugIn({ tty: 'ttyACM0', vendorId: '1199', productId: '9071', nodeMode: 0o660 });
  host.write('sys/class/tty/tty0/dev', '4:0\n');
  host.write('sys/class/tty/ttyS0/device/uevent', '');
  const ports = await listPorts(host.system, BOARDS);
  assert.deepEqual(
    ports.map((port) => port.path),
    [join(host.root, 'dev/ttyACM0')],
  );
  assert.equal(isLikelyBoard(ports[0]!), false);
  assert.equal(ports[0]!.accessible, false);
  host.remove();
});

it('takes any product of Espressif for a chip with USB of its own', async () => {
  const host = new MadeUpHost();
  host.plugIn({ tty: 'ttyACM0', vendorId: '303a', productId: '1001', nodeMode: 0o666 });
  host.plugIn({ tty: 'ttyACM1', vendorId: '303a', productId: '4002', nodeMode: 0o666 });
  const ports = await listPorts(host.system, BOARDS);
  assert.deepEqual(
    ports.map((port) => port.bridge),
    ['ESP32-S3/C3 USB-Serial/JTAG', 'ESP32 USB'],
  );
  host.remove();
});

it('lists nothing on a computer without sysfs', async () => {
  const host = new MadeUpHost();
  assert.deepEqual(await listPorts(host.system, BOARDS), []);
  host.remove();
});

it('finds the real process that holds a real file', async (t) => {
  if (process.platform !== 'linux') return t.skip('needs /proc: run on Linux');
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-holder-'));
  const path = join(directory, 'node');
  writeFileSync(path, '');
  const fd = openSync(path, 'r');
  assert.deepEqual(portHolders(path), [], 'our own descriptor does not count');
  const child = spawn('sleep', ['30'], { stdio: [fd, 'ignore', 'ignore'] });
  await once(child, 'spawn');
  const holders = portHolders(path);
  child.kill();
  closeSync(fd);
  rmSync(directory, { recursive: true });
  assert.deepEqual(holders, [{ pid: child.pid, command: 'sleep' }]);
});
