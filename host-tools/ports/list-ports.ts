// The serial ports of this computer and what is probably behind each. On Linux from sysfs and /dev, so that
// it works without udev; elsewhere from the serial package. Ports are looked at, never opened: opening can reset
// a board that is at work. Called by `fairhop ports`, `doctor`, and whoever must choose a port.
import { accessSync, constants, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SerialPort } from 'serialport';
import { groupName } from './accounts.ts';
import type { HostSystem } from './host-system.ts';
import { namesIn, realPath } from './host-system.ts';
import type { PortHolder } from './port-holders.ts';
import { portHolders } from './port-holders.ts';
import { usbBridge } from './usb-bridges.ts';
import type { UsbDevice } from './usb-devices.ts';
import { usbDeviceAbove } from './usb-devices.ts';

export interface PortInfo {
  readonly path: string;
  /** The name that stays the same whatever is plugged in first, when udev keeps one. */
  readonly stableName: string | null;
  readonly usb: Omit<UsbDevice, 'sysPath'> | null;
  readonly bridge: string | null;
  /** Ids of known boards with this USB identity. */
  readonly likelyBoards: readonly string[];
  readonly group: string | null;
  /** False: this user cannot open it. Null: the device node is missing. */
  readonly accessible: boolean | null;
  readonly holders: readonly PortHolder[];
  /** Real path in sysfs of the USB device; null elsewhere. */
  readonly usbSysPath: string | null;
}

/** What a board definition says of its USB side. */
export interface BoardUsb {
  readonly id: string;
  readonly vendorId: number;
  readonly productId: number;
}

export async function listPorts(host: HostSystem, boards: readonly BoardUsb[]): Promise<PortInfo[]> {
  if (host.platform !== 'linux') return listedBySerialPackage(boards);
  const ttys = join(host.root, 'sys/class/tty');
  const stableNames = stableNamesByTarget(host);
  return namesIn(ttys)
    .map((name) => linuxPort(host, name, realPath(join(ttys, name, 'device')), stableNames, boards))
    .filter((port) => port !== null);
}

/** True for a port behind which a board with an ESP32 is likely; only those are taken by `--all`. */
export function isLikelyBoard(port: PortInfo): boolean {
  return port.bridge !== null;
}

function linuxPort(
  host: HostSystem,
  name: string,
  sysPath: string | null,
  stableNames: ReadonlyMap<string, string>,
  boards: readonly BoardUsb[],
): PortInfo | null {
  // Virtual consoles have no device; the 32 ttyS entries of a PC are mostly sockets that do not exist.
  if (sysPath === null || name.startsWith('ttyS')) return null;
  const device = usbDeviceAbove(sysPath);
  if (device === null && !/^tty(AMA|GS|O|mxc)\d+$/.test(name)) return null;
  const node = join(host.root, 'dev', name);
  const { group, accessible } = nodeAccess(host, node);
  return {
    path: node,
    stableName: stableNames.get(node) ?? null,
    group,
    accessible,
    holders: portHolders(node, join(host.root, 'proc')),
    usbSysPath: device?.sysPath ?? null,
    ...identity(device, boards),
  };
}

function identity(
  device: UsbDevice | null,
  boards: readonly BoardUsb[],
): Pick<PortInfo, 'usb' | 'bridge' | 'likelyBoards'> {
  if (device === null) return { usb: null, bridge: null, likelyBoards: [] };
  const { vendorId, productId, serialNumber, manufacturer, product } = device;
  return {
    usb: { vendorId, productId, serialNumber, manufacturer, product },
    bridge: usbBridge(vendorId, productId)?.name ?? null,
    likelyBoards: boards.filter((b) => b.vendorId === vendorId && b.productId === productId).map((b) => b.id),
  };
}

function nodeAccess(host: HostSystem, node: string): { group: string | null; accessible: boolean | null } {
  try {
    const { gid } = statSync(node);
    const group = groupName(gid, join(host.root, 'etc/group')) ?? String(gid);
    return { group, accessible: mayOpen(host, node) };
  } catch {
    return { group: null, accessible: null };
  }
}

/** The kernel's answer for this user; for another user (tests) the mode bits decide. */
function mayOpen(host: HostSystem, node: string): boolean {
  if (host.uid === process.getuid?.()) {
    try {
      accessSync(node, constants.R_OK | constants.W_OK);
      return true;
    } catch {
      return false;
    }
  }
  const { mode, uid, gid } = statSync(node);
  if (host.uid === 0) return true;
  if (host.uid === uid) return (mode & 0o600) === 0o600;
  return (mode & (host.gids.includes(gid) ? 0o060 : 0o006)) === (host.gids.includes(gid) ? 0o060 : 0o006);
}

function stableNamesByTarget(host: HostSystem): Map<string, string> {
  const directory = join(host.root, 'dev/serial/by-id');
  const byTarget = new Map<string, string>();
  for (const name of namesIn(directory)) {
    const target = realPath(join(directory, name));
    if (target !== null) byTarget.set(target, join(directory, name));
  }
  return byTarget;
}

async function listedBySerialPackage(boards: readonly BoardUsb[]): Promise<PortInfo[]> {
  const ports = await SerialPort.list();
  return ports.map((port) => {
    // The package gives hexadecimal text without a prefix.
    const device =
      port.vendorId === undefined || port.productId === undefined
        ? null
        : {
            vendorId: parseInt(port.vendorId, 16),
            productId: parseInt(port.productId, 16),
            serialNumber: port.serialNumber ?? null,
            manufacturer: port.manufacturer ?? null,
            product: null,
            sysPath: basename(port.path),
          };
    return {
      path: port.path,
      stableName: null,
      group: null,
      accessible: true,
      holders: [],
      usbSysPath: null,
      ...identity(device, boards),
    };
  });
}
