// A computer made of files: /sys, /dev, /proc and /etc below a temporary directory, as much of them as the
// port listing and the doctor read. Device nodes are plain files; everything else has the kernel's shape.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { HostSystem } from '../../host-tools/ports/host-system.ts';

export interface UsbTty {
  readonly tty: string | null;
  readonly vendorId: string;
  readonly productId: string;
  readonly serial?: string;
  /** Mode of the device node; absent = no node. */
  readonly nodeMode?: number;
  readonly stableName?: string;
}

export class MadeUpHost {
  readonly root = mkdtempSync(join(tmpdir(), 'fairhop-host-'));
  readonly system: HostSystem;
  private devices = 0;

  constructor(identity: { uid?: number; gids?: number[]; udev?: boolean } = {}) {
    const searchPath = [join(this.root, 'usr/bin')];
    this.system = {
      root: this.root,
      platform: 'linux',
      uid: identity.uid ?? 54321,
      gids: identity.gids ?? [54321],
      searchPath,
    };
    this.write('etc/group', 'root:x:0:\ntty:x:5:\ndialout:x:20:\nme:x:54321:\n');
    if (identity.udev !== true) return;
    this.write('usr/bin/udevadm', '');
    mkdirSync(join(this.root, 'run/udev'), { recursive: true });
  }

  plugIn(device: UsbTty): void {
    const usb = `sys/devices/pci0/usb1/1-${++this.devices}`;
    this.write(`${usb}/idVendor`, `${device.vendorId}\n`);
    this.write(`${usb}/idProduct`, `${device.productId}\n`);
    if (device.serial !== undefined) this.write(`${usb}/serial`, `${device.serial}\n`);
    this.link(`sys/bus/usb/devices/1-${this.devices}`, usb);
    if (device.tty === null) return;
    const interfacePath = `${usb}/1-${this.devices}:1.0/${device.tty}`;
    this.write(`${interfacePath}/uevent`, '');
    this.write(`${interfacePath}/tty/${device.tty}/dev`, '188:0\n');
    this.link(`${interfacePath}/tty/${device.tty}/device`, interfacePath);
    this.link(`sys/class/tty/${device.tty}`, `${interfacePath}/tty/${device.tty}`);
    if (device.nodeMode === undefined) return;
    this.write(`dev/${device.tty}`, '');
    chmodSync(join(this.root, 'dev', device.tty), device.nodeMode);
    if (device.stableName !== undefined) {
      this.link(`dev/serial/by-id/${device.stableName}`, `dev/${device.tty}`);
    }
  }

  process(pid: number, command: string, opened: readonly string[] = []): void {
    this.write(`proc/${pid}/comm`, `${command}\n`);
    opened.forEach((path, fd) => this.link(`proc/${pid}/fd/${fd}`, path));
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  private link(path: string, target: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    symlinkSync(join(this.root, target), join(this.root, path));
  }
}
