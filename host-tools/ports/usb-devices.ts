// USB devices from sysfs (kernel: Documentation/ABI/stable/sysfs-bus-usb). Needs no udev. Called by the port
// listing, which starts at a tty and walks up, and by the doctor, which looks for boards without a tty.
import { dirname, join } from 'node:path';
import type { HostSystem } from './host-system.ts';
import { namesIn, readText, realPath } from './host-system.ts';

export interface UsbDevice {
  readonly vendorId: number;
  readonly productId: number;
  readonly serialNumber: string | null;
  readonly manufacturer: string | null;
  readonly product: string | null;
  /** Real path in sysfs, which identifies the device. */
  readonly sysPath: string;
}

/** A tty hangs two to three levels below its USB device. */
const LEVELS_UP_MAX = 5;

export function usbDeviceAbove(sysPath: string): UsbDevice | null {
  let path = sysPath;
  for (let level = 0; level < LEVELS_UP_MAX; level++, path = dirname(path)) {
    const device = usbDeviceAt(path);
    if (device !== null) return device;
  }
  return null;
}

export function allUsbDevices(host: HostSystem): UsbDevice[] {
  const bus = join(host.root, 'sys/bus/usb/devices');
  return namesIn(bus)
    .map((name) => realPath(join(bus, name)))
    .map((path) => (path === null ? null : usbDeviceAt(path)))
    .filter((device) => device !== null);
}

function usbDeviceAt(path: string): UsbDevice | null {
  const vendorId = readText(join(path, 'idVendor'));
  const productId = readText(join(path, 'idProduct'));
  if (vendorId === null || productId === null) return null;
  return {
    vendorId: parseInt(vendorId, 16),
    productId: parseInt(productId, 16),
    serialNumber: readText(join(path, 'serial')),
    manufacturer: readText(join(path, 'manufacturer')),
    product: readText(join(path, 'product')),
    sysPath: path,
  };
}
